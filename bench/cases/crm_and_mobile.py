"""Case 9: a CRM assigns modules, and license configurations of mobile applications are set, password on every call."""

import base64
from typing import Any, Final

import httpx

from bench.cases.acquire import WORLD
from bench.figures import Case, Figure, Goal, ratios
from bench.load import Load, load
from bench.place import Place
from bench.servers import Served, bare, copied, seatkeeper

SECONDS: Final = 2
_CONNECTIONS: Final = 64

_OWNER: Final = "CRM"
_RUNTIME: Final = "shop"
_LOGIN, _PASSWORD = "clerk", "right horse"
_INVENTORY: Final = f"""
[[licenses]]
owner = "{_OWNER}"
name = "SALES"
display_name = "Sales"
assignable_seats = {WORLD.users}

[[licenses]]
owner = "{_OWNER}"
name = "SERVICE"
display_name = "Service"
assignable_seats = {WORLD.users}

[[runtimes]]
name = "{_RUNTIME}"
"""
_AUTHORIZATION: Final = "Basic " + base64.b64encode(f"{_LOGIN}:{_PASSWORD}".encode()).decode()
_ASSIGN: Final = "/api/v1/Agents/License/AssignThirdPartyLicenses"
_CONFIGURE: Final = f"/mfpadmin/management-apis/2.0/runtimes/{_RUNTIME}/license"


def measure(place: Place) -> Case:
    """Assign and configure in turn, each with the yardstick of its own answer."""
    world = place.world(WORLD)
    assigned: list[Load] = []
    configured: list[Load] = []
    beside_assigned: list[Load] = []
    beside_configured: list[Load] = []
    with seatkeeper(copied(world, place.work / "crm")) as served:
        prepare(served)
        names = ["SALES", "SERVICE"]
        modules = {"AssociateId": WORLD.users, "ModuleOwner": _OWNER, "ModuleLicenseNames": names}
        configuration = {"appID": "com.example.app000", "category": "B2E", "licenseType": "APPLICATION"}
        with (
            bare("modules", answer=_answer_bytes(served, _ASSIGN, modules)) as bare_assign,
            bare("configuration", answer=_answer_bytes(served, _CONFIGURE, configuration)) as bare_configure,
        ):
            first = 1
            for _ in range(place.rounds):
                beside_assigned.append(assign(bare_assign, 1, most=None))  # which knows nobody
                assigned.append(assign(served, first, most=max(WORLD.users - first, 0)))
                first += assigned[-1].requests + _CONNECTIONS  # those that were under way at the end
                beside_configured.append(configure(bare_configure))
                configured.append(configure(served))
    return Case(
        9,
        "licenses assigned by a CRM, and configured for mobile applications",
        (
            Figure("SuperOffice: assignments", tuple(each.rate for each in assigned), "requests/s"),
            Figure("SuperOffice: bare", tuple(each.rate for each in beside_assigned), "requests/s"),
            _of_bare("SuperOffice: of bare", assigned, beside_assigned, 0.15),
            Figure("MobileFirst: configurations", tuple(each.rate for each in configured), "requests/s"),
            Figure("MobileFirst: bare", tuple(each.rate for each in beside_configured), "requests/s"),
            _of_bare("MobileFirst: of bare", configured, beside_configured, 0.12),
        ),
    )


def prepare(served: Served) -> None:
    """Add an owner's modules, a runtime, and an account that may assign and deploy."""
    with httpx.Client(
        base_url=f"{served.url}/v1", headers={"Authorization": f"Bearer {served.admin_token}"}, trust_env=False
    ) as admin:
        admin.post("/inventory", content=_INVENTORY, headers={"Content-Type": "application/toml"}).raise_for_status()
        clerk = {"login": _LOGIN, "password": _PASSWORD, "roles": ["administrator"]}
        admin.post("/users", json=clerk).raise_for_status()


def assign(served: Served, first: int, *, most: int | None) -> Load:
    """Let associates be assigned two modules, from this number on; at most so many, each once."""
    return load(
        served.url,
        "assign.lua",
        _AUTHORIZATION,
        first,
        _OWNER,
        connections=_CONNECTIONS,
        seconds=SECONDS,
        most=most,
    )


def configure(served: Served) -> Load:
    """Let license configurations be set."""
    return load(served.url, "configure.lua", _AUTHORIZATION, _RUNTIME, connections=_CONNECTIONS, seconds=SECONDS)


def _of_bare(name: str, of: list[Load], to: list[Load], goal: float) -> Figure:
    return ratios(name, [each.rate for each in of], [each.rate for each in to], Goal("at least", goal))


def _answer_bytes(served: Served, path: str, body: dict[str, Any]) -> int:
    answer = httpx.post(f"{served.url}{path}", json=body, headers={"Authorization": _AUTHORIZATION}, trust_env=False)
    answer.raise_for_status()
    return len(answer.content)
