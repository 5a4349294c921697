"""`python -m tests.torture.nodes`: torture several nodes, or show that the harness finds planted defects."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.torture.judge.findings import Kind, Verdict
from tests.torture.nodes.faults import Kind as Fault
from tests.torture.nodes.plants import PLANTS
from tests.torture.nodes.run import Options, torture
from tests.torture.telling import keep_report, say, tell

_TOLD = 10


def main(arguments: list[str] | None = None) -> int:
    """Run what the arguments say; 0 where all is as it should be."""
    options = _parser().parse_args(arguments)
    keep_report(options.report, title="Several nodes on one PostgreSQL")
    if options.planted is None:
        kinds = tuple(Fault) if options.faults is None else tuple(options.faults)
        wanted = Options(seconds=options.seconds, kinds=kinds, clients=options.clients, seed=options.seed)
        return 1 if run(wanted, keep=options.keep).findings else 0
    names = list(PLANTS) if options.planted == "all" else [options.planted]
    found = [finds(name, options.seed) for name in names]
    return 0 if all(found) else 1


def run(options: Options, *, keep: bool = False) -> Verdict:
    """One run with its report. Where something was found, or with `keep`, its directory stays and is named."""
    directory = Path(tempfile.mkdtemp(prefix="seatkeeper-torture-"))
    began = time.monotonic()
    verdict = asyncio.run(torture(options, directory))
    for line in report(options, verdict, time.monotonic() - began):
        say(line)
    tell(verdict.findings, most=_TOLD)
    if verdict.findings or keep:
        say(f"Evidence: {directory}")
    else:
        shutil.rmtree(directory)
    return verdict


def finds(name: str, seed: int) -> bool:
    """Run with a planted defect; whether it was found out by one of the findings that it must lead to."""
    directory = Path(tempfile.mkdtemp(prefix="seatkeeper-torture-"))
    plant = PLANTS[name]
    options = Options(kinds=plant.faults, seed=seed, plant=name, fight_seconds=2.0, hearing_seconds=2.0)
    began = time.monotonic()
    verdict = asyncio.run(torture(options, directory))
    shutil.rmtree(directory)
    found = [finding for finding in verdict.findings if finding.kind in plant.betrayed_by]
    outcome = f"found out, {len(found)} findings" if found else "NOT FOUND OUT"
    say(f"{name}: {outcome} in {time.monotonic() - began:.0f} s")
    tell(found or verdict.findings, most=2)
    return bool(found)


def report(options: Options, verdict: Verdict, seconds: float) -> list[str]:
    """What a run amounted to, as a table."""
    counts = Counter(finding.kind for finding in verdict.findings)
    rows = [
        ("seed, clients, seconds", f"{options.seed}, {options.clients}, {seconds:.0f}"),
        ("faults injected", str(verdict.faults.total())),
        ("acknowledged operations", str(verdict.operations.total())),
        ("  by kind", ", ".join(f"{name} {number}" for name, number in sorted(verdict.operations.items()))),
        ("  grants", str(verdict.granted)),
        ("unanswered, refused with 503", f"{verdict.unanswered}, {verdict.refused_service}"),
        ("holds confirmed after a fault", str(verdict.confirmed)),
        ("acquisitions found in the journal", str(verdict.recorded)),
        ("most users at once, by pool", ", ".join(f"{name} {most}" for name, most in sorted(verdict.fullest.items()))),
        ("messages folded", str(verdict.messages)),
        ("lost", str(counts[Kind.LOST])),
        ("over-allocations", str(counts[Kind.OVER_ALLOCATION])),
        ("releases undone", str(counts[Kind.REVIVED])),
        ("sessions lost", str(counts[Kind.SESSION_LOST])),
        ("messages missed, repeated or wrong", str(counts[Kind.MESSAGE])),
        ("breaks in the journal", str(counts[Kind.JOURNAL])),
        ("other faults of the servers", str(counts[Kind.FAULT])),
        ("seatkeeper check", "clean" if not counts[Kind.CHECK] else "DIFFERENT"),
    ]
    lines = [f"{name:36} {value}" for name, value in rows]
    lines += ["", f"{'fault':36} {'times':>5} {'nobody served':>14} {'node did not serve':>19}", ""]
    for kind, times in verdict.faults.items():
        nobody, node = verdict.unserved[kind] / 1e9, verdict.node_unserved[kind] / 1e9
        lines.append(f"{kind:36} {times:5} {nobody:12.1f} s {node:17.1f} s")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture.nodes", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.0, help="how long faults go on (default: each once)")
    parser.add_argument("--faults", nargs="+", type=lambda name: Fault[name.upper()], help="only these, by name")
    parser.add_argument("--clients", type=int, default=32, help="how many clients (default: 32)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random here (default: 1)")
    parser.add_argument("--keep", action="store_true", help="keep the logs and the data, also when nothing was found")
    parser.add_argument("--report", type=Path, help="add what is told to this file, too")
    parser.add_argument("--planted", choices=[*PLANTS, "all"], help="plant a defect and demand that it is found out")
    return parser


if __name__ == "__main__":
    sys.exit(main())
