"""A file that is written into a zip while it is read, so that only what is compressed is kept."""

from collections.abc import Iterable, Iterator
from zipfile import ZIP_DEFLATED, ZipFile


def zipped(filename: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a zip with one file, piece by piece. Each piece takes one of `chunks`."""
    written = _Written()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        with archive.open(filename, "w", force_zip64=True) as file:
            for chunk in chunks:
                file.write(chunk)
                yield written.take()
        yield written.take()
    yield written.take()


class _Written:
    """What was written and not taken yet: a file that cannot be gone back in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def close(self) -> None:
        """What was not taken yet stays to be taken."""

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
