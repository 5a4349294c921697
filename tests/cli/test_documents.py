"""A file in chunks is the file: nothing is lost, doubled or cut within a row, and lines keep their numbers."""

import csv
import io
import itertools
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.cli.documents import Chunk, Format, Source, chunks_of, source_of
from seatkeeper.cli.failure import ExitCode, Failure

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=8)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=30)


def written(rows: list[list[str]], line_end: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@given(rows=TABLES, most=st.integers(1, 7), line_end=st.sampled_from(["\n", "\r\n"]), last=st.booleans())
def test_the_chunks_of_a_csv_are_its_rows_each_below_the_header(
    rows: list[list[str]], most: int, line_end: str, last: bool, folder: Path
) -> None:
    text = written(rows, line_end)
    text = text if last else text.removesuffix(line_end)
    path = folder / "table.csv"
    path.write_bytes(text.encode())
    source = Source(path, Format.CSV)
    chunks = list(source.chunks(most, 10_000))
    assert b"".join([chunks[0].head, *(row for chunk in chunks for row in chunk.rows)]) == text.encode()
    assert sum(chunk.size for chunk in chunks) == source.size()
    found = [read(chunk.content) for chunk in chunks]
    assert all(each[0] == rows[0] for each in found)
    assert [row for each in found for row in each[1:]] == rows[1:]
    assert all(len(each) <= most + 1 for each in found)
    for chunk in (each for each in chunks if each.rows):
        above = text.encode().split(b"\n")[: chunk.line - 1]
        assert b"\n".join([*above, b""]) == b"".join(_before(chunks, chunk))


def _before(chunks: list[Chunk], chunk: Chunk) -> list[bytes]:
    """The header and the rows that stand above a chunk."""
    earlier = itertools.takewhile(lambda each: each is not chunk, chunks)
    return [chunk.head, *(row for each in earlier for row in each.rows)]


@given(rows=st.lists(st.binary(max_size=5).map(lambda row: row.replace(b"\n", b"") + b"\n"), min_size=2, max_size=20))
def test_halves_are_the_whole(rows: list[bytes]) -> None:
    [chunk] = chunks_of(b"head\n", iter(rows), 100, 10_000)
    first, second = chunk.halves()
    assert first.rows + second.rows == chunk.rows
    assert (first.head, second.head) == (chunk.head, chunk.head)
    assert (chunk.first_line, first.line, second.line) == (1, 2, 2 + len(first.rows))


def test_a_chunk_is_bounded_in_bytes_too(folder: Path) -> None:
    path = folder / "rows.jsonl"
    path.write_text("".join(f"{number:03}\n" for number in range(100)))
    chunks = list(Source(path, Format.JSONL).chunks(1000, 30))
    assert [len(chunk.content) for chunk in chunks] == [28] * 14 + [8]
    assert [chunk.line for chunk in chunks] == [1 + 7 * number for number in range(15)]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("long.jsonl", "1\n" + "2" * 200, "line 2: the row has more than 100 bytes"),
        (
            "open.csv",
            'a,b\n1,2\n3,"4\n' + "5,6\n" * 100,
            "line 3: the row has more than 100 bytes, which one request may",
        ),
    ],
)
def test_a_row_that_is_too_long_is_named_and_not_read_on(name: str, text: str, said: str, folder: Path) -> None:
    path = folder / name
    path.write_text(text)
    with pytest.raises(Failure) as failure:
        list(source_of(path, None).chunks(1000, 100))
    assert said in str(failure.value)
    assert failure.value.exit_code is ExitCode.REFUSED
    assert ("Is a quotation mark missing?" in str(failure.value)) is name.endswith(".csv")


@pytest.mark.parametrize("name", ["empty.csv", "empty.jsonl"])
def test_a_file_without_rows_is_sent_all_the_same(name: str, folder: Path) -> None:
    (folder / name).write_text("")
    [chunk] = source_of(folder / name, None).chunks(10, 100)
    assert (chunk.content, chunk.first_line) == (b"", 1)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_what_cannot_be_read_is_wrong_use(name: str, folder: Path) -> None:
    with pytest.raises(Failure, match="cannot be read") as failure:
        source_of(folder / name, Format.CSV).whole(100)
    assert failure.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("name", ["large.csv", "large.jsonl"])
def test_of_a_large_file_one_chunk_is_in_memory(name: str, folder: Path) -> None:
    path = folder / name
    with path.open("w") as file:
        file.writelines(f'"{number:09}","{"x" * 90}"\n' for number in range(100_000))
    tracemalloc.start()
    try:
        rows = sum(len(chunk.rows) for chunk in source_of(path, None).chunks(1000, 1024 * 1024))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rows == 100_000 - (name == "large.csv")
    assert peak < 2 * 1024 * 1024 < path.stat().st_size / 4
