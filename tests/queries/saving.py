"""Rows put into the tables as they are, and events as the journal has them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert

from seatkeeper.ledger import tables
from seatkeeper.ledger.journal import Head, write
from seatkeeper.licensing.event import Event


def save(database: Path, *rows: tuple[Any, Sequence[dict[str, Any]]]) -> None:
    """Put rows into tables."""
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        for table, entries in rows:
            connection.execute(insert(table), entries)
    engine.dispose()


def journal(*happened: tuple[int, Event]) -> tuple[Any, list[dict[str, Any]]]:
    """The journal's rows of events and their times."""
    head, rows = Head(), []
    for at, one in happened:
        [entry], head = write([one], head, at, 1)
        rows.append(entry._asdict())
    return tables.journal, rows
