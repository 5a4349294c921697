-- Each session asks once how it is connected, and wrk ends when all are answered. Arguments: those of sessions.lua.
dofile("bench/wrk/sessions.lua")

local requests, sent, answered, failed = {}, 0, 0, 0

function init(args)
  for _, session in ipairs(sessions(args)) do
    requests[#requests + 1] = wrk.format("GET", "/icws/" .. session.id .. "/connection", session.headers)
  end
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end

-- Instead of report.lua, whose line comes only when the time is over.
function response(status)
  answered = answered + 1
  failed = failed + (status >= 400 and 1 or 0)
  if answered == #requests then
    io.write(string.format(
      '\nJSON {"requests":%d,"microseconds":0,"p50":0,"p90":0,"p99":0,"worst":0,"not_2xx":%d,"broken":0}\n',
      answered, failed))
    io.flush()
    os.exit(0)
  end
end
