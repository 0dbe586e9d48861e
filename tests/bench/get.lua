-- wrk: GET with If-None-Match; BENCH_KEY and BENCH_ETAG may be empty.
wrk.headers["Authorization"] = os.getenv("BENCH_KEY") ~= "" and "Bearer " .. os.getenv("BENCH_KEY") or nil
wrk.headers["If-None-Match"] = os.getenv("BENCH_ETAG") ~= "" and os.getenv("BENCH_ETAG") or nil

function done(summary, latency)
  io.write(string.format('RESULT {"requests":%d,"duration_us":%d,"errors":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
