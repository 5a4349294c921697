"""PostgreSQL as the ledger's database: several nodes write it, one batch after the other (rule L1)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from seatkeeper.ledger.engines import postgres_statements as statements
from seatkeeper.ledger.engines import selects
from seatkeeper.ledger.engines.engine import Forgotten, Memoranda, Needed, SaveFailed
from seatkeeper.ledger.engines.postgres_exchange import Asked, Row, array, columns
from seatkeeper.ledger.engines.postgres_session import PostgresSession
from seatkeeper.ledger.indexing import index_whole, put_users
from seatkeeper.ledger.journal import Entry, Seal
from seatkeeper.ledger.rows import MAPPINGS
from seatkeeper.ledger.snapshot import SnapshotRow
from seatkeeper.licensing.state import Image, State, Table


class PostgresEngine(PostgresSession):
    """What the writer reads and writes within its transactions, each kind of it by one statement."""

    def load_whole(self, image: Image) -> None:
        """Load what an image has whole."""
        with self._told():
            answers = self._ask(Asked(statement) for statement in selects.WHOLE.values())
        for name, answer in zip(selects.WHOLE, answers, strict=True):
            getattr(image, name).update(_read(name, answer.rows))
        index_whole(image)

    def load(self, image: Image, needed: Needed) -> None:
        """Load users with all that is theirs, and rosters."""
        users = needed.users.copy()
        with self._told():
            if needed.logins or needed.sessions or needed.licenses:
                given = {
                    "logins": sorted(login for login in needed.logins if "\0" not in login),  # which is nobody's
                    "sessions": sorted(needed.sessions),
                    "licenses": sorted(needed.licenses),
                }
                users.update(number for (number,) in self._execute(statements.USERS_NEEDED, given))
            absent = users.difference(image.users)
            if absent:
                self._load_users(image, absent)
            if needed.rosters:
                image.seated.update(dict(self._execute(statements.ROSTERS, (sorted(needed.rosters),)).fetchall()))

    def entries(self, after: int, most: int) -> list[Entry]:
        """The first so many events behind this one."""
        with self._told():
            [answer] = self._ask([Asked(statements.ENTRIES, (b"%d" % after, b"%d" % most))])
        return [Entry(*row) for row in answer.rows]

    def load_logons(self, image: Image, sessions: set[int]) -> None:
        """Load where these sessions sit."""
        with self._told():
            image.logons.update(_read("logons", self._execute(statements.LOGONS_OF_SESSIONS, (sorted(sessions),))))

    def activity(self, sessions: set[int]) -> list[tuple[int, int]]:
        """When these sessions were last active, as all nodes have saved it."""
        with self._told():
            return cast("list[tuple[int, int]]", self._execute(statements.ACTIVITY, (sorted(sessions),)).fetchall())

    def live_sessions(self) -> Mapping[int, int | None]:
        """All live sessions by number, with the idle time-out of those that have one of their own."""
        with self._told():
            return dict(self._execute(selects.LIVE_SESSIONS).fetchall())

    def kinds(self, after: int) -> Iterable[tuple[str, int]]:
        """The kinds and versions of the events behind this one."""
        with self._told():
            return cast("list[tuple[str, int]]", self._execute(statements.KINDS, (after,)).fetchall())

    def save(self, entries: list[Entry], state: State, memoranda: Memoranda) -> None:
        """Write a batch, a statement for all rows of a kind; the other nodes are woken by its commit."""
        written = [each for each in _written(entries, state, memoranda) if each.rows]
        with self._told():
            asked = [Asked(each.statement, columns(each.rows)) for each in written]
            if entries:
                asked.append(Asked(statements.NOTIFY))
            answers = self._ask(asked)
        for each, answer in zip(written, answers, strict=False):
            if each.table and answer.changed != len(each.rows):
                raise SaveFailed(
                    f"{len(each.rows)} rows of {each.table} should have changed, but {answer.changed} did"  # rule L12
                )

    def store_snapshot(self, position: int, rows: list[SnapshotRow]) -> None:
        """Write some rows of a snapshot."""
        with self._told():
            self._write(statements.INSERT_SNAPSHOT, [(position, *row) for row in rows])

    def seal(self, seal: Seal, rows: int) -> None:
        """Seal the journal, if what was archived is what stands there and the snapshot is whole."""
        with self._told():
            there = self._execute(statements.HASH, (seal.position,)).fetchone()
            last = self._execute(statements.LAST_SNAPSHOT_ROW, (seal.position,)).fetchone()
            if there != (seal.hash,) or last != (rows - 1,):
                raise SaveFailed("the journal is not the one that was archived: another database was put in its place")
            self._write(statements.INSERT_SEAL, [seal])

    def remove_sealed(self, most: int) -> int:
        """Remove what stands in an archive, or in a snapshot that does not count."""
        with self._told():
            found = self._execute(selects.SEALED).fetchone()
            sealed = 0 if found is None or found[0] is None else found[0]
            removed = 0
            for statement in statements.REMOVE_SEALED:
                if removed < most:
                    removed += self._execute(statement, {"sealed": sealed, "most": most - removed}).rowcount
            return removed

    def forget(self, forgotten: Forgotten) -> None:
        """Let personal parts say a pseudonym."""
        with self._told():
            self._write(statements.FORGET_EVENTS, forgotten.events)
            self._write(statements.FORGET_ROWS, forgotten.snapshot_rows)

    def rebuild(self) -> None:
        """Write every table anew; each is kept from everybody meanwhile."""
        self._reconnect()
        with self._told(), self._unbounded():
            for statement in statements.REBUILD:
                self._execute(statement)

    def _load_users(self, image: Image, numbers: set[int]) -> None:
        """Read everything before anything is put into the image: a failure must not leave half a user there."""
        given = [array(sorted(numbers))]
        answers = self._ask(Asked(statement, given) for statement in statements.OF_USERS.values())
        found = zip(statements.OF_USERS, answers, strict=True)
        put_users(image, {name: _read(name, answer.rows) for name, answer in found})

    def _write(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute a statement for these rows, if there are any."""
        if rows:
            self._ask([Asked(statement, columns(rows))])


class _Written(NamedTuple):
    """A statement for rows; with the `table` of which it is to hit as many, if that is to be seen to (rule L12)."""

    statement: str
    rows: Sequence[Sequence[Any]]
    table: str = ""


def _written(entries: list[Entry], state: State, memoranda: Memoranda) -> Iterator[_Written]:
    """All that is written of a batch, in this order."""
    yield _Written(statements.INSERT_JOURNAL, entries)
    for name, table in state.saved.items():
        if table.changed:
            yield from _of_table(name, table)
    yield _Written(statements.DROP_ACTIVITY, [(key,) for key, row in state.sessions.changed.items() if row is None])
    yield _Written(statements.INSERT_ENDED, memoranda.ended)
    yield _Written(statements.SAVE_ACTIVITY, memoranda.activity)
    yield _Written(statements.SAVE_REPEATS, memoranda.repeats)


def _of_table(name: str, table: Table[Any, Any]) -> Iterator[_Written]:
    """Delete, update and insert."""
    mapping, writes = MAPPINGS[name], statements.WRITES[name]
    updated: list[Row] = []
    inserted: list[Row] = []
    for key, row in table.changed.items():
        if row is not None:
            (updated if key in table.below else inserted).append(mapping.values(key, row))
    deleted = [mapping.key_values(key) for key, row in table.changed.items() if row is None and key in table.below]
    yield _Written(writes.delete, deleted, name)
    yield _Written(writes.update, updated, name)
    yield _Written(writes.insert, inserted, name)


def _read(name: str, rows: Iterable[Row]) -> dict[Any, Any]:
    """The rows of a table of the state, in the order in which they were found."""
    return dict(map(MAPPINGS[name].read, rows))
