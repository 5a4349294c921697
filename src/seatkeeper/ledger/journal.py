"""The journal's wire form: events as rows, chained by hash.

Each row's hash covers the hash before it and everything of the row that must not change. Who a person is and where
he sat (`Event.PERSONAL`) stands apart: the chain covers only its salted digest, so that a pseudonym can take its place
one day without breaking the chain (rule L11).
"""

import hashlib
import secrets
from typing import Any, Final, NamedTuple, cast

import msgspec

from seatkeeper.licensing.events import AnyEvent, Event

GENESIS: Final = bytes(32)
"""The hash before the first event."""

_SALT_BYTES: Final = 16
_encoder = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(AnyEvent)
_KINDS: Final = {event_type.__struct_config__.tag: event_type for event_type in AnyEvent.__args__}


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
    if entry.personal_salt is not None and entry.personal_digest != _digest(entry.personal_salt, entry.personal or b""):
        return f"the personal part of event {entry.seq} has been changed: its digest does not match"
    return None


def _entry(event: Event, head: Head, at: int, batch: int) -> Entry:
    personal = salt = digest = None
    if event.PERSONAL:
        members: dict[str, Any] = msgspec.to_builtins(event)
        personal = _encoder.encode({name: members.pop(name) for name in event.PERSONAL})
        salt = secrets.token_bytes(_SALT_BYTES)
        digest = _digest(salt, personal)
        data = _encoder.encode(members)
    else:
        data = _encoder.encode(event)
    kind = cast("str", event.__struct_config__.tag)
    entry = Entry(head.seq + 1, at, batch, kind, event.VERSION, data, personal, salt, digest, None, b"")
    return entry._replace(hash=_chain(head.hash, entry))


def _chain(before: bytes, entry: Entry) -> bytes:
    numbers = f"{entry.seq}|{entry.at}|{entry.batch}|{entry.kind}|{entry.version}|".encode()
    return hashlib.sha256(before + numbers + entry.data + b"|" + (entry.personal_digest or b"")).digest()


def _digest(salt: bytes, personal: bytes) -> bytes:
    return hashlib.sha256(salt + personal).digest()
