"""A node whose PostgreSQL is gone: every face says so at once, and the node comes back by itself."""

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.certificates import NOBODY
from tests.icws.client import log_on_body
from tests.metrics.scraping import scrape, token_of
from tests.postgres.cluster import Cluster, url_of
from tests.postgres.fixtures import own_cluster
from tests.postgres.proxy import Proxy
from tests.server_process import ServerProcess, start_server

PATIENCE = 60.0
LANGUAGE = {"Accept-Language": "en-us"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that these tests may stop."""
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def proxy(cluster: Cluster) -> Iterator[Proxy]:
    """The network between the node and its database."""
    with Proxy(cluster.port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, proxy: Proxy) -> Iterator[ServerProcess]:
    env = {
        "SEATKEEPER_DATABASE": url_of(proxy, database=cluster.new_database(migrated=False)),
        "SEATKEEPER_ICWS_ALTERNATE_HOSTS": "ic2.example",
    }
    with start_server(tmp_path_factory.mktemp("node") / "data", "--demo", env=env) as node:
        yield node


def ready(node: ServerProcess) -> int:
    return httpx.get(f"{node.url}/readyz", trust_env=False, verify=NOBODY, timeout=PATIENCE).status_code


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def ask_every_face(node: ServerProcess) -> dict[str, httpx.Response]:
    """A read and a command of each, by somebody who could be let in; one has been let in before, the others not."""
    admin = {"Authorization": f"Bearer {token_of(node)}"}
    demo = ("agent01", "demo-agent01")
    with httpx.Client(base_url=node.url, trust_env=False, verify=NOBODY, timeout=PATIENCE) as http:
        return {
            "icws log-on": http.post("/icws/connection", json=log_on_body(*demo), headers=LANGUAGE),
            "admin read": http.get("/v1/users", headers=admin),
            "admin command": http.post(
                "/v1/assignments",
                headers=admin,
                json={"holder": {"kind": "user", "name": "agent01"}, "licenses": ["I3_ACCESS_CLIENT"]},
            ),
            "superoffice read": http.get("/api/v1/License", auth=("admin01", "demo-admin01")),
            "mobilefirst read": http.get(
                "/mfpadmin/management-apis/2.0/runtimes/mfp/lock", auth=("mfpadmin01", "demo-mfpadmin01")
            ),
        }


@pytest.mark.parametrize("way", ["stopped", "cut"])
def test_every_face_answers_503_while_the_database_is_gone(
    node: ServerProcess, cluster: Cluster, proxy: Proxy, way: str
) -> None:
    assert ready(node) == 200
    if way == "stopped":
        cluster.stop()
    else:
        proxy.cut()
    try:
        until(lambda: ready(node) == 503, "it is still ready")
        assert httpx.get(f"{node.url}/healthz", trust_env=False, verify=NOBODY).status_code == 200
        begun = time.monotonic()
        answers = ask_every_face(node)
        seconds = time.monotonic() - begun
        assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 503)
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers.values())
        log_on = answers["icws log-on"].json()
        assert log_on["errorId"] == "error.server.notAcceptingConnections"
        assert log_on["alternateHostList"] == ["ic2.example"]
        assert seconds < 2.0 * len(answers)
        assert scrape(node).value("seatkeeper_database_connected") == 0
        why = httpx.get(f"{node.url}/readyz", trust_env=False, verify=NOBODY).json()
        assert why == {"status": "the database does not answer"}
    finally:
        if way == "stopped":
            cluster.start()
        else:
            proxy.heal()
    until(lambda: ready(node) == 200, "it has not come back")
    assert ask_every_face(node)["icws log-on"].status_code == 201
    seen = scrape(node)
    assert seen.value("seatkeeper_database_connected") == 1
    assert (seen.value("seatkeeper_database_reconnects_total") or 0) >= 1
    log = node.log.read_text()
    assert "path=/readyz status=503" in log
    assert "psycopg" not in log  # its own warnings say nothing that the server does not


def test_a_database_that_hears_and_says_nothing_is_noticed(node: ServerProcess, proxy: Proxy) -> None:
    proxy.clog()
    try:
        until(lambda: ready(node) == 503, "it is still ready")
        assert {each.status_code for each in ask_every_face(node).values()} == {503}
    finally:
        proxy.heal()
    until(lambda: ready(node) == 200, "it has not come back")
