"""docs/coverage.md as a function of the catalogues and of the tests that hold their rows."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import PurePosixPath
from typing import Final, get_args

from tests.coverage.catalogue import FOLDER, Catalogue, Group, Kind, Section
from tests.coverage.evidence import Evidence

INTRODUCTION: Final = """\
<!-- Written by `make coverage` from docs/coverage/ and the tests; `make check` says when it is out of date. -->

# Coverage

What there is of each API that is spoken here: every operation, parameter, field, value and error, and what is promised
of them.

A row **works** where a test asks a real server process for it, over a socket, and gets the right answer. `make test`
fails unless a test of each such row ran and passed, and no test of it failed. What is **not done** has the reason, and
what the server does instead.
"""

_SPECIAL: Final = re.compile(r"([\\`*_<>|\[\]])")


def problems(catalogues: Mapping[str, Catalogue], evidence: Evidence, *, enough: str) -> Iterator[str]:
    """What keeps the page from being true: rows without a test that came to `enough` (passed, or only collected)."""
    for face, catalogue in catalogues.items():
        for row in catalogue.rows():
            tests = evidence.tests(face, row.id)
            if row.reason:
                continue
            if not tests:
                yield f"{FOLDER}/{face}.toml: {row.id}: no test holds it, and no reason says why it is not done"
            yield from (f"{face} {row.id}: {test} failed" for test, outcome in tests.items() if outcome == "failed")
            if tests and not {enough, "failed"} & set(tests.values()):
                yield f"{face} {row.id}: no test of it ran and passed, though it is held by {', '.join(tests)}"


def page(catalogues: Mapping[str, Catalogue], evidence: Evidence) -> str:
    """The whole page."""
    lines = [INTRODUCTION]
    for face, catalogue in catalogues.items():
        lines += [f"## {catalogue.title}", "", *_summary(catalogue), ""]
        for section in catalogue.section:
            lines += [f"### {section.number} {section.title}", "", *_table(face, section, evidence), ""]
    return "\n".join(lines)


def _summary(catalogue: Catalogue) -> Iterator[str]:
    """How many rows of each kind work."""
    there = Counter(row.kind for row in catalogue.rows())
    works = Counter(row.kind for row in catalogue.rows() if not row.reason)
    yield "| | work | not done |"
    yield "|---|---:|---:|"
    for kind in get_args(Kind):
        yield f"| {kind}s | {works[kind]} | {there[kind] - works[kind]} |"


def _table(face: str, section: Section, evidence: Evidence) -> Iterator[str]:
    yield "| | what | | tests, or why not |"
    yield "|---|---|---|---|"
    for group in section.group:
        yield from _lines(group, [(name, evidence.tests(face, section.id_of(name))) for name in group.names])


def _lines(group: Group, rows: list[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    """A line for each run of rows that the same tests hold."""
    for tests, held in groupby(rows, key=lambda row: sorted(row[1])):
        names = "<br>".join(_name(group.kind, name) for name, _ in held)
        state, why = ("not done", group.reason) if group.reason else ("works", "<br>".join(map(_test, tests)))
        yield f"| {group.kind} | {names} | {state} | {why} |"


def _name(kind: Kind, name: str) -> str:
    """Sentences as text, what stands on the wire as code."""
    return _SPECIAL.sub(r"\\\1", name) if kind in ("behaviour", "error") else f"`{name}`"


def _test(nodeid: str) -> str:
    """A test, named as the sentence that it proves, with a link to its file."""
    file, _, name = nodeid.partition("::")
    sentence = name.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    return f"[{sentence}]({PurePosixPath('..', file)})"
