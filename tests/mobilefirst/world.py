"""A server with an inventory that each test adds its own runtimes, applications and users to."""

import itertools
from collections.abc import Mapping

import httpx
import tomli_w
from argon2 import PasswordHasher

from tests.certificates import NOBODY
from tests.mobilefirst.client import DEADLINE, PASSWORD, Client, root_of
from tests.server_process import ServerProcess

# The password's hash is made once: making one for each user of each test would cost most of the time.
_HASH = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
_numbers = itertools.count(1)


class World:
    """Names are never used twice, so that tests do not see each other.

    `admin`, `deployer`, `monitor` and `operator` each have the role of that name, with `mfp` before it.
    """

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.url = server.url
        token = (server.data / "admin-token").read_text().strip()
        self.house = httpx.Client(
            base_url=f"{server.url}/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=DEADLINE,
            trust_env=False,
            verify=NOBODY,
        )
        self.admin = self.client("mfpadmin")
        self.deployer = self.client("mfpdeployer")
        self.monitor = self.client("mfpmonitor")
        self.operator = self.client("mfpoperator")

    def close(self) -> None:
        """Close what is open to the server."""
        for each in (self.admin, self.deployer, self.monitor, self.operator):
            each.http.close()
        self.house.close()

    def client(self, *roles: str, **members: object) -> Client:
        """A new user with these roles, who calls the API."""
        login = f"user{next(_numbers)}"
        self.apply("users", {"login": login, "password_hash": _HASH, "roles": list(roles), **members})
        return Client(self.url, login)

    def runtime(self, *, running: bool = True) -> str:
        """A new runtime."""
        name = f"runtime{next(_numbers)}"
        self.apply("runtimes", {"name": name, "running": running})
        return name

    def application(self, runtime: str | None = None, *versions: str, **members: object) -> str:
        """The id of a new application, which is known nowhere; with versions (`android 1.0`) or other members it is
        defined in a runtime."""
        name = f"com.package.id{next(_numbers)}"
        if runtime is not None:
            split = [version.split(" ") for version in versions]
            there = [{"platform": platform, "version": version} for platform, version in split]
            self.apply("applications", {"runtime": runtime, "name": name, "versions": there, **members})
        return name

    def tokens(self, feature: str, seats: int, **members: object) -> None:
        """Buy tokens of a feature of the vendor's, so many in all."""
        entry = {"owner": "MOBILEFIRST", "name": feature, "assignable_seats": seats, "applies_to": "applications"}
        self.apply("licenses", {**entry, **members}, allow_overcommit=True)

    def apply(self, table: str, *entries: Mapping[str, object], allow_overcommit: bool = False) -> None:
        """Apply an inventory of entries of one table."""
        answer = self.house.post(
            "/inventory",
            content=tomli_w.dumps({table: list(entries)}),
            headers={"Content-Type": "application/toml"},
            params={"allow_overcommit": str(allow_overcommit).lower()},
        )
        assert answer.status_code == 200, answer.text

    def enter(self, state: str) -> None:
        """What `seatkeeper drain`, `standby` and `resume` do."""
        answer = self.house.put("/server", json={"state": state})
        assert (answer.status_code, answer.json()["state"]) == (200, state)

    def advance(self, seconds: float) -> None:
        """Move the server's clock on, where the setting `testing` is on."""
        answer = self.house.post("/testing/clock", json={"advance": seconds})
        assert answer.status_code == 200, answer.text

    def stranger(self) -> httpx.Client:
        """A client without credentials."""
        return httpx.Client(base_url=root_of(self.url), timeout=DEADLINE, trust_env=False, verify=NOBODY)
