-- Each session in turn asks what has happened, which is nothing. Arguments: those of sessions.lua.
dofile("bench/wrk/report.lua")
dofile("bench/wrk/sessions.lua")

local requests, at = {}, 0

function init(args)
  for _, session in ipairs(sessions(args)) do
    requests[#requests + 1] = wrk.format("GET", "/icws/" .. session.id .. "/messaging/messages", session.headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
