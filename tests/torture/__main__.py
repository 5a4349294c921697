"""`python -m tests.torture`: torture the server, or show that the harness finds planted defects."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.torture.judge.findings import Kind, Verdict
from tests.torture.plants import PLANTS
from tests.torture.process import Moment
from tests.torture.run import Options, torture
from tests.torture.telling import keep_report, say, tell

_TOLD = 10
_PLANTED_SECONDS = 12.0
_PLANTED_KILLS = 3


def main(arguments: list[str] | None = None) -> int:
    """Run what the arguments say; 0 where all is as it should be."""
    options = _parser().parse_args(arguments)
    keep_report(options.report, title="One server, killed again and again")
    if options.planted is None:
        wanted = Options(options.seconds, options.kills, options.clients, options.seed)
        verdict = run(wanted, keep=options.keep)
        return 1 if verdict.findings else 0
    names = list(PLANTS) if options.planted == "all" else [options.planted]
    found = [finds(name, options.seed) for name in names]
    return 0 if all(found) else 1


def run(options: Options, *, keep: bool = False) -> Verdict:
    """One run with its report. Where something was found, or with `keep`, its directory stays and is named."""
    directory = Path(tempfile.mkdtemp(prefix="seatkeeper-torture-"))
    began = time.monotonic()
    verdict = asyncio.run(torture(options, directory))
    _report(options, verdict, time.monotonic() - began)
    if verdict.findings or keep:
        say(f"Evidence: {directory}")
    else:
        shutil.rmtree(directory)
    return verdict


def finds(name: str, seed: int) -> bool:
    """Run with a planted defect; whether it was found out by one of the findings that it must lead to."""
    directory = Path(tempfile.mkdtemp(prefix="seatkeeper-torture-"))
    options = Options(_PLANTED_SECONDS, _PLANTED_KILLS, seed=seed, plant=name, hearing_seconds=1.0)
    began = time.monotonic()
    verdict = asyncio.run(torture(options, directory))
    shutil.rmtree(directory)
    found = [finding for finding in verdict.findings if finding.kind in PLANTS[name].betrayed_by]
    outcome = f"found out, {len(found)} findings" if found else "NOT FOUND OUT"
    say(f"{name}: {outcome} in {time.monotonic() - began:.0f} s")
    tell(found or verdict.findings, most=2)
    return bool(found)


def _report(options: Options, verdict: Verdict, seconds: float) -> None:
    commits = verdict.kills[Moment.BEFORE_COMMIT] + verdict.kills[Moment.AFTER_COMMIT]
    check = "clean" if not verdict.count(Kind.CHECK) else "DIFFERENT"
    counts = Counter(finding.kind for finding in verdict.findings)
    rows = [
        ("seed, clients, seconds", f"{options.seed}, {options.clients}, {seconds:.0f}"),
        ("kills", f"{verdict.kills.total()}, of them {commits} certainly inside a commit"),
        *((f"  {moment}", str(verdict.kills[moment])) for moment in Moment),
        ("acknowledged operations", str(verdict.operations.total())),
        ("  by kind", ", ".join(f"{name} {number}" for name, number in sorted(verdict.operations.items()))),
        ("  grants", str(verdict.granted)),
        ("unanswered, refused with 503", f"{verdict.unanswered}, {verdict.refused_service}"),
        ("holds confirmed after a restart", str(verdict.confirmed)),
        ("most users at once, by pool", ", ".join(f"{name} {most}" for name, most in sorted(verdict.fullest.items()))),
        ("messages folded", str(verdict.messages)),
        ("lost", str(counts[Kind.LOST])),
        ("over-allocations", str(counts[Kind.OVER_ALLOCATION])),
        ("releases undone", str(counts[Kind.REVIVED])),
        ("sessions lost", str(counts[Kind.SESSION_LOST])),
        ("messages lost, repeated or wrong", str(counts[Kind.MESSAGE])),
        ("faults", str(counts[Kind.FAULT])),
        ("seatkeeper check", check),
    ]
    for name, value in rows:
        say(f"{name:34} {value}")
    tell(verdict.findings, most=_TOLD)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long the clients fight (default: 300)")
    parser.add_argument("--kills", type=int, default=20, help="how often the server is killed (default: 20)")
    parser.add_argument("--clients", type=int, default=64, help="how many clients (default: 64)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random here (default: 1)")
    parser.add_argument("--keep", action="store_true", help="keep the logs and the data, also when nothing was found")
    parser.add_argument("--report", type=Path, help="add what is told to this file, too")
    parser.add_argument("--planted", choices=[*PLANTS, "all"], help="plant a defect and demand that it is found out")
    return parser


if __name__ == "__main__":
    sys.exit(main())
