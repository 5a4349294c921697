"""Help, completion, and the page about the command line."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from seatkeeper.cli.failure import ExitCode
from seatkeeper.cli.main import app
from tests.cli.command import seatkeeper

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")


def commands() -> dict[str, typer.core.TyperCommand]:
    """Every command by its name, as in `user add`."""
    return dict(_commands_of(get_command(app), ""))


def _commands_of(group: object, before: str) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands_of(command, f"{before}{name} ")
        else:
            assert isinstance(command, typer.core.TyperCommand)
            yield f"{before}{name}", command


def examples_of_page() -> list[str]:
    return re.findall(r"^\$ seatkeeper (.*)$", PAGE, re.MULTILINE)


def test_the_page_has_every_command_with_an_example_and_no_other() -> None:
    sections = dict(re.findall(r"^### ([a-z -]+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
    assert set(sections) == set(commands())
    for name, text in sections.items():
        assert f"$ seatkeeper {name}" in text, name


def test_help_lists_what_the_page_lists() -> None:
    offered = set(re.findall(r"^│ ([a-z]+) ", seatkeeper("--help").stdout, re.MULTILINE))
    assert offered == {name.partition(" ")[0] for name in commands()}


def test_the_page_tells_every_exit_code() -> None:
    told = re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)
    assert [int(code) for code in told] == list(ExitCode)


def test_the_page_tells_every_command_that_prints_json() -> None:
    told = {
        name
        for row in re.findall(
            r"^\| (`.*?) \|", PAGE.partition("keys of `--json`")[2].partition("\n\n")[0], re.MULTILINE
        )
        for name in re.findall(r"`([a-z -]+)`", row)
    }
    assert told == {name for name, command in commands().items() if "--json" in _options(command)}


def _options(command: typer.core.TyperCommand) -> set[str]:
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


def examples_of_help() -> list[str]:
    return [
        line.removeprefix("$ seatkeeper ")
        for command in commands().values()
        for line in (command.epilog or "").split("\n\n")
        if line.startswith("$ ")
    ]


@pytest.mark.parametrize("example", sorted({*examples_of_page(), *examples_of_help()}))
def test_an_example_is_a_command_with_options_that_it_has(example: str) -> None:
    words = shlex.split(re.split(r" [<|>] ", example)[0])
    name = " ".join(words[:2]) if " ".join(words[:2]) in commands() else words[0]
    command = commands()[name]
    command.make_context(name, words[len(name.split()) :])


@pytest.mark.parametrize("name", sorted(commands()))
def test_the_help_of_a_command_teaches_by_an_example(name: str) -> None:
    assert f"$ seatkeeper {name}" in (commands()[name].epilog or "")


def test_help_is_shown_in_whole_paragraphs() -> None:
    shown = seatkeeper("apply", "--help", env={"COLUMNS": "80"}).stdout
    assert "For example:" in shown
    assert "$ seatkeeper apply inventory.toml" in shown
    assert "all or nothing. What the file" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("shell", "said"), [("bash", "complete -o default -F"), ("zsh", "#compdef"), ("fish", "complete")]
)
def test_a_completion_script_is_printed(shell: str, said: str) -> None:
    # The script itself says which shell; --show-completion finds it out from the process that started it.
    shown = seatkeeper("--show-completion", shell, env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert said in shown.stdout, shown.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("seatkeeper ap", {"apply", "application"}),
        ("seatkeeper license ", {"list", "set-seats"}),
        ("seatkeeper apply --pr", {"--prune"}),
    ],
)
def test_commands_and_options_are_completed(typed: str, offered: set[str]) -> None:
    words = typed.split(" ")
    env = {"_SEATKEEPER_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    assert set(seatkeeper(env=env).stdout.split()) == offered


def test_help_loads_nothing_heavy() -> None:
    shown = seatkeeper("--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    loaded = {line.rpartition("|")[2].strip() for line in shown.stderr.splitlines()}
    assert "seatkeeper.cli.main" in loaded
    heavy = {"sqlalchemy", "alembic", "fastapi", "pydantic", "uvicorn", "httpx", "starlette", "argon2"}
    assert not loaded & heavy
