"""`seatkeeper check`: folds the journal by the one function and compares every row and count with the tables.

Where old stretches were sealed it begins with the last snapshot, whose digest the chain holds. Their archives, where it
is given them, are folded from the first event on, and must come to that same snapshot.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import MsgspecError, Struct
from msgspec.structs import fields

from seatkeeper.ledger.archive import ArchiveError, ArchiveMissing, read_archive, strangers
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.engines.engine import Reading
from seatkeeper.ledger.journal import Entry, Head, JournalError, Seal, verify
from seatkeeper.ledger.recount import recount
from seatkeeper.ledger.replay import Replay, forget, from_snapshot, told_by
from seatkeeper.ledger.rows import MAPPINGS
from seatkeeper.ledger.schema import require_usable
from seatkeeper.licensing.state import JOURNALLED, Image

_WAIT_SECONDS: Final = 5.0  # for somebody who is in the way
_NEWER: Final = (
    "the schema {} is newer than this version of Seatkeeper, which looked at what it knows; a newer one looks at all"
)


class Report(Struct, frozen=True):
    """What a check found.

    `events` of the journal and `archived` events were folded, up to `head`, and `rows` compared. `differences`: what is
    wrong, each in a sentence. `unchecked`: what should have been looked at and is not there. `notes`: what nobody asked
    to look at, or is not finished, though nothing is wrong.
    """

    events: int
    archived: int
    rows: int
    head: Head
    differences: list[str]
    unchecked: list[str]
    notes: list[str]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong, and everything was there that was to be looked at."""
        return not self.differences and not self.unchecked


def check_database(database: Database, *archives: Path) -> Report:
    """Check a database, which may be in use: everything is read at one point in time.

    `archives`: the directories of the archives of its sealed stretches, to be checked too. Raises SchemaTooOld or
    SchemaTooNew where its tables are not those of this version, and the driver's error where it cannot be read.
    """
    reading = database.reading(_WAIT_SECONDS, at_one_point=True)
    try:
        return check_reading(reading, *archives)
    finally:
        reading.close()


def check_reading(reading: Reading, *archives: Path) -> Report:
    """As `check_database`, of what is read at one point already."""
    newer = require_usable(reading)
    notes = [] if newer is None else [_NEWER.format(newer)]
    return _Check(reading, archives, notes).report()


class _Check:
    """One check, from its reading to its report."""

    def __init__(self, reading: Reading, archives: tuple[Path, ...], notes: list[str]) -> None:
        self._reading = reading
        self._archives = archives
        self._differences: list[str] = []
        self._unchecked: list[str] = []
        self._notes = notes
        self._seals = self._readable_seals()

    def report(self) -> Report:
        """Look at everything; where the snapshot is not sound, at the archives and the chain alone."""
        begin = self._seals[-1].head if self._seals else Head()
        archived = self._fold_archives()
        replay, rows = self._begin(), 0
        if replay is None:
            head = self._verify(self._reading.entries(begin.seq), begin)
        else:
            self._differences += replay.fold(self._reading.entries(begin.seq))
            self._compare_seals(replay, archived)
            # Who was forgotten may stand in an archive that is not there.
            self._compare_forgotten(replay, archived if archived is not None and archived.head == begin else None)
            rows = self._compare_tables(replay.image)
            head = replay.head
        return Report(
            events=head.seq - begin.seq,
            archived=0 if archived is None else archived.head.seq,
            rows=rows,
            head=head,
            differences=self._differences,
            unchecked=self._unchecked,
            notes=self._notes,
        )

    def _readable_seals(self) -> list[Seal]:
        try:
            return self._reading.seals()
        except JournalError as error:
            self._differences.append(str(error))
            return []

    def _begin(self) -> Replay | None:
        """Behind the last seal, or at the beginning; None where the snapshot of the seal is not sound."""
        if not self._seals:
            return Replay()
        last = self._seals[-1]
        left = self._reading.events_until(last.position)
        if left:
            self._notes.append(
                f"{left} events that are archived stand in the database still; 'seatkeeper journal seal' removes them"
            )
        try:
            return from_snapshot(self._reading, last)
        except JournalError as error:
            self._differences.append(f"{error}; without it no row could be compared")
            return None

    def _verify(self, entries: Iterable[Entry], head: Head) -> Head:
        """The end of the chain of what follows `head`, each link of which is looked at."""
        for entry in entries:
            wrong = verify(entry, head)
            if wrong is not None:
                self._differences.append(wrong)
            head = Head(entry.seq, entry.at, entry.hash)
        return head

    def _fold_archives(self) -> Replay | None:
        """What the archives come to, up to the first that cannot be folded; None without them."""
        if not self._seals:
            return None
        last = self._seals[-1]
        if not self._archives:
            self._notes.append(
                f"the archived events up to {last.position} were not looked at; --archive names their directory"
            )
            return None
        self._notes += [
            f"{name} in {folder} is no archive of this journal; a sealing that was cut off may have left it"
            for folder in self._archives
            for name in strangers(folder, (seal.archive for seal in self._seals))
        ]
        replay, before = Replay(), Head()
        for seal in self._seals:
            self._look_into(seal, before, replay)
            before = seal.head
        if replay.head == last.head:
            self._compare_snapshot(replay, last)
        return replay

    def _look_into(self, seal: Seal, before: Head, replay: Replay) -> None:
        """Fold an archive, or verify the chain in it where what stands before it was not folded."""
        places = [folder for folder in self._archives if (folder / seal.archive).exists()][:1] or self._archives
        entries = read_archive(places[0], seal.archive, seal.archive_digest)
        try:
            if replay.head == before:
                self._differences += (f"{seal.archive}: {wrong}" for wrong in replay.fold(entries))
                end = replay.head
            else:
                end = self._verify(entries, before)
        except ArchiveMissing as missing:
            where = " or ".join(map(str, places))
            self._unchecked.append(
                f"the archive {missing.name} (events {before.seq + 1} to {seal.position}) is not in {where}"
            )
        except ArchiveError as error:
            self._differences.append(str(error))
        else:
            if end != seal.head:
                self._differences.append(f"{seal.archive} ends with event {end.seq}, not with the one that was sealed")

    def _compare_snapshot(self, replay: Replay, last: Seal) -> None:
        """Whether the archives come to the state of the snapshot, whoever was forgotten in either by now."""
        try:
            snapshot = from_snapshot(self._reading, last)
        except JournalError:
            return  # told where the journal is folded
        forgotten = replay.forgotten.keys() | snapshot.forgotten.keys()
        for image in (replay.image, snapshot.image):
            forget(image, forgotten)
        for name in JOURNALLED:
            _, different = _compare(name, getattr(replay.image, name), getattr(snapshot.image, name).items())
            self._differences += (f"the snapshot of event {last.position}: {wrong}" for wrong in different)

    def _compare_seals(self, replay: Replay, archived: Replay | None) -> None:
        """Each seal must be as an event of the chain tells, and each such event have its seal."""
        told, seen = replay.sealed, 0
        if archived is not None:
            told, seen = archived.sealed | told, archived.head.seq
        last = self._seals[-1].position if self._seals else 0
        stored = {seal.event: told_by(seal) for seal in self._seals if seal.event <= seen or seal.event > last}
        for number in sorted(told.keys() | stored.keys()):
            if number not in stored:
                self._differences.append(f"the seal that event {number} tells of is missing")
            elif stored[number] != told.get(number):
                self._differences.append(f"the seal of event {stored[number].position} is not as event {number} tells")

    def _compare_forgotten(self, replay: Replay, archived: Replay | None) -> None:
        """Only of somebody whom an event says to be forgotten may the salt be missing."""
        forgotten, named, known = dict(replay.forgotten), dict(replay.named), set(replay.pseudonymised)
        if archived is not None:
            forgotten, named, known = (
                archived.forgotten | forgotten,
                archived.named | named,
                archived.pseudonymised | known,
            )
        self._differences += [
            f"the personal part of {where} has no salt, but no event says that user {user} was forgotten"
            for user, where in sorted(forgotten.items())
            if user not in known
        ]
        self._notes += [
            f"user {user} is not forgotten in event {named[user]} yet; 'seatkeeper journal forget {user}' goes on"
            for user in sorted(known & named.keys())
        ]

    def _compare_tables(self, image: Image) -> int:
        differences, rows = self._differences, 0
        for name in JOURNALLED:
            stored = _stored(self._reading, name, differences)
            compared, different = _compare(name, getattr(image, name), stored)
            rows += compared
            differences += different
        sessions, keys = set(image.sessions), self._keys("session_keys")
        differences += [f"session {number} has no keys" for number in sorted(sessions - keys)]
        differences += [f"the keys of session {number} are left over" for number in sorted(keys - sessions)]
        living = {user.id for user in image.users.values() if user.deleted_at is None}
        passwords = self._keys("credentials")
        differences += [f"the password of user {number} is left over" for number in sorted(passwords - living)]
        differences += recount(image)
        return rows

    def _keys(self, name: str) -> set[int]:
        """By what the rows of a table are found."""
        return {key for key, _ in _stored(self._reading, name, self._differences)}


def _stored(reading: Reading, name: str, differences: list[str]) -> Iterator[tuple[Any, Any]]:
    """The rows of a table, each with its key. What one says twice, as a name and its folded form, must agree."""
    mapping = MAPPINGS[name]
    names = [column.name for column in mapping.table.columns]
    for row in reading.rows(mapping.table):
        try:
            key, entity = mapping.read(row)
            again = mapping.values(key, entity)
        except (AttributeError, TypeError, ValueError, MsgspecError) as error:
            differences.append(f"{name}: the row that begins with {row[:3]} cannot be read: {error}")
            continue
        if row != again:
            differences += [
                f"{name}: the row of {_plain(key)} has {column} {value!r}, but {expected!r} by the rest of it"
                for column, value, expected in zip(names, row, again, strict=True)
                if value != expected
            ]
        yield key, entity


def _compare(name: str, folded: dict[Any, Any], stored: Iterable[tuple[Any, Any]]) -> tuple[int, list[str]]:
    """How many rows are stored, and where they are not those that were folded. There may be millions of them, so only
    their keys are kept."""
    found: set[Any] = set()
    different: list[str] = []
    for key, entity in stored:
        found.add(key)
        expected = folded.get(key)
        if expected is None:
            different.append(f"{name}: there is a row of {_plain(key)} that no event accounts for")
        elif expected != entity:
            different.append(f"{name}: the row of {_plain(key)} {_difference(expected, entity)}")
    missing = [f"{name}: the row of {_plain(key)} is missing" for key in folded.keys() - found]
    return len(found), missing + different


def _difference(folded: Any, stored: Any) -> str:  # noqa: ANN401 - an entity of any table
    if not isinstance(folded, Struct):
        return f"is {stored}, but {folded} by the journal"
    names = [each.name for each in fields(folded) if getattr(folded, each.name) != getattr(stored, each.name)]
    return " and ".join(
        f"has {name} {getattr(stored, name)!r}, but {getattr(folded, name)!r} by the journal" for name in names
    )


def _plain(key: Any) -> str:  # noqa: ANN401 - a key of any table
    if isinstance(key, tuple):
        return ", ".join(_plain(each) for each in key)
    return key.name.lower() if hasattr(key, "name") else str(key)
