"""How applications stood over time, as the journal has it."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import SetConfiguration
from seatkeeper.licensing.deployment_events import RuntimeDefined, RuntimeRemoved
from seatkeeper.queries.application_history import ApplicationHistory, Standing, application_history
from seatkeeper.queries.reads import Reads
from tests.queries.deployed import ANDROID, B2C, BRAND, IOS, begun, defined, removed, runtimes, transactions
from tests.queries.saving import journal, save

pytestmark = pytest.mark.anyio


async def standings(reads: Reads, runtime_id: int | None = None) -> list[tuple[int, str, str, Standing | None]]:
    history = await reads.run(partial(application_history, runtime_id=runtime_id))
    return [(each.at, each.runtime, each.application, each.standing) for each in history.changes]


async def test_each_change_of_what_is_licensed_is_told_once_oldest_first(reads: Reads, database: Path) -> None:
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
    reads: Reads, database: Path
) -> None:
    save(database, runtimes("mfp"), journal((1, defined(1)), (2, removed(1))))
    assert await standings(reads) == []


async def test_the_transaction_that_did_it_and_who_began_it_are_told(reads: Reads, database: Path) -> None:
    save(
        database,
        runtimes("mfp"),
        transactions((7, 3, "SUCCESS", None)),
        journal(
            (1, begun(7, SetConfiguration("app1", B2C), 3)), (2, defined(1, B2C, transaction_id=7)), (3, removed())
        ),
    )
    history = await reads.run(application_history)
    assert [(each.transaction_id, each.user) for each in history.changes] == [(7, "agent02"), (None, None)]


async def test_the_history_of_one_runtime_is_its_own(reads: Reads, database: Path) -> None:
    save(
        database,
        runtimes("mfp", "other"),
        journal((1, defined(1, B2C)), (2, defined(2, BRAND, runtime_id=2))),
    )
    assert [each[1:3] for each in await standings(reads)] == [("mfp", "app1"), ("other", "app2")]
    assert [each[1:3] for each in await standings(reads, 2)] == [("other", "app2")]


async def test_what_was_in_a_runtime_that_is_gone_is_told_with_its_name(reads: Reads, database: Path) -> None:
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


async def test_what_is_in_an_archive_is_said_to_be(reads: Reads, database: Path) -> None:
    seal = {"hash": b"", "archive": "a", "archive_digest": b"", "snapshot_digest": b"", "event": 9}
    save(database, (tables.seals, [{"position": 3, "at": 300, **seal}, {"position": 7, "at": 700, **seal}]))
    assert await reads.run(application_history) == ApplicationHistory(700, ())


async def test_the_journal_is_read_by_its_index_of_deployment(reads: Reads, database: Path) -> None:
    save(database, runtimes("mfp"), journal((1, defined(1, B2C))))
    plans: list[str] = []

    def explained(connection: Connection) -> None:
        def explain(_c: object, cursor: Any, statement: str, parameters: Any, _x: object, _many: bool) -> None:  # noqa: ANN401 - the driver's
            if "FROM journal" in statement:
                plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans.extend(row[-1] for row in plan.fetchall())

        event.listen(connection, "before_cursor_execute", explain)
        application_history(connection)

    await reads.run(explained)
    assert len(plans) == 2
    assert all("deployment_events" in plan for plan in plans)
