"""A server with an inventory that each test adds its own owners, modules and associates to."""

import itertools
from typing import Any

import httpx
import tomli_w
from argon2 import PasswordHasher

from tests.certificates import NOBODY
from tests.server_process import ServerProcess
from tests.superoffice.client import DEADLINE, PASSWORD, Desk, open_http

# The password's hash is made once: making one for each user of each test would cost most of the time.
_HASH = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
_numbers = itertools.count(1)
_FIRST_ID = 5000


class World:
    """Names are never used twice, so that tests do not see each other."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.url = server.url
        token = (server.data / "admin-token").read_text().strip()
        self.admin = httpx.Client(
            base_url=f"{server.url}/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=DEADLINE,
            trust_env=False,
            verify=NOBODY,
        )
        self.desk = self.employ(roles=["administrator"])

    def close(self) -> None:
        """Close what is open to the server."""
        self.desk.http.close()
        self.admin.close()

    def owner(self, **members: object) -> str:
        """A new owner of modules. Without members nothing is said of it: it is there by its modules alone."""
        name = f"OWNER_{next(_numbers)}"
        if members:
            self.apply("owners", {"name": name, **members})
        return name

    def module(self, owner: str, **members: object) -> str:
        """A new module of an owner. Without members it is a user license of 5 seats."""
        name = f"MODULE_{next(_numbers)}"
        self.apply("licenses", {"owner": owner, "name": name, "assignable_seats": 5, **members})
        return name

    def associate(self, *modules: str, **members: object) -> int:
        """The id of a new associate with these modules, each as `OWNER:MODULE`. He can log on by PASSWORD."""
        number = next(_numbers)
        self._apply_user(number, modules, members)
        return _FIRST_ID + number

    def employ(self, *modules: str, **members: object) -> Desk:
        """A new associate with these modules, at his desk. Without members he has no rights."""
        number = next(_numbers)
        login = self._apply_user(number, modules, members)
        return Desk(self.url, login, _FIRST_ID + number)

    def login_of(self, associate_id: int) -> str:
        """The login of an associate that a test has made."""
        return f"associate{associate_id - _FIRST_ID}"

    def apply(self, table: str, *entries: dict[str, object], allow_overcommit: bool = False) -> None:
        """Apply an inventory of entries of one table."""
        answer = self.admin.post(
            "/inventory",
            content=tomli_w.dumps({table: list(entries)}),
            headers={"Content-Type": "application/toml"},
            params={"allow_overcommit": str(allow_overcommit).lower()},
        )
        assert answer.status_code == 200, answer.text

    def delete(self, associate_id: int) -> None:
        """Delete an associate, as an administrator does in another terminal."""
        answer = self.admin.post("/users/delete", json={"login": self.login_of(associate_id)})
        assert answer.is_success, answer.text

    def enter(self, state: str) -> None:
        """What `seatkeeper drain`, `standby` and `resume` do."""
        answer = self.admin.put("/server", json={"state": state})
        assert (answer.status_code, answer.json()["state"]) == (200, state)

    def advance(self, seconds: float) -> None:
        """Move the server's clock on, where the setting `testing` is on."""
        answer = self.admin.post("/testing/clock", json={"advance": seconds})
        assert answer.status_code == 200, answer.text

    def sessions_of(self, login: str) -> list[dict[str, Any]]:
        """The live sessions of a user, as an administrator sees them."""
        answer = self.admin.get("/sessions")
        assert answer.status_code == 200, answer.text
        return [each for each in answer.json()["sessions"] if each["user"] == login]

    def stranger(self) -> httpx.Client:
        """A client without credentials."""
        return open_http(self.url)

    def _apply_user(self, number: int, modules: tuple[str, ...], members: dict[str, object]) -> str:
        login = f"associate{number}"
        entry = {"login": login, "user_id": _FIRST_ID + number, "password_hash": _HASH, "licenses": list(modules)}
        self.apply("users", {**entry, **members})
        return login
