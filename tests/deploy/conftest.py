"""A server on which everything has happened that the dashboard and the alerts look at."""

import itertools
from collections.abc import Iterator

import httpx
import pytest

from tests.icws.client import PASSWORD, log_on_body
from tests.icws.world import World
from tests.metrics.scraping import token_of
from tests.server_process import start_server


class Office(World):
    """A server with a pool of one seat, and the day's traffic."""

    _numbers = itertools.count()

    def prepare(self) -> None:
        """Licenses, of which one expires, two users who want the same seat, and a runtime of applications."""
        self.contended = self.license(concurrent_seats=1)
        self.license(expires="2098-12-31")
        self.users = [self.user(self.contended, method="concurrent") for _ in range(2)]
        self.apply("runtimes", {"name": "mfp"})
        self.deployer = self.user(roles=["mfpdeployer"])

    def work(self) -> None:
        """Log-ons, right, wrong and turned away; acquisitions, granted, refused and retried; an event stream; a
        transaction."""
        holder, other = self.users
        with self.log_on(holder) as first, self.log_on(other) as second:
            assert [first.status(self.contended), second.status(self.contended), second.status(self.contended)] == [
                2,
                4,
                4,
            ]
            with first.stream():
                # Another name each time: somebody who is wrong again and again is kept waiting.
                assert self._log_on(f"somebody{next(self._numbers)}", "a guess").status_code == 400
            for session in (first, second):
                session.log_off()
        self._deploy()
        self._state("standby")
        assert self._log_on(holder, "any").status_code == 503
        self._state("serving")

    def _log_on(self, login: str, password: str) -> httpx.Response:
        body, headers = log_on_body(login, password), {"Accept-Language": "en-us"}
        return httpx.post(f"{self.url}/icws/connection", json=body, headers=headers, trust_env=False)

    def _deploy(self) -> None:
        url = f"{self.url}/mfpadmin/management-apis/2.0/runtimes/mfp/license"
        body = {"appID": "com.example.survey", "category": "B2C"}
        answer = httpx.post(url, json=body, auth=(self.deployer, PASSWORD), trust_env=False)
        assert answer.json()["ok"] is True, answer.text

    def _state(self, state: str) -> None:
        headers = {"Authorization": f"Bearer {token_of(self.server)}"}
        answer = httpx.put(f"{self.url}/v1/server", json={"state": state}, headers=headers, trust_env=False)
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The server, after one round of work."""
    with start_server(tmp_path_factory.mktemp("office") / "data") as server:
        office = Office(server)
        office.prepare()
        office.work()
        yield office
        office.close()
