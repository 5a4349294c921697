"""The journal's wire form: events as rows, chained by hash.

Each row's hash covers the hash before it and everything of the row that must not change. Who a person is and where
he sat (`Event.PERSONAL`) stands apart: the chain covers only its salted digest, so that a pseudonym can take its place
without breaking the chain (rule L11): the salt goes, the digest stays, and nobody can find out any more what it was of.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, cast

import msgspec

from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import AnyEvent
from seatkeeper.licensing.pseudonyms import pseudonym_of

GENESIS: Final = bytes(32)
"""The hash before the first event."""

_SALT_BYTES: Final = 16
_encoder: Final = msgspec.json.Encoder()
_members_decoder: Final = msgspec.json.Decoder(dict[str, Any])
_decoder: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(AnyEvent)
_KINDS: Final = {event_type.__struct_config__.tag: event_type for event_type in AnyEvent.__args__}


class _OfUser(msgspec.Struct):
    user_id: int


_user_decoder: Final = msgspec.json.Decoder(_OfUser)


class Head(NamedTuple):
    """The last event of a journal: its number, its time in milliseconds and its hash."""

    seq: int = 0
    at: int = 0
    hash: bytes = GENESIS


class Entry(NamedTuple):
    """One row of the journal, in the order of its columns."""

    seq: int
    at: int
    batch: int
    kind: str
    version: int
    data: bytes
    personal: bytes | None
    personal_salt: bytes | None
    personal_digest: bytes | None
    idempotency_key: str | None
    hash: bytes


class Seal(NamedTuple):
    """A sealed stretch, in the order of the columns: it ends with event `position`, and event `event` tells of it."""

    position: int
    at: int
    hash: bytes
    archive: str
    archive_digest: bytes
    snapshot_digest: bytes
    event: int

    @property
    def head(self) -> Head:
        """The last event of the stretch."""
        return Head(self.position, self.at, self.hash)


class Apart(NamedTuple):
    """What is personal of a row: what it says, its salt, and the digest of both. Without the salt it is a pseudonym."""

    said: bytes | None = None
    salt: bytes | None = None
    digest: bytes | None = None


_NOTHING_APART: Final = Apart()


class JournalError(Exception):
    """The journal does not hold together, or has an event that this version does not know."""


def write(events: list[Event], head: Head, at: int, batch: int) -> tuple[list[Entry], Head]:
    """The rows of these events, which follow `head`, and the new head."""
    entries: list[Entry] = []
    salts = _salts(sum(1 for event in events if event.PERSONAL))
    hashed = head.hash
    for seq, event in enumerate(events, head.seq + 1):
        kind, version = cast("str", event.__struct_config__.tag), event.VERSION
        data, (said, salt, digest) = _parts(event, salts)
        hashed = link(hashed, seq, at, batch, kind, version, data, digest)
        entries.append(Entry(seq, at, batch, kind, version, data, said, salt, digest, None, hashed))
    return entries, Head(head.seq + len(events), at, hashed) if events else head


def require_known(kind: str, version: int) -> None:
    """Raise JournalError for a kind of event, or a version of one, that this code does not know (rule L11)."""
    known = _KINDS.get(kind)
    if known is None or version > known.VERSION:
        raise JournalError(
            f"the journal has events of kind {kind}, version {version}, which this version of Seatkeeper does not"
            f" know; run a newer one"
        )


def read(entry: Entry) -> Event:
    """The event of a row. Raises JournalError for one that this code does not know or that cannot be read."""
    known = _KINDS.get(entry.kind)
    if known is None or entry.version > known.VERSION:
        require_known(entry.kind, entry.version)
    try:
        if entry.personal is None:
            return _decoder.decode(entry.data)
        members = msgspec.json.decode(entry.data) | msgspec.json.decode(entry.personal)
        return cast("Event", msgspec.convert(members, type=AnyEvent))
    except msgspec.MsgspecError as error:
        raise JournalError(f"event {entry.seq} ({entry.kind}) cannot be read: {error}") from error


def verify(entry: Entry, before: Head | Entry) -> str | None:
    """What is wrong with a row that should follow `before`, in one sentence, or None."""
    seq, at, batch, kind, version, data, personal, salt, digest, _, hashed = entry
    if seq != before.seq + 1:
        return f"event {before.seq + 1} is missing: after {before.seq} comes {seq}"
    if at < before.at:
        return f"event {seq} is earlier than the one before it"
    if hashed != link(before.hash, seq, at, batch, kind, version, data, digest):
        return f"event {seq} or its place in the chain has been changed: its hash does not match"
    if digest is None and personal is None and salt is None:
        return None
    wrong = verify_apart(Apart(personal, salt, digest), data)
    return None if wrong is None else f"the personal part of event {seq} {wrong}"


def link(  # noqa: PLR0917 - columns in their order
    before: bytes, seq: int, at: int, batch: int, kind: str, version: int, data: bytes, personal_digest: bytes | None
) -> bytes:
    """The hash of a row that follows upon the one of this hash: of all of it that must not change."""
    return hashlib.sha256(
        b"%b%d|%d|%d|%b|%d|%b|%b" % (before, seq, at, batch, kind.encode(), version, data, personal_digest or b"")
    ).digest()


def verify_apart(apart: Apart, data: bytes) -> str | None:
    """What is wrong with what is personal beside `data`, as the end of a sentence, or None.

    What has no salt is sound where it says the pseudonym of its user and nothing else; whether that user was forgotten
    is for the caller to find out.
    """
    if apart.digest is None:
        return None if apart.said is None and apart.salt is None else "should not be there"
    if apart.said is None:
        return "is missing"
    if apart.salt is not None:
        return (
            None if apart.digest == _digest(apart.salt, apart.said) else "has been changed: its digest does not match"
        )
    try:
        sound = apart.said == pseudonymised(apart.said, user_of(data))
    except msgspec.MsgspecError as error:
        return f"cannot be read: {error}"
    if not sound:
        return "has been changed: it has neither a salt nor the pseudonym of its user"
    return None


def forgotten_in(entry: Entry) -> int | None:
    """The user whose pseudonym stands in a sound row instead of what named him, or None."""
    return user_of(entry.data) if entry.personal_digest is not None and entry.personal_salt is None else None


def user_of(data: bytes) -> int:
    """The user whom a row is about that has a personal part."""
    return _user_decoder.decode(data).user_id


def pseudonymised(said: bytes, user_id: int) -> bytes:
    """What is personal, every member of it replaced by the user's pseudonym."""
    return _encoder.encode(dict.fromkeys(_members_decoder.decode(said), pseudonym_of(user_id)))


def set_apart(members: dict[str, Any], personal: Iterable[str], salts: Iterator[bytes] | None = None) -> Apart:
    """Take what is personal out of the members of a row, with the next of the `salts` or a new one."""
    said = _encoder.encode({name: members.pop(name) for name in personal})
    salt = next(salts or _salts(1))
    return Apart(said, salt, _digest(salt, said))


def _salts(count: int) -> Iterator[bytes]:
    """So many salts, drawn at once: whoever draws lets other threads run, and may wait long to get in again."""
    drawn = secrets.token_bytes(count * _SALT_BYTES)
    return (drawn[first : first + _SALT_BYTES] for first in range(0, len(drawn), _SALT_BYTES))


def _parts(event: Event, salts: Iterator[bytes]) -> tuple[bytes, Apart]:
    """What a row says of an event: what must not change, and what is personal."""
    if not event.PERSONAL:
        return _encoder.encode(event), _NOTHING_APART
    members: dict[str, Any] = msgspec.to_builtins(event)
    apart = set_apart(members, event.PERSONAL, salts)
    return _encoder.encode(members), apart


def _digest(salt: bytes, personal: bytes) -> bytes:
    return hashlib.sha256(salt + personal).digest()
