-- Staged acquisition of two licenses, each request by another session.
-- Arguments: the file of sessions, how many of its lines to pass over, how many to use.
dofile("bench/wrk/report.lua")
dofile("bench/wrk/sessions.lua")

local requests, at = {}, 0
local body = '{"licenseStageOperationList":['
  .. '{"stageName":"access","stageFailureAction":1,"licenseList":["CLIENT_ACCESS"]},'
  .. '{"stageName":"media","stageFailureAction":0,"licenseList":["MEDIA_SESSION"]}]}'

function init(args)
  for _, session in ipairs(sessions(args)) do
    session.headers["Content-Type"] = "application/vnd.inin.icws+JSON; charset=utf-8"
    requests[#requests + 1] =
      wrk.format("POST", "/icws/" .. session.id .. "/licenses/license-stages", session.headers, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
