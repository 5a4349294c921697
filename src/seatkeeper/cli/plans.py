"""How a plan is shown: a line a change, what changed in it, and the totals."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import typer

from seatkeeper.cli.printing import counted, plain

_SIGNS: Final = {"added": "+", "changed": "~", "removed": "-"}
_COLOURS: Final = {"added": "green", "changed": "yellow", "removed": "red"}
_NOUNS: Final = {
    "owner": ("owner", "owners"),
    "license": ("license", "licenses"),
    "runtime": ("runtime", "runtimes"),
    "application": ("application", "applications"),
    "station": ("station", "stations"),
    "user": ("user", "users"),
    "assignment": ("assignment", "assignments"),
}
# What one looks through before answering; the rest is counted. Elsewhere every change that the server told is printed.
_LINES_ON_A_TERMINAL: Final = 100

Counts = Mapping[str, Mapping[str, int]]


def print_plan(plan: Mapping[str, Any]) -> None:
    """The changes of a plan, as many as fit, and how many more there are."""
    changes = plan["changes"]
    if sys.stdout.isatty():
        changes = changes[:_LINES_ON_A_TERMINAL]
        _print_coloured(changes)
    else:
        for change in changes:
            typer.echo(_line(change))
    more = plan["total"] - len(changes)
    if more:
        typer.echo(f"and {more:,} more")
    print_foretold(plan)


def print_foretold(plan: Mapping[str, Any]) -> None:
    """Which applications would lose their tokens, and why, and which would have them again, as many as fit."""
    blocks = [f"blocks: {named(each)} ({each['why']})" for each in plan["blocks"] or ()]
    unblocks = [f"unblocks: {named(each)}" for each in plan["unblocks"] or ()]
    lines = blocks + unblocks
    shown = lines[:_LINES_ON_A_TERMINAL] if sys.stdout.isatty() else lines
    for line in shown:
        typer.echo(plain(line))
    if more := len(lines) - len(shown):
        typer.echo(f"and {more:,} more applications blocked or unblocked")


def named(application: Mapping[str, Any]) -> str:
    """An application by its runtime and name, as plans call it."""
    return f"{application['runtime']}/{application['name']}"


def summary(file: str, counts: Counts, *, done: bool) -> str:
    """What was done, or would be, in one sentence."""
    made = _counted(counts, ("added", "changed"))
    removed = _counted(counts, ("removed",))
    if not made and not removed:
        return f"{file}: all was so already."
    said = [f"new or changed: {made}" if made else "", f"removed: {removed}" if removed else ""]
    return f"{file}: {'' if done else 'would be '}{'; '.join(filter(None, said))}."


def added_up(counts: Iterable[Counts]) -> dict[str, dict[str, int]]:
    """Several counts as one."""
    total: dict[str, Counter[str]] = {kind: Counter() for kind in _NOUNS}
    for each in counts:
        for kind, of_kind in each.items():
            total[kind].update(of_kind)
    return {kind: {action: of_kind[action] for action in _SIGNS} for kind, of_kind in total.items()}


def total_of(counts: Counts) -> int:
    """How many changes these are."""
    return sum(number for of_kind in counts.values() for number in of_kind.values())


def _counted(counts: Counts, actions: Iterable[str]) -> str:
    actions = tuple(actions)
    numbers = {kind: sum(counts.get(kind, {}).get(action, 0) for action in actions) for kind in _NOUNS}
    return ", ".join(counted(numbers[kind], *nouns) for kind, nouns in _NOUNS.items() if numbers[kind])


def _line(change: Mapping[str, Any]) -> str:
    """As in `~ user agent01: display_name "Agent 01" -> "Agent One"`."""
    head = f"{_SIGNS[change['action']]} {change['kind']} {change['name']}"
    fields = "; ".join(_field(each, added=change["action"] == "added") for each in change["fields"])
    return plain(f"{head}: {fields}" if fields else head)


def _field(field: Mapping[str, Any], *, added: bool) -> str:
    after = _value(field["after"])
    if added and field["before"] is None:
        return f"{field['name']} {after}"
    return f"{field['name']} {_value(field['before'])} -> {after}"


def _value(value: object) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def _print_coloured(changes: Iterable[Mapping[str, Any]]) -> None:
    from rich.console import Console  # noqa: PLC0415 - see the package: heavy imports wait
    from rich.text import Text  # noqa: PLC0415 - as above

    console = Console(highlight=False)
    for change in changes:
        console.print(Text(_line(change), style=_COLOURS[change["action"]], overflow="fold"), crop=False)
