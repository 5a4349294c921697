"""A zip that is written piece by piece."""

import io
import random
import zipfile

from seatkeeper.mobilefirst.zipping import zipped


def test_the_pieces_are_a_zip_with_the_whole_file() -> None:
    chunks = [random.Random(1).randbytes(size) for size in (0, 1, 70_000, 3)]  # noqa: S311 - noise, not a secret
    with zipfile.ZipFile(io.BytesIO(b"".join(zipped("items.json", chunks)))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["items.json"]
        assert archive.read("items.json") == b"".join(chunks)


def test_a_file_without_content_is_there_too() -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(zipped("items.json", [])))) as archive:
        assert archive.read("items.json") == b""


def test_pieces_come_while_the_file_is_still_being_made() -> None:
    noise = random.Random(2)  # noqa: S311 - noise, not a secret
    pieces = zipped("items.json", (noise.randbytes(70_000) for _ in range(10)))
    assert len(next(pieces)) > 50_000
