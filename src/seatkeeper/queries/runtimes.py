"""Runtimes, by name and as a list (mobilefirst contract 6.1, 6.2)."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from msgspec import convert
from sqlalchemy import Connection, select

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import Runtime
from seatkeeper.queries.lists import can_be_stored

_r = tables.runtimes.c

T = TypeVar("T")

ReadOfRuntime: TypeAlias = Callable[[Connection, Runtime], T]
"""Reads something that belongs to a runtime."""


def runtime_named(connection: Connection, name: str) -> Runtime | None:
    """The runtime of exactly this name; None where there is none."""
    if not can_be_stored(name):
        return None
    row = connection.execute(select(tables.runtimes).where(_r.name == name)).one_or_none()
    return None if row is None else convert(row, Runtime, from_attributes=True)


def of_runtime(connection: Connection, name: str, read: ReadOfRuntime[T]) -> tuple[T] | None:
    """What `read` finds for the runtime of this name; None where there is no such runtime."""
    runtime = runtime_named(connection, name)
    return None if runtime is None else (read(connection, runtime),)


def every_runtime(connection: Connection) -> list[Runtime]:
    """Every runtime, also those that do not run, in the order of their names."""
    rows = connection.execute(select(tables.runtimes).order_by(_r.name))
    return [convert(row, Runtime, from_attributes=True) for row in rows]
