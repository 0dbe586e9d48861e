-- wrk: GET the proofs of records, one after another, each thread its own share of them.
-- Environment: BENCH_KEY, BENCH_ETAG (may be empty), BENCH_RECORDS (a file of record ids, one per
-- line), BENCH_THREADS, BENCH_ACCEPT, BENCH_WHAT ("proof").
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init()
  local line, step = 0, tonumber(os.getenv("BENCH_THREADS"))
  local headers = {
    ["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY"),
    ["Accept"] = os.getenv("BENCH_ACCEPT"),
  }
  requests, count = {}, 0
  for id in io.lines(os.getenv("BENCH_RECORDS")) do
    line = line + 1
    if line % step == number % step then
      requests[#requests + 1] = wrk.format("GET", "/v1/records/" .. id .. "/" .. os.getenv("BENCH_WHAT"), headers)
    end
  end
end

function request()
  count = count % #requests + 1
  return requests[count]
end

function done(summary, latency)
  io.write(string.format('RESULT {"requests":%d,"duration_us":%d,"errors":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
