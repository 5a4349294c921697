"""The pytest plugin by which tests hold rows of the catalogues, and tell how they ended.

`@pytest.mark.icws("2.3 GET connection", …)` says which rows a test holds. A mark is refused while tests are collected
where it names a row that the catalogue does not have or says is not done, and where its module is not wire-level. With
`--evidence FILE` the run leaves behind which tests held which rows.
"""

import difflib
from collections.abc import Collection, Generator, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Final

import msgspec
import pytest

from tests.coverage.catalogue import FOLDER, Catalogue, CatalogueError, load

PROPERTY: Final = "rows"
"""Under this name a test's report carries its rows, from a worker process to the one that it works for."""

_WORST_FIRST: Final = ("failed", "passed", "skipped", "collected")


class Evidence(msgspec.Struct):
    """How the tests that hold a row ended: face → row → test → failed, passed, skipped or, where none ran, collected.

    A test is its function: it passed if a set of its parameters did and none failed.
    """

    faces: dict[str, dict[str, dict[str, str]]] = {}

    def add(self, face: str, row: str, test: str, outcome: str) -> None:
        """One test's end. The worst counts."""
        tests = self.faces.setdefault(face, {}).setdefault(row, {})
        tests[test] = min(outcome, tests.get(test, outcome), key=_WORST_FIRST.index)

    def tests(self, face: str, row: str) -> Mapping[str, str]:
        """How the tests of a row ended."""
        return self.faces.get(face, {}).get(row, {})


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--evidence`."""
    parser.addoption("--evidence", metavar="FILE", type=Path, help="write which tests held which rows of docs/coverage")


def pytest_configure(config: pytest.Config) -> None:
    """Every catalogue has its marker."""
    try:
        catalogues = load(config.rootpath / FOLDER)
    except CatalogueError as error:
        raise pytest.UsageError(str(error)) from None
    for face in catalogues:
        config.addinivalue_line("markers", f"{face}(*rows): the rows of {FOLDER}/{face}.toml that the test holds")
    config.pluginmanager.register(Marks(catalogues))
    file = config.getoption("evidence")
    if file and not hasattr(config, "workerinput"):  # a worker's reports reach the process that it works for
        config.pluginmanager.register(Recorder(config.rootpath / file))


class Marks:
    """Looks marks over while tests are collected."""

    def __init__(self, catalogues: Mapping[str, Catalogue]) -> None:
        self._reasons = {
            face: {row.id: row.reason for row in catalogue.rows()} for face, catalogue in catalogues.items()
        }

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """A wrong mark is an error of the file that it stands in."""
        report = yield
        wrong: list[str] = []
        for item in report.result or ():
            if isinstance(item, pytest.Function):
                rows = [(mark.name, row) for mark in item.iter_markers() for row in self._rows(mark)]
                wrong += [f"{item.nodeid}: {problem}" for problem in self._problems(item, rows)]
                item.user_properties.append((PROPERTY, rows))
        if wrong:
            report.outcome, report.longrepr, report.result = "failed", "\n".join(wrong), []
        return report

    def _rows(self, mark: pytest.Mark) -> Collection[object]:
        """What a mark names; a mark without any row names the empty one, which there is not."""
        return (mark.args or ("",)) if mark.name in self._reasons else ()

    def _problems(self, item: pytest.Function, rows: list[tuple[str, object]]) -> Iterator[str]:
        for face, row in rows:
            reasons = self._reasons[face]
            if row not in reasons:
                near = "".join(f"; did you mean {each!r}?" for each in difflib.get_close_matches(str(row), reasons, 1))
                yield f"{FOLDER}/{face}.toml has no row {row!r}{near}"
            elif reasons[str(row)]:
                yield f"{FOLDER}/{face}.toml says that {row!r} is not done; take the row out of the group with a reason"
        ours = _ours(item.module) if rows else None
        if ours:
            yield f"a test that holds rows asks a server over the wire; its module must not import {ours}"


def _ours(module: ModuleType) -> str | None:
    """A name in a test's module that comes from the server's own code."""
    for name, value in vars(module).items():
        origin = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        if str(origin).partition(".")[0] == "seatkeeper":
            return name
    return None


class Recorder:
    """Writes the evidence when the run is over."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._evidence = Evidence()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Where tests are only collected there will be no reports."""
        if session.config.option.collectonly:
            for item in session.items:
                self._add(item.nodeid, item.user_properties, "collected")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test passes by its own call; it may fail while it is set up and torn down, too."""
        if report.when == "call" or not report.passed:
            self._add(report.nodeid, report.user_properties, report.outcome)

    def _add(self, nodeid: str, properties: list[tuple[str, object]], outcome: str) -> None:
        for name, rows in properties:
            if name == PROPERTY:
                for face, row in msgspec.convert(rows, list[tuple[str, str]]):
                    self._evidence.add(face, row, nodeid.partition("[")[0], outcome)

    def pytest_sessionfinish(self) -> None:
        """Failed runs leave evidence, too: of failures."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_bytes(msgspec.json.encode(self._evidence))
