"""How the applications of runtimes were configured, registered and blocked over time: from the journal.

Runtimes and applications that are gone are told too, as long as the journal has them.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, func, select, text

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import Configuration
from seatkeeper.licensing.deployment_events import ApplicationDefined, ApplicationRemoved, RuntimeRemoved
from seatkeeper.queries.lists import among

_j, _r, _t, _u = tables.journal.c, tables.runtimes.c, tables.transactions.c, tables.users.c

_TOLD: Final = (text(tables.DEPLOYMENT_EVENTS), _j.kind.in_(("application_defined", "application_removed")))
_GONE: Final = (text(tables.DEPLOYMENT_EVENTS), _j.kind == "runtime_removed")
_changes: Final = msgspec.json.Decoder(ApplicationDefined | ApplicationRemoved)
_removals: Final = msgspec.json.Decoder(RuntimeRemoved)

_STEP: Final = 500
"""Events that are read at a time."""


class Standing(Struct, frozen=True):
    """How an application stood: how it was configured, if at all, whether it had a version, and lacked its token."""

    configuration: Configuration | None
    registered: bool
    blocked: bool


class ApplicationChange(Struct, frozen=True):
    """How an application stood from `at` on, in milliseconds since 1970-01-01T00:00Z.

    `standing` is None where nothing was left of it. `transaction_id` and `user`: the transaction that did it and the
    login of who began that, None where an administrator or the server itself did; a forgotten user has his pseudonym.
    """

    at: int
    runtime: str
    application: str
    standing: Standing | None
    transaction_id: int | None
    user: str | None


class ApplicationHistory(Struct, frozen=True):
    """Every change of every application, oldest first: some at a time, none at times, each read when it is asked for.

    `archived_until`: what happened up to then stands in an archive and not here; None where all of it is here.
    """

    archived_until: int | None
    changes: Iterator[list[ApplicationChange]]


def application_history(connection: Connection, runtime_id: int | None = None) -> ApplicationHistory:
    """All that the database knows of a runtime's applications, or of all. What changed nothing told here is left out:
    a version of an application that has others.
    """
    archived_until = connection.execute(select(func.max(tables.seals.c.at))).scalar_one()
    return ApplicationHistory(archived_until, _pages(connection, runtime_id))


def names_of_runtimes(connection: Connection) -> dict[int, str]:
    """Of all runtimes that are there or were: where an event of an application stands, its runtime's end stands too."""
    names = {row.id: row.name for row in connection.execute(select(_r.id, _r.name))}
    gone = (_removals.decode(data) for data in connection.scalars(select(_j.data).where(*_GONE)))
    return names | {event.runtime_id: event.name for event in gone}


_Event: TypeAlias = ApplicationDefined | ApplicationRemoved


def _pages(connection: Connection, runtime_id: int | None) -> Iterator[list[ApplicationChange]]:
    runtimes = names_of_runtimes(connection)
    before: dict[int, Standing] = {}
    wanted = select(_j.at, _j.data).where(*_TOLD).order_by(_j.seq)
    with connection.execute(wanted.execution_options(yield_per=_STEP)) as rows:
        for some in rows.partitions():
            happened = list(_standings(some, before, runtime_id))
            users = _users(connection, [event.transaction_id for _, event, _ in happened])
            yield [
                ApplicationChange(
                    at=at,
                    runtime=runtimes[event.runtime_id],
                    application=event.name,
                    standing=standing,
                    transaction_id=event.transaction_id,
                    user=None if event.transaction_id is None else users[event.transaction_id],
                )
                for at, event, standing in happened
            ]


def _standings(
    rows: Iterable[Row[*tuple[Any, ...]]], before: dict[int, Standing], runtime_id: int | None
) -> Iterator[tuple[int, _Event, Standing | None]]:
    """The events after which an application stood otherwise than `before`, and how: that has this then."""
    for at, data in rows:
        event = _changes.decode(data)
        if runtime_id is not None and event.runtime_id != runtime_id:
            continue
        standing = _standing(event)
        if standing == before.get(event.application_id):
            continue
        if standing is None:
            del before[event.application_id]
        else:
            before[event.application_id] = standing
        yield at, event, standing


def _standing(event: _Event) -> Standing | None:
    """None too for one that has neither a configuration nor a version: a transaction is about to give it one."""
    if isinstance(event, ApplicationRemoved) or (event.configuration is None and not event.versions):
        return None
    return Standing(event.configuration, bool(event.versions), event.blocked)


def _users(connection: Connection, transactions: Iterable[int | None]) -> dict[int, str]:
    """Who began these transactions."""
    numbers = {each for each in transactions if each is not None}
    wanted = select(_t.id, _u.login).join(tables.users, _u.id == _t.user_id).where(among(_t.id, numbers))
    return {row.id: row.login for row in connection.execute(wanted)}
