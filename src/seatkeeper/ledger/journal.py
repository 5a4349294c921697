"""The journal's wire form: events as rows, chained by hash.

Each row's hash covers the hash before it and everything of the row that must not change. Who a person is and where
he sat (`Event.PERSONAL`) stands apart: the chain covers only its salted digest, so that a pseudonym can take its place
without breaking the chain (rule L11): the salt goes, the digest stays, and nobody can find out any more what it was of.
"""

import hashlib
import secrets
from collections.abc import Iterable
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
_decoder: Final = msgspec.json.Decoder(AnyEvent)
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


class JournalError(Exception):
    """The journal does not hold together, or has an event that this version does not know."""


def write(events: list[Event], head: Head, at: int, batch: int) -> tuple[list[Entry], Head]:
    """The rows of these events, which follow `head`, and the new head."""
    entries: list[Entry] = []
    for event in events:
        entry = _entry(event, head, at, batch)
        head = Head(entry.seq, entry.at, entry.hash)
        entries.append(entry)
    return entries, head


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
    require_known(entry.kind, entry.version)
    try:
        if entry.personal is None:
            return cast("Event", _decoder.decode(entry.data))
        members = msgspec.json.decode(entry.data) | msgspec.json.decode(entry.personal)
        return cast("Event", msgspec.convert(members, type=AnyEvent))
    except msgspec.MsgspecError as error:
        raise JournalError(f"event {entry.seq} ({entry.kind}) cannot be read: {error}") from error


def verify(entry: Entry, before: Head) -> str | None:
    """What is wrong with a row that should follow `before`, in one sentence, or None."""
    if entry.seq != before.seq + 1:
        return f"event {before.seq + 1} is missing: after {before.seq} comes {entry.seq}"
    if entry.at < before.at:
        return f"event {entry.seq} is earlier than the one before it"
    if entry.hash != _chain(before.hash, entry):
        return f"event {entry.seq} or its place in the chain has been changed: its hash does not match"
    wrong = verify_apart(_apart_of(entry), entry.data)
    return None if wrong is None else f"the personal part of event {entry.seq} {wrong}"


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


def set_apart(members: dict[str, Any], personal: Iterable[str]) -> Apart:
    """Take what is personal out of the members of a row."""
    said = _encoder.encode({name: members.pop(name) for name in personal})
    salt = secrets.token_bytes(_SALT_BYTES)
    return Apart(said, salt, _digest(salt, said))


def _entry(event: Event, head: Head, at: int, batch: int) -> Entry:
    apart = Apart()
    if event.PERSONAL:
        members: dict[str, Any] = msgspec.to_builtins(event)
        apart = set_apart(members, event.PERSONAL)
        data = _encoder.encode(members)
    else:
        data = _encoder.encode(event)
    kind = cast("str", event.__struct_config__.tag)
    entry = Entry(head.seq + 1, at, batch, kind, event.VERSION, data, *apart, None, b"")
    return entry._replace(hash=_chain(head.hash, entry))


def _apart_of(entry: Entry) -> Apart:
    return Apart(entry.personal, entry.personal_salt, entry.personal_digest)


def _chain(before: bytes, entry: Entry) -> bytes:
    numbers = f"{entry.seq}|{entry.at}|{entry.batch}|{entry.kind}|{entry.version}|".encode()
    return hashlib.sha256(before + numbers + entry.data + b"|" + (entry.personal_digest or b"")).digest()


def _digest(salt: bytes, personal: bytes) -> bytes:
    return hashlib.sha256(salt + personal).digest()
