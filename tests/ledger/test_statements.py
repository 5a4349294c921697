"""The writer's statements find rows by their keys, however many there are."""

import pytest

from seatkeeper.ledger.door import DatabaseInMemory
from seatkeeper.ledger.engines.statements import WRITES
from seatkeeper.ledger.rows import MAPPINGS
from seatkeeper.ledger.schema import migrate


@pytest.mark.parametrize("count", [1, 2, 256])
def test_no_row_but_those_to_be_written_is_looked_at(count: int) -> None:
    database = DatabaseInMemory()
    database.take()
    migrate(database)
    connection = database.connect()
    try:
        for name, writes in WRITES.items():
            for statement in (writes.update.of(count), writes.delete.of(count)):
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", [1] * statement.count("?")).fetchall()
                assert not [step for *_, step in plan if step.startswith(f"SCAN {MAPPINGS[name].table.name}")], plan
    finally:
        connection.close()
        database.let_go()
