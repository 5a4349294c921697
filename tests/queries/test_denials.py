"""Refusals as they are read from the journal, and what is told of the last minutes."""

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from sqlalchemy import Connection, delete, insert

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.journal import Head, write
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import Connected, Denied
from seatkeeper.licensing.verdicts import Reason
from seatkeeper.queries.denials import DenialView, Lately, denied_lately, newest_denials
from seatkeeper.queries.overview import MOST_EVENTS, NewestSession, recent
from seatkeeper.queries.reads import Reads
from tests.queries.plans import asked
from tests.queries.saving import writing

pytestmark = pytest.mark.anyio

MINUTE = 60_000
NOW = 100 * MINUTE


def denied(license_id: int | None = 1, *, session: int = 10, user: int = 2, name: str = "beta") -> Denied:
    reason = Reason.UNKNOWN_LICENSE if license_id is None else Reason.ALL_IN_USE
    return Denied(session_id=session, user_id=user, license=name, license_id=license_id, reason=reason)


def connected() -> Connected:
    return Connected(session_id=90, user_id=2, application="desk", machine="127.0.0.1", language="en-US")


def change(database: Database, work: Callable[[Connection], object]) -> None:
    with writing(database) as connection:
        work(connection)


def journal(database: Database, *happened: tuple[int, Sequence[Event]]) -> None:
    """Let the journal have these events, each with its time."""
    head, rows = Head(), []
    for at, events in happened:
        entries, head = write(list(events), head, at, 1)
        rows += [entry._asdict() for entry in entries]
    change(database, lambda connection: connection.execute(insert(tables.journal), rows))


async def newest(reads: Reads, after: int = 0, limit: int = 50) -> list[DenialView]:
    return await reads.run(partial(newest_denials, after=after, limit=limit))


async def test_a_refusal_is_told_with_its_user_and_its_session(reads: Reads, database: Database) -> None:
    journal(database, (5_000, [connected(), denied()]))
    assert await newest(reads) == [
        DenialView(
            seq=2,
            at=5_000,
            login="Agent01",
            display_name="Agent01",
            license="beta",
            owner="ININ",
            reason=Reason.ALL_IN_USE,
            session_id=10,
            application="desk",
            machine="127.0.0.1",
            station="Station01",
            repeats=0,
            last_at=5_000,
        )
    ]


async def test_what_is_gone_since_is_not_told(reads: Reads, database: Database) -> None:
    journal(database, (5_000, [denied(7, session=77, user=1), denied(None, session=11, name="nothing")]))
    unknown, of_old_license = await newest(reads)
    assert (of_old_license.login, of_old_license.owner, of_old_license.machine) == ("Agent01", None, None)
    assert (unknown.license, unknown.owner, unknown.machine, unknown.station) == ("nothing", None, "127.0.0.1", None)


async def test_the_newest_come_first_and_those_known_already_not_at_all(reads: Reads, database: Database) -> None:
    journal(database, (1, [denied(), connected(), denied(), denied()]))
    assert [each.seq for each in await newest(reads)] == [4, 3, 1]
    assert [each.seq for each in await newest(reads, limit=2)] == [4, 3]
    assert [each.seq for each in await newest(reads, after=3)] == [4]
    assert await newest(reads, after=4) == []


async def test_saved_repeats_are_told(reads: Reads, database: Database) -> None:
    journal(database, (1, [denied(), denied()]))
    saved = {"seq": 1, "repeats": 4, "last_at": 900}
    change(database, lambda connection: connection.execute(insert(tables.denial_repeats), [saved]))
    assert [(each.repeats, each.last_at) for each in await newest(reads)] == [(0, 1), (4, 900)]


async def test_refusals_are_counted_by_license_within_a_time(reads: Reads, database: Database) -> None:
    journal(database, (1, [denied(1)]), (9, [denied(2), connected(), denied(2)]), (10, [denied(None)]))
    assert await reads.run(partial(denied_lately, since=9, limit=50)) == Lately(9, {2: 2, None: 1})
    assert await reads.run(partial(denied_lately, since=0, limit=50)) == Lately(0, {1: 1, 2: 2, None: 1})


async def test_of_too_many_refusals_the_newest_are_counted_and_since_when_is_said(
    reads: Reads, database: Database
) -> None:
    journal(database, (1, [denied(1)]), (9, [denied(2)]), (10, [denied(None)]))
    assert await reads.run(partial(denied_lately, since=0, limit=2)) == Lately(9, {2: 1, None: 1})
    assert await reads.run(partial(denied_lately, since=0, limit=3)) == Lately(0, {1: 1, 2: 1, None: 1})


async def test_log_ons_are_those_of_the_last_minute(reads: Reads, database: Database) -> None:
    journal(
        database,
        (NOW - MINUTE - 1, [connected()]),
        (NOW - MINUTE, [connected(), denied()]),
        (NOW, [connected()]),
    )
    told = await reads.run(partial(recent, now=NOW))
    assert (told.log_ons, told.log_ons_since) == (2, NOW - MINUTE)
    assert told.newest == NewestSession("agent02", "desk", 1012)


async def test_of_a_busy_minute_only_its_end_is_looked_at(reads: Reads, database: Database) -> None:
    journal(database, (NOW - 50, [connected()]), (NOW - 20, [denied()] * (MOST_EVENTS - 1) + [connected()]))
    told = await reads.run(partial(recent, now=NOW))
    assert (told.log_ons, told.log_ons_since) == (1, NOW - 20)


async def test_an_empty_journal_tells_of_nothing(reads: Reads, database: Database) -> None:
    change(database, lambda connection: connection.execute(delete(tables.sessions)))
    told = await reads.run(partial(recent, now=NOW))
    assert (told.newest, told.log_ons, told.denied.counts) == (None, 0, {})
    assert await newest(reads) == []


async def test_reading_denials_never_goes_through_the_journal(reads: Reads) -> None:
    def read(connection: Connection) -> None:
        newest_denials(connection, after=0, limit=50)
        denied_lately(connection, since=0, limit=50)

    of_journal = [each for each in await reads.run(partial(asked, read=read)) if "FROM journal" in each.statement]
    assert len(of_journal) == 2
    assert all("denied_events" in each.plan for each in of_journal), of_journal
