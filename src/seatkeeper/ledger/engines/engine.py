"""What the writer asks of a database, and what is read of its journal beside the writer.

`begin` and `begin_reading` open a transaction; every other call but `was_saved`, `rebuild` and `close` is made inside
one.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Table

from seatkeeper.ledger.journal import Entry, Head, Seal
from seatkeeper.ledger.snapshot import SnapshotRow
from seatkeeper.licensing.state import Image, State


class SaveFailed(Exception):
    """The database did not take a batch; nothing of it was saved. The message says why."""


class NoSpace(SaveFailed):
    """There is no room left for a batch; nothing of it was saved, and the next may fare better."""


class Busy(SaveFailed):
    """Somebody else keeps the database from being written; nothing was saved, and the next may fare better."""


class Unstorable(SaveFailed):
    """Something that was to be stored, or looked for, no column of this database can hold; nothing was saved."""


class Disconnected(SaveFailed):
    """The database does not answer, or cannot be written now; nothing was saved, and the next may fare better."""


class FateUnknown(Exception):
    """COMMIT failed in a way that leaves open whether the batch was saved (rule L5)."""


class Needed(NamedTuple):
    """What a batch needs in the image: users, by number, by login, by session or by a license that they have or hold,
    rosters of licenses, and when sessions that may expire were last active, as other nodes have saved it."""

    users: set[int]
    logins: set[str]
    sessions: set[int]
    rosters: set[int]
    licenses: set[int]
    expiring: set[int]


class Memoranda(NamedTuple):
    """What is saved beside the journal: when sessions were last active, and how often denials were repeated.

    `repeats` are (event, repeats since the last saving, time of the last). `ended`: rows of `ended_sessions`, in the
    order of its columns, for other nodes to tell of.
    """

    activity: list[tuple[int, int]]
    repeats: list[tuple[int, int, int]]
    ended: list[tuple[Any, ...]] = []  # noqa: RUF012 - never changed


class Forgotten(NamedTuple):
    """Personal parts that say a pseudonym from now on: of events, and of rows of the last seal's snapshot."""

    events: list[tuple[int, bytes]]
    snapshot_rows: list[tuple[int, bytes]]


class Engine(Protocol):
    """A database with the tables of the newest migration."""

    def begin(self) -> None:
        """Begin the one transaction of a batch, keeping every other batch out (rule L1). Raises SaveFailed."""

    def begin_at_once(self) -> None:
        """As `begin`, but wait for nobody: not to be called in a thread that others wait for otherwise. Raises Busy
        where somebody else keeps the database from being written, or may."""

    def begin_reading(self) -> None:
        """Begin a transaction that only reads, keeps nobody out and sees one state throughout. Raises SaveFailed."""

    def now(self) -> int:
        """The database's time in milliseconds, read when the transaction began (rule L8)."""

    def head(self) -> Head:
        """The journal's last event."""

    def load_whole(self, image: Image) -> None:
        """Load what an image has whole: licenses, owners, pools, stations with log-ons and assignments, counters."""

    def load(self, image: Image, needed: Needed) -> None:
        """Load what a batch needs and is not there, set-wise. What does not exist stays absent."""

    def entries(self, after: int, most: int) -> list[Entry]:
        """The first so many events behind this one."""

    def load_logons(self, image: Image, sessions: set[int]) -> None:
        """Load where these sessions sit; those that sit nowhere are not there."""

    def activity(self, sessions: set[int]) -> list[tuple[int, int]]:
        """When these sessions were last active, as other nodes have saved it: (session, time in milliseconds)."""

    def live_sessions(self) -> Mapping[int, int | None]:
        """All live sessions by number, with the idle time-out of those that have one of their own."""

    def kinds(self, after: int) -> Iterable[tuple[str, int]]:
        """The kinds and versions of the events behind this one."""

    def save(self, entries: list[Entry], state: State, memoranda: Memoranda) -> None:
        """Write the events, the rows they changed and the memoranda. Raises SaveFailed."""

    def store_snapshot(self, position: int, rows: list[SnapshotRow]) -> None:
        """Write some rows of a snapshot, which counts only once its position is sealed. Raises SaveFailed."""

    def seal(self, seal: Seal, rows: int) -> None:
        """Seal the journal up to a position whose snapshot of so many rows is stored.

        Raises SaveFailed where it is not, or where the event there is not the one that was archived.
        """

    def remove_sealed(self, most: int) -> int:
        """Remove at most so many rows that stand in an archive, or in a snapshot that does not count (any more).

        How many were removed; 0 when nothing was left of them. Raises SaveFailed.
        """

    def forget(self, forgotten: Forgotten) -> None:
        """Let personal parts say a pseudonym, without salt. Raises SaveFailed."""

    def rebuild(self) -> None:
        """Write the database anew, so that nothing is left of what was removed or replaced. Raises SaveFailed."""

    def was_saved(self, batch: int, after: int) -> bool:
        """Whether a batch is in the journal, behind this event, whose commit was not confirmed (rule L5).

        Makes a transaction of its own. Raises SaveFailed where nobody can tell yet, and FateUnknown where nobody will,
        or where its own commit is not confirmed either.
        """

    def commit(self) -> None:
        """Make the batch durable. Raises SaveFailed when it certainly is not, FateUnknown when that is not known."""

    def rollback(self) -> None:
        """End the transaction without effect."""

    def close(self) -> None:
        """Close the connection."""


class Reading(Protocol):
    """The journal and its seals, read beside the writer, many events a page at a time."""

    def take_journal(self) -> bool:
        """Whether nobody else seals or forgets (rule L11); then nobody does before this is closed."""

    def revision(self) -> str | None:
        """The schema's revision; None where no migration has run."""

    def oldest_code(self) -> str | None:
        """The oldest revision whose code may use the database (rule L13); None before a migration tells."""

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """All rows of a table, a few at a time, in the order of its columns. Only of a reading at one point."""

    def count(self, table: Table) -> int:
        """How many rows a table has."""

    def events_until(self, position: int) -> int:
        """How many events stand up to and with this one."""

    def head(self) -> Head:
        """The journal's last event."""

    def last_before(self, at: int) -> Head | None:
        """The last event that is earlier than this time, or None where the journal has none."""

    def entries(self, after: int, until: int | None = None) -> Iterator[Entry]:
        """The events behind `after`, up to and with `until` or to the last."""

    def repeats(self, first: int, last: int) -> dict[int, tuple[int, int]]:
        """How often the denials from `first` to `last` were repeated, and when last, by event."""

    def seals(self) -> list[Seal]:
        """Every seal, in order. Raises JournalError where one cannot be read."""

    def snapshot(self, position: int) -> Iterator[SnapshotRow]:
        """The rows of a snapshot in order."""

    def naming(self, user_id: int) -> Forgotten:
        """The personal parts that say who this user is, with their salts, as they are."""

    def close(self) -> None:
        """Close the connection."""
