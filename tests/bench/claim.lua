-- wrk: POST holds, each with a claim on an invoice of its own.
-- Environment: BENCH_KEY, BENCH_RUN (unique per run), BENCH_ASSESSMENT, BENCH_CONTRACT,
-- BENCH_INVOICES (a file of invoice ids, one per line), BENCH_THREADS.
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init()
  local line, step = 0, tonumber(os.getenv("BENCH_THREADS"))
  run = os.getenv("BENCH_RUN")
  invoices, count = {}, 0
  for id in io.lines(os.getenv("BENCH_INVOICES")) do
    line = line + 1
    if line % step == number % step then invoices[#invoices + 1] = id end
  end
  headers = {
    ["Content-Type"] = "application/json",
    ["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY"),
  }
end

local body = '{"external_id":"%s","assessment_id":"' .. os.getenv("BENCH_ASSESSMENT")
  .. '","contract_id":"' .. os.getenv("BENCH_CONTRACT") .. '","amount":"0.01","currency":"CNY",'
  .. '"invoices":[{"invoice_id":"%s","amount":"113000.00"}]}'

function request()
  count = count + 1
  if count >= #invoices then wrk.thread:stop() end
  local external_id = run .. "-" .. number .. "-" .. count
  headers["Idempotency-Key"] = external_id
  return wrk.format("POST", nil, headers, body:format(external_id, invoices[count] or invoices[1]))
end

function done(summary, latency)
  io.write(string.format('RESULT {"requests":%d,"duration_us":%d,"errors":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
