"""`seatkeeper serve --workers`: several processes at one address, on one database."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.certificates import NOBODY
from tests.cli.command import seatkeeper, sentence_of
from tests.metrics.scraping import scrape, token_of
from tests.postgres.databases import PostgresServer
from tests.server_process import ServerProcess, start_server

PATIENCE = 60.0
WORKERS = 2


@pytest.fixture(scope="module")
def url(postgres: PostgresServer) -> Iterator[str]:
    """An empty database."""
    url = postgres.new_url(migrated=False)
    yield url
    postgres.drop(url)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, url: str) -> Iterator[ServerProcess]:
    """Two workers, begun on an empty database, in which each of them is to see to the demo."""
    data = tmp_path_factory.mktemp("workers") / "data"
    with start_server(data, "--demo", "--workers", str(WORKERS), env={"SEATKEEPER_DATABASE": url}) as server:
        yield server


def workers_of(server: ServerProcess) -> list[int]:
    """The processes that the server's parent has started, which run."""
    parent = str(server.process.pid)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # one that has ended meanwhile
            if (process / "stat").read_text().rpartition(")")[2].split()[1] == parent:
                found.append(int(process.name))
    return sorted(found)


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def states(server: ServerProcess, count: int = 12) -> set[int]:
    """What /readyz answers on so many connections at once, so that each worker is likely to get some."""
    clients = [httpx.Client(trust_env=False, timeout=PATIENCE, verify=NOBODY) for _ in range(count)]
    try:
        return {client.get(f"{server.url}/readyz").status_code for client in clients}
    finally:
        for client in clients:
            client.close()


def test_the_demo_is_applied_once_by_workers_that_start_together(server: ServerProcess, url: str) -> None:
    assert len(workers_of(server)) == WORKERS
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(DISTINCT batch) FROM journal").fetchone() == (1,)


def test_a_scrape_of_any_worker_tells_of_all(server: ServerProcess) -> None:
    seen = scrape(server)
    assert {each.labels["worker"]: each.value for each in seen.all("seatkeeper_worker_up")} == {"1": 1.0, "2": 1.0}
    nodes = {each.labels["worker"]: each.value for each in seen.all("seatkeeper_node")}
    assert set(nodes) == {"1", "2"}
    assert nodes["1"] != nodes["2"]
    assert seen.sum("seatkeeper_node_leads") == 1
    assert seen.sum("seatkeeper_database_connected") == WORKERS
    assert seen.labels_of("seatkeeper_pool_seats") == {frozenset({"owner", "license", "method"})}
    before = seen.sum("seatkeeper_http_request_duration_seconds_count", route="/readyz")
    states(server, 7)
    after = scrape(server).sum("seatkeeper_http_request_duration_seconds_count", route="/readyz")
    assert after - before == 7


def test_draining_is_for_all_workers(server: ServerProcess) -> None:
    headers = {"Authorization": f"Bearer {token_of(server)}"}

    def be(state: str) -> None:
        answer = httpx.put(
            f"{server.url}/v1/server", json={"state": state}, headers=headers, trust_env=False, verify=NOBODY
        )
        assert answer.json()["state"] == state, answer.text

    be("draining")
    assert states(server) == {503}
    be("serving")
    assert states(server) == {200}


def test_commands_ask_the_workers_of_their_data_directory(server: ServerProcess) -> None:
    told = seatkeeper("explain", "agent01", "I3_ACCESS_CLIENT", data=server.data)
    assert told.returncode == 0, told.stderr


def test_a_worker_that_dies_is_started_again(server: ServerProcess) -> None:
    killed, *_ = workers_of(server)
    os.kill(killed, signal.SIGKILL)
    until(lambda: killed not in workers_of(server) and len(workers_of(server)) == WORKERS, "no worker took its place")
    until(lambda: scrape(server).sum("seatkeeper_worker_up") == WORKERS, "its successor does not serve")
    assert states(server) == {200}
    assert "worker_ended" in server.log.read_text()


def test_a_data_directory_has_one_server(server: ServerProcess) -> None:
    database = {"SEATKEEPER_DATABASE": "postgresql://127.0.0.1:1/none"}
    assert "is served already" in sentence_of(seatkeeper("serve", "--workers", "2", data=server.data, env=database), 3)


def test_a_stop_ends_all_and_ends_well(server: ServerProcess) -> None:
    workers = workers_of(server)
    assert server.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert not (server.data / "server.json").exists()


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path, postgres_url: str) -> None:
    with start_server(tmp_path / "data", "--workers", "2", env={"SEATKEEPER_DATABASE": postgres_url}) as server:
        workers = workers_of(server)
        server.kill()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "a worker outlived its parent")


def test_workers_that_cannot_start_end_the_server_with_the_reason(tmp_path: Path) -> None:
    database = {"SEATKEEPER_DATABASE": "postgresql://seatkeeper:a-secret@127.0.0.1:1/inventory"}
    told = sentence_of(seatkeeper("serve", "--port", "0", "--workers", "2", data=tmp_path / "data", env=database), 3)
    assert "postgresql://127.0.0.1:1/inventory cannot be connected to" in told
    assert "a-secret" not in told
    assert told.count("seatkeeper:") == 1
