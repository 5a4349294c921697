"""What `make bench` tells whoever ran it, and by its exit code."""

import sys
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.figures import Goal
from bench.results import Failed, Result
from bench.run import CASES, Listed
from tests.bench.made_up import figure, result

WITH_FLOOR = Goal("at least", 0.4, floor=0.2)


@pytest.mark.parametrize(
    ("measured", "code"),
    [
        (result(figure("of bare", 0.5, goal=WITH_FLOOR)), 0),
        (result(figure("of bare", 0.3, goal=WITH_FLOOR)), 0),
        (result(figure("of bare", 0.1, goal=WITH_FLOOR)), 1),
        (result(figure("of bare", 0.5, goal=WITH_FLOOR), failed=(Failed(2, "postgres", "Why: so."),)), 1),
    ],
)
def test_a_case_that_failed_or_missed_its_floor_shows_in_the_exit_code(
    measured: Result, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "_FOLDER", tmp_path)
    monkeypatch.setattr(command, "run", lambda *_: measured)
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(sys, "argv", ["bench"])
    assert command.main() == code
    assert {each.suffix for each in tmp_path.iterdir()} == {".json", ".svg"}
    assert all(str(each) in capsys.readouterr().out for each in tmp_path.glob("*.json"))


def test_cases_are_chosen_by_their_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def measured(cases: list[Listed], *_: object) -> Result:
        asked.append([each.module for each in cases])
        return result()

    monkeypatch.setattr(command, "_FOLDER", tmp_path)
    monkeypatch.setattr(command, "run", measured)
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}")
    for arguments in ([], ["4", "2"]):
        monkeypatch.setattr(sys, "argv", ["bench", *arguments])
        command.main()
    assert asked == [[each.module for each in CASES], ["acquire", "postgres"]]


def test_a_case_that_there_is_not_is_wrong_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "11"])
    with pytest.raises(SystemExit):
        command.main()
    assert "there is no case 11, only 1 to 10" in capsys.readouterr().err


def test_without_a_generator_it_is_said_what_to_install_and_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda _program: None)
    monkeypatch.setattr(sys, "argv", ["bench"])
    assert command.main() == 2
    assert "apt install wrk" in capsys.readouterr().out
