"""`python -m tests.mobilefirst.proof`: 50 requests at once to each of two runtimes, then a kill -9 at every step."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.mobilefirst.proof.crowd import crowd, judge_crowd
from tests.mobilefirst.proof.house import House, house_in
from tests.mobilefirst.proof.kills import ALL, IN_EACH_STATE, kill_and_judge, open_books
from tests.server_process import command_environment

PLANTS: Final = (
    "lose-a-success",
    "let-two-run-at-once",
    "complete-what-was-prepared",
    "reject-what-was-being-committed",
    "cancel-nothing",
    "change-while-preparing",
)
"""The defects that can be planted (plants.py, which only the server's process may import)."""


def main() -> int:
    """Run it, say what was seen, and return 1 where anything was wrong, or a planted defect was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.mobilefirst.proof", description=__doc__)
    parser.add_argument("--count", type=int, default=50, help="requests to each of the two runtimes (default: 50)")
    parser.add_argument("--planted", choices=[*PLANTS, "all"], help="plant a defect and demand that it is found")
    options = parser.parse_args()
    if options.planted is not None:
        planted = PLANTS if options.planted == "all" else (options.planted,)
        missed = [name for name in planted if not finds(name, options.count)]
        return 1 if missed else 0
    with tempfile.TemporaryDirectory() as folder, house_in(Path(folder)) as house:
        findings = prove(house, options.count)
    for finding in findings:
        _say(f"WRONG: {finding}")
    _say("Nothing was wrong." if not findings else f"{len(findings)} findings.")
    return 1 if findings else 0


def finds(plant: str, count: int) -> bool:
    """Whether the judges find a planted defect; the first finding is enough."""
    with tempfile.TemporaryDirectory() as folder, house_in(Path(folder), plant) as house:
        findings = judge_crowd(crowd(house, count))
        books = open_books(house)
        for kill in IN_EACH_STATE:
            if findings:
                break
            findings += kill_and_judge(house, books, kill)
    _say(f"{plant}: {f'found: {findings[0]}' if findings else 'NOT FOUND'}")
    return bool(findings)


def prove(house: House, count: int) -> list[str]:
    """All of it, on one server; what was wrong, in sentences."""
    findings = judge_crowd(crowd(house, count))
    _say(f"{count} requests at once to each of two runtimes, one of them held until the other was done: seen")
    books = open_books(house)
    for kill in ALL:
        found = kill_and_judge(house, books, kill)
        _say(f"killed {kill}: {'as it must be' if not found else 'WRONG'} ({kill.end or 'it never was'})")
        findings += found
    house.server.kill()
    checked = subprocess.run(
        [sys.executable, "-m", "seatkeeper", "check", "--data", str(house.server.data)],
        capture_output=True,
        text=True,
        env=command_environment(),
        check=False,
    )
    if checked.returncode != 0:
        findings.append(f"seatkeeper check: {checked.stdout}{checked.stderr}")
    return findings


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command's own output


if __name__ == "__main__":
    sys.exit(main())
