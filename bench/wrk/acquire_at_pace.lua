-- As acquire.lua, but each connection waits before each request: a steady, modest load.
-- Arguments: those of acquire.lua, and the longest wait in milliseconds.
dofile("bench/wrk/acquire.lua")

local acquire, longest = init, 0

function init(args)
  acquire(args)
  longest = tonumber(args[4])
end

function delay()
  return math.random(0, longest)
end
