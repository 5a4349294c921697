"""`python -m tests.coverage`: write docs/coverage.md, or see whether it is true."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from tests.coverage.catalogue import FOLDER, Catalogue, CatalogueError, load
from tests.coverage.evidence import Evidence
from tests.coverage.page import page, problems

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = Path("docs", "coverage.md")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Do what the arguments say; 0 where all is as it should be."""
    options = _parser().parse_args(arguments)
    try:
        return _do(options, root)
    except (CatalogueError, TestsFailed, OSError, msgspec.DecodeError) as error:
        return _complain([str(error)])


def _do(options: argparse.Namespace, root: Path) -> int:
    catalogues = load(root / FOLDER)
    match options.what:
        case "write":
            evidence = _ask(root, "--numprocesses=auto", "--dist=loadscope", "-m", _marked(catalogues))
            found = list(problems(catalogues, evidence, enough="passed"))
            if not found:
                (root / PAGE).write_text(page(catalogues, evidence), encoding="utf-8")
        case "check":
            evidence = _ask(root, "--collect-only", "-m", _marked(catalogues))
            found = list(problems(catalogues, evidence, enough="collected")) or _stale(root, catalogues, evidence)
        case _:
            evidence = msgspec.json.decode(options.evidence.read_bytes(), type=Evidence)
            found = list(problems(catalogues, evidence, enough="passed")) or _stale(root, catalogues, evidence)
    return _complain(found)


def _marked(catalogues: Mapping[str, Catalogue]) -> str:
    """The tests that count, as pytest's -m selects them: those of `make test` that hold rows."""
    return f"({' or '.join(catalogues)}) and not slow"


def _stale(root: Path, catalogues: Mapping[str, Catalogue], evidence: Evidence) -> list[str]:
    """Whether the page is other than it would be written now."""
    written = (root / PAGE).read_text(encoding="utf-8") if (root / PAGE).exists() else None
    return [] if written == page(catalogues, evidence) else [f"{PAGE} is out of date: run 'make coverage'."]


class TestsFailed(Exception):
    """pytest did not end well; the message is what it printed."""

    __test__ = False


def _ask(root: Path, *arguments: str) -> Evidence:
    """Run pytest, and read the evidence that it leaves."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "evidence.json")
        command = [sys.executable, "-m", "pytest", "--quiet", "--quiet", f"--evidence={file}", *arguments]
        ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise TestsFailed(ran.stdout + ran.stderr)
        return msgspec.json.decode(file.read_bytes(), type=Evidence)


def _complain(found: Iterable[str]) -> int:
    """Print each problem; 1 where there is one."""
    lines = list(found)
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201 - this is what the command is for
    return 1 if lines else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.coverage", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("write", help=f"run the tests that hold rows, and write {PAGE} if all of them pass")
    commands.add_parser("check", help=f"see, without running tests, whether {PAGE} is as marks and catalogues are")
    prove = commands.add_parser("prove", help="see whether a run of the tests proves the page")
    prove.add_argument("evidence", type=Path, help="what pytest's --evidence wrote")
    return parser


if __name__ == "__main__":
    sys.exit(main())
