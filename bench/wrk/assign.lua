-- A CRM assigns two modules, each time to another associate. Arguments: the Authorization that it sends, the first
-- associate's number, and the owner of the modules.
dofile("bench/wrk/report.lua")

local headers, associate, owner = {}, 0, ""

function init(args)
  headers["Authorization"] = args[1]
  headers["Accept"] = "application/json"
  headers["Content-Type"] = "application/json; charset=utf-8"
  associate = tonumber(args[2]) - 1
  owner = args[3]
end

function request()
  associate = associate + 1
  local body = '{"AssociateId":' .. associate .. ',"ModuleOwner":"' .. owner
    .. '","ModuleLicenseNames":["SALES","SERVICE"]}'
  return wrk.format("POST", "/api/v1/Agents/License/AssignThirdPartyLicenses", headers, body)
end
