"""The transactions of a runtime, one and many."""

from functools import partial

import pytest
from sqlalchemy import insert

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.licensing.deployment import (
    Category,
    Configuration,
    Fault,
    SetConfiguration,
    TransactionError,
    TransactionStatus,
    TransactionType,
)
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.transactions import (
    TransactionOrder,
    every_transaction,
    is_locked,
    transaction_page,
    transaction_view,
)
from tests.queries.saving import writing

pytestmark = pytest.mark.anyio

RUNTIME, OTHER = 1, 2
SHORT = {"fault": "tokens_short", "facts": {"license": "ibmmfpfa", "seats": 3}}
SET: dict[str, object] = {
    "change": "set_configuration",
    "application": "com.package.id",
    "configuration": {"category": "B2C", "license_type": "APPLICATION"},
}
REMOVE: dict[str, object] = {"change": "delete_configuration", "application": "com.package.id"}

# number, runtime, change, user, server, status, created, updated, errors
ROWS: tuple[tuple[int, int, dict[str, object], int, str, str, int, int, list[object]], ...] = (
    (1, RUNTIME, SET, 3, "node-b", "SUCCESS", 100, 900, []),
    (2, RUNTIME, REMOVE, 2, "node-a", "FAILURE", 200, 300, [SHORT]),
    (3, OTHER, SET, 2, "node-a", "COMMITTING", 250, 260, []),
    (4, RUNTIME, SET, 2, "node-b", "CANCELED", 300, 400, [{"fault": "canceled", "facts": {}}]),
    (5, RUNTIME, SET, 3, "node-a", "PENDING", 400, 400, []),
)


@pytest.fixture(autouse=True)
def transactions(database: Database) -> None:
    with writing(database) as connection:
        connection.execute(
            insert(tables.runtimes),
            [{"id": RUNTIME, "name": "mfp", "running": True}, {"id": OTHER, "name": "other", "running": True}],
        )
        connection.execute(
            insert(tables.transactions),
            [
                {
                    "id": number,
                    "runtime_id": runtime,
                    "type": "UPLOAD_ARTIFACT" if change is SET else "DELETE_LICENSE_CONFIG",
                    "change": change,
                    "user_id": user,
                    "server": server,
                    "status": status,
                    "created_at": created,
                    "updated_at": updated,
                    "errors": errors,
                }
                for number, runtime, change, user, server, status, created, updated, errors in ROWS
            ],
        )


async def test_a_transaction_is_told_with_its_runtime_and_who_started_it(reads: Reads) -> None:
    found = await reads.run(partial(transaction_view, runtime_id=RUNTIME, transaction_id=1))
    assert found is not None
    assert (found.runtime, found.user, found.server) == ("mfp", "agent02", "node-b")
    assert (found.status, found.type) == (TransactionStatus.SUCCESS, TransactionType.UPLOAD_ARTIFACT)
    assert found.change == SetConfiguration("com.package.id", Configuration(Category.B2C))
    assert (found.created_at, found.updated_at, found.errors) == (100, 900, ())


async def test_the_errors_of_a_transaction_have_their_facts(reads: Reads) -> None:
    found = await reads.run(partial(transaction_view, runtime_id=RUNTIME, transaction_id=2))
    assert found is not None
    assert found.errors == (TransactionError(Fault.TOKENS_SHORT, {"license": "ibmmfpfa", "seats": 3}),)


@pytest.mark.parametrize("number", [3, 6, 0])
async def test_a_transaction_of_another_runtime_is_not_found_in_this_one(reads: Reads, number: int) -> None:
    assert await reads.run(partial(transaction_view, runtime_id=RUNTIME, transaction_id=number)) is None


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        (TransactionOrder.CREATED, [1, 2, 4, 5]),
        (TransactionOrder.UPDATED, [2, 4, 5, 1]),
        (TransactionOrder.TYPE, [2, 1, 4, 5]),
        (TransactionOrder.STATUS, [4, 2, 5, 1]),
        (TransactionOrder.USER, [2, 4, 1, 5]),
        (TransactionOrder.SERVER, [2, 5, 1, 4]),
    ],
)
async def test_transactions_are_ordered_and_descending_is_the_same_from_its_end(
    reads: Reads, order: TransactionOrder, numbers: list[int]
) -> None:
    up, down = [
        await reads.run(
            partial(transaction_page, runtime_id=RUNTIME, order=order, descending=descending, first=0, limit=10)
        )
        for descending in (False, True)
    ]
    assert [each.id for each in up.items] == numbers
    assert [each.id for each in down.items] == numbers[::-1]


@pytest.mark.parametrize(("first", "limit", "numbers"), [(0, 2, [1, 2]), (2, 2, [4, 5]), (3, 9, [5]), (4, 1, [])])
async def test_a_page_has_its_part_and_the_number_of_all(
    reads: Reads, first: int, limit: int, numbers: list[int]
) -> None:
    page = await reads.run(partial(transaction_page, runtime_id=RUNTIME, first=first, limit=limit))
    assert ([each.id for each in page.items], page.total) == (numbers, 4)


async def test_only_those_with_errors_are_listed_where_these_are_asked_for(reads: Reads) -> None:
    page = await reads.run(partial(transaction_page, runtime_id=RUNTIME, only_errors=True, first=0, limit=10))
    assert ([each.id for each in page.items], page.total) == ([2, 4], 2)


@pytest.mark.parametrize(
    ("order", "descending", "numbers"),
    [(TransactionOrder.CREATED, False, [[1, 2, 4], [5]]), (TransactionOrder.USER, True, [[5, 1, 4], [2]])],
)
async def test_all_transactions_of_a_runtime_are_read_in_an_order_some_at_a_time(
    reads: Reads, monkeypatch: pytest.MonkeyPatch, order: TransactionOrder, descending: object, numbers: list[list[int]]
) -> None:
    monkeypatch.setattr("seatkeeper.queries.transactions._STEP", 3)
    everything = partial(every_transaction, runtime_id=RUNTIME, order=order, descending=bool(descending))
    batches = [batch async for batch in reads.stream(everything)]
    assert [[each.id for each in batch] for batch in batches] == numbers


@pytest.mark.parametrize(("runtime", "locked"), [(RUNTIME, False), (OTHER, True)])
async def test_a_runtime_is_locked_by_what_is_under_way_and_not_by_what_waits(
    reads: Reads, runtime: int, locked: object
) -> None:
    assert await reads.run(partial(is_locked, runtime_id=runtime)) is locked
