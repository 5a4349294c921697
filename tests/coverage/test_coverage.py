"""No row of docs/coverage.md says that it works unless a test of it ran and passed: tried on a small project."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.coverage.__main__ import ROOT, main
from tests.coverage.catalogue import load
from tests.coverage.evidence import Evidence
from tests.coverage.page import problems

CATALOGUE = """\
title = "A toy"

[[section]]
number = "1"
title = "Playing: /toy"

[[section.group]]
kind = "operation"
names = ["GET toy", "PUT toy"]

[[section.group]]
kind = "behaviour"
names = ["it *squeaks*"]

[[section.group]]
kind = "error"
names = ["500"]
reason = "It never breaks."
"""
TESTS = """\
import pytest

@pytest.mark.toy("1 GET toy", "1 PUT toy")
def test_it_can_be_had():
    pass

@pytest.mark.toy("1 it *squeaks*")
@pytest.mark.parametrize("loud", [True, False])
def test_it_squeaks(loud):
    pass

def test_of_something_else():
    pass
"""
MISFORTUNES = """\
import pytest

@pytest.fixture
def unready():
    assert False

@pytest.fixture
def untidy():
    yield
    assert False

@pytest.mark.toy("1 GET toy")
def test_a_call_that_fails():
    assert False

@pytest.mark.toy("1 GET toy")
@pytest.mark.parametrize("right", [True, False, True])
def test_one_of_its_parameters_fails(right):
    assert right

@pytest.mark.toy("1 GET toy")
def test_setting_up_fails(unready):
    pass

@pytest.mark.toy("1 GET toy")
def test_tearing_down_fails(untidy):
    pass

@pytest.mark.toy("1 PUT toy")
@pytest.mark.parametrize("here", [True, False])
def test_one_of_its_parameters_passes(here):
    if not here:
        pytest.skip("elsewhere")

@pytest.mark.toy("1 it *squeaks*")
@pytest.mark.skip
def test_that_is_skipped():
    pass

@pytest.mark.toy("1 it *squeaks*")
@pytest.mark.xfail(strict=True)
def test_that_is_known_to_fail():
    assert False

@pytest.mark.toy("1 it *squeaks*")
@pytest.mark.slow
def test_that_takes_minutes():
    pass
"""
WRITTEN = """\
## A toy

| | work | not done |
|---|---:|---:|
| operations | 2 | 0 |
| parameters | 0 | 0 |
| fields | 0 | 0 |
| values | 0 | 0 |
| errors | 0 | 1 |
| behaviours | 1 | 0 |

### 1 Playing: /toy

| | what | | tests, or why not |
|---|---|---|---|
| operation | `GET toy`<br>`PUT toy` | works | [it can be had](../test_toy.py) |
| behaviour | it \\*squeaks\\* | works | [it squeaks](../test_toy.py) |
| error | 500 | not done | It never breaks. |
"""


class Toy:
    """A project with a catalogue of its own."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.page = root / "docs" / "coverage.md"
        self._capsys = capsys
        self._catalogue = root / "docs" / "coverage" / "toy.toml"
        self._catalogue.parent.mkdir(parents=True)
        (root / "conftest.py").write_text('pytest_plugins = ["tests.coverage.evidence"]\n')
        (root / "pyproject.toml").write_text(
            '[tool.pytest.ini_options]\naddopts = ["--strict-markers"]\nmarkers = ["slow"]\n'
        )
        self.catalogue(CATALOGUE)
        self.tests(TESTS)

    def catalogue(self, text: str) -> None:
        """Write the catalogue."""
        self._catalogue.write_text(text)

    def tests(self, text: str, file: str = "test_toy.py") -> None:
        """Write tests."""
        (self.root / file).write_text(text)

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the tests."""
        command = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=60, check=False)

    def coverage(self, *arguments: str) -> str:
        """What the command says is wrong; nothing where it ends well."""
        code = main(list(arguments), self.root)
        said = self._capsys.readouterr().err
        assert code == (1 if said else 0)
        return said

    def evidence(self, *arguments: str) -> Path:
        """Run the tests as `make test` does."""
        self.pytest("--evidence=build/evidence.json", "-m", "not slow", *arguments)
        return self.root / "build" / "evidence.json"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Toy:
    """Its pytest loads no plugins but ours and the one that spreads tests over processes, which saves seconds."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p xdist")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # of the run that this test belongs to
    return Toy(tmp_path, capsys)


def test_the_page_has_every_row_with_its_tests_or_its_reason(toy: Toy) -> None:
    assert toy.coverage("write") == ""
    assert toy.page.read_text().partition("\n## ")[2] == WRITTEN.removeprefix("## ")
    assert toy.coverage("check") == ""
    assert toy.coverage("prove", str(toy.evidence())) == ""
    assert "1 GET toy: no test holds it" in toy.coverage("prove", str(toy.evidence("-k", "squeaks")))


@pytest.mark.parametrize("workers", [(), ("--numprocesses=2",)], ids=["alone", "spread over processes"])
def test_a_run_leaves_behind_how_the_tests_of_each_row_ended(toy: Toy, workers: tuple[str, ...]) -> None:
    toy.tests(MISFORTUNES)
    evidence = msgspec.json.decode(toy.evidence(*workers).read_bytes(), type=Evidence)
    assert evidence.faces["toy"] == {
        "1 GET toy": {
            "test_toy.py::test_a_call_that_fails": "failed",
            "test_toy.py::test_one_of_its_parameters_fails": "failed",
            "test_toy.py::test_setting_up_fails": "failed",
            "test_toy.py::test_tearing_down_fails": "failed",
        },
        "1 PUT toy": {"test_toy.py::test_one_of_its_parameters_passes": "passed"},
        "1 it *squeaks*": {
            "test_toy.py::test_that_is_skipped": "skipped",
            "test_toy.py::test_that_is_known_to_fail": "skipped",
        },
    }


@pytest.mark.parametrize(
    ("tests", "problem"),
    [
        ({"a": "passed"}, None),
        ({"a": "passed", "b": "skipped"}, None),
        ({}, "docs/coverage/toy.toml: 1 GET toy: no test holds it, and no reason says why it is not done"),
        ({"a": "skipped"}, "toy 1 GET toy: no test of it ran and passed, though it is held by a"),
        ({"a": "collected"}, "toy 1 GET toy: no test of it ran and passed, though it is held by a"),
        ({"a": "passed", "b": "failed"}, "toy 1 GET toy: b failed"),
    ],
)
def test_a_row_works_where_a_test_of_it_passed_and_none_failed(
    toy: Toy, tests: dict[str, str], problem: str | None
) -> None:
    catalogues = load(toy.root / "docs" / "coverage")
    others = {"1 PUT toy": {"c": "passed"}, "1 it *squeaks*": {"c": "passed"}}
    evidence = Evidence({"toy": {"1 GET toy": tests, **others}})
    assert list(problems(catalogues, evidence, enough="passed")) == ([problem] if problem else [])


def test_nothing_is_written_where_a_test_fails_or_a_row_has_none(toy: Toy) -> None:
    toy.tests(TESTS.replace("had():\n    pass", "had():\n    assert False"))
    assert "test_it_can_be_had" in toy.coverage("write")
    toy.tests(TESTS.replace(', "1 PUT toy"', ""))
    assert "1 PUT toy: no test holds it" in toy.coverage("write")
    assert not toy.page.exists()


def test_a_page_that_is_out_of_date_or_not_there_is_told(toy: Toy) -> None:
    stale = "docs/coverage.md is out of date: run 'make coverage'.\n"
    ran = str(toy.evidence())
    assert toy.coverage("check") == toy.coverage("prove", ran) == stale
    toy.coverage("write")
    assert toy.coverage("check") == toy.coverage("prove", ran) == ""
    toy.catalogue(CATALOGUE.replace("never", "hardly ever"))
    assert toy.coverage("check") == toy.coverage("prove", ran) == stale
    toy.catalogue(CATALOGUE)
    toy.tests(TESTS.replace("can_be_had", "is_there"))
    assert toy.coverage("check") == stale


@pytest.mark.parametrize("workers", [(), ("--numprocesses=2",)], ids=["alone", "spread over processes"])
def test_a_wrong_mark_stops_the_run(toy: Toy, workers: tuple[str, ...]) -> None:
    catalogue = "docs/coverage/toy.toml"
    wrong = {
        'toy("1 GET toys")': f"{catalogue} has no row '1 GET toys'; did you mean '1 GET toy'?",
        'toy("1")': f"{catalogue} has no row '1'",
        "toy": f"{catalogue} has no row ''",
        "toy(1)": f"{catalogue} has no row 1",
        'toy("1 500")': f"{catalogue} says that '1 500' is not done; take the row out of the group with a reason",
        'tot("1 GET toy")': "'tot' not found in `markers` configuration option",
    }
    for number, mark in enumerate(wrong):
        toy.tests(TESTS.replace('toy("1 it *squeaks*")', mark), f"test_wrong_{number}.py")
    ran = toy.pytest(*workers)
    assert ran.returncode in (1, 2)
    for problem in wrong.values():
        assert problem in ran.stdout


@pytest.mark.parametrize("line", ["import seatkeeper", "from seatkeeper.settings import Settings as Other"])
def test_a_test_that_holds_a_row_does_not_see_the_servers_own_code(toy: Toy, line: str) -> None:
    toy.tests(f"{line}\n{TESTS}")
    told = toy.coverage("check")
    assert "test_it_can_be_had: a test that holds rows asks a server over the wire; its module must not import" in told
    assert "test_of_something_else" not in told


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (CATALOGUE + "[", "toy.toml: "),
        (CATALOGUE.replace("operation", "surgery"), "toy.toml: Invalid enum value 'surgery' - at `$.section[0]"),
        (CATALOGUE.replace("reason", "excuse"), "toy.toml: Object contains unknown field `excuse`"),
        (CATALOGUE.replace("PUT", "GET"), "toy.toml: there are 2 rows '1 GET toy'; a row needs an id of its own"),
    ],
)
def test_a_catalogue_that_cannot_be_read_names_its_file_and_place(toy: Toy, wrong: str, problem: str) -> None:
    toy.catalogue(wrong)
    assert problem in toy.coverage("check")
    ran = toy.pytest()
    assert ran.returncode == 4
    assert problem in ran.stderr
