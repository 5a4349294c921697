"""How a client reads the configuration, and who may."""

from typing import Any
from urllib.parse import quote, urlencode

import httpx

from tests.icws.client import Session
from tests.icws.world import World

ALLOCATIONS = "license-allocations"
COUNTS = (
    "appliedStationCount",
    "appliedUserCount",
    "assignableAllowedCount",
    "assignableConfiguredCount",
    "concurrentAllowedCount",
    "concurrentConfiguredCount",
    "concurrentInUseCount",
    "totalAppliedCount",
    "totalCount",
)


MALFORMED = "error.request.invalidRepresentation.malformed"
KINDS = ("feature-licenses", "users", "stations")


def administrator_of(world: World, *licenses: str) -> Session:
    """The session of a user who may administer the allocation of these licenses and of no others, so that these are
    all that there is to him."""
    return world.log_on(world.user(admin_allocations=list(licenses)))


def ask(session: Session, path: str, ranged: str | None = None, **parameters: object) -> httpx.Response:
    """GET what stands at a path below `configuration`; `ranged` is the header Range."""
    headers = session.credentials | ({} if ranged is None else {"Range": ranged})
    query = urlencode(parameters, quote_via=quote)
    return session.call("GET", f"configuration/{path}?{query}", headers=headers)


def items(answer: httpx.Response) -> list[dict[str, Any]]:
    """The items of a list, which is answered 200."""
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def ids(answer: httpx.Response) -> list[str]:
    """The ids of a list, in order."""
    return [item["configurationId"]["id"] for item in items(answer)]


def identity(path: str, name: str, display_name: str) -> dict[str, str]:
    """A configurationId as the wire has it, of a name that needs no encoding."""
    return {"id": name, "displayName": display_name, "uri": f"/configuration/{path}/{name}"}


def error_id(answer: httpx.Response) -> str:
    """The errorId of a 400."""
    assert answer.status_code == 400, answer.text
    error: dict[str, str] = answer.json()
    assert error["message"]
    return error["errorId"]


def shown(session: Session, license_: str) -> dict[str, Any]:
    """What is told of one license when everything is selected."""
    answer = ask(session, f"{ALLOCATIONS}/{license_}", select="*")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counts(session: Session, license_: str) -> dict[str, int]:
    """The counts of one license, those that are told."""
    return {name: value for name, value in shown(session, license_).items() if name in COUNTS}


class People:
    """Some of each kind, with a beginning of their names that nobody else has, and an administrator.

    By name they are `…a`, `…b` and `…c`; by display name `…b`, `…c`, `…a`.
    """

    def __init__(self, world: World) -> None:
        self.prefix = f"{world.license()}_".lower()
        self.names = {kind: [f"{self.prefix}{end}" for end in "abc"] for kind in KINDS}
        a, b, c = self.display_names = [f"{self.prefix} {text}" for text in ("Zulu", "alpha", "Beta")]
        self.by_display = {kind: [names[1], names[2], names[0]] for kind, names in self.names.items()}
        for kind, table, key in zip(KINDS, ("licenses", "users", "stations"), ("name", "login", "name"), strict=True):
            of_kind: dict[str, object] = {"kind": "site"} if table == "licenses" else {}
            entries = zip(self.names[kind], (a, b, c), strict=True)
            world.apply_all(table, [{key: name, "display_name": text, **of_kind} for name, text in entries])
        self.session = world.log_on(world.user(roles=["administrator"]))

    def ask(self, kind: str, ranged: str | None = None, **parameters: object) -> httpx.Response:
        """A list of those that are meant here, unless `where` says otherwise."""
        parameters = {"where": f"configurationId.id sw {self.prefix}"} | parameters
        return ask(self.session, kind, ranged, **parameters)
