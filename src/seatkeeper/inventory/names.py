"""How things are named that belong to something: a license of an owner, an application of a runtime."""

from seatkeeper.licensing.entities import LicenseName, fold

OWNER_MARK = ":"


def license_name(text: str, owner: str) -> LicenseName:
    """`OWNER:NAME`, or a bare `NAME` of the license owner `owner`."""
    before, mark, after = text.partition(OWNER_MARK)
    return LicenseName(owner=before.strip(), name=after.strip()) if mark else LicenseName(owner, text.strip())


def spelled(license_: LicenseName, owner: str) -> str:
    """The shortest spelling that `license_name` reads as this license."""
    if fold(license_.owner) == fold(owner) and OWNER_MARK not in license_.name:
        return license_.name
    return f"{license_.owner}{OWNER_MARK}{license_.name}"


def application_name(runtime: str, name: str) -> str:
    """An application of a runtime, whose name has no slash."""
    return f"{runtime}/{name}"
