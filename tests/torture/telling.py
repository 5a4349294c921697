"""Telling what was found, on the terminal and in a report."""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.torture.judge.findings import Finding, Kind

_reports: list[Path] = []


def keep_report(report: Path | None, *, title: str) -> None:
    """Have all that is told from now on added to this file as well."""
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        _reports[:] = [report]
        say(f"== {title}")


def tell(findings: Iterable[Finding], most: int) -> None:
    """The first findings of each kind, in the order of time."""
    told: Counter[Kind] = Counter()
    for finding in sorted(findings, key=lambda each: (each.at is None, each.at or 0)):
        told[finding.kind] += 1
        if told[finding.kind] <= most:
            say(f"  {finding.kind}: {finding.text}")


def say(text: str) -> None:
    """A line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    for report in _reports:
        with report.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
