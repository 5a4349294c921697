"""License documents, as an owner would deliver them."""

from xml.etree.ElementTree import Element, SubElement, tostring

HEAD = {
    "CompanyName": "Demo Contact Centre",
    "SerialNr": "1234567890",
    "ExpiryDate": "2099-12-31T00:00:00",
    "GraceDate": "2100-03-31T00:00:00",
    "MaintenanceDate": "2099-12-31T00:00:00",
    "AdminWarningDate": "2099-10-01T00:00:00",
    "NextCheckDate": "2099-06-30T00:00:00",
    "LicenseVersion": "1",
}

Members = dict[str, object]


def module(name: str, **members: object) -> Members:
    """A user license of 5 seats, unless said otherwise."""
    return {"LicenseType": "UserLicense", "ModuleName": name, "NumberOfLicenses": 5, **members}


def document(owner: str, *modules: Members, root: str = "LicenseInfo", **head: object) -> str:
    """The document of an owner; its modules say whose they are, too."""
    tree = Element(root)
    _fill(tree, {"OwnerName": owner, **HEAD, **head})
    licenses = SubElement(tree, "ModuleLicenses")
    for each in modules:
        _fill(SubElement(licenses, "ModuleLicense"), {"OwnerName": owner, **each})
    return tostring(tree, encoding="unicode")


def _fill(element: Element, members: Members) -> None:
    for name, value in members.items():
        child = SubElement(element, name)
        if isinstance(value, dict):
            _fill(child, value)
        else:
            child.text = str(value).lower() if isinstance(value, bool) else str(value)
