"""What a test can ask of its server."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote

from seatkeeper.pytest_plugin.failure import SeatkeeperError
from seatkeeper.pytest_plugin.inventories import Inventory, read

if TYPE_CHECKING:
    from seatkeeper.pytest_plugin.process import Server


class Session(NamedTuple):
    """A live session, and the names of the licenses that it holds."""

    id: str
    user: str
    application: str
    machine: str
    station: str | None
    holds: frozenset[str]


class Denial(NamedTuple):
    """A license that was asked for and refused; `repeats` counts the same again within a minute."""

    user: str
    session: str
    license: str
    reason: str
    sentence: str
    repeats: int


class Paused(NamedTuple):
    """A transaction that stays in a status because the test has ordered it."""

    id: int
    runtime: str
    application: str
    status: str


class Seatkeeper:
    """A license server with one inventory, for one test. What it is asked to do is done when the call returns.

    Names of users, stations and licenses count in any case. Every method raises SeatkeeperError, which says why,
    where the server does not do it.
    """

    def __init__(self, server: "Server", inventory: Inventory) -> None:
        self._server = server
        self._inventory = inventory
        self._passwords = dict(inventory.passwords)
        self._logged = server.logged()
        self.reset()

    @property
    def url(self) -> str:
        """The server's root, as in `http://127.0.0.1:45678`. The port stays the same for the whole run."""
        return self._server.url

    @property
    def icws(self) -> str:
        """The root of ICWS: `url` and `/icws`."""
        return f"{self.url}/icws"

    @property
    def mobilefirst(self) -> str:
        """The root of the MobileFirst administration API: `url`, `/mfpadmin` and `/management-apis/2.0`."""
        return f"{self.url}/mfpadmin/management-apis/2.0"

    @property
    def admin_token(self) -> str:
        """Opens the admin API at `url` and `/v1`, as `Authorization: Bearer …`."""
        return self._server.token

    @property
    def users(self) -> list[str]:
        """The logins that `password` knows, in the inventory's order."""
        return list(self._passwords)

    def password(self, login: str) -> str:
        """The password of a user of the inventory that gives it in the clear; the login as it stands there."""
        if login not in self._passwords:
            raise SeatkeeperError(f"The inventory has no user {login} with a password in the clear.")
        return self._passwords[login]

    def log(self) -> str:
        """What the server has logged since the test began; the end of it, where that is long."""
        return self._server.log(self._logged)

    # The inventory

    def reset(self) -> None:
        """Forget everything and begin anew with the inventory of this test. Every test begins so."""
        self._server.ask("POST", "/v1/testing/reset", toml=self._inventory.text)
        self._passwords = dict(self._inventory.passwords)

    def apply(self, inventory: Path | str) -> None:
        """Apply an inventory, a TOML file or TOML, to what is there: what it does not mention stays as it is."""
        given = read(inventory)
        self._server.ask("POST", "/v1/inventory", toml=given.text)
        self._passwords |= given.passwords

    def assign(self, holder: str, *licenses: str, kind: Literal["user", "station"] = "user") -> None:
        """Assign licenses to a user or a station, as an administrator does; subscribers are told."""
        self._assignments("/v1/assignments", holder, licenses, kind)

    def unassign(self, holder: str, *licenses: str, kind: Literal["user", "station"] = "user") -> None:
        """Take licenses from a user or a station; subscribers are told."""
        self._assignments("/v1/assignments/remove", holder, licenses, kind)

    def _assignments(self, path: str, holder: str, licenses: tuple[str, ...], kind: str) -> None:
        self._server.ask("POST", path, body={"holder": {"kind": kind, "name": holder}, "licenses": licenses})

    # Sessions

    def sessions(self, user: str | None = None) -> list[Session]:
        """The live sessions, or those of a user, in the order in which they were opened."""
        params = None if user is None else {"user": user}
        return [_session(each) for each in self._server.ask("GET", "/v1/sessions", params=params)["sessions"]]

    def holds(self, user: str) -> frozenset[str]:
        """The names of the licenses that a user holds, in all sessions together."""
        return frozenset[str]().union(*(each.holds for each in self.sessions(user)))

    def denials(self) -> list[Denial]:
        """What was refused since the test began, in the order of it; the last 200."""
        newest_first = self._server.ask("GET", "/v1/denials", params={"limit": "200"})["denials"]
        return [_denial(each) for each in reversed(newest_first)]

    def end(self, session: str) -> None:
        """End a session by its id, as an administrator does. Its stream is told; its next request gets 401."""
        self._end(session, "administrator")

    def expire(self, session: str) -> None:
        """End a session by its id, as if its idle time had passed."""
        self._end(session, "idle")

    def _end(self, session: str, reason: str) -> None:
        self._server.ask("POST", f"/v1/testing/sessions/{quote(session, safe='')}/end", body={"reason": reason})

    # Time

    def now(self) -> datetime:
        """The server's time, UTC."""
        return _moment(self._server.ask("GET", "/v1/testing/clock"))

    def advance(self, by: timedelta | float) -> datetime:
        """Move the server's clock on, by seconds or a timedelta; it goes on running. The time it then is.

        Sessions whose idle time passes thereby have expired when this returns, and transactions that waited too long
        have failed.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        return _moment(self._server.ask("POST", "/v1/testing/clock", body={"advance": seconds}))

    # Faults

    def fail(self, route: str, error: str, *, times: int | None = 1, session: str | None = None) -> None:
        """Have the next requests of a route answered with an error, as many `times`; None: until `clear_faults`.

        A route is a method and a path, as in "POST /icws/connection" or "GET /icws/{session}/messaging/messages", and
        `session` an id, if only its requests are meant. Nothing of what they ask for is done. An unknown route or
        error is refused, and the known ones are told.
        """
        self._fault(route, {"error": error, "times": times, "session": session})

    def delay(self, route: str, seconds: float, *, times: int | None = 1, session: str | None = None) -> None:
        """Have the next requests of a route wait before they are looked at; otherwise as `fail`."""
        self._fault(route, {"delay": seconds, "times": times, "session": session})

    def clear_faults(self) -> None:
        """Have no request fail or wait any more."""
        self._server.ask("DELETE", "/v1/testing/faults")

    def _fault(self, route: str, members: dict[str, object]) -> None:
        method, _, path = route.partition(" ")
        if not path.startswith("/"):
            raise SeatkeeperError(f"{route!r} is no route. A route is a method and a path: 'POST /icws/connection'.")
        self._server.ask("POST", "/v1/testing/faults", body={"method": method, "route": path, **members})

    # Transactions

    def pause(
        self,
        status: Literal["PENDING", "PREPARING", "COMMITTING", "REJECTING"],
        *,
        runtime: str | None = None,
        application: str | None = None,
    ) -> None:
        """Have transactions of the MobileFirst API stay in a status until `go_on`.

        Those of a runtime, of an application, or all. Who waits for one waits on, and those behind it do. A runtime
        that does not exist is refused.
        """
        body = {"status": status, "runtime": runtime, "application": application}
        self._server.ask("POST", "/v1/testing/pauses", body=body)

    def paused(self) -> list[Paused]:
        """The transactions that are paused, when every other has gone as far as it can."""
        found = self._server.ask("GET", "/v1/testing/pauses")["paused"]
        return [Paused(each["transaction"], each["runtime"], each["application"], each["status"]) for each in found]

    def go_on(self) -> None:
        """Let go all that is paused. What nothing else keeps waiting is over when this returns."""
        self._server.ask("DELETE", "/v1/testing/pauses")

    def retire(self, *resources: str) -> None:
        """Have these resources, and no others, answer 410 from now on, by the names of the setting `icws.retired`."""
        self._server.ask("PUT", "/v1/testing/retired", body={"retired": resources})


def _moment(answer: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(answer["now"])


def _session(body: Mapping[str, Any]) -> Session:
    return Session(
        id=body["id"],
        user=body["user"],
        application=body["application"],
        machine=body["machine"],
        station=body["station"],
        holds=frozenset(each["name"] for each in body["holds"]),
    )


def _denial(body: Mapping[str, Any]) -> Denial:
    return Denial(
        user=body["user"],
        session=body["session"],
        license=body["license"],
        reason=body["reason"],
        sentence=body["sentence"],
        repeats=body["repeats"],
    )
