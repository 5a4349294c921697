"""An ordinary HTTP client that speaks the administration API, as a program written for the vendor's server would."""

import time
from types import TracebackType
from typing import Any, Self

import httpx

from tests.certificates import NOBODY

CONTEXT = "mfpadmin"
PASSWORD = "welcome-2026"

JSON = "application/json"
XML = "application/xml"
TEXT_XML = "text/xml"

# Generous: how long an answer may take before a test gives up on it.
DEADLINE = 20.0

OVER = {"SUCCESS", "FAILURE", "CANCELED"}


def root_of(url: str, context: str = CONTEXT) -> str:
    """Where the API of a server begins."""
    return f"{url}/{context}/management-apis/2.0"


class Client:
    """Somebody who calls the API with his user and password on each request. Paths are below the API's version."""

    def __init__(self, url: str, login: str, password: str = PASSWORD) -> None:
        self.login = login
        self.http = httpx.Client(
            base_url=root_of(url),
            auth=httpx.BasicAuth(login, password),
            timeout=DEADLINE,
            trust_env=False,
            verify=NOBODY,
        )

    def get(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - as httpx has them
        """GET."""
        return self.http.get(path, **options)

    def post(self, path: str, payload: object = None, **options: Any) -> httpx.Response:  # noqa: ANN401 - as httpx
        """POST, with a payload in JSON or with none."""
        return self.http.post(path, json=payload, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - as httpx has them
        """DELETE."""
        return self.http.delete(path, **options)

    def read(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - any JSON
        """What a GET answers in JSON, which must be 200."""
        answer = self.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def configure(
        self,
        runtime: str,
        application: str,
        category: str = "B2C",
        license_type: str = "APPLICATION",
        **parameters: str,
    ) -> Any:  # noqa: ANN401 - any JSON
        """Set a license configuration; the result, which must come with 200."""
        payload = {"appID": application, "category": category, "licenseType": license_type}
        answer = self.post(f"/runtimes/{runtime}/license", payload, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ended(self, runtime: str, transaction: int) -> Any:  # noqa: ANN401 - any JSON
        """A transaction when it is over."""
        deadline = time.monotonic() + DEADLINE
        while True:
            found = self.read(f"/runtimes/{runtime}/transactions/{transaction}")
            if found["status"] in OVER:
                return found
            assert time.monotonic() < deadline, f"transaction {transaction} does not end: {found}"
            time.sleep(0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.http.close()


def told(answer: httpx.Response) -> str:
    """What an error in JSON says, with its code before it."""
    body = answer.json()
    assert body.keys() == {"ok", "productVersion", "errors"}, body
    assert body["ok"] is False, body
    [error] = body["errors"]
    details: str = error["details"]
    return details
