-- Each session asks for the first 200 allocations, whole. Arguments: those of sessions.lua.
dofile("bench/wrk/report.lua")
dofile("bench/wrk/sessions.lua")

local requests, at = {}, 0

function init(args)
  for _, session in ipairs(sessions(args)) do
    session.headers["Range"] = "items=0-199"
    requests[#requests + 1] =
      wrk.format("GET", "/icws/" .. session.id .. "/configuration/license-allocations?select=*", session.headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
