"""Rule L11 where several nodes use the database: one at a time seals or forgets, and the others go on."""

import asyncio
from pathlib import Path

import pytest

from seatkeeper.ledger import retention
from seatkeeper.ledger.check import check_database
from seatkeeper.ledger.door import AtWork, DatabaseServer, Forgot, Ledger, Sealed, Work
from seatkeeper.ledger.engines.engine import SaveFailed
from seatkeeper.ledger.journal import Seal
from seatkeeper.ledger.snapshot import SnapshotRow
from seatkeeper.licensing.inventory_commands import ForgetUser
from tests.ledger.keeping import FAR, archives, lines, personal_of, worked
from tests.ledger.test_forgetting import PERSON, TRACES
from tests.ledger.world import assign, connect, unassign
from tests.nodes.keeping import execute, lived_in, moved, node

pytestmark = pytest.mark.anyio

NAMING = ("users", "sessions", "logons", "journal", "snapshot_rows")


async def _outcome(ledger: Ledger, work: Work) -> Sealed | Forgot | None:
    await worked(ledger, work)
    assert work.failure is None, work.failure
    return work.outcome


def _traces(url: str) -> dict[str, list[bytes]]:
    """What names the forgotten user in the files of the tables, as they are on the server's disk."""
    execute(url, "CHECKPOINT")
    found = {}
    for table in NAMING:
        [(content,)] = execute(url, f"SELECT pg_read_binary_file(pg_relation_filepath('{table}'))")
        if there := [each for each in TRACES if each in content.lower()]:
            found[table] = there
    return found


async def test_l11_a_node_seals_and_forgets_while_another_goes_on(tmp_path: Path, postgres_url: str) -> None:
    moved(await lived_in(tmp_path / "old"), postgres_url)
    database, folder = DatabaseServer(postgres_url), tmp_path / "archive"
    async with node(postgres_url) as one, node(postgres_url) as other:
        sealed = await _outcome(one, await one.retention.seal(FAR, folder))
        assert isinstance(sealed, Sealed)
        assert sealed.events == sealed.position
        assert execute(postgres_url, "SELECT min(seq) FROM journal") > [(sealed.position,)]
        [archive] = archives(folder)
        assert [line["seq"] for line in lines(archive)] == list(range(1, sealed.position + 1))
        await other.submit(connect(3))
        assert _traces(postgres_url) != {}
        await other.submit(ForgetUser(user_id=PERSON))
        forgot = await _outcome(other, await other.retention.forget(PERSON, folder))
        assert isinstance(forgot, Forgot)
        assert forgot.unreached == ()
        assert forgot.events > 3
        assert _traces(postgres_url) == {}
        said = str(lines(personal_of(archive))).casefold()
        assert not any(each.decode() in said for each in TRACES)
        await one.submit(connect(4))
    report = check_database(database, folder)
    assert report.clean, report
    assert report.archived + report.events == report.head.seq


async def test_l11_only_one_node_works_on_the_journal(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "STEP", 3)
    moved(await lived_in(tmp_path / "old"), postgres_url)
    folder = tmp_path / "archive"
    async with node(postgres_url) as one, node(postgres_url) as other:
        under_way = await one.retention.seal(FAR, folder)
        for ask in (other.retention.seal(FAR, folder), other.retention.forget(PERSON, folder)):
            with pytest.raises(AtWork, match="Another node is working on the journal"):
                await ask
        assert other.retention.work is None
        while under_way.running:  # batches of both go on between the steps
            await other.submit(assign(4, "Supervisor"))
            await one.submit(unassign(4, "Supervisor"))
        assert isinstance(await _outcome(one, under_way), Sealed)
        assert await _outcome(other, await other.retention.seal(FAR, folder)) is None  # what is left is too young
    assert check_database(DatabaseServer(postgres_url), folder).clean


async def test_l11_a_node_that_is_gone_lets_another_seal(tmp_path: Path, postgres_url: str) -> None:
    moved(await lived_in(tmp_path / "old"), postgres_url)
    folder = tmp_path / "archive"
    gone = DatabaseServer(postgres_url).reading(5.0)
    assert gone.take_journal()
    async with node(postgres_url) as ledger:
        with pytest.raises(AtWork):
            await ledger.retention.seal(FAR, folder)
        gone.close()
        async with asyncio.timeout(20):
            while True:
                try:
                    work = await ledger.retention.seal(FAR, folder)
                    break
                except AtWork:  # the server has not noticed yet
                    await asyncio.sleep(0.05)
        assert isinstance(await _outcome(ledger, work), Sealed)
    assert check_database(DatabaseServer(postgres_url), folder).clean


async def test_l11_a_snapshot_with_a_hole_is_not_sealed(tmp_path: Path, postgres_url: str) -> None:
    """A node that lost its lock may find that another has begun to clean up after it."""
    moved(await lived_in(tmp_path / "old"), postgres_url)
    [(at, hash_)] = execute(postgres_url, "SELECT at, hash FROM journal WHERE seq = 5")
    seal = Seal(5, at, hash_, "archive", b"", b"", 6)
    database = DatabaseServer(postgres_url)
    engine = database.engine(database.clock)
    try:
        for numbers in ((0, 2), (1, 2), (0, 1)):
            engine.begin()
            engine.store_snapshot(5, [SnapshotRow(n, b"{}", None, None, None, None) for n in numbers])
            with pytest.raises(SaveFailed, match="is not the one that was archived"):
                engine.seal(seal, 3)
            engine.rollback()
    finally:
        engine.close()
