"""`python -m bench`, which is what `make bench` runs: measures, and says, keeps and draws what came of it."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Final

from bench.plots import draw
from bench.report import is_done, report
from bench.results import write
from bench.run import CASES, run

_FOLDER: Final = Path(__file__).parents[1] / "build" / "bench"
_NUMBERS: Final = sorted(number for listed in CASES for number in listed.numbers)
_ROUNDS: Final = 3


def main() -> int:
    """0 where every case was measured and no floor was missed, else 1; 2 where something that is needed is missing."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("cases", nargs="*", type=_number, help="numbers of cases; all, if none is given")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="how often each figure is measured")
    asked = parser.parse_args()
    if shutil.which("wrk") is None:
        _say("The load comes from wrk, which is missing. On Debian and Ubuntu: apt install wrk")
        return 2
    wanted = set(asked.cases or _NUMBERS)
    result = run([each for each in CASES if wanted.intersection(each.numbers)], _FOLDER, asked.rounds, _say)
    written = write(result, _FOLDER)
    plots = draw(result, _FOLDER)
    _say(f"\n{report(result)}\n\n{result.seconds:.0f} s in all. Written: {', '.join(map(str, (written, *plots)))}")
    done = all(is_done(figure) for case in result.cases for figure in case.figures)
    return 0 if done and not result.failed else 1


def _number(text: str) -> int:
    if text not in map(str, _NUMBERS):
        raise argparse.ArgumentTypeError(f"there is no case {text}, only {_NUMBERS[0]} to {_NUMBERS[-1]}")
    return int(text)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - what somebody who measures looks at


if __name__ == "__main__":
    sys.exit(main())
