"""The state at one position of the journal, as rows that stand for the events before it (rule L11).

The first row says which position it is, each other holds one entity. What is personal of an entity stands apart as in
the journal, so the digest of a snapshot stays when a pseudonym takes its place.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from seatkeeper.ledger.indexing import append, index_whole
from seatkeeper.ledger.journal import Apart, Head, JournalError, set_apart, user_of, verify_apart
from seatkeeper.licensing.deployment import Application, Runtime, Transaction
from seatkeeper.licensing.entities import (
    Assignment,
    Hold,
    License,
    Owner,
    Pool,
    Profile,
    Session,
    Station,
    StationLogon,
    Subscription,
    User,
    fold,
)
from seatkeeper.licensing.state import JOURNALLED, Image

VERSION: Final = 1
"""Of this form of a snapshot. Members that an entity gets later have defaults, and need no new one."""

_encoder: Final = msgspec.json.Encoder()


class SnapshotRow(NamedTuple):
    """One row. `user_id` is set where it has a personal part."""

    number: int
    data: bytes
    user_id: int | None
    personal: bytes | None
    personal_salt: bytes | None
    personal_digest: bytes | None

    @property
    def apart(self) -> Apart:
        """What is personal of it."""
        return Apart(self.personal, self.personal_salt, self.personal_digest)


class Counter(msgspec.Struct, frozen=True):
    """The next number of a kind of thing."""

    name: str
    next: int


class _Start(msgspec.Struct, frozen=True, tag="start", tag_field="table"):
    version: int
    position: int
    at: int
    hash: str


class _Kind(NamedTuple):
    """How the entities of one table stand in a snapshot: their type, by what they are found, what is personal."""

    entity: type[Any]
    key: Callable[[Any], Any]
    user: Callable[[Any], int] | None = None
    personal: tuple[str, ...] = ()


_KINDS: Final[dict[str, _Kind]] = {
    "licenses": _Kind(License, attrgetter("id")),
    "owners": _Kind(Owner, attrgetter("id")),
    "pools": _Kind(Pool, attrgetter("license_id")),
    "stations": _Kind(Station, attrgetter("id")),
    "users": _Kind(User, attrgetter("id"), attrgetter("id"), ("login", "display_name")),
    "profiles": _Kind(Profile, attrgetter("holder", "owner_key")),
    "assignments": _Kind(Assignment, attrgetter("holder", "license_id")),
    "sessions": _Kind(Session, attrgetter("id"), attrgetter("user_id"), ("machine",)),
    "logons": _Kind(StationLogon, attrgetter("session_id"), attrgetter("user_id"), ("machine", "remote_number")),
    "holds": _Kind(Hold, attrgetter("session_id", "license_id")),
    "subscriptions": _Kind(Subscription, attrgetter("session_id")),
    "runtimes": _Kind(Runtime, attrgetter("id")),
    "applications": _Kind(Application, attrgetter("id")),
    "transactions": _Kind(Transaction, attrgetter("id")),
    "counters": _Kind(Counter, attrgetter("name")),
}


class SnapshotDigest:
    """The SHA-256 of a snapshot, of all of its rows in their order, personal parts by their digests alone."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()

    def add(self, row: SnapshotRow) -> None:
        """Take in the next row."""
        self._sum.update(row.data + b"|" + (row.personal_digest or b"") + b"\n")

    def digest(self) -> bytes:
        """Of the rows so far."""
        return self._sum.digest()


def rows_of(image: Image, head: Head) -> Iterator[SnapshotRow]:
    """The rows of the snapshot of a whole image, to which the events up to `head` have come."""
    start = _encoder.encode(_Start(version=VERSION, position=head.seq, at=head.at, hash=head.hash.hex()))
    yield SnapshotRow(0, start, None, None, None, None)
    number = 1
    for table in JOURNALLED:
        kind = _KINDS[table]
        for key, row in sorted(getattr(image, table).items()):
            entity = Counter(key, row) if kind.entity is Counter else row
            members = msgspec.to_builtins(entity)
            apart, user_id = Apart(), None
            if kind.user is not None:
                apart, user_id = set_apart(members, kind.personal), kind.user(entity)
            data = _encoder.encode({"table": table, "row": members, "user_id": user_id})
            yield SnapshotRow(number, data, user_id, *apart)
            number += 1


class Snapshot(NamedTuple):
    """A snapshot as it was read: the image, the event that it stands behind, its digest, and who is forgotten in it."""

    image: Image
    head: Head
    digest: bytes
    forgotten: set[int]


def load(rows: Iterable[SnapshotRow]) -> Snapshot:
    """The snapshot of these rows. Raises JournalError where they cannot be read, or a personal part was changed."""
    image, digest, head, forgotten = Image(), SnapshotDigest(), Head(), set[int]()
    try:
        for number, row in enumerate(rows):
            if row.number != number:
                raise JournalError(f"row {number} of the snapshot is missing")
            digest.add(row)
            if number == 0:
                head = _begin(row)
                continue
            _put(image, row)
            if row.personal_digest is not None and row.personal_salt is None:
                forgotten.add(user_of(row.data))
    except (msgspec.MsgspecError, TypeError, ValueError, KeyError) as error:
        raise JournalError(f"the snapshot cannot be read: {error}") from error
    _index(image)
    return Snapshot(image, head, digest.digest(), forgotten)


def _begin(row: SnapshotRow) -> Head:
    start = msgspec.json.decode(row.data, type=_Start)
    if start.version > VERSION:
        raise JournalError("the snapshot was written by a newer version of Seatkeeper; run that one")
    return Head(start.position, start.at, bytes.fromhex(start.hash))


def _put(image: Image, row: SnapshotRow) -> None:
    wrong = verify_apart(row.apart, row.data)
    if wrong is None and row.personal_digest is not None and row.user_id != user_of(row.data):
        wrong = "is taken for another user's"
    if wrong is not None:
        raise JournalError(f"the personal part of row {row.number} of the snapshot {wrong}")
    told = msgspec.json.decode(row.data)
    members = told["row"] | ({} if row.personal is None else msgspec.json.decode(row.personal))
    kind = _KINDS[told["table"]]
    entity = msgspec.convert(members, kind.entity)
    getattr(image, told["table"])[kind.key(entity)] = entity.next if isinstance(entity, Counter) else entity


def _index(image: Image) -> None:
    """The second group of an image, from the first."""
    index_whole(image)
    image.user_ids = {fold(each.login): each.id for each in image.users.values() if each.deleted_at is None}
    for session in image.sessions.values():
        append(image.sessions_of, session.user_id, session.id)
    for hold in sorted(image.holds.values(), key=attrgetter("since", "session_id", "license_id")):
        append(image.held_by, hold.session_id, hold.license_id)
