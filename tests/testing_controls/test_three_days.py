"""Three simulated days of clients that never disconnect: nothing of them is left, neither on disk nor in memory."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.icws.client import PASSWORD, log_on_body
from tests.icws.world import World
from tests.server_process import ServerProcess, command_environment, start_server

DAYS: Final = 3
CLIENTS: Final = 30
"""That log on within each hour."""
STREAMS: Final = 3
"""Of these, that keep a stream open for the following hours of their day."""
SEATS: Final = CLIENTS + 24 * STREAMS
"""As many as are needed if every seat comes back: one that does not makes an acquisition of a later hour fail."""

LEFT_BY_CLIENTS: Final = (
    *("sessions", "session_keys", "holds", "subscriptions", "logons", "last_seen", "sessions_of", "held_by", "present"),
    *("mailboxes", "streams", "users_subscribed", "ended", "untold", "denials"),
    *("remembered_credentials", "counted_failures"),
)
WORKERS: Final = 3
MEBIBYTE: Final = 2**20
LANGUAGE: Final = {"Accept-Language": "en"}
STREAM: Final = {"Accept": "text/event-stream"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with start_server(tmp_path / "data", "--testing") as server:
        world = World(server)
        yield world
        world.close()


class Days:
    """The server over three days, and how its clients behave."""

    def __init__(self, world: World, admin: httpx.Client) -> None:
        self.address = httpx.URL(world.url).netloc.decode()
        self.license = world.license(assignable_seats=0, concurrent_seats=SEATS)
        self.refused = world.license(assignable_seats=0, concurrent_seats=0)
        self.logins = [world.user(self.license, self.refused, method="concurrent") for _ in range(2)]
        self.admin = admin
        self.log_ons = 0

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        answer = self.admin.post("/testing/clock", json={"advance": seconds})
        assert answer.status_code == 200, answer.text

    def sessions(self) -> int:
        """How many sessions live."""
        return len(self.admin.get("/sessions").json()["sessions"])

    def kept(self) -> dict[str, int]:
        """What the server keeps in memory."""
        kept: dict[str, int] = self.admin.get("/testing").json()["kept"]
        return kept

    def clients(self, numbers: range) -> list[HTTPConnection]:
        """Some, one after the other on a connection of theirs; the streams that they leave open."""
        streams = []
        with closing(HTTPConnection(self.address, timeout=60)) as http:
            for number in numbers:
                path, headers = self.client(http, number)
                if number < STREAMS:
                    stream = HTTPConnection(self.address, timeout=60)
                    stream.request("GET", f"{path}/messaging/messages", headers=headers | STREAM)
                    assert stream.getresponse().status == 200
                    streams.append(stream)
        return streams

    def client(self, http: HTTPConnection, number: int) -> tuple[str, dict[str, str]]:
        """One that logs on and acquires, subscribes and polls perhaps, and is never heard of again."""
        login = self.logins[number % len(self.logins)]
        if number == 0 and self.log_ons % (6 * CLIENTS) == 0:
            assert ask(http, "POST", "/icws/connection", log_on_body(login, "wrong"), LANGUAGE)[0] == 400
        status, told = ask(http, "POST", "/icws/connection", log_on_body(login, PASSWORD), LANGUAGE)
        assert status == 201, told
        path = f"/icws/{told['sessionId']}"
        headers = {"ININ-ICWS-CSRF-Token": told["csrfToken"], "Cookie": told["cookie"]}
        _, told = ask(http, "POST", f"{path}/licenses", {"licenseList": [self.license, self.refused]}, headers)
        granted = [each["licenseStatus"] == 2 for each in told["licenseOperationResultList"]]
        assert granted == [True, False], "every seat came back"
        if number % 2 == 0:
            listed = {"licenseList": [self.license]}
            assert ask(http, "PUT", f"{path}/messaging/subscriptions/licenses", listed, headers)[0] == 200
        if number % 3 == 0:
            assert ask(http, "GET", f"{path}/messaging/messages", None, headers)[0] == 200
        return path, headers

    def day(self, pool: ThreadPoolExecutor) -> None:
        """A day; at its end the clients with a stream vanish, too."""
        with ExitStack() as streams:
            for hour in range(1, 25):
                shares = (range(worker, CLIENTS, WORKERS) for worker in range(WORKERS))
                for opened in pool.map(self.clients, shares):
                    for each in opened:
                        streams.enter_context(closing(each))
                self.log_ons += CLIENTS
                self.advance(3600)
                assert self.sessions() == hour * STREAMS, "only those with a stream live"
        while self.kept()["streams"]:  # that they have gone is noticed a moment later
            time.sleep(0.01)
        assert self.sessions() == 24 * STREAMS
        self.advance(900)
        assert self.sessions() == 0
        self.advance(900)  # by then nobody asks any more why his session ended


def ask(
    http: HTTPConnection, method: str, path: str, body: object, headers: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    """One request; its status and its body, with the cookie."""
    http.request(method, path, None if body is None else json.dumps(body), headers)
    answer = http.getresponse()
    content = answer.read()
    told = json.loads(content) if content else {}
    if isinstance(told, dict):
        told["cookie"] = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    return answer.status, told


@pytest.mark.slow
def test_nothing_is_left_of_clients_that_never_disconnect(world: World) -> None:
    token = (world.server.data / "admin-token").read_text().strip()
    with (
        ThreadPoolExecutor(WORKERS) as pool,
        httpx.Client(
            base_url=f"{world.url}/v1", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
        ) as admin,
    ):
        days = Days(world, admin)
        days.day(pool)
        after_one, resident = days.kept(), resident_bytes(world.server)
        for _ in range(DAYS - 1):
            days.day(pool)
        after = days.kept()
        assert days.log_ons == DAYS * 24 * CLIENTS
        assert {name: after[name] for name in LEFT_BY_CLIENTS} == dict.fromkeys(LEFT_BY_CLIENTS, 0)
        assert {name: count for name, count in after.items() if count > after_one[name]} == {}, "a day adds to nothing"
        if resident is not None:
            assert (resident_bytes(world.server) or 0) - resident < 16 * MEBIBYTE
    assert_check_is_clean(world.server.data)


def resident_bytes(server: ServerProcess) -> int | None:
    """What a process has in memory, where the system tells."""
    status = Path(f"/proc/{server.process.pid}/status")
    if not status.exists():
        return None
    [kibibytes] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmRSS")]
    return int(kibibytes) * 1024


def assert_check_is_clean(data: Path) -> None:
    """The tables are what the journal says."""
    checked = subprocess.run(
        [sys.executable, "-m", "seatkeeper", "check", "--data", str(data)],
        capture_output=True,
        text=True,
        env=command_environment(),
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
