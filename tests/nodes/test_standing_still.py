"""Rules L1 and L5: a node that stands still within a batch does not keep the lock, and a commit is on the disk."""

import psycopg
import pytest

from seatkeeper.ledger.door import DatabaseServer
from seatkeeper.ledger.engines.engine import Busy, Memoranda, Needed, SaveFailed
from seatkeeper.ledger.engines.postgres import PostgresEngine
from seatkeeper.licensing.state import Image, State


def _begun(url: str) -> PostgresEngine:
    """An engine within a transaction, which PostgreSQL ends after 0.2 s in which nothing happens."""
    database = DatabaseServer(url)
    engine = database.engine(database.clock)
    engine.begin()
    engine.rollback()
    engine._connection.execute("SET idle_in_transaction_session_timeout = 200")  # noqa: SLF001 - instead of 10 s
    engine.begin()
    return engine


@pytest.mark.parametrize("step", ["begun", "loaded", "saved"])
def test_l1_whoever_stands_still_within_a_batch_loses_the_lock(postgres_url: str, step: str) -> None:
    engine, database = _begun(postgres_url), DatabaseServer(postgres_url)
    if step == "loaded":
        engine.load(Image(), Needed({1}, {"agent"}, {1}, {1}, {1}, set()))
    if step == "saved":
        engine.save([], State(Image()), Memoranda([], [(1, 1, 1)]))
    another = database.engine(database.clock)
    another.begin()  # waits for up to 3 s
    with pytest.raises(SaveFailed):
        engine.load(Image(), Needed({1}, set(), set(), set(), set(), set()))
    engine.close()
    another.close()


@pytest.mark.slow  # 10 s of waiting
def test_l1_whoever_stops_in_the_middle_of_sending_is_ended_by_those_who_wait(postgres_url: str) -> None:
    """PostgreSQL has no time-out there: those who wait for the lock in vain, 3 s each, see to it after 6 s."""
    engine, database = _begun(postgres_url), DatabaseServer(postgres_url)
    another = database.engine(database.clock)
    with pytest.raises(psycopg.OperationalError):
        _stop_in_the_middle(engine, another)
    another.close()
    engine.close()


def _stop_in_the_middle(engine: PostgresEngine, another: PostgresEngine) -> None:
    with engine._connection.pipeline():  # noqa: SLF001 - stopped where only a signal could stop it
        engine._connection.execute("SELECT 1").fetchone()  # noqa: SLF001 - sent without an end
        _begin_at_last(another)


def _begin_at_last(engine: PostgresEngine) -> None:
    waited = 0
    while True:
        try:
            engine.begin()
        except Busy:
            waited += 1
            assert waited < 6
        else:
            assert waited >= 2
            return


def test_l5_a_commit_is_durable_whatever_the_database_has_by_default(postgres_url: str) -> None:
    name = postgres_url.rsplit("/", 1)[1]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    try:
        engine = _begun(postgres_url)
        assert engine._connection.execute("SHOW synchronous_commit").fetchone() == ("on",)  # noqa: SLF001
        engine.close()
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} RESET synchronous_commit")
