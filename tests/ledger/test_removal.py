"""Licenses and stations removed from a real database, whoever is in memory; profiles that go with their holder."""

import asyncio
import time
from typing import Any

import pytest

from seatkeeper.ledger.database import Database
from seatkeeper.ledger.door import Bounds
from seatkeeper.ledger.feed import LicensesChanged
from seatkeeper.licensing.commands import (
    Assign,
    ChangeProfile,
    Command,
    ConfigureLicenses,
    SetStation,
    Subscribe,
    Together,
)
from seatkeeper.licensing.entities import Holder, HolderKind, HolderName, LicenseName, Method, StationSetting
from seatkeeper.licensing.inventory_commands import (
    ChangeSeats,
    DefineLicense,
    DefineStation,
    DefineUser,
    RemoveLicenses,
    RemoveStation,
)
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.seen import Seen, SeenKind
from tests.ledger.watched import SECONDS
from tests.ledger.world import (
    OWNER,
    Place,
    WatchedLedger,
    acquire,
    agent,
    all_of,
    assert_clean,
    assign,
    connect,
    inventory,
    named,
    rows,
    running,
    unassign,
)

pytestmark = pytest.mark.anyio

ONE_IN_MEMORY = Bounds(cached_users=1)
REMOVE = RemoveLicenses(licenses=named("Agent"))
DESK = HolderName(HolderKind.STATION, "desk1")

NUMBER = 1
"""Of the license Agent."""


def _concurrent(number: int) -> ChangeProfile:
    return ChangeProfile(holder=agent(number), owner=OWNER, enabled=True, method=Method.CONCURRENT)


def _sit_down(session_id: int) -> SetStation:
    return SetStation(session_id=session_id, setting=StationSetting.WORKSTATION, station="desk1")


def _anew(seats: int = 2) -> Together:
    define = DefineLicense(owner=OWNER, name="Agent", display_name="Agent")
    return Together(commands=(define, ChangeSeats(license=LicenseName(OWNER, "Agent"), assignable=seats)))


async def _in_use(ledger: WatchedLedger) -> dict[int, int]:
    """Agent on every ground: agent01 has it, agent02 shares it, agent03 sits at the desk that has it, agent04 held it
    before it was taken away. Each in a session of his own, by number, and with a Recorder.
    """
    await ledger.submit(inventory(users=5, seats=5))
    await ledger.submit(Assign(holder=DESK, licenses=named("Agent")))
    await all_of(ledger.submit(_concurrent(number)) for number in (2, 4))
    await all_of(ledger.submit(assign(number, "Recorder")) for number in (1, 2, 3, 4))
    await all_of(ledger.submit(assign(number, "Agent")) for number in (1, 2, 4, 5))
    disabled = ChangeProfile(holder=agent(5), owner=OWNER, enabled=False, method=Method.ASSIGNABLE)
    await ledger.submit(disabled)
    sessions = {number: (await ledger.submit(connect(number))).session_id for number in (1, 2, 3, 4)}
    await ledger.submit(_sit_down(sessions[3]))
    for session_id in sessions.values():
        verdicts = await ledger.submit(acquire(session_id, "Agent", "Recorder"))
        assert all(verdict.granted for verdict in verdicts)
    await ledger.submit(unassign(4, "Agent"))
    return sessions


async def _in_one_batch(ledger: WatchedLedger, given: list[Command[Any]]) -> list[Any]:
    """Have commands decided in one batch; what each came to."""
    plug = await ledger.while_busy()
    waiting = [asyncio.create_task(ledger.submit(each)) for each in given]
    await asyncio.sleep(0)
    ledger.go_on()
    return (await all_of([*waiting, plug]))[:-1]


def _wait_for_commits(ledger: WatchedLedger, count: int) -> None:
    """Keep the event loop from everything else until so many batches have been committed."""
    until = time.monotonic() + SECONDS
    while ledger.engine.commits < count:
        assert time.monotonic() < until
        time.sleep(0.001)


def _rests(database: Database) -> list[tuple[str, int]]:
    """How many rows of each table speak of the license."""
    tables = ("licenses WHERE id", "pools WHERE license_id", "assignments WHERE license_id", "holds WHERE license_id")
    return [(each.split()[0], rows(database, f"SELECT count(*) FROM {each} = ?", NUMBER)[0][0]) for each in tables]  # noqa: S608


async def test_a_license_is_taken_from_holders_and_sessions_that_are_not_in_memory(place: Place) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        sessions = await _in_use(ledger)
        assert _rests(ledger.database) == [("licenses", 1), ("pools", 1), ("assignments", 4), ("holds", 4)]
        assert len(ledger.image.users) == 1
        await ledger.submit(REMOVE)
        assert _rests(ledger.database) == [("licenses", 0), ("pools", 0), ("assignments", 0), ("holds", 0)]
        assert len(ledger.image.users) == 1
        assert {each for (each,) in rows(ledger.database, "SELECT id FROM sessions")} == set(sessions.values())
        assert len(rows(ledger.database, "SELECT * FROM holds")) == 4
    released = rows(ledger.database, "SELECT data FROM journal WHERE kind = 'released'")
    assert sum(b"license_removed" in data for (data,) in released) == 4
    assert_clean(ledger.database)


async def test_a_license_removed_after_a_restart_leaves_nothing_and_its_number_is_not_used_again(
    place: Place,
) -> None:
    async with running(place) as ledger:
        await _in_use(ledger)
    async with running(place) as ledger:
        assert len(ledger.image.users) == 0
        await ledger.submit(REMOVE)
    async with running(place) as ledger:
        await ledger.submit(_anew())
        assert await ledger.submit(assign(1, "Agent")) == named("Agent")
        assert rows(ledger.database, "SELECT id FROM licenses WHERE name = 'Agent'") == [(4,)]
    assert _rests(ledger.database) == [("licenses", 0), ("pools", 0), ("assignments", 0), ("holds", 0)]
    assert_clean(ledger.database)


async def test_who_comes_to_a_license_in_the_batch_that_removes_it_loses_it_in_its_order(place: Place) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        sessions = await _in_use(ledger)
        batch: list[Command[Any]] = [
            assign(3, "Agent"),
            assign(5, "Recorder"),
            REMOVE,
            assign(2, "Agent"),
            _anew(),
            assign(2, "Agent"),
            acquire(sessions[1], "Agent"),
        ]
        outcomes = await _in_one_batch(ledger, batch)
        assert outcomes[0] == named("Agent")
        assert isinstance(outcomes[3], Refusal)
        assert outcomes[3].code is Code.UNKNOWN_LICENSE
        assert outcomes[5] == named("Agent")
        assert not outcomes[6][0].granted
    assert len(rows(ledger.database, "SELECT DISTINCT batch FROM journal WHERE seq >= ?", ledger.head - 5)) == 1
    assert_clean(ledger.database)


def delta(**statuses: bool) -> LicensesChanged:
    """A message that says what has changed."""
    return LicensesChanged(full=False, statuses=tuple(statuses.items()))


async def _subscribed(ledger: WatchedLedger, number: int) -> int:
    session_id = (await ledger.submit(connect(number))).session_id
    await ledger.submit(Subscribe(session_id=session_id, owner=OWNER, names=("agent", "Recorder")))
    await ledger.feed.poll(session_id)
    return session_id


async def test_who_is_subscribed_hears_that_it_is_gone_and_of_another_of_its_name(place: Place) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        await ledger.submit(assign(1, "Agent", "Recorder"))
        session_id = await _subscribed(ledger, 1)
        await ledger.submit(connect(2))  # so that agent01 is not in memory
        await ledger.submit(REMOVE)
        assert await ledger.feed.poll(session_id) == [delta(agent=False)]
        await ledger.submit(_anew())
        assert await ledger.feed.poll(session_id) == []
        await ledger.submit(assign(1, "Agent"))
        assert await ledger.feed.poll(session_id) == [delta(agent=True)]
        again = Together(commands=(REMOVE, _anew(), assign(1, "Agent")))
        await ledger.submit(again)
        assert await ledger.feed.poll(session_id) == [delta(agent=False), delta(agent=True)]


async def test_what_is_told_late_is_told_by_the_name_it_had_when_it_happened(place: Place) -> None:
    """The writer may have removed a license before the event loop comes to tell of its assignment."""
    async with running(place, bounds=Bounds(batch=1)) as ledger:
        await ledger.submit(inventory())
        session_id = await _subscribed(ledger, 1)
        off, on = (
            ChangeProfile(holder=agent(1), owner=OWNER, enabled=enabled, method=Method.ASSIGNABLE)
            for enabled in (False, True)
        )
        given: list[Command[Any]] = [assign(1, "Agent"), off, on, REMOVE]
        before = ledger.engine.commits
        plug = await ledger.while_busy()
        waiting = [asyncio.create_task(ledger.submit(each)) for each in given]
        await asyncio.sleep(0)
        ledger.go_on()
        if ledger.database.shared:  # elsewhere a batch waits until the loop has told of the one before
            _wait_for_commits(ledger, before + 1 + len(given))
        assert not [each for each in await all_of([plug, *waiting]) if isinstance(each, BaseException)]
        told = [delta(agent=True), delta(agent=False), delta(agent=True), delta(agent=False)]
        assert await ledger.feed.poll(session_id) == told


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        (assign(3, "Recorder"), True),
        (_concurrent(3), True),
        (DefineUser(login="agent03", display_name="Renamed"), True),
        (DefineUser(login="agent03", display_name="Agent 3", password_hash="$another$"), True),
        (assign(4, "Recorder"), False),
        (connect(3), False),
    ],
)
async def test_what_was_seen_is_compared_whoever_is_in_memory_and_whatever_is_planned(
    place: Place, change: Command[Any], *, stale: bool
) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        await ledger.submit(assign(3, "Agent"))
        holder = Holder(HolderKind.USER, 3)
        seen = (
            Seen(SeenKind.USER, "agent03", ledger.image.users[3], "user agent03"),
            Seen(SeenKind.PASSWORD, "agent03", "$hash$agent03", "the password of agent03"),
            Seen(SeenKind.ASSIGNMENTS, holder, (NUMBER,), "what agent03 has"),
            Seen(SeenKind.PROFILE, (holder, "inin"), None, "the profile of agent03"),
            Seen(SeenKind.USER, "agent09", None, "user agent09"),
        )
        await ledger.submit(change)
        await ledger.submit(connect(1))
        assert 3 not in ledger.image.users
        planned = Together(commands=(DefineStation(name="desk9", display_name=""),), seen=seen)
        [outcome] = await all_of([ledger.submit(planned)])
        assert (isinstance(outcome, Refusal) and outcome.code is Code.CHANGED_SINCE) == stale
        assert ("desk9" in ledger.image.station_ids) != stale
    assert_clean(ledger.database)


async def test_a_user_leaves_memory_with_the_profiles_of_owners_without_licenses_too(place: Place) -> None:
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        for owner in (OWNER, "CRM", "Nobody's"):
            await ledger.submit(ChangeProfile(holder=agent(1), owner=owner, enabled=False, method=Method.CONCURRENT))
        holder = Holder(HolderKind.USER, 1)
        assert ledger.image.profiled == {holder: ("inin", "crm", "nobody's")}
        await ledger.submit(connect(2))
        assert (ledger.image.profiles, ledger.image.profiled) == ({}, {})
        await ledger.submit(connect(1))
        assert set(ledger.image.profiled[holder]) == {"inin", "crm", "nobody's"}
        assert {key for key, row in ledger.image.profiles.items() if not row.enabled} == {
            (holder, owner_key) for owner_key in ("inin", "crm", "nobody's")
        }
        await ledger.submit(ChangeProfile(holder=agent(1), owner="crm", enabled=True, method=Method.CONCURRENT))
    assert_clean(ledger.database)


async def test_a_profile_outlives_the_last_license_of_its_owner(place: Place) -> None:
    """It says how the holder's licenses count, whichever they are."""
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(inventory())
        await ledger.submit(_concurrent(1))
        await ledger.submit(RemoveLicenses(licenses=named("Agent", "Supervisor", "Recorder")))
        await ledger.submit(connect(2))
        await ledger.submit(_anew(seats=0))
        assert await ledger.submit(assign(1, "Agent")) == named("Agent")
    assert_clean(ledger.database)


async def test_a_station_is_removed_with_who_sits_there_and_its_profile_after_a_restart(place: Place) -> None:
    async with running(place) as ledger:
        sessions = await _in_use(ledger)
        await ledger.submit(ConfigureLicenses(holder=DESK, owner=OWNER, wanted=named("Supervisor"), enabled=False))
        await ledger.submit(ConfigureLicenses(holder=DESK, owner=OWNER, enabled=True))
        await ledger.submit(acquire(sessions[3], "Agent", "Supervisor"))
        await ledger.submit(DefineUser(login="agent04", display_name="Agent 4", stations=("desk1",)))
    async with running(place, bounds=ONE_IN_MEMORY) as ledger:
        await ledger.submit(connect(1))
        await ledger.submit(RemoveStation(name="desk1"))
        assert rows(ledger.database, "SELECT name FROM stations ORDER BY id") == [("desk2",)]
        for table in ("logons", "profiles WHERE holder_kind = 2", "assignments WHERE holder_kind = 2"):
            assert rows(ledger.database, f"SELECT * FROM {table}") == []  # noqa: S608
        held = rows(ledger.database, "SELECT license_id FROM holds WHERE session_id = ?", sessions[3])
        assert held == [(3,)]
        await ledger.submit(DefineStation(name="desk1", display_name=""))
        with pytest.raises(Refusal) as refused:
            await ledger.submit(_sit_down(sessions[4]))
        assert refused.value.code is Code.STATION_NOT_PERMITTED
        await ledger.submit(_sit_down(sessions[3]))
        verdicts = await ledger.submit(acquire(sessions[3], "Agent", "Supervisor"))
        assert not any(verdict.granted for verdict in verdicts)
    assert_clean(ledger.database)
