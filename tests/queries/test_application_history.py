"""How applications stood over time, as the journal has it."""

from collections.abc import Iterator
from functools import partial

import pytest
from msgspec import DecodeError
from sqlalchemy import Connection

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.licensing.deployment import SetConfiguration
from seatkeeper.licensing.deployment_events import RuntimeDefined, RuntimeRemoved
from seatkeeper.queries.application_history import ApplicationChange, Standing, application_history
from seatkeeper.queries.reads import Reads
from tests.queries.deployed import ANDROID, B2C, BRAND, IOS, begun, defined, removed, runtimes, transactions
from tests.queries.plans import asked
from tests.queries.saving import journal, save

pytestmark = pytest.mark.anyio


def pages(connection: Connection, runtime_id: int | None = None) -> Iterator[list[ApplicationChange]]:
    return application_history(connection, runtime_id).changes


async def changes(reads: Reads, runtime_id: int | None = None) -> list[ApplicationChange]:
    return [each async for some in reads.stream(partial(pages, runtime_id=runtime_id)) for each in some]


async def standings(reads: Reads, runtime_id: int | None = None) -> list[tuple[int, str, str, Standing | None]]:
    return [(each.at, each.runtime, each.application, each.standing) for each in await changes(reads, runtime_id)]


async def test_each_change_of_what_is_licensed_is_told_once_oldest_first(reads: Reads, database: Database) -> None:
    save(
        database,
        runtimes("mfp"),
        journal(
            (1, defined(1, B2C)),
            (2, defined(1, B2C, ANDROID)),
            (3, defined(2, None, IOS)),
            (4, defined(1, B2C, ANDROID, IOS)),
            (5, defined(1, BRAND, ANDROID, IOS)),
            (6, defined(1, BRAND, ANDROID, IOS, blocked=True)),
            (7, removed(1)),
        ),
    )
    assert await standings(reads) == [
        (1, "mfp", "app1", Standing(B2C, registered=False, blocked=False)),
        (2, "mfp", "app1", Standing(B2C, registered=True, blocked=False)),
        (3, "mfp", "app2", Standing(None, registered=True, blocked=False)),
        (5, "mfp", "app1", Standing(BRAND, registered=True, blocked=False)),
        (6, "mfp", "app1", Standing(BRAND, registered=True, blocked=True)),
        (7, "mfp", "app1", None),
    ]


async def test_an_application_that_a_failed_transaction_only_prepared_was_never_there(
    reads: Reads, database: Database
) -> None:
    save(database, runtimes("mfp"), journal((1, defined(1)), (2, removed(1))))
    assert await standings(reads) == []


async def test_the_transaction_that_did_it_and_who_began_it_are_told(reads: Reads, database: Database) -> None:
    save(
        database,
        runtimes("mfp"),
        transactions((7, 3, "SUCCESS", None)),
        journal(
            (1, begun(7, SetConfiguration("app1", B2C), 3)), (2, defined(1, B2C, transaction_id=7)), (3, removed())
        ),
    )
    assert [(each.transaction_id, each.user) for each in await changes(reads)] == [(7, "agent02"), (None, None)]


async def test_the_history_of_one_runtime_is_its_own(reads: Reads, database: Database) -> None:
    save(
        database,
        runtimes("mfp", "other"),
        journal((1, defined(1, B2C)), (2, defined(2, BRAND, runtime_id=2))),
    )
    assert [each[1:3] for each in await standings(reads)] == [("mfp", "app1"), ("other", "app2")]
    assert [each[1:3] for each in await standings(reads, 2)] == [("other", "app2")]


async def test_what_was_in_a_runtime_that_is_gone_is_told_with_its_name(reads: Reads, database: Database) -> None:
    save(
        database,
        runtimes("mfp"),
        journal(
            (1, RuntimeDefined(runtime_id=9, name="gone", running=True)),
            (2, defined(1, B2C, runtime_id=9)),
            (3, removed(1, runtime_id=9)),
            (4, RuntimeRemoved(runtime_id=9, name="gone")),
        ),
    )
    assert [each[:3] for each in await standings(reads)] == [(2, "gone", "app1"), (3, "gone", "app1")]


async def test_what_is_in_an_archive_is_said_to_be(reads: Reads, database: Database) -> None:
    seal = {"hash": b"", "archive": "a", "archive_digest": b"", "snapshot_digest": b"", "event": 9}
    save(database, (tables.seals, [{"position": 3, "at": 300, **seal}, {"position": 7, "at": 700, **seal}]))
    assert await reads.run(lambda connection: application_history(connection).archived_until) == 700
    assert await changes(reads) == []


async def test_many_changes_are_read_in_steps_without_losing_one(
    reads: Reads, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatkeeper.queries.application_history._STEP", 2)
    save(
        database,
        runtimes("mfp", "other"),
        transactions(*((number, 2 + number % 2, "SUCCESS", None) for number in range(1, 6))),
        journal(*((number, defined(number, B2C, transaction_id=number)) for number in range(1, 6))),
    )
    steps = [some async for some in reads.stream(pages)]
    assert [[(each.at, each.user) for each in some] for some in steps] == [
        [(1, "agent02"), (2, "Agent01")],
        [(3, "agent02"), (4, "Agent01")],
        [(5, "agent02")],
    ]
    # Each step ends, whether or not it found something: each has its bound of time.
    assert [some async for some in reads.stream(partial(pages, runtime_id=2))] == [[], [], []]


async def test_a_history_that_cannot_be_read_to_its_end_fails_where_it_cannot_and_does_not_just_end(
    reads: Reads, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatkeeper.queries.application_history._STEP", 2)
    table, rows = journal(*((number, defined(number, B2C)) for number in range(1, 5)))
    rows[-1]["data"] = b"{"
    save(database, runtimes("mfp"), (table, rows))
    steps = reads.stream(pages)
    assert [each.at for each in await anext(steps)] == [1, 2]
    with pytest.raises(DecodeError):
        await anext(steps)


async def test_the_journal_is_read_by_its_index_of_deployment(reads: Reads, database: Database) -> None:
    save(database, runtimes("mfp"), journal((1, defined(1, B2C))))
    told = await reads.run(partial(asked, read=lambda connection: list(pages(connection))))
    of_journal = [each for each in told if "FROM journal" in each.statement]
    assert len(of_journal) == 2
    assert all("deployment_events" in each.plan for each in of_journal), of_journal
