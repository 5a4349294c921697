"""A server with an inventory that each test adds its own licenses, users and stations to."""

import itertools
import json
from typing import Any

import httpx
from argon2 import PasswordHasher

from tests.certificates import NOBODY
from tests.icws.client import DEADLINE, PASSWORD, Session, log_on_body, open_http
from tests.server_process import ServerProcess

# The password's hash is made once: making one for each user of each test would cost most of the time.
_HASH = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
_numbers = itertools.count(1)


class World:
    """Names are never used twice, so that tests do not see each other."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.url = server.url
        token = (server.data / "admin-token").read_text().strip()
        self._admin = httpx.Client(
            base_url=f"{server.url}/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=DEADLINE,
            trust_env=False,
            verify=NOBODY,
        )

    def close(self) -> None:
        """Close what is open to the server."""
        self._admin.close()

    def license(self, **members: object) -> str:
        """A new license, named like the real ones. Without members it has 10 assignable and 10 concurrent seats."""
        name = f"I3_TEST_{next(_numbers)}"
        self.apply("licenses", {"name": name, "assignable_seats": 10, "concurrent_seats": 10, **members})
        return name

    def user(self, *licenses: str, **members: object) -> str:
        """A new user with these licenses. His method is assignable and his licenses count, unless said otherwise."""
        login = f"agent{next(_numbers)}"
        self.apply("users", {"login": login, "password_hash": _HASH, "licenses": list(licenses), **members})
        return login

    def station(self, *licenses: str, **members: object) -> str:
        """A new station with these licenses."""
        name = f"desk{next(_numbers)}"
        self.apply("stations", {"name": name, "extension": "4711", "licenses": list(licenses), **members})
        return name

    def apply(self, table: str, entry: dict[str, object], *, allow_overcommit: bool = False) -> None:
        """Apply an inventory of one entry."""
        self.apply_all(table, [entry], allow_overcommit=allow_overcommit)

    def apply_all(self, table: str, entries: list[dict[str, object]], *, allow_overcommit: bool = False) -> None:
        """Apply an inventory of several entries of one table."""
        params = {"allow_overcommit": str(allow_overcommit).lower()}
        lines = [
            line
            for entry in entries
            for line in (f"[[{table}]]", *(f"{key} = {_toml(value)}" for key, value in entry.items()))
        ]
        headers = {"Content-Type": "application/toml"}
        answer = self._admin.post("/inventory", content="\n".join(lines), headers=headers, params=params)
        assert answer.status_code == 200, answer.text

    def remove_stations_but(self, station: str) -> None:
        """Remove every other station, by an inventory that prunes."""
        headers = {"Content-Type": "application/toml"}
        content = f'[[stations]]\nname = "{station}"\n'
        answer = self._admin.post("/inventory", content=content, headers=headers, params={"prune": "true"})
        assert answer.status_code == 200, answer.text

    def assign(self, login: str, *licenses: str) -> None:
        """Assign licenses to a user, as an administrator does in another terminal."""
        self._assignments("/assignments", login, licenses)

    def unassign(self, login: str, *licenses: str) -> None:
        """Take licenses from a user."""
        self._assignments("/assignments/remove", login, licenses)

    def assign_station(self, station: str, *licenses: str) -> None:
        """Assign licenses to a station."""
        self._assignments("/assignments", station, licenses, kind="station")

    def unassign_station(self, station: str, *licenses: str) -> None:
        """Take licenses from a station."""
        self._assignments("/assignments/remove", station, licenses, kind="station")

    def _assignments(self, path: str, name: str, licenses: tuple[str, ...], kind: str = "user") -> None:
        body = {"holder": {"kind": kind, "name": name}, "licenses": licenses}
        answer = self._admin.post(path, json=body)
        assert answer.status_code == 200, answer.text

    def end_session(self, session: Session) -> None:
        """End somebody's session, as an administrator."""
        assert self._admin.delete(f"/sessions/{session.id}").status_code == 204

    def enter(self, state: str) -> None:
        """What `seatkeeper drain`, `standby` and `resume` do."""
        answer = self._admin.put("/server", json={"state": state})
        assert (answer.status_code, answer.json()["state"]) == (200, state)

    def advance(self, seconds: float) -> None:
        """Move the server's clock on, where the setting `testing` is on."""
        answer = self._admin.post("/testing/clock", json={"advance": seconds})
        assert answer.status_code == 200, answer.text

    def machine_of(self, session_id: str) -> str:
        """On which machine a session is, as the server has it."""
        [machine] = [
            each["machine"] for each in self._admin.get("/sessions").json()["sessions"] if each["id"] == session_id
        ]
        return str(machine)

    def holds(self, session: Session) -> set[str]:
        """What the server says a session holds."""
        answer = self._admin.get("/sessions")
        assert answer.status_code == 200, answer.text
        sessions: list[dict[str, Any]] = answer.json()["sessions"]
        return {hold["name"] for each in sessions if each["id"] == session.id for hold in each["holds"]}

    def log_on(
        self,
        login: str,
        *,
        application: str = "Shift Desk",
        address: str = "127.0.0.1",
        language: str = "en-us",
        include: str = "",
    ) -> Session:
        """Log on."""
        http = open_http(self.url, address)
        body = log_on_body(login, application=application)
        headers, params = {"Accept-Language": language}, {"include": include} if include else {}
        return Session(http, http.post("/icws/connection", json=body, headers=headers, params=params))


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
