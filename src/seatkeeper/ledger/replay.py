"""Folding a journal again, event by event: for `seatkeeper check`, and for the snapshot that a seal is to have."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

from msgspec import MsgspecError
from msgspec.structs import replace

from seatkeeper.ledger.engines.engine import Reading
from seatkeeper.ledger.journal import Entry, Head, JournalError, Seal, forgotten_in, read, user_of, verify
from seatkeeper.ledger.snapshot import load
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import JournalSealed, Pseudonymised
from seatkeeper.licensing.fold import fold
from seatkeeper.licensing.pseudonyms import pseudonym_of
from seatkeeper.licensing.state import Image, State, Table

K = TypeVar("K")
V = TypeVar("V")

_NOTED: Final = frozenset({JournalSealed, Pseudonymised})


class Replay:
    """What a journal comes to, from its beginning or from a snapshot.

    `forgotten`: users whose personal parts were seen without salt, with where first. `named`: the last event that still
    says who a user is. `pseudonymised` and `sealed` are what the events say was forgotten and sealed.
    """

    def __init__(self, image: Image | None = None, head: Head | None = None) -> None:
        self.image = Image() if image is None else image
        self._last: Head | Entry = Head() if head is None else head
        self.forgotten: dict[int, str] = {}
        self.named: dict[int, int] = {}
        self.pseudonymised: set[int] = set()
        self.sealed: dict[int, JournalSealed] = {}
        """By the number of the event that says so."""
        self._state = _Straight(self.image)

    @property
    def head(self) -> Head:
        """The last event that was taken."""
        return Head(self._last.seq, self._last.at, self._last.hash)

    def fold(self, entries: Iterable[Entry]) -> Iterator[str]:
        """Fold events, and say what is wrong with each. One that cannot be folded has no effect; the rest goes on."""
        for entry in entries:
            wrong = self.take(entry)
            if wrong:
                yield from wrong

    def take(self, entry: Entry) -> tuple[str, ...]:
        """Fold the next event, which has its whole effect or none; what is wrong with it."""
        wrong: str | None = None
        state = self._state
        try:
            wrong = verify(entry, self._last)
            event = read(entry)
            if entry.personal_digest is not None or type(event) in _NOTED:
                self._note(entry, event)
            fold(state, event, entry.at)
        except (JournalError, KeyError, TypeError, ValueError, MsgspecError) as error:
            state.take_back()
            why = str(error) if isinstance(error, JournalError) else repr(error)
            failed = f"event {entry.seq} ({entry.kind}) cannot be folded: {why}"
            return (failed,) if wrong is None else (wrong, failed)
        finally:
            self._last = entry
            state.keep()
        return () if wrong is None else (wrong,)

    def _note(self, entry: Entry, event: Event) -> None:
        forgotten = forgotten_in(entry)
        if forgotten is not None:
            self.forgotten.setdefault(forgotten, f"event {entry.seq}")
        elif entry.personal_digest is not None:
            self.named[user_of(entry.data)] = entry.seq
        if isinstance(event, Pseudonymised):
            self.pseudonymised.add(event.user_id)
        elif isinstance(event, JournalSealed):
            self.sealed[entry.seq] = event


class _StraightTable(Table[K, V]):
    """A table whose changes go straight into the image."""

    __slots__ = ()

    def get(self, key: K) -> V | None:
        """The row of this key, or None."""
        return self.below.get(key)

    def __getitem__(self, key: K) -> V:
        """The row of this key. Raises KeyError where there is none."""
        return self.below[key]

    def put(self, key: K, row: V | None) -> None:
        """Set a row, or drop it with None."""
        rows = self.below
        self._undo.append((rows, key, rows.get(key)))
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row


class _Straight(State):
    """An image that events change at once, each as a whole or not at all.

    Nobody decides on it, so it needs no layer of changes that a failed commit would discard: an event costs a sixth
    less to fold.
    """

    def __init__(self, image: Image) -> None:
        super().__init__(image)
        for name, table in vars(self).items():
            if isinstance(table, Table):
                setattr(self, name, _StraightTable[Any, Any](table.below, self._undo))

    def keep(self) -> None:
        """The event has had its effect: nothing of it is taken back any more."""
        self._undo.clear()

    def take_back(self) -> None:
        """Undo what the event at hand has changed."""
        for rows, key, before in reversed(self._undo):
            if before is None:
                rows.pop(key, None)
            else:
                rows[key] = before


def from_snapshot(reading: Reading, seal: Seal) -> Replay:
    """A replay that begins behind a seal. Raises JournalError where its snapshot is not the one that was sealed."""
    snapshot = load(reading.snapshot(seal.position))
    if snapshot.digest != seal.snapshot_digest or snapshot.head != seal.head:
        raise JournalError(f"the snapshot of event {seal.position} has been changed: its digest does not match")
    replay = Replay(snapshot.image, seal.head)
    replay.forgotten = dict.fromkeys(snapshot.forgotten, f"the snapshot of event {seal.position}")
    return replay


def told_by(seal: Seal) -> JournalSealed:
    """The event that tells of a seal."""
    return JournalSealed(
        position=seal.position,
        hash=seal.hash.hex(),
        archive=seal.archive,
        archive_digest=seal.archive_digest.hex(),
        snapshot_digest=seal.snapshot_digest.hex(),
    )


def forget(image: Image, users: Iterable[int]) -> None:
    """Let users go by their pseudonyms wherever an image says who they are, as every event of theirs would have."""
    users = set(users)
    for user in users & image.users.keys():
        pseudonym = pseudonym_of(user)
        image.users[user] = replace(image.users[user], login=pseudonym, display_name=pseudonym)
    for number, session in image.sessions.items():
        if session.user_id in users:
            image.sessions[number] = replace(session, machine=pseudonym_of(session.user_id))
    for number, logon in image.logons.items():
        if logon.user_id in users:
            pseudonym = pseudonym_of(logon.user_id)
            image.logons[number] = replace(logon, machine=pseudonym, remote_number=pseudonym)
