"""How many applications each runtime has, and what of its transactions is not over, for those who watch over it."""

from collections.abc import Iterable
from typing import NamedTuple

from seatkeeper.licensing.deployment import Application, Runtime, Transaction


class RuntimeFigures(NamedTuple):
    """A runtime in numbers.

    `applications`: those that have a version; `blocked`: of these, those that lack their token. `unfinished`: the
    transactions that are not over; the oldest was accepted at `oldest_at`, in milliseconds, None where all are over.
    """

    name: str
    running: bool
    applications: int
    blocked: int
    unfinished: int
    oldest_at: int | None


def figures_of_runtimes(
    runtimes: Iterable[Runtime], applications: Iterable[Application], unfinished: Iterable[Transaction]
) -> list[RuntimeFigures]:
    """Of all runtimes, by name."""
    figures = {each.id: RuntimeFigures(each.name, each.running, 0, 0, 0, None) for each in runtimes}
    for application in applications:
        told = figures[application.runtime_id]
        figures[application.runtime_id] = told._replace(
            applications=told.applications + bool(application.versions), blocked=told.blocked + application.blocked
        )
    for transaction in unfinished:
        told = figures[transaction.runtime_id]
        oldest = transaction.created_at if told.oldest_at is None else min(told.oldest_at, transaction.created_at)
        figures[transaction.runtime_id] = told._replace(unfinished=told.unfinished + 1, oldest_at=oldest)
    return sorted(figures.values())
