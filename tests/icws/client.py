"""An ordinary HTTP client that speaks ICWS, as a program written for the vendor's server would."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import httpx

from tests.certificates import NOBODY

PASSWORD = "welcome-2026"
MEDIA_TYPE = "application/vnd.inin.icws+JSON"
IC_AUTH = "urn:inin.com:connection:icAuthConnectionRequestSettings"

# Generous: how long a message may take before a test gives up on it.
DEADLINE = 10.0


def open_http(url: str, address: str = "127.0.0.1") -> httpx.Client:
    """A client that calls from this loopback address: to the server, every address is a machine."""
    transport = httpx.HTTPTransport(local_address=address, verify=NOBODY)
    return httpx.Client(base_url=url, transport=transport, timeout=DEADLINE, trust_env=False)


def log_on_body(login: str, password: str = PASSWORD, application: str = "Shift Desk") -> dict[str, Any]:
    """The body of a log-on."""
    return {"__type": IC_AUTH, "applicationName": application, "userID": login, "password": password}


def result(name: str, status: int, details: str) -> dict[str, Any]:
    """The result of one license as the wire has it."""
    return {"licenseName": name, "isAvailable": status == 2, "licenseStatus": status, "errorDetails": details}


class Session:
    """A logged-on client. The `Cookie` is sent by hand, so that a test can leave it out."""

    def __init__(self, http: httpx.Client, answer: httpx.Response) -> None:
        assert answer.status_code == 201, answer.text
        self.http = http
        self.answer = answer
        self.id: str = answer.json()["sessionId"]
        self.token: str = answer.json()["csrfToken"]
        self.cookie = answer.headers["set-cookie"].split(";")[0]
        self.http.cookies.clear()

    @property
    def credentials(self) -> dict[str, str]:
        """The headers that everything but polling demands."""
        return {"ININ-ICWS-CSRF-Token": self.token, "Cookie": self.cookie}

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """One request below the session's URL, with its credentials unless `headers` says otherwise."""
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = self.credentials if headers is None else headers
        return self.http.request(method, f"/icws/{self.id}/{path}", content=content, headers=sent)

    def stages(self, *stages: tuple[str, int, list[str]]) -> list[dict[str, Any]]:
        """Acquire in stages of (name, failure action, licenses); the stage results."""
        operations = [
            {"stageName": name, "stageFailureAction": action, "licenseList": licenses}
            for name, action, licenses in stages
        ]
        answer = self.call("POST", "licenses/license-stages", {"licenseStageOperationList": operations})
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["licenseStageOperationResultList"]
        return results

    def acquire(self, *licenses: str) -> list[dict[str, Any]]:
        """Acquire licenses; their results."""
        answer = self.call("POST", "licenses", {"licenseList": licenses})
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["licenseOperationResultList"]
        return results

    def status(self, license_: str) -> int:
        """Acquire one license; its status."""
        status: int = self.acquire(license_)[0]["licenseStatus"]
        return status

    def sit_at(self, station: str) -> httpx.Response:
        """Set a workstation."""
        body = {"__type": "urn:inin.com:connection:workstationSettings", "workstation": station}
        return self.call("PUT", "connection/station", body)

    def subscribe(self, *licenses: str) -> httpx.Response:
        """Subscribe to the assignment of licenses."""
        return self.call("PUT", "messaging/subscriptions/licenses", {"licenseList": licenses})

    def poll(self) -> list[dict[str, Any]]:
        """The messages that are queued."""
        answer = self.call("GET", "messaging/messages")
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()
        return messages

    def log_off(self) -> httpx.Response:
        """End the session."""
        return self.call("DELETE", "connection")

    @contextmanager
    def stream(self) -> Iterator["EventReader"]:
        """The session's event stream, as a browser's EventSource opens it: with the cookie alone."""
        headers = {"Accept": "text/event-stream", "Cookie": self.cookie}
        with self.http.stream("GET", f"/icws/{self.id}/messaging/messages", headers=headers) as response:
            yield EventReader(response)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.http.close()


class EventReader:
    """Reads an event stream line by line. Reading past `DEADLINE` raises httpx.ReadTimeout."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def lines(self) -> Iterator[str]:
        """What comes, until the server ends the stream."""
        return self._lines

    def message(self) -> dict[str, Any]:
        """The next message, past any pings."""
        for line in self._lines:
            if line.startswith("data:"):
                message: dict[str, Any] = json.loads(line.removeprefix("data:"))
                assert next(self._lines) == "", "a blank line ends an event"
                return message
            assert line == ":ping", f"neither a ping nor data: {line!r}"
        raise AssertionError("The stream ended without a message.")

    def rest(self) -> list[str]:
        """All lines until the server ends the stream."""
        return list(self._lines)
