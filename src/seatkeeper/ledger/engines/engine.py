"""What the writer asks of a database, and what is read of its journal beside the writer.

`begin` opens a transaction; every other call but `rebuild` and `close` is made inside one.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from seatkeeper.ledger.journal import Entry, Head, Seal
from seatkeeper.ledger.snapshot import SnapshotRow
from seatkeeper.licensing.state import Image, State


class SaveFailed(Exception):
    """The database did not take a batch; nothing of it was saved. The message says why."""


class NoSpace(SaveFailed):
    """There is no room left for a batch; nothing of it was saved, and the next may fare better."""


class Busy(SaveFailed):
    """Somebody else keeps the database from being written; nothing was saved, and the next may fare better."""


class FateUnknown(Exception):
    """COMMIT failed in a way that leaves open whether the batch was saved (rule L5)."""


class Needed(NamedTuple):
    """What a batch needs in the image: users, by number, by login, by session or by a license that they have or hold,
    and rosters of licenses."""

    users: set[int]
    logins: set[str]
    sessions: set[int]
    rosters: set[int]
    licenses: set[int]


class Memoranda(NamedTuple):
    """What is saved beside the journal: when sessions were last active, and how often denials were repeated.

    `repeats` are (event, repeats since the last saving, time of the last).
    """

    activity: list[tuple[int, int]]
    repeats: list[tuple[int, int, int]]


class Forgotten(NamedTuple):
    """Personal parts that say a pseudonym from now on: of events, and of rows of the last seal's snapshot."""

    events: list[tuple[int, bytes]]
    snapshot_rows: list[tuple[int, bytes]]


class Engine(Protocol):
    """A database with the tables of the newest migration."""

    def begin(self) -> None:
        """Begin the one transaction of a batch, keeping every other batch out (rule L1). Raises SaveFailed."""

    def head(self) -> Head:
        """The journal's last event."""

    def load_whole(self, image: Image) -> None:
        """Load what an image has whole: licenses, owners, pools, stations with log-ons and assignments, counters."""

    def load(self, image: Image, needed: Needed) -> None:
        """Load what a batch needs and is not there, set-wise. What does not exist stays absent."""

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

    def commit(self) -> None:
        """Make the batch durable. Raises SaveFailed when it certainly is not, FateUnknown when that is not known."""

    def rollback(self) -> None:
        """End the transaction without effect."""

    def close(self) -> None:
        """Close the connection."""


class Reading(Protocol):
    """The journal and its seals, read beside the writer, many events a page at a time."""

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
