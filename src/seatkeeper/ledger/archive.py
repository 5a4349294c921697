"""Sealed stretches of the journal as files: compressed, an event a line, for any JSON tool (docs/journal.md).

An archive is two files. The events never change again, and the chain holds the digest of their file. Beside them stand
the personal parts, each under the digest that its event has of it, so that a pseudonym can take a part's place.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple, TypeVar, cast

import msgspec

from seatkeeper.ledger.journal import Entry, pseudonymised, user_of

_SUFFIX: Final = ".jsonl.gz"
_PERSONAL: Final = ".personal.jsonl.gz"
_LEVEL: Final = 6

T = TypeVar("T")

_encoder: Final = msgspec.json.Encoder()


class ArchiveError(Exception):
    """An archive cannot be written, or is missing, cannot be read or was changed. The sentence says which and how."""


class ArchiveMissing(ArchiveError):
    """A file of an archive is not there: `name`."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(f"the archive {name} is not in {folder}")
        self.name = name


class Archived(NamedTuple):
    """An event as it goes into an archive; of a denial with how often it was repeated, and when last."""

    entry: Entry
    repeats: tuple[int, int] | None = None


class _Line(msgspec.Struct, omit_defaults=True):
    """`data` is embedded byte by byte: the chain's hash is of these."""

    seq: int
    at: int
    batch: int
    kind: str
    version: int
    data: msgspec.Raw
    hash: str
    personal_digest: str | None = None
    idempotency_key: str | None = None
    repeats: int | None = None
    last_repeat_at: int | None = None


class _PersonalLine(msgspec.Struct):
    seq: int
    salt: str | None
    personal: msgspec.Raw


_line_decoder: Final = msgspec.json.Decoder(_Line)
_personal_decoder: Final = msgspec.json.Decoder(_PersonalLine)


def archive_name(first: int, last: int) -> str:
    """What the file of the events of a stretch is called."""
    return f"journal-{first:012}-{last:012}{_SUFFIX}"


def personal_name(archive: str) -> str:
    """What the file of the personal parts of an archive is called."""
    return archive.removesuffix(_SUFFIX) + _PERSONAL


def write_archive(folder: Path, name: str, events: Iterable[Archived]) -> bytes:
    """Write both files of an archive; they appear when they are complete and on the disk. The digest of the events'.

    A file that is there already is kept where it is the same, as after an attempt that was cut off. Raises ArchiveError
    where it is not, or where nothing can be written; nothing is written over then. A directory that does not exist is
    made, in one that does.
    """
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700)
            _sync(folder.parent)
        with _partial(folder, name) as of_events, _partial(folder, personal_name(name)) as of_persons:
            _write(events, of_events, of_persons)
        written = digest_of(of_events.path)
        if (folder / name).exists() and digest_of(folder / name) != written:
            raise ArchiveError(
                f"{folder / name} exists already and is another archive; move it away, or name another directory"
            )
        of_persons.path.replace(folder / personal_name(name))
        of_events.path.replace(folder / name)
        _sync(folder)
    except OSError as error:
        raise ArchiveError(f"the archive cannot be written to {folder}: {error.strerror or error}") from error
    finally:
        for each in (name, personal_name(name)):
            _partial_path(folder, each).unlink(missing_ok=True)
    return written


def read_archive(folder: Path, name: str, digest: bytes) -> Iterator[Entry]:
    """The events of an archive. Raises ArchiveError where its files are not there, or not what they should be."""
    if _told(folder, name, digest_of) != digest:
        raise ArchiveError(f"the archive {name} has been changed: its digest is not the one in the journal")
    persons = _lines(folder, personal_name(name), _personal_decoder)
    person = next(persons, None)
    for line in _lines(folder, name, _line_decoder):
        if person is not None and person.seq == line.seq:
            yield _entry(name, line, person)
            person = next(persons, None)
        else:
            yield _entry(name, line, None)
    if person is not None:
        raise ArchiveError(f"{personal_name(name)} has a personal part of event {person.seq} that is out of place")


def forget_in_archive(
    folder: Path, name: str, digest: bytes, user_id: int, paced: Callable[[Iterable[Entry]], Iterable[Entry]]
) -> int:
    """Let the personal parts of a user in an archive say his pseudonym; in how many events.

    `paced` gives the events as it is given them, each in its time. Raises ArchiveError, and what `paced` raises.
    """
    named = {
        entry.seq: entry.personal
        for entry in paced(read_archive(folder, name, digest))
        if entry.personal is not None and entry.personal_salt is not None and user_of(entry.data) == user_id
    }
    if named:
        personal = personal_name(name)
        try:
            with _partial(folder, personal) as out:
                for line in _lines(folder, personal, _personal_decoder):
                    said = named.get(line.seq)
                    anew = None if said is None else msgspec.Raw(pseudonymised(said, user_id))
                    out.write(_encoder.encode(line if anew is None else _PersonalLine(line.seq, None, anew)) + b"\n")
            out.path.replace(folder / personal)
            _sync(folder)
        except msgspec.MsgspecError as error:
            raise ArchiveError(f"{personal} cannot be read: {error}") from error
        except OSError as error:
            raise ArchiveError(f"{folder / personal} cannot be written: {error.strerror or error}") from error
        finally:
            _partial_path(folder, personal).unlink(missing_ok=True)
    return len(named)


def strangers(folder: Path, archives: Iterable[str]) -> list[str]:
    """The files of a directory that are called as archives are, and are none of these: attempts that were cut off."""
    known = {each for archive in archives for each in (archive, personal_name(archive))}
    there = [*folder.glob(f"journal-*{_SUFFIX}"), *folder.glob(".journal-*.partial")]
    return sorted(path.name for path in there if path.name not in known)


def digest_of(path: Path) -> bytes:
    """The SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


class _Partial:
    """A compressed file that does not have its name yet."""

    def __init__(self, path: Path, compressed: gzip.GzipFile) -> None:
        self.path = path
        self.write: Callable[[bytes], int] = compressed.write


def _write(events: Iterable[Archived], of_events: _Partial, of_persons: _Partial) -> None:
    for entry, repeats in events:
        count, at = (None, None) if repeats is None else repeats
        digest = None if entry.personal_digest is None else entry.personal_digest.hex()
        line = _Line(
            entry.seq,
            entry.at,
            entry.batch,
            entry.kind,
            entry.version,
            msgspec.Raw(entry.data),
            entry.hash.hex(),
            digest,
            entry.idempotency_key,
            count,
            at,
        )
        of_events.write(_encoder.encode(line) + b"\n")
        if entry.personal is not None:
            salt = None if entry.personal_salt is None else entry.personal_salt.hex()
            of_persons.write(_encoder.encode(_PersonalLine(entry.seq, salt, msgspec.Raw(entry.personal))) + b"\n")


def _partial_path(folder: Path, name: str) -> Path:
    return folder / f".{name}.partial"


@contextmanager
def _partial(folder: Path, name: str) -> Iterator[_Partial]:
    """A compressed file to be written, on the disk in the end. The same content always makes the same file."""
    path = _partial_path(folder, name)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - no path: a descriptor
        with gzip.GzipFile("", "wb", _LEVEL, cast("IO[bytes]", file), mtime=0) as compressed:
            yield _Partial(path, compressed)
        file.flush()
        os.fsync(descriptor)


def _lines(folder: Path, name: str, decoder: msgspec.json.Decoder[T]) -> Iterator[T]:
    """The lines of a compressed file; whatever is wrong with it becomes an ArchiveError."""
    try:
        with gzip.open(folder / name) as file:
            yield from map(decoder.decode, file)
    except (EOFError, zlib.error, gzip.BadGzipFile, msgspec.MsgspecError) as error:
        raise ArchiveError(f"{name} cannot be read: {error}") from error
    except OSError as error:
        raise _unreadable(folder, name, error) from error


def _entry(name: str, line: _Line, person: _PersonalLine | None) -> Entry:
    try:
        return Entry(
            line.seq,
            line.at,
            line.batch,
            line.kind,
            line.version,
            bytes(line.data),
            None if person is None else bytes(person.personal),
            None if person is None or person.salt is None else bytes.fromhex(person.salt),
            None if line.personal_digest is None else bytes.fromhex(line.personal_digest),
            line.idempotency_key,
            bytes.fromhex(line.hash),
        )
    except ValueError as error:
        raise ArchiveError(f"event {line.seq} of the archive {name} cannot be read: {error}") from error


def _told(folder: Path, name: str, read: Callable[[Path], bytes]) -> bytes:
    try:
        return read(folder / name)
    except OSError as error:
        raise _unreadable(folder, name, error) from error


def _unreadable(folder: Path, name: str, error: OSError) -> ArchiveError:
    if isinstance(error, FileNotFoundError):
        return ArchiveMissing(name, folder)
    return ArchiveError(f"{name} cannot be read: {error.strerror or error}")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
