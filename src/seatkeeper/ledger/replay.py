"""Folding a journal again, event by event: for `seatkeeper check`, and for the snapshot that a seal is to have."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import MsgspecError
from msgspec.structs import replace

from seatkeeper.ledger.engines.engine import Reading
from seatkeeper.ledger.journal import Entry, Head, JournalError, Seal, forgotten_in, read, user_of, verify
from seatkeeper.ledger.snapshot import load
from seatkeeper.licensing.events import JournalSealed, Pseudonymised
from seatkeeper.licensing.fold import fold
from seatkeeper.licensing.pseudonyms import pseudonym_of
from seatkeeper.licensing.state import Image, State

_MERGE_EVERY: Final = 1_000


class Replay:
    """What a journal comes to, from its beginning or from a snapshot.

    `forgotten`: users whose personal parts were seen without salt, with where first. `named`: the last event that still
    says who a user is. `pseudonymised` and `sealed` are what the events say was forgotten and sealed.
    """

    def __init__(self, image: Image | None = None, head: Head | None = None) -> None:
        self.image = Image() if image is None else image
        self.head = Head() if head is None else head
        self.forgotten: dict[int, str] = {}
        self.named: dict[int, int] = {}
        self.pseudonymised: set[int] = set()
        self.sealed: dict[int, JournalSealed] = {}
        """By the number of the event that says so."""
        self._state = State(self.image)

    def fold(self, entries: Iterable[Entry]) -> Iterator[str]:
        """Fold events, and say what is wrong with each. One that cannot be folded has no effect; the rest goes on."""
        for entry in entries:
            yield from self.take(entry)
        self.finish()

    def take(self, entry: Entry) -> list[str]:
        """Fold the next event; what is wrong with it."""
        wrong = list(self._fold(entry))
        self.head = Head(entry.seq, entry.at, entry.hash)
        if entry.seq % _MERGE_EVERY == 0:
            self._state.merge()
        return wrong

    def finish(self) -> None:
        """Let the image be what the events came to."""
        self._state.merge()

    def _fold(self, entry: Entry) -> Iterator[str]:
        """Let one event have its whole effect or none."""
        mark = self._state.mark()
        try:
            wrong = verify(entry, self.head)
            if wrong is not None:
                yield wrong
            event = read(entry)
            self._note(entry, event)
            fold(self._state, event, entry.at)
        except JournalError as error:
            yield f"event {entry.seq} ({entry.kind}) cannot be folded: {error}"
        except (KeyError, TypeError, ValueError, MsgspecError) as error:
            self._state.rollback(mark)
            yield f"event {entry.seq} ({entry.kind}) cannot be folded: {error!r}"

    def _note(self, entry: Entry, event: object) -> None:
        forgotten = forgotten_in(entry)
        if forgotten is not None:
            self.forgotten.setdefault(forgotten, f"event {entry.seq}")
        elif entry.personal_digest is not None:
            self.named[user_of(entry.data)] = entry.seq
        if isinstance(event, Pseudonymised):
            self.pseudonymised.add(event.user_id)
        elif isinstance(event, JournalSealed):
            self.sealed[entry.seq] = event


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
