"""docs/testing-clients.md: what is on the page works as pasted, here and from the wheel in a new environment."""

import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from seatkeeper.pytest_plugin import Seatkeeper
from tests.machine import program
from tests.server_process import command_environment

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testing-clients.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w.]+)`:\n\n```(?:python|js|toml|ini)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
CLONE = "clone=/path/to/seatkeeper\n"  # a line that its reader is to change
TESTS_OF_THE_PAGE = sum(len(re.findall(r"^def test_", text, re.MULTILINE)) for text in FILES.values())


def test_every_block_that_is_no_command_is_one_of_the_files() -> None:
    languages = re.findall(r"^```(\w+)$", PAGE, re.MULTILINE)
    assert len([each for each in languages if each not in {"bash", "text"}]) == len(FILES)


def test_the_page_tells_all_that_a_test_can_ask_and_no_more() -> None:
    section = PAGE.partition("## What a test can ask of the server\n")[2].partition("\n## ")[0]
    told = {name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)", row)}
    assert told == {name for name in vars(Seatkeeper) if not name.startswith("_")}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the files of the page in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(command: list[str | Path], folder: Path, **environment: str) -> str:
    """What a command printed that must succeed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=command_environment(environment),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_examples_pass_as_pasted(project: Path) -> None:
    printed = run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error"], project)
    assert f"{TESTS_OF_THE_PAGE} passed" in printed
    assert TESTS_OF_THE_PAGE > 10


def test_the_example_for_node_passes_as_pasted(project: Path) -> None:
    command = project / ".venv" / "bin" / "seatkeeper"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m seatkeeper "$@"\n')
    command.chmod(0o755)
    printed = run([program("node"), "--test", "--test-reporter=tap"], project)
    assert "\n# pass 2\n" in printed
    assert "\n# fail 0\n" in printed


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a clone has, as far as the wheel is made of it."""
    folder = tmp_path / "clone"
    folder.mkdir()
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def blocks_below(heading: str) -> list[str]:
    """The commands of a section."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```bash\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_examples_pass_as_pasted_in_a_new_virtual_environment_from_the_wheel(clone: Path, project: Path) -> None:
    bash = program("bash")
    for block in blocks_below("Install"):
        assert block.startswith(CLONE)
        run([bash, "-euc", block.replace(CLONE, f"clone={shlex.quote(str(clone))}\n", 1)], project)
    assert_complete(next(project.glob("dist/*.whl")))
    for block in blocks_below("A first test") + blocks_below("An example: a client and its tests"):
        printed = run([bash, "-euc", block], project)
    assert f"{TESTS_OF_THE_PAGE} passed" in printed


def assert_complete(wheel: Path) -> None:
    """Everything of the package is in the wheel, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        [points] = [name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")]
        assert "seatkeeper.pytest_plugin" in archive.read(points).decode()
    source = ROOT / "src"
    there = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    assert names == {name for name in there if "__pycache__" not in name}
    needed = ("py.typed", "inventory/demo.toml", "ledger/migrations/script.py.mako", "languages/de.po")
    assert {f"seatkeeper/{name}" for name in needed} <= names
