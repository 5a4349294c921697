"""How the runtimes are doing, in numbers."""

import pytest

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.runtime_states import RuntimeState, runtime_states
from tests.queries.deployed import runtimes, transactions
from tests.queries.saving import save

pytestmark = pytest.mark.anyio

VERSION = {"platform": "android", "version": "1.0", "display_name": "", "deployed_at": 1}


async def test_registered_blocked_and_unfinished_are_counted_by_runtime(reads: Reads, database: Database) -> None:
    applications = [
        {"id": number, "runtime_id": 1, "name": f"app{number}", "versions": versions, "blocked": blocked}
        for number, versions, blocked in ((1, [VERSION], False), (2, [VERSION], True), (3, [], False))
    ]
    save(
        database,
        runtimes("mfp", "empty"),
        (tables.applications, applications),
        transactions((1, 2, "SUCCESS", None), (2, 2, "COMMITTING", None), (3, 2, "PENDING", None)),
    )
    assert await reads.run(runtime_states) == [
        RuntimeState("empty", running=True, applications=0, blocked=0, unfinished=0),
        RuntimeState("mfp", running=True, applications=2, blocked=1, unfinished=2),
    ]
