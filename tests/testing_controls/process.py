"""A server in memory, started as a client's tests in any language start one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from tests.certificates import NOBODY
from tests.icws.client import DEADLINE, Session, log_on_body, open_http
from tests.server_process import STOP_SECONDS, command_environment

PASSWORD: Final = "welcome-2026"
AGENT: Final = "agent01"
LICENSE: Final = "I3_TEST_ONE"

INVENTORY: Final = f"""
[[licenses]]
name = "{LICENSE}"
assignable_seats = 2
concurrent_seats = 1
[[users]]
login = "{AGENT}"
password = "{PASSWORD}"
licenses = ["{LICENSE}"]
[[users]]
login = "agent02"
password = "{PASSWORD}"
method = "concurrent"
licenses = ["{LICENSE}"]
"""


class Server:
    """A server, the line that it said when it was ready, and what can be asked of it."""

    def __init__(self, process: "subprocess.Popen[str]", said: dict[str, Any], log: Path | None) -> None:
        self.process = process
        self.said = said
        self.url: str = said["url"]
        self.log = log
        self.admin = httpx.Client(
            base_url=f"{self.url}/v1",
            headers={"Authorization": f"Bearer {said['token']}"},
            timeout=DEADLINE,
            trust_env=False,
            verify=NOBODY,
        )

    def log_on(self, login: str = AGENT, *, application: str = "Shift Desk") -> Session:
        """Log on; the session holds nothing yet."""
        http = open_http(self.url)
        return Session(http, self.log_on_with(http, login, application=application))

    def log_on_demo(self) -> Session:
        """Log on as a user of the demo."""
        http = open_http(self.url)
        body = log_on_body(AGENT, f"demo-{AGENT}")
        return Session(http, http.post("/icws/connection", json=body, headers={"Accept-Language": "en-us"}))

    def log_on_with(self, http: httpx.Client, login: str = AGENT, *, application: str = "Shift Desk") -> httpx.Response:
        """Ask for a log-on, whatever comes of it."""
        body = log_on_body(login, PASSWORD, application)
        return http.post("/icws/connection", json=body, headers={"Accept-Language": "en-us"})

    def reset(self, inventory: str | None = None) -> None:
        """Reset it."""
        answer = self.admin.post("/testing/reset", content=inventory, headers={"Content-Type": "application/toml"})
        assert (answer.status_code, answer.content) == (204, b""), answer.text

    def advance(self, seconds: float) -> None:
        """Set its clock forward."""
        answer = self.admin.post("/testing/clock", json={"advance": seconds})
        assert answer.status_code == 200, answer.text

    def order(self, method: str, route: str, **fault: object) -> dict[str, Any]:
        """Order a fault."""
        answer = self.admin.post("/testing/faults", json={"method": method, "route": route, **fault})
        assert answer.status_code == 201, answer.text
        ordered: dict[str, Any] = answer.json()
        return ordered

    def faults(self) -> list[dict[str, Any]]:
        """The faults that wait."""
        faults: list[dict[str, Any]] = self.admin.get("/testing/faults").json()["faults"]
        return faults

    def sessions(self) -> list[str]:
        """The ids of the live sessions."""
        return [each["id"] for each in self.admin.get("/sessions").json()["sessions"]]

    def kept(self) -> dict[str, int]:
        """What it keeps in memory."""
        kept: dict[str, int] = self.admin.get("/testing").json()["kept"]
        return kept

    def end(self) -> int:
        """End its standard input, and so it; its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(STOP_SECONDS)


def command(*args: str) -> list[str]:
    """`seatkeeper serve --ephemeral`."""
    return [sys.executable, "-m", "seatkeeper", "serve", "--ephemeral", *args]


@contextmanager
def ephemeral(*args: str, folder: Path, testing: bool = True) -> Iterator[Server]:
    """A server in memory that ends with this test, however it ends. `folder` is its working directory."""
    options = ("--until-eof", *(("--testing",) if testing else ()), *args)
    log = folder.with_name(f"{folder.name}.log")
    with log.open("a") as errors:
        process = subprocess.Popen(
            command(*options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=command_environment({"TMPDIR": str(folder), "HOME": str(folder)}),
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"The server said nothing:\n{log.read_text()}"
        server = Server(process, json.loads(line), log)
        with server.admin:
            yield server
        assert process.poll() is not None or server.end() == 0
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
