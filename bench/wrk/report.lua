-- The last line of every run: what was measured, as JSON. Latencies in microseconds.
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\nJSON {"requests":%d,"microseconds":%d,"p50":%d,"p90":%d,"p99":%d,"worst":%d,"not_2xx":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(90), latency:percentile(99),
    latency.max, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
