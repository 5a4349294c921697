"""Writing and reading `licenseProperties`, as an administrator's program does (contract 5.5, 5.6)."""

import time
from typing import Any

import httpx

from tests.certificates import NOBODY
from tests.icws.client import DEADLINE, Session
from tests.icws.world import World


def put(admin: Session, path: str, properties: object) -> httpx.Response:
    """Write licenseProperties of what stands at a path, e.g. `users/agent01`."""
    return admin.call("PUT", f"configuration/{path}", {"licenseProperties": properties})


def done(admin: Session, path: str, properties: object) -> dict[str, Any]:
    """Write licenseProperties; the updateOperationResult."""
    answer = put(admin, path, properties)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def read(admin: Session, path: str) -> dict[str, Any]:
    """Read licenseProperties."""
    answer = admin.call("GET", f"configuration/{path}?select=licenseProperties")
    assert answer.status_code == 200, answer.text
    properties: dict[str, Any] = answer.json()["licenseProperties"]
    return properties


def additional(admin: Session, path: str) -> list[str]:
    """The ids of the additional licenses."""
    return [each["id"] for each in read(admin, path)["additionalLicenses"]]


def listed(*names: str) -> list[dict[str, str]]:
    """Licenses as configurationIds, of which nothing but the id is needed."""
    return [{"id": name} for name in names]


def allocation(name: str, display_name: str | None = None) -> dict[str, str]:
    """A license as a configurationId."""
    return {"id": name, "displayName": display_name or name, "uri": f"/configuration/license-allocations/{name}"}


def problem(kind: int, name: str) -> dict[str, object]:
    """A license with its licenseErrorType."""
    return {"licenseErrorType": kind, "license": allocation(name)}


def mistake(kind: int, member: str, value: str) -> dict[str, object]:
    """A validationError of a member."""
    return {"validationErrorType": kind, "propertyName": f"licenseProperties.{member}", "propertyValue": value}


def assigned(session: Session, *names: str) -> set[str]:
    """Those of the licenses that are assigned to the session's user, as the license subscription tells."""
    session.subscribe(*names)
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        for message in session.poll():
            if not message["isDelta"]:
                return {each["name"] for each in message["licenseAssignedStatusList"] if each["isAssigned"]}
    raise AssertionError("No full message came.")


def head(world: World) -> int:
    """The number of the last event of the journal."""
    number: int = httpx.get(f"{world.url}/readyz", trust_env=False, verify=NOBODY).json()["head"]
    return number


def counts(admin_of_all: Session, name: str) -> dict[str, int]:
    """The allocation of a license."""
    answer = admin_of_all.call("GET", f"configuration/license-allocations/{name}?select=*")
    assert answer.status_code == 200, answer.text
    return {member: count for member, count in answer.json().items() if member.endswith("Count")}
