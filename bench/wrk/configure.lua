-- An administrator configures the licenses of 1,000 applications in turn. Arguments: the Authorization that it sends,
-- and the runtime.
dofile("bench/wrk/report.lua")

local headers, path, sent = {}, "", 0

function init(args)
  headers["Authorization"] = args[1]
  headers["Content-Type"] = "application/json"
  path = "/mfpadmin/management-apis/2.0/runtimes/" .. args[2] .. "/license"
end

function request()
  sent = sent + 1
  local category = (math.floor(sent / 1000) % 2 == 0) and "B2C" or "B2E"
  local body = string.format(
    '{"appID":"com.example.app%03d","category":"%s","licenseType":"APPLICATION"}', sent % 1000, category)
  return wrk.format("POST", path, headers, body)
end
