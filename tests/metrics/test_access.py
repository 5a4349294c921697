"""Who may read the metrics, and in which format."""

import base64

import httpx
import pytest

from tests.icws.client import PASSWORD
from tests.icws.world import World
from tests.metrics.scraping import Scrape, get_metrics, token_of


def basic(login: str, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


def bearer(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(world.server)}"}


def test_prometheus_reads_with_the_admin_token(world: World) -> None:
    answer = get_metrics(world.server, bearer(world))
    assert answer.status_code == 200
    assert Scrape(answer.text).value("seatkeeper_ledger_healthy") == 1


def test_a_user_reads_with_the_right_or_a_role_that_has_it(world: World) -> None:
    for login in (world.user(rights=["metrics.read"]), world.user(roles=["operator"])):
        assert get_metrics(world.server, basic(login)).status_code == 200


def test_a_user_without_the_right_is_told_which_he_lacks(world: World) -> None:
    answer = get_metrics(world.server, basic(world.user(rights=["sessions.read"])))
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert "lacks the right metrics.read" in answer.json()["message"]


@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer wrong", "Basic ???", "Basic YTpi", "Digest x", "Bearer \u00e9"]
)
def test_whoever_shows_nothing_right_is_asked_for_credentials(world: World, authorization: str | None) -> None:
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]
    answer = get_metrics(world.server, headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert "seatkeeper_" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_metrics_can_only_be_read(world: World, method: str) -> None:
    answer = get_metrics(world.server, bearer(world), method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert "can only be read" in answer.json()["message"]


def test_head_is_answered_without_the_page(world: World) -> None:
    answer = get_metrics(world.server, bearer(world), "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 1000


def test_below_the_metrics_there_is_nothing(world: World) -> None:
    answer = httpx.get(f"{world.url}/metrics/more", headers=bearer(world), trust_env=False)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_open_metrics_is_written_for_whoever_accepts_it(world: World) -> None:
    accepted = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2"  # as Prometheus asks
    answer = get_metrics(world.server, {**bearer(world), "Accept": accepted})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    "accept",
    [
        b"*/*",
        b"application/json",
        b"application/openmetrics-text;version=one",
        b";;,=",
        b"text/plain;version=\xe9",
        b"",
    ],
)
def test_anybody_else_gets_the_plain_format(world: World, accept: bytes) -> None:
    headers = [(name.encode(), value.encode()) for name, value in bearer(world).items()]
    answer = get_metrics(world.server, [*headers, (b"accept", accept)])
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert Scrape(answer.text).value("seatkeeper_ledger_healthy") == 1
