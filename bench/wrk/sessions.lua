-- The sessions of a file, each with the headers that its client sends.
function sessions(args)
  local found, skip, most = {}, tonumber(args[2] or "0"), tonumber(args[3] or "1e9")
  for line in io.lines(args[1]) do
    if skip > 0 then
      skip = skip - 1
    elseif #found < most then
      local id, cookie, csrf = line:match("(%S+) (%S+) (%S+)")
      found[#found + 1] = {
        id = id,
        headers = {
          ["Accept-Language"] = "en-US",
          ["ININ-ICWS-CSRF-Token"] = csrf,
          ["Cookie"] = "icws_" .. id .. "=" .. cookie,
        },
      }
    end
  end
  return found
end
