-- Log-ons with a password, each request by the next user, in turn. Arguments: the numbers of the first and the last.
dofile("bench/wrk/report.lua")

local requests, at = {}, 0
local headers = {
  ["Accept-Language"] = "en-US",
  ["Content-Type"] = "application/vnd.inin.icws+JSON; charset=utf-8",
}
local body = '{"__type":"urn:inin.com:connection:icAuthConnectionRequestSettings",'
  .. '"applicationName":"Interaction Client","userID":"agent-%06d","password":"nine o\'clock"}'

function init(args)
  for number = tonumber(args[1]), tonumber(args[2]) do
    requests[#requests + 1] = wrk.format("POST", "/icws/connection", headers, body:format(number))
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
