"""Who somebody is, on every node: what one node gave out or took back counts at another, in the next request.

docs/decisions/nodes.md.
"""

import itertools
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.icws.client import PASSWORD, Session, log_on_body, open_http
from tests.icws.world import World
from tests.oidc_issuer import AUDIENCE, OpenIdIssuer
from tests.postgres.cluster import Cluster
from tests.postgres.databases import PostgresServer
from tests.postgres.fixtures import postgres_server
from tests.server_process import start_server

_passwords = (f"changed-{number}" for number in itertools.count())


class Nodes:
    """Two nodes with one admin token. `at` is the one, `elsewhere` the other; `swap` has them change their parts."""

    def __init__(self, one: World, other: World, issuer: OpenIdIssuer) -> None:
        self.at, self.elsewhere, self.issuer = one, other, issuer
        self.token = (one.server.data / "admin-token").read_text().strip()

    def swap(self) -> None:
        """What was done at the one is done at the other from now on."""
        self.at, self.elsewhere = self.elsewhere, self.at

    def log_on(self, login: str, password: str = PASSWORD) -> httpx.Response:
        """Log on to ICWS, elsewhere."""
        with open_http(self.elsewhere.url) as http:
            body, headers = log_on_body(login, password), {"Accept-Language": "en-us"}
            return http.post("/icws/connection", json=body, headers=headers)

    def session(self, login: str) -> tuple[Session, Session]:
        """A session that began at the one; as it goes on there, and elsewhere."""
        session = self.at.log_on(login)
        other = copy(session)
        other.http = open_http(self.elsewhere.url)
        return session, other

    def admin(self, world: World, method: str, path: str, body: object = None) -> httpx.Response:
        """Something of the admin API, by the token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.request(method, f"{world.url}/v1/{path}", json=body, headers=headers, timeout=30, trust_env=False)


def ask(world: World, path: str, **sent: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
    """GET something of a node, as a client that has nothing but what is given."""
    return httpx.get(f"{world.url}{path}", timeout=30, trust_env=False, **sent)


@contextmanager
def deaf(postgres: PostgresServer) -> Iterator[None]:
    """Within it no node hears of what another writes: it knows what it has looked for, or should have.

    By luck a node hears of everything sooner than its next request comes. On a server that was given to the tests, that
    luck is left as it is.
    """
    found = postgres.execute("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'seatkeeper node of %'")
    listening = [pid for (pid,) in found] if isinstance(postgres, Cluster) else []
    for pid in listening:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in listening:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture(autouse=True)
def _each_for_itself(nodes: "Nodes") -> Iterator[None]:  # noqa: ARG001 - which are there to be made deaf
    with deaf(postgres_server()):
        yield


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Two server processes on one database, whose data directories have the same admin token."""
    postgres = postgres_server()
    url = postgres.new_url()
    here, there = (tmp_path_factory.mktemp(name) / "data" for name in ("one", "other"))
    with OpenIdIssuer() as issuer:
        env = {
            "SEATKEEPER_DATABASE": url,
            "SEATKEEPER_SINGLE_SIGN_ON_ISSUER": issuer.url,
            "SEATKEEPER_SINGLE_SIGN_ON_AUDIENCE": AUDIENCE,
            "SEATKEEPER_IDENTITY_FREE_ATTEMPTS": "1000",
            "SEATKEEPER_IDENTITY_FREE_ATTEMPTS_USER": "1000",
            "SEATKEEPER_IDENTITY_FREE_ATTEMPTS_ADDRESS": "1000",
        }
        with start_server(here, env=env) as one:
            there.mkdir(mode=0o700)
            copied = there / "admin-token"
            copied.touch(mode=0o600)
            copied.write_bytes((here / "admin-token").read_bytes())
            with start_server(there, env=env) as other:
                worlds = World(one), World(other)
                yield Nodes(*worlds, issuer)
                for world in worlds:
                    world.close()
    postgres.drop(url)


def test_a_session_goes_on_at_another_node_and_what_it_did_is_known_there(nodes: Nodes) -> None:
    license_ = nodes.at.license()
    station = nodes.at.station()
    session, other = nodes.session(nodes.at.user(license_))
    with session, other:
        assert other.call("GET", "connection").json()["connectionState"] == 1
        assert other.status(license_) == 2
        for sitting in (session, other):
            watching = other if sitting is session else session
            assert sitting.sit_at(station).status_code == 200
            assert watching.call("GET", "connection/station").json()["id"] == station
            assert sitting.call("DELETE", "connection/station").status_code == 200
            assert watching.call("GET", "connection/station").status_code == 404


def test_a_session_that_logged_off_is_over_at_every_node(nodes: Nodes) -> None:
    license_ = nodes.at.license()
    login = nodes.at.user(license_)
    for _ in range(2):
        session, other = nodes.session(login)
        with session, other:
            assert other.status(license_) == 2
            assert session.log_off().status_code == 200
            assert other.call("GET", "configuration/users").status_code == 401
            assert other.call("POST", "messaging/heartbeat").status_code == 401
            assert other.call("POST", "licenses", {"licenseList": [license_]}).status_code == 401
            assert other.call("GET", "connection").json()["connectionState"] == 2, "as its end is told there, too"
        nodes.swap()


def test_a_token_for_another_log_on_is_good_at_any_node_and_only_once(nodes: Nodes) -> None:
    session, other = nodes.session(nodes.at.user())
    with session, other, ThreadPoolExecutor(2) as threads:
        for asked in (session, other):
            seed = str(uuid4())
            answer = asked.call("POST", "connection/unique-auth-token", {"authTokenSeed": seed})
            body = {
                "__type": "urn:inin.com:connection:authTokenConnectionRequestSettings",
                "applicationName": "Shift Desk",
                "authToken": answer.json()["authToken"],
                "authTokenSeed": seed,
                "authTokenSourceSession": session.id,
                "disconnectSourceSession": False,
            }

            def log_on(client: Session, body: dict[str, Any] = body) -> int:
                return client.http.post("/icws/connection", json=body, headers={"Accept-Language": "en"}).status_code

            assert sorted(threads.map(log_on, (other, session))) == [201, 400]


def test_a_password_that_was_changed_at_one_node_counts_at_every_other_in_the_next_request(nodes: Nodes) -> None:
    """Each node remembers passwords that were right a moment ago, so that its clients may send them on every call."""
    login = nodes.at.user(roles=["administrator", "mfpadmin"])
    nodes.at.apply("runtimes", {"name": "mfp"})
    places = {
        "superoffice": "/api/v1/User/currentAssociate",
        "mobilefirst": "/mfpadmin/management-apis/2.0/runtimes",
        "admin": "/v1/users",
    }
    former, current = "never right", PASSWORD
    for _ in range(2):
        for password, status in ((current, 200), (former, 401)):
            told = {
                name: ask(nodes.elsewhere, path, auth=(login, password)).status_code for name, path in places.items()
            }
            assert told == dict.fromkeys(places, status)
        assert nodes.log_on(login, current).status_code == 201
        former, current = current, next(_passwords)
        changed = nodes.admin(nodes.at, "PUT", "users/password", {"login": login, "password": current})
        assert changed.status_code == 204, changed.text
        assert ask(nodes.elsewhere, places["superoffice"], auth=(login, former)).status_code == 401
        nodes.swap()


def test_rights_that_were_taken_at_one_node_are_gone_at_every_other(nodes: Nodes) -> None:
    login = nodes.at.user(roles=["administrator"])
    for _ in range(2):
        for roles, status in (([], 403), (["administrator"], 200)):
            nodes.at.apply("users", {"login": login, "roles": roles})
            assert ask(nodes.elsewhere, "/v1/users", auth=(login, PASSWORD)).status_code == status
        nodes.swap()


def test_tickets_tokens_and_cookies_of_the_crm_are_good_at_every_node_until_they_end_at_one(nodes: Nodes) -> None:
    login = nodes.at.user()
    me, token_of_mine = "/api/v1/User/currentAssociate", "/api/v1/User/currentToken"
    for _ in range(2):
        answer = httpx.post(
            f"{nodes.at.url}/Login", json={"user": login, "password": PASSWORD}, timeout=30, trust_env=False
        )
        by_ticket = {"Authorization": f"SOTicket {answer.json()['Ticket']}"}
        cookie = answer.headers.get_list("set-cookie")[0].partition(";")[0]
        by_cookie = {"Cookie": cookie, "X-XSRF-TOKEN": answer.json()["XsrfToken"]}
        token = ask(nodes.elsewhere, token_of_mine, headers=by_ticket).json()
        by_token = {"Authorization": f"Bearer {token}"}
        for shown in (by_ticket, by_cookie, by_token):
            for world in (nodes.at, nodes.elsewhere):
                assert ask(world, me, headers=shown).json()["Name"] == login
        ended = httpx.post(f"{nodes.at.url}/Logout", headers=by_ticket, timeout=30, trust_env=False)
        assert ended.status_code == 204
        for shown in (by_ticket, by_cookie):
            assert ask(nodes.elsewhere, me, headers=shown).status_code == 401
        nodes.swap()


def test_a_token_of_single_sign_on_is_good_at_every_node_while_its_user_is_there(nodes: Nodes) -> None:
    login = nodes.at.user()
    shown = {"Authorization": f"Bearer {nodes.issuer.token(login)}"}
    for world in (nodes.at, nodes.elsewhere):
        assert ask(world, "/api/v1/User/currentAssociate", headers=shown).status_code == 200
    assert nodes.admin(nodes.at, "POST", "users/delete", {"login": login}).status_code == 204
    assert ask(nodes.elsewhere, "/api/v1/User/currentAssociate", headers=shown).status_code == 401


def test_a_plan_made_at_one_node_is_applied_at_another_unless_what_it_is_about_has_changed(nodes: Nodes) -> None:
    headers = {"Authorization": f"Bearer {nodes.token}", "Content-Type": "application/toml"}

    def send(world: World, path: str, text: str, **params: str) -> httpx.Response:
        url = f"{world.url}/v1/{path}"
        return httpx.post(url, content=text, headers=headers, params=params, timeout=30, trust_env=False)

    license_ = nodes.at.license()
    text = f'[[licenses]]\nname = "{license_}"\nconcurrent_seats = '
    plan = send(nodes.at, "inventory/plan", f"{text}3\n").json()["plan"]
    assert send(nodes.elsewhere, "inventory", f"{text}3\n", plan=plan).json()["total"] == 1
    plan = send(nodes.at, "inventory/plan", f"{text}4\n").json()["plan"]
    nodes.elsewhere.apply("licenses", {"name": license_, "concurrent_seats": 5})
    assert send(nodes.at, "inventory", f"{text}4\n", plan=plan).status_code == 409
