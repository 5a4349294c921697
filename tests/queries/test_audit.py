"""What was done to runtimes and applications, as the audit trail tells it."""

from functools import partial

import pytest

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.licensing.deployment import (
    DeleteConfiguration,
    Fault,
    RegisterVersion,
    RemoveVersion,
    SetConfiguration,
    TransactionError,
    TransactionStatus,
)
from seatkeeper.licensing.deployment_events import RuntimeDefined, RuntimeRemoved
from seatkeeper.queries.audit import AuditRecord, Operation, audit_records
from seatkeeper.queries.reads import Reads
from tests.queries.deployed import ANDROID, B2C, begun, defined, removed, runtimes, transactions
from tests.queries.saving import journal, save

pytestmark = pytest.mark.anyio

EVER = 10**15
SHORT = TransactionError(Fault.TOKENS_SHORT, {"feature": "ibmmfpfa", "taken": 3, "bought": 3})


async def records(reads: Reads, since: int = 0, until: int = EVER) -> list[AuditRecord]:
    read = partial(audit_records, since=since, until=until)
    return [record async for some in reads.stream(read) for record in some]


async def test_each_transaction_is_told_where_it_began_with_how_it_stands_now(reads: Reads, database: Database) -> None:
    save(
        database,
        runtimes("mfp"),
        transactions(
            (1, 2, "SUCCESS", None), (2, 3, "FAILURE", SHORT), (3, 2, "PENDING", None), (4, 2, "CANCELED", None)
        ),
        journal(
            (10, begun(1, SetConfiguration("app1", B2C))),
            (11, defined(1, B2C, transaction_id=1)),
            (20, begun(2, RegisterVersion("app1", "android", "1.0", ""), 3)),
            (30, begun(3, DeleteConfiguration("app1"))),
            (40, begun(4, RemoveVersion("app1", "android", "1.0"))),
        ),
    )
    done = TransactionStatus
    assert await records(reads) == [
        AuditRecord(10, Operation.SET_LICENSE_CONFIG, "Agent01", "mfp", "app1 B2C APPLICATION", 1, done.SUCCESS),
        AuditRecord(
            20,
            Operation.REGISTER_APPLICATION_VERSION,
            "agent02",
            "mfp",
            "app1$android$1.0",
            2,
            done.FAILURE,
            (SHORT,),
        ),
        AuditRecord(30, Operation.DELETE_LICENSE_CONFIG, "Agent01", "mfp", "app1", 3, done.PENDING),
        AuditRecord(40, Operation.DELETE_APPLICATION_VERSION, "Agent01", "mfp", "app1$android$1.0", 4, done.CANCELED),
    ]


async def test_what_no_transaction_did_is_told_without_anybody(reads: Reads, database: Database) -> None:
    save(
        database,
        journal(
            (1, RuntimeDefined(runtime_id=1, name="mfp", running=True)),
            (2, defined(1, B2C, ANDROID)),
            (3, defined(1, B2C, ANDROID, blocked=True, blocked_because=SHORT)),
            (4, defined(1, B2C, ANDROID)),
            (5, RuntimeDefined(runtime_id=1, name="mfp", running=False)),
            (6, removed(1)),
            (7, RuntimeRemoved(runtime_id=1, name="mfp")),
        ),
    )
    found = await records(reads)
    assert [(each.at, each.operation, each.what) for each in found] == [
        (1, Operation.DEFINE_RUNTIME, "running"),
        (2, Operation.DEFINE_APPLICATION, "app1 B2C APPLICATION android$1.0"),
        (3, Operation.BLOCK_APPLICATION, "app1 B2C APPLICATION android$1.0"),
        (4, Operation.UNBLOCK_APPLICATION, "app1 B2C APPLICATION android$1.0"),
        (5, Operation.DEFINE_RUNTIME, "stopped"),
        (6, Operation.REMOVE_APPLICATION, "app1"),
        (7, Operation.REMOVE_RUNTIME, ""),
    ]
    assert {(each.user, each.runtime, each.transaction_id) for each in found} == {(None, "mfp", None)}
    assert [each.errors for each in found] == [(), (), (SHORT,), (), (), (), ()]


async def test_a_change_of_one_that_stays_blocked_is_no_error(reads: Reads, database: Database) -> None:
    still = (defined(1, B2C, *versions, blocked=True, blocked_because=SHORT) for versions in ((ANDROID,), ()))
    save(database, runtimes("mfp"), journal(*enumerate(still, 1)))
    assert [(each.operation, each.errors) for each in await records(reads, 2, 9)] == [
        (Operation.DEFINE_APPLICATION, ())
    ]


@pytest.mark.parametrize(("since", "until", "told"), [(0, 9, [2, 4, 6]), (2, 6, [2, 4]), (3, 5, [4]), (7, 9, [])])
async def test_a_range_has_its_first_moment_and_not_its_last(
    reads: Reads, database: Database, since: int, until: int, told: list[int]
) -> None:
    save(database, runtimes("mfp"), journal((2, defined(1)), (4, defined(2)), (6, defined(3))))
    assert [each.at for each in await records(reads, since, until)] == told


async def test_what_began_before_a_range_is_not_taken_for_a_block_in_it(reads: Reads, database: Database) -> None:
    """To know that a change blocks, one must know how the application stood before it, whenever that was."""
    save(database, runtimes("mfp"), journal((2, defined(1, B2C, ANDROID)), (4, defined(1, B2C, ANDROID, blocked=True))))
    assert [each.operation for each in await records(reads, 3, 9)] == [Operation.BLOCK_APPLICATION]


async def test_what_was_archived_is_told_by_the_name_of_its_archive(reads: Reads, database: Database) -> None:
    seal = {"hash": b"", "archive_digest": b"", "snapshot_digest": b"", "event": 9}
    save(
        database,
        (
            tables.seals,
            [{"position": 3, "at": 3, "archive": "a", **seal}, {"position": 7, "at": 7, "archive": "b", **seal}],
        ),
    )
    assert await records(reads, 5) == [AuditRecord(7, Operation.ARCHIVE_JOURNAL, None, None, "b")]


async def test_many_events_are_read_in_steps_without_losing_one(
    reads: Reads, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatkeeper.queries.audit._STEP", 2)
    save(database, runtimes("mfp"), journal(*((number, defined(number, B2C)) for number in range(1, 6))))
    assert [each.at for each in await records(reads)] == [1, 2, 3, 4, 5]
