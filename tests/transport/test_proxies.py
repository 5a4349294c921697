"""Whose request it is where a proxy passes it on, and whose word is taken for that."""

from collections.abc import Iterator

import httpx
import pytest

from tests.icws.client import log_on_body, open_http
from tests.icws.world import World
from tests.server_process import start_server

TRUSTED = "127.0.0.1"
OF_A_TRUSTED_NETWORK = "127.8.0.9"
STRANGER = "127.0.0.66"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server behind two kinds of proxies: one on this machine, and whole networks of them."""
    env = {"SEATKEEPER_LISTEN_TRUSTED_PROXIES": f"{TRUSTED}, 127.8.0.0/16, 2001:db8:7::/48, 10.0.0.0/8"}
    with start_server(tmp_path_factory.mktemp("proxies") / "data", env=env) as server:
        world = World(server)
        yield world
        world.close()


def log_on(world: World, peer: str, headers: list[tuple[str, str]]) -> httpx.Response:
    """Log on from a loopback address, with what a proxy would add."""
    with open_http(world.url, peer) as http:
        answer = http.post(
            "/icws/connection", json=log_on_body(world.user()), headers=[("Accept-Language", "en-us"), *headers]
        )
    assert answer.status_code == 201, answer.text
    return answer


def machine(world: World, peer: str, *chain: str) -> str:
    """The machine of a session that was logged on to through this chain, one header for each of its parts."""
    answer = log_on(world, peer, [("X-Forwarded-For", part) for part in chain])
    return world.machine_of(answer.json()["sessionId"])


@pytest.mark.parametrize("peer", [TRUSTED, OF_A_TRUSTED_NETWORK])
@pytest.mark.parametrize(
    ("chain", "client"),
    [
        (["192.0.2.7"], "192.0.2.7"),
        (["192.0.2.7, 10.1.2.3"], "192.0.2.7"),
        (["192.0.2.7", "10.1.2.3, 127.8.1.1"], "192.0.2.7"),
        (["192.0.2.7:4711"], "192.0.2.7"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["2001:DB8:0:0::1"], "2001:db8::1"),
        (["::ffff:192.0.2.7"], "192.0.2.7"),
        (["2001:db8::1, 2001:db8:7::9"], "2001:db8::1"),
        (["10.1.2.3, 10.1.2.4"], "10.1.2.3"),
    ],
    ids=str,
)
def test_the_machine_is_the_last_address_that_is_no_proxys(
    world: World, peer: str, chain: list[str], client: str
) -> None:
    assert machine(world, peer, *chain) == client


def test_what_a_client_writes_before_its_proxy_does_is_not_believed(world: World) -> None:
    assert machine(world, TRUSTED, "203.0.113.99, 192.0.2.7") == "192.0.2.7"
    assert machine(world, TRUSTED, "10.0.0.1, 192.0.2.7, 10.1.2.3") == "192.0.2.7"
    assert machine(world, TRUSTED, "unknown, 192.0.2.7") == "192.0.2.7"


@pytest.mark.parametrize(
    "nonsense",
    ["", ",", "unknown", "_hidden", "192.0.2.7.8", "192.0.2.7/32", "[2001:db8::1", "1" * 4000, "192.0.2.7, -"],
)
def test_a_word_that_is_no_address_leaves_the_proxy_as_the_machine(world: World, nonsense: str) -> None:
    assert machine(world, TRUSTED, nonsense) == TRUSTED


def test_nobody_else_is_believed(world: World) -> None:
    headers = [("X-Forwarded-For", "192.0.2.7"), ("X-Forwarded-Proto", "https")]
    answer = log_on(world, STRANGER, headers)
    assert world.machine_of(answer.json()["sessionId"]) == STRANGER
    assert "Secure" not in answer.headers["set-cookie"]


@pytest.mark.icws("1.3 cookie is Secure over HTTPS, also to a trusted proxy")
@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False), ("HTTPS!", False), ("", False)])
def test_the_cookie_is_secure_where_the_proxy_was_asked_over_https(world: World, scheme: str, secure: bool) -> None:
    answer = log_on(world, TRUSTED, [("X-Forwarded-Proto", scheme)])
    assert ("; Secure" in answer.headers["set-cookie"]) is secure
    assert "SameSite" not in answer.headers["set-cookie"]


def test_without_a_setting_no_proxy_is_believed(tmp_path_factory: pytest.TempPathFactory) -> None:
    with start_server(tmp_path_factory.mktemp("no-proxies") / "data") as server:
        world = World(server)
        assert machine(world, TRUSTED, "192.0.2.7") == TRUSTED
        world.close()


def test_users_behind_one_proxy_are_on_machines_of_their_own(world: World) -> None:
    """The license of his station is a user's on one machine, and refused with 6 on another (decision 10)."""
    license_ = world.license()
    login, station = world.user(), world.station(license_)
    body = {"__type": "urn:inin.com:connection:workstationSettings", "workstation": station}
    verdicts = []
    for address in ("192.0.2.7", "192.0.2.7", "192.0.2.8"):
        with open_http(world.url) as http:
            headers = {"Accept-Language": "en-us", "X-Forwarded-For": address}
            created = http.post("/icws/connection", json=log_on_body(login), headers=headers)
            credentials = {
                "ININ-ICWS-CSRF-Token": created.json()["csrfToken"],
                "Cookie": created.headers["set-cookie"].split(";")[0],
            }
            place = f"/icws/{created.json()['sessionId']}"
            assert http.put(f"{place}/connection/station", json=body, headers=credentials).status_code == 200
            answer = http.post(f"{place}/licenses", json={"licenseList": [license_]}, headers=credentials)
            verdicts.append(answer.json()["licenseOperationResultList"][0]["licenseStatus"])
    assert verdicts == [2, 2, 6]
