"""Nodes of one database know each other, and one of them leads, whatever becomes of it."""

import asyncio
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from seatkeeper.ledger.door import DatabaseServer, DatabaseUnreachable
from seatkeeper.ledger.engines import postgres_nodes, postgres_presence
from seatkeeper.ledger.engines.postgres_presence import PostgresPresence
from seatkeeper.ledger.engines.postgres_statements import NOTIFY
from seatkeeper.ledger.presence import likeness
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from tests.ledger.nodes import Bystander, bystander, end_session_of, found, node_process, wait_for
from tests.ledger.world import until
from tests.postgres.cluster import url_of
from tests.postgres.databases import PostgresServer
from tests.postgres.fixtures import own_cluster
from tests.postgres.proxy import Proxy

IDLE = {"idle_session_timeout": 900}
SESSIONS = """
    SELECT objid::bigint, pid FROM pg_locks WHERE classid = x'5EA70001'::int AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""Which node is there by which session of the server."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks come five times a second, and count for shorter than the server waits for the next."""
    monkeypatch.setattr(postgres_presence, "_LOOK_SECONDS", 0.2)
    monkeypatch.setattr(postgres_presence, "_LEAD_SECONDS", 0.6)


@pytest.fixture(scope="module")
def url(postgres: PostgresServer) -> Iterator[str]:
    """A database for all of them: every node is gone at the end of a test."""
    made = postgres.new_url(migrated=False)
    yield made
    postgres.drop(made)


@contextmanager
def there(url: str, wake: Callable[[], None] = lambda: None, like: str = "") -> Iterator[PostgresPresence]:
    """A node that is there until the end."""
    database = DatabaseServer(url)
    presence = PostgresPresence(lambda: database.connect(IDLE), wake, like=like)
    presence.start()
    try:
        yield presence
    finally:
        presence.stop()


def test_the_first_leads_and_each_knows_the_others(url: str) -> None:
    with there(url) as one:
        assert (one.hears, one.leads, one.alone, one.inherits, one.lives(one.node)) == (True, True, True, True, True)
        with there(url) as two:
            assert one.lives(two.node)  # it may have come since the last look
            assert two.lives(one.node)
            assert (two.leads, two.alone) == (False, False)
            wait_for(lambda: not one.alone)
            assert one.leads
        wait_for(lambda: one.alone and not one.lives(two.node))
        assert one.leads


def test_what_a_node_has_written_itself_wakes_nobody_and_what_others_write_does(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_presence, "_LOOK_SECONDS", 60.0)  # which wakes, too
    woken: list[None] = []
    own, other = (DatabaseServer(url).connect({}) for _ in range(2))
    with closing(own), closing(other):
        presence = PostgresPresence(
            lambda: DatabaseServer(url).connect({}), lambda: woken.append(None), lambda: own.info.backend_pid
        )
        presence.start()
        try:
            wait_for(lambda: woken)
            own.execute(NOTIFY)
            time.sleep(0.2)
            assert len(woken) == 1
            other.execute(NOTIFY)
            wait_for(lambda: len(woken) == 2)
        finally:
            presence.stop()


def test_a_number_that_no_node_has_is_told_as_soon_as_it_has_been_looked_for(url: str) -> None:
    with there(url) as one:
        strange = one.node % 1_000_000 + 1
        assert one.lives(strange)
        wait_for(lambda: not one.lives(strange))


def test_whoever_needs_it_is_told_by_a_new_look_whether_the_node_is_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_presence, "_LOOK_SECONDS", 60.0)  # none by itself
    monkeypatch.setattr(postgres_presence, "_LEAD_SECONDS", 60.0)
    with bystander(url) as one:
        assert one.presence.alone_now()
        with bystander(url) as two:
            assert [one.presence.alone, one.presence.alone_now(), one.presence.alone] == [True, False, False]
            two.lose()
        wait_for(one.presence.alone_now)
        monkeypatch.setattr(postgres_presence, "_START_SECONDS", 0.2)
        one.lose()
        assert not one.presence.alone_now()  # nobody can tell


def test_who_is_gone_without_a_word_is_counted_and_who_stops_in_order_is_not(url: str) -> None:
    with there(url) as one, there(url) as other:
        for losses, leave in enumerate((_stop, Bystander.lose, _stop_with_losses)):
            with bystander(url) as left:
                wait_for(partial(_both_know, one, other, left.presence.node))
                leave(left)
                wait_for(partial(_both_miss, one, other, left.presence.node))
                assert (one.losses, other.losses) == (losses, losses)


def _stop(left: Bystander) -> None:
    left.presence.stop()


def _stop_with_losses(left: Bystander) -> None:
    left.presence.stop(lost=True)


def _both_know(one: PostgresPresence, other: PostgresPresence, node: int) -> bool:
    return node in one._seen.names and node in other._seen.names  # noqa: SLF001 - of which `lives` says more than was seen


def _both_miss(one: PostgresPresence, other: PostgresPresence, node: int) -> bool:
    return not one.lives(node) and not other.lives(node)


def test_who_stands_aside_lets_another_lead_and_may_lead_again(url: str) -> None:
    with there(url) as one:
        with there(url) as two:
            wait_for(lambda: not one.alone)
            one.stand_aside(True)
            assert not one.leads
            wait_for(lambda: two.leads)
            assert not two.inherits
            one.stand_aside(False)
            wait_for(lambda: one._seen.leader == two.node)  # noqa: SLF001 - nobody else could show it
            assert not one.leads
        wait_for(lambda: one.leads)
        assert one.inherits
        one.stand_aside(True)
        wait_for(lambda: one._seen.leader is None)  # noqa: SLF001 - as above
        one.stand_aside(False)
        wait_for(lambda: one.leads)
        assert not one.inherits


def test_a_long_version_leaves_room_for_the_settings(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL cuts a name after 63 bytes."""
    names = []
    for commit in ("0123456789abcdef.d20261122", "0123456789abcdef.d20261123"):
        monkeypatch.setattr(postgres_nodes, "version", lambda _, commit=commit: f"6.0.1.dev1234+g{commit}")
        with capture_logs() as logs, there(url, like="a" * 8) as one, there(url, like="a" * 8) as two:
            wait_for(lambda: not one.alone and not two.alone)
            shown = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE %s"
            [(name,)] = found(url, shown, f"seatkeeper node % {one.node} %")
            assert name.split()[-1] == "a" * 8
            names.append(name.split()[-2])
        assert not _differing(logs)
    assert len(set(names)) == 2


@pytest.mark.parametrize("leaves", ["stop", "resign"])
def test_who_leaves_hands_the_lead_over(url: str, leaves: str) -> None:
    with there(url) as one, there(url) as two:
        wait_for(lambda: not one.alone)
        getattr(one, leaves)()
        assert not one.leads
        wait_for(lambda: two.leads)
        assert two.inherits is (leaves == "stop")
        wait_for(lambda: two.lives(one.node) is (leaves == "resign"))
        assert not one.leads


def test_who_loses_his_session_leads_no_more_and_comes_back_as_the_same(url: str) -> None:
    with there(url) as one, there(url) as two:
        wait_for(lambda: not one.alone)
        before = dict(found(url, SESSIONS))
        end_session_of(url, one.node)
        wait_for(lambda: {one.node, two.node} == dict(found(url, SESSIONS)).keys())
        after = dict(found(url, SESSIONS))
        assert (after[one.node] != before[one.node], after[two.node]) == (True, before[two.node])
        wait_for(lambda: one.leads is not two.leads)
        wait_for(lambda: not one.alone and one.lives(two.node) and two.lives(one.node))


@pytest.mark.slow
@pytest.mark.anyio
async def test_of_several_at_most_one_leads_while_each_stands_still_in_its_turn(url: str, tmp_path: Path) -> None:
    """Each says when it thought that it led; by the clock that all processes of a host share."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with (
        node_process("lead", url, tmp_path / "a") as one,
        node_process("lead", url, tmp_path / "b") as two,
    ):
        nodes = [one, two]
        for each in nodes:
            await each.says()
        for _ in range(2):
            await until(lambda: any(_led_now(each.said) for each in nodes))
            [leader] = [each for each in nodes if _led_now(each.said)]
            [other] = [each for each in nodes if each is not leader]
            leader.stand_still()
            await until(lambda other=other: _led_now(other.said))  # type: ignore[misc]  # mypy cannot infer this one
            leader.go_on()
            await asyncio.sleep(0.3)  # if it thinks still that it leads, now is the time to say so
        spans = sorted((since, last, number) for number, each in enumerate(nodes) for since, last in each.said[1:])
    assert {number for *_, number in spans} == {0, 1}
    latest = {0: 0.0, 1: 0.0}
    for since, last, number in spans:
        assert since >= latest[1 - number], "two led at once"
        latest[number] = last


def _led_now(said: list[list[float]]) -> bool:
    return len(said) > 1 and time.monotonic() - said[-1][1] < 0.1


def test_a_notification_wakes_all_and_without_one_they_wake_all_the_same(url: str) -> None:
    woken: list[float] = []
    with there(url, lambda: woken.append(time.monotonic())):
        count = len(woken)
        wait_for(lambda: len(woken) >= count + 3)
        with psycopg.connect(url, autocommit=True) as connection:
            wait_for(lambda: time.monotonic() - woken[-1] < 0.05)
            began, count = time.monotonic(), len(woken)
            with connection.transaction():
                for number in range(100):
                    connection.execute("SELECT pg_notify('seatkeeper', %s)", (str(number),))
            wait_for(lambda: len(woken) > count)
            assert woken[count] - began < 0.9  # else it would be a second
            assert len(woken) - count < 5


def test_the_lead_is_lost_with_the_database_and_who_reads_is_woken_until_it_is_back(url: str) -> None:
    """Whoever would write sees for himself that it is back."""
    woken: list[float] = []
    reachable = [True]
    database = DatabaseServer(url)

    def connect() -> psycopg.Connection:
        if not reachable[0]:
            raise psycopg.OperationalError("there is no way to it")
        return database.connect(IDLE)

    presence = PostgresPresence(connect, lambda: woken.append(time.monotonic()))
    presence.start()
    try:
        reachable[0] = False
        end_session_of(url, presence.node)
        wait_for(lambda: not presence.leads)
        assert not presence.alone
        wait_for(lambda: not presence.hears)
        assert presence.lives(77)  # nobody can tell
        count = len(woken)
        wait_for(lambda: len(woken) >= count + 3)
        reachable[0] = True
        wait_for(lambda: presence.leads and presence.alone)
        assert not presence.inherits
    finally:
        presence.stop()
        presence.stop()


@pytest.mark.slow
def test_who_gets_no_answer_any_more_leads_no_more_before_another_can() -> None:
    """No connection breaks: packets are acknowledged, and nothing comes back."""
    with own_cluster() as cluster, Proxy(cluster.port) as proxy:
        name = cluster.new_database()
        with there(url_of(proxy, database=name)) as clogged, there(cluster.url(name)) as other:
            wait_for(lambda: not clogged.alone)
            proxy.clog()
            both = False
            while not other.leads:
                both = both or (clogged.leads and other.leads)
                time.sleep(0.001)
            assert not both
            assert not clogged.leads
            assert not clogged.hears
            proxy.heal()
            wait_for(lambda: clogged.hears and clogged.lives(other.node) and not clogged.alone)
            assert not clogged.leads


def test_a_node_that_the_database_does_not_let_in_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_presence, "_START_SECONDS", 0.3)

    def connect() -> psycopg.Connection:
        raise psycopg.OperationalError("too many clients already\n")

    presence = PostgresPresence(connect, lambda: None)
    with pytest.raises(DatabaseUnreachable, match="does not let this node in: too many clients already"):
        presence.start()
    assert not presence.leads


def test_nodes_that_would_decide_otherwise_are_told_of_once(url: str) -> None:
    own, its = likeness(Policy()), likeness(Policy(deployment=DeploymentPolicy(count_tokens=True)))
    assert own == likeness(Policy(idle_timeout=900_000)) != its
    with capture_logs() as logs, there(url, like=own) as one, there(url, like=own):
        with there(url, like=its) as other:
            wait_for(lambda: len(_differing(logs)) >= 3)
            time.sleep(0.5)  # two more looks
        assert len(_differing(logs)) == 4
        assert {(each["node"], each["other_node"]) for each in _differing(logs)} >= {(one.node, other.node)}
        assert {each["settings"] for each in _differing(logs)} == {own, its}


def _differing(logs: list[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    return [each for each in logs if each["event"] == "settings_differ"]
