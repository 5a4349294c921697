"""What the writer asks of a database. `begin` opens a transaction; every other call but `close` is made inside one."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from seatkeeper.ledger.journal import Entry, Head
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


class Engine(Protocol):
    """A database with the tables of the newest migration."""

    def begin(self) -> None:
        """Begin the one transaction of a batch, keeping every other batch out (rule L1). Raises SaveFailed."""

    def head(self) -> Head:
        """The journal's last event."""

    def load_whole(self, image: Image) -> None:
        """Load what an image has whole: licenses, pools, stations with their log-ons and assignments, counters."""

    def load(self, image: Image, needed: Needed) -> None:
        """Load what a batch needs and is not there, set-wise. What does not exist stays absent."""

    def live_sessions(self) -> Iterable[int]:
        """The numbers of all live sessions."""

    def kinds(self, after: int) -> Iterable[tuple[str, int]]:
        """The kinds and versions of the events behind this one."""

    def save(self, entries: list[Entry], state: State, memoranda: Memoranda) -> None:
        """Write the events, the rows they changed and the memoranda. Raises SaveFailed."""

    def commit(self) -> None:
        """Make the batch durable. Raises SaveFailed when it certainly is not, FateUnknown when that is not known."""

    def rollback(self) -> None:
        """End the transaction without effect."""

    def close(self) -> None:
        """Close the connection."""
