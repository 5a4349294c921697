"""Transactions in the midst of what they do: the line of a runtime, its lock, and the limits of time (contract 3.1, 4).

Each is held in a state from outside, looked at over HTTP, and let go.
"""

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.mobilefirst.audit_trail import of, trail
from tests.mobilefirst.client import DEADLINE, XML, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.held import HeldWorld
from tests.server_process import start_server

LOCK_WAIT, PREPARE, LONGEST_LOCK, COMMIT = 60, 300, 600, 120
LONGEST_LINE = 3


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldWorld]:
    with serving(tmp_path_factory) as world:
        yield world


@contextmanager
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldWorld]:
    """A server of its own, whose clock tests set forward."""
    environment = {
        "SEATKEEPER_TESTING": "true",
        "SEATKEEPER_MOBILEFIRST_LONGEST_LINE": str(LONGEST_LINE),
        "SEATKEEPER_MOBILEFIRST_LOCK_WAIT": str(LOCK_WAIT),
        "SEATKEEPER_MOBILEFIRST_PREPARE_TIMEOUT": str(PREPARE),
        "SEATKEEPER_MOBILEFIRST_LONGEST_LOCK": str(LONGEST_LOCK),
        "SEATKEEPER_MOBILEFIRST_COMMIT_TIMEOUT": str(COMMIT),
    }
    with start_server(tmp_path_factory.mktemp("held") / "data", env=environment) as server:
        world = HeldWorld(server)
        yield world
        world.close()


@pytest.fixture
def runtime(held: HeldWorld) -> str:
    return held.runtime()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def waiting(held: HeldWorld, threads: ThreadPoolExecutor, runtime: str) -> tuple[int, Future[Any]]:
    """A synchronous request that waits in the line of a runtime: the id of its transaction, and its result."""
    before = {each["id"] for each in transactions(held, runtime)}
    asked = threads.submit(held.deployer.configure, runtime, held.application())
    while not (new := [each for each in transactions(held, runtime) if each["id"] not in before]):
        assert not asked.done(), asked.result()
    return new[0]["id"], asked


def transactions(held: HeldWorld, runtime: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = held.monitor.read(f"/runtimes/{runtime}/transactions")["items"]
    return items


def told_to_prometheus(held: HeldWorld, runtime: str) -> dict[str, float]:
    """What `/metrics` says of a runtime, by the end of the metric's name."""
    token = held.house.headers["Authorization"]
    page = httpx.get(f"{held.url}/metrics", headers={"Authorization": token}, timeout=DEADLINE, trust_env=False).text
    found = re.findall(rf'^seatkeeper_runtime_(\w+)\{{runtime="{runtime}"\}} (\S+)$', page, re.MULTILINE)
    return {name: float(value) for name, value in found}


def busy(held: HeldWorld, runtime: str) -> bool:
    return bool(held.monitor.read(f"/runtimes/{runtime}/lock")["busy"])


@pytest.mark.mobilefirst("3.1 status PREPARING", "3.1 status COMMITTING", "4 busy", "8.4 Outcome PENDING")
@pytest.mark.parametrize("state", ["PREPARING", "COMMITTING"])
def test_what_is_under_way_has_the_lock_until_it_is_over(held: HeldWorld, runtime: str, state: str) -> None:
    assert not busy(held, runtime)
    transaction = held.hold(runtime, state)
    assert busy(held, runtime)
    held.advance(30)
    metrics = told_to_prometheus(held, runtime)
    assert metrics["unfinished_transactions"] == 1
    assert 30 <= metrics["oldest_transaction_seconds"] < 30 + DEADLINE
    lock = xml_of(held.monitor.get(f"/runtimes/{runtime}/lock", headers={"Accept": XML}), "lock")
    assert dict(lock.attrib) == {"busy": "true"}
    assert of(runtime, trail(held.monitor))[-1]["Outcome"] == "PENDING"
    assert held.admin.get(f"/runtimes/{runtime}/license/{transaction['description']['name']}").status_code == 404
    held.let_go(transaction)
    assert held.monitor.ended(runtime, transaction["id"])["status"] == "SUCCESS"
    assert not busy(held, runtime)
    after = told_to_prometheus(held, runtime)
    assert (after["unfinished_transactions"], after["oldest_transaction_seconds"]) == (0, 0)


@pytest.mark.mobilefirst("3.1 status REJECTING", "3.3 mode errors")
def test_what_is_being_rejected_has_its_errors_and_the_lock(held: HeldWorld, runtime: str) -> None:
    application = held.application(runtime, "android 1.0", category="B2C")
    held.order(application, "REJECTING")
    begun = held.admin.delete(f"/runtimes/{runtime}/license/{application}", params={"async": "true"}).json()
    transaction = held.reached(runtime, begun["transaction"]["id"], "REJECTING")
    assert transaction["errors"][0]["details"].startswith("FWLSE30303E: ")
    assert busy(held, runtime)
    failed = held.monitor.read(f"/runtimes/{runtime}/transactions", mode="errors")["items"]
    assert [each["id"] for each in failed] == [transaction["id"]]
    held.let_go(transaction)
    assert held.monitor.ended(runtime, transaction["id"])["errors"] == transaction["errors"]


@pytest.mark.mobilefirst("3.1 transactions of one runtime run one after the other, and waiting ones succeed")
def test_a_synchronous_one_waits_for_those_before_it_and_succeeds(
    held: HeldWorld, threads: ThreadPoolExecutor, runtime: str
) -> None:
    first = held.hold(runtime, "PREPARING")
    second, asked = waiting(held, threads, runtime)
    assert [each["status"] for each in transactions(held, runtime)] == ["PREPARING", "PENDING"]
    assert not asked.done()
    held.let_go(first)
    result = asked.result(timeout=DEADLINE)
    assert (result["ok"], result["transaction"]["id"], result["transaction"]["status"]) == (True, second, "SUCCESS")
    ended = transactions(held, runtime)
    assert [each["status"] for each in ended] == ["SUCCESS", "SUCCESS"]
    assert ended[0]["timeUpdated"] <= ended[1]["timeUpdated"]
    assert result["transaction"] == ended[1]


@pytest.mark.parametrize("state", ["draining", "standby"])
def test_a_server_that_takes_no_log_ons_deploys_all_the_same(held: HeldWorld, runtime: str, state: str) -> None:
    """There are no log-ons to this API (docs/operating.md)."""
    held.enter(state)
    try:
        assert held.admin.configure(runtime, held.application())["ok"] is True
        begun = held.admin.configure(runtime, held.application(), **{"async": "true"})["transaction"]
        assert held.monitor.ended(runtime, begun["id"])["status"] == "SUCCESS"
    finally:
        held.enter("serving")


@pytest.mark.mobilefirst("3.1 another runtime is not held up")
def test_another_runtime_is_not_held_up(held: HeldWorld, runtime: str) -> None:
    transaction = held.hold(runtime, "PREPARING")
    other = held.runtime()
    assert held.admin.configure(other, held.application())["transaction"]["status"] == "SUCCESS"
    begun = held.admin.configure(other, held.application(), **{"async": "true"})["transaction"]
    assert held.monitor.ended(other, begun["id"])["status"] == "SUCCESS"
    assert (busy(held, runtime), busy(held, other)) == (True, False)
    held.let_go(transaction)
    assert held.monitor.ended(runtime, transaction["id"])["status"] == "SUCCESS"


@pytest.mark.mobilefirst("4 a forced release ends the transaction that has it", "11 FWLSE3091W transaction failed")
@pytest.mark.parametrize("state", ["PREPARING", "COMMITTING"])
def test_a_forced_release_ends_the_one_that_has_the_lock_and_the_next_goes_on(
    held: HeldWorld, threads: ThreadPoolExecutor, runtime: str, state: str
) -> None:
    transaction = held.hold(runtime, state)
    _, asked = waiting(held, threads, runtime)
    assert held.admin.delete(f"/runtimes/{runtime}/lock").json() == {"busy": False}
    ended = held.monitor.ended(runtime, transaction["id"])
    assert ended["status"] == "FAILURE"
    assert [each["details"].partition(":")[0] for each in ended["errors"]] == ["FWLSE3091W"]
    assert asked.result(timeout=DEADLINE)["transaction"]["status"] == "SUCCESS"
    assert held.admin.get(f"/runtimes/{runtime}/license/{transaction['description']['name']}").status_code == 404


@pytest.mark.mobilefirst(
    "4 a transaction that waits too long for the lock ends as FAILURE with FWLSE3021E",
    "11 FWLSE3021E waited too long for the lock",
)
def test_one_that_waits_too_long_for_the_lock_fails_and_is_answered(
    held: HeldWorld, threads: ThreadPoolExecutor, runtime: str
) -> None:
    first = held.hold(runtime, "PREPARING")
    _, asked = waiting(held, threads, runtime)
    held.advance(LOCK_WAIT + 1)
    result = asked.result(timeout=DEADLINE)
    assert (result["ok"], result["transaction"]["status"]) == (False, "FAILURE")
    assert [each["details"].partition(":")[0] for each in result["transaction"]["errors"]] == ["FWLSE3021E"]
    held.let_go(first)
    assert held.monitor.ended(runtime, first["id"])["status"] == "SUCCESS", "it was not too late for this one"


@pytest.mark.mobilefirst("4 503 FWLSE3021E with Retry-After where the line is full")
def test_a_line_is_not_longer_than_the_setting_says(held: HeldWorld, runtime: str) -> None:
    first = held.hold(runtime, "PREPARING")
    for _ in range(LONGEST_LINE - 1):
        held.admin.configure(runtime, held.application(), **{"async": "true"})
    payload = {"appID": held.application(), "category": "B2C"}
    for parameters in ({}, {"async": "true"}):
        refused = held.deployer.post(f"/runtimes/{runtime}/license", payload, params=parameters)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert told(refused).startswith(f"FWLSE3021E: {LONGEST_LINE} transactions of runtime {runtime} wait already")
    assert len(transactions(held, runtime)) == LONGEST_LINE, "what is refused makes no transaction"
    held.let_go(first)
    assert held.deployer.post(f"/runtimes/{runtime}/license", payload).json()["ok"]


@pytest.mark.mobilefirst(
    "3.1 one that prepares or commits too long ends as FAILURE with FWLSE3090E", "11 FWLSE3090E transaction stalled"
)
@pytest.mark.parametrize(("state", "limit"), [("PREPARING", PREPARE), ("COMMITTING", COMMIT)])
def test_one_that_stays_in_a_state_too_long_fails(held: HeldWorld, runtime: str, state: str, limit: int) -> None:
    transaction = held.hold(runtime, state)
    held.advance(limit + 1)
    held.let_go(transaction)
    ended = held.monitor.ended(runtime, transaction["id"])
    assert ended["status"] == "FAILURE"
    assert [each["details"].partition(":")[0] for each in ended["errors"]] == ["FWLSE3090E"]
    assert held.admin.get(f"/runtimes/{runtime}/license/{transaction['description']['name']}").status_code == 404


@pytest.mark.mobilefirst("4 a lock that is held too long falls to the next", "11 FWLSE3090E transaction stalled")
def test_the_next_takes_a_lock_that_another_has_had_too_long(
    held: HeldWorld, threads: ThreadPoolExecutor, runtime: str
) -> None:
    """It is still held, and nothing but the next one's turn ends it."""
    first = held.hold(runtime, "PREPARING")
    held.advance(LONGEST_LOCK - LOCK_WAIT / 2)
    _, asked = waiting(held, threads, runtime)
    held.advance(LOCK_WAIT / 2 + 1)
    assert asked.result(timeout=DEADLINE)["transaction"]["status"] == "SUCCESS"
    ended = held.monitor.ended(runtime, first["id"])
    assert ended["status"] == "FAILURE"
    assert [each["details"].partition(":")[0] for each in ended["errors"]] == ["FWLSE3090E"]


@pytest.mark.mobilefirst(
    "2.1 what a synchronous SUCCESS says is durable and seen by a GET",
    "3.1 status CANCELED",
    "3.1 queued ones whose server went down are CANCELED at its next start, with FWLSE3092W",
    "3.1 an interrupted one ends as FAILURE with FWLSE3091W",
    "3.3 the history is kept",
    "11 FWLSE3091W transaction failed",
    "11 FWLSE3092W transaction canceled",
)
def test_after_a_kill_each_transaction_comes_to_its_end(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory) as held:
        each_comes_to_its_end(held)


def each_comes_to_its_end(held: HeldWorld) -> None:
    preparing, committing = held.runtime(), held.runtime()
    done = held.admin.configure(preparing, held.application())["transaction"]
    first = held.hold(preparing, "PREPARING")
    queued = held.admin.configure(preparing, held.application(), **{"async": "true"})["transaction"]
    second = held.hold(committing, "COMMITTING")
    held.server.kill()
    held.server.start()
    after = HeldWorld(held.server)
    ended = {each: after.monitor.ended(preparing, each) for each in (first["id"], queued["id"])}
    assert ended[first["id"]]["status"] == "FAILURE"
    assert ended[first["id"]]["errors"][0]["details"].startswith("FWLSE3091W: ")
    assert ended[queued["id"]]["status"] == "CANCELED"
    assert ended[queued["id"]]["errors"][0]["details"].startswith("FWLSE3092W: ")
    assert after.monitor.ended(committing, second["id"])["status"] == "SUCCESS"
    assert after.admin.get(f"/runtimes/{committing}/license/{second['description']['name']}").status_code == 200
    for lost in (first, queued):
        assert after.admin.get(f"/runtimes/{preparing}/license/{lost['description']['name']}").status_code == 404
    history = transactions(after, preparing)
    assert [each["id"] for each in history] == [done["id"], first["id"], queued["id"]]
    assert history[0] == done
    assert after.admin.get(f"/runtimes/{preparing}/license/{done['description']['name']}").status_code == 200
    assert not busy(after, preparing)
    assert after.admin.configure(preparing, after.application())["transaction"]["id"] > second["id"]
    after.close()


def test_whoever_still_waits_when_the_server_stops_is_told_where_to_ask(
    tmp_path_factory: pytest.TempPathFactory, threads: ThreadPoolExecutor
) -> None:
    with serving(tmp_path_factory) as held:
        runtime = held.runtime()
        held.hold(runtime, "PREPARING")
        body = {"appID": held.application(), "category": "B2C"}
        asked = threads.submit(held.deployer.post, f"/runtimes/{runtime}/license", body)
        while len(transactions(held, runtime)) < 2:
            assert not asked.done(), asked.result().text
        number = transactions(held, runtime)[1]["id"]
        assert held.server.stop() == 0
        answer = asked.result(timeout=DEADLINE)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert f"ask for transaction {number}" in told(answer)
        assert "Traceback" not in held.server.log.read_text()
