-- wrk: POST invoices of about 600 bytes, a unique external_id in every request.
-- Environment: BENCH_KEY (may be empty), BENCH_RUN (unique per run).
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init()
  count = 0
  run = os.getenv("BENCH_RUN")
  headers = { ["Content-Type"] = "application/json" }
  local key = os.getenv("BENCH_KEY")
  if key and key ~= "" then headers["Authorization"] = "Bearer " .. key end
end

local body = '{"external_id":"%s","kind":"digital_vat_special","invoice_no":"%06d%04d%010d",'
  .. '"issued_on":"' .. os.getenv("BENCH_DAY") .. '","seller":{"name":"宁波海曙汽车轴承有限公司",'
  .. '"tax_no":"9133020068421907XT"},"buyer":{"name":"杭州钱潮汽车有限公司","tax_no":"91330100710965237Q"},'
  .. '"amount_excl_tax":"100000.00","tax_amount":"13000.00","total_amount":"113000.00","currency":"CNY",'
  .. '"lines":[{"line_no":1,"goods_name":"*轴承*轮毂轴承单元","quantity":"1000","unit_price":"100.00",'
  .. '"amount":"100000.00","tax_rate":"0.13","tax_amount":"13000.00"}],"red_invoice":false}'

function request()
  count = count + 1
  local external_id = run .. "-" .. number .. "-" .. count
  return wrk.format("POST", nil, headers, body:format(external_id, run, number, count))
end


-- Every external_id is new, so that a 2xx is a 201.
function done(summary, latency)
  io.write(string.format('RESULT {"requests":%d,"duration_us":%d,"errors":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
