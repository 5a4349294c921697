"""Tokens of applications are settled by the server itself, as soon as something has changed for them (decision 23)."""

from pathlib import Path

import pytest

from seatkeeper.ledger import tokens as work
from seatkeeper.licensing.commands import Assign, Unassign
from seatkeeper.licensing.deployment import LicenseType
from seatkeeper.licensing.entities import AppliesTo, LicenseKind, OwnerDetails
from seatkeeper.licensing.inventory_commands import (
    ChangeSeats,
    DefineLicense,
    DefineOwner,
    DefineStation,
    RemoveLicenses,
)
from tests.ledger.deploying import APP, COUNTING, begin, configure, house, register
from tests.ledger.world import NOON, OWNER, Clock, WatchedLedger, agent, assert_clean, named, running, until

pytestmark = pytest.mark.anyio

[TOKEN] = named("Token")


@pytest.fixture(autouse=True)
def _nothing_by_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_PAUSE", 3600)


def _blocked(ledger: WatchedLedger) -> list[bool]:
    return [each.blocked for _, each in sorted(ledger.image.applications.items())]


async def _registered(ledger: WatchedLedger, applications: int = 2) -> None:
    await ledger.submit(house(tokens=applications))
    for number in range(applications):
        done = await ledger.submit(begin(register(f"{APP}.{number}")))
        assert done.status == "SUCCESS", done
    assert _blocked(ledger) == [False] * applications


async def test_the_latest_is_blocked_when_seats_go_and_back_when_they_return(tmp_path: Path) -> None:
    async with running(tmp_path, policy=COUNTING) as ledger:
        await _registered(ledger)
        await ledger.submit(ChangeSeats(license=TOKEN, assignable=1, allow_overcommit=True))
        await until(lambda: _blocked(ledger) == [False, True])
        await ledger.submit(ChangeSeats(license=TOKEN, assignable=2))
        await until(lambda: _blocked(ledger) == [False, False])
    assert_clean(ledger.file)


async def test_a_token_that_one_gives_back_goes_to_one_that_lacks_it(tmp_path: Path) -> None:
    async with running(tmp_path, policy=COUNTING) as ledger:
        await _registered(ledger)
        await ledger.submit(ChangeSeats(license=TOKEN, assignable=1, allow_overcommit=True))
        await until(lambda: _blocked(ledger) == [False, True])
        await ledger.submit(begin(configure(f"{APP}.0", type_=LicenseType.NON_PRODUCTION), queued=True))
        await until(lambda: _blocked(ledger) == [False, False])
        assert len(ledger.image.assignments) == 1
    assert_clean(ledger.file)


async def test_all_are_blocked_when_their_license_goes_and_back_when_it_is_bought_again(tmp_path: Path) -> None:
    async with running(tmp_path, policy=COUNTING) as ledger:
        await _registered(ledger)
        await ledger.submit(RemoveLicenses(licenses=(TOKEN,)))
        await until(lambda: _blocked(ledger) == [True, True])
        token = DefineLicense(owner=OWNER, name="Token", display_name="", applies_to=AppliesTo.APPLICATIONS)
        await ledger.submit(token)
        await ledger.submit(ChangeSeats(license=TOKEN, assignable=5))
        await until(lambda: _blocked(ledger) == [False, False])
    assert_clean(ledger.file)


async def test_an_owner_whose_licenses_end_blocks_them_and_one_of_whom_no_end_is_said_does_not(tmp_path: Path) -> None:
    async with running(tmp_path, policy=COUNTING, clock=Clock()) as ledger:
        await _registered(ledger)
        await ledger.submit(DefineOwner(name=OWNER, details=OwnerDetails(expires=NOON - 1)))
        await until(lambda: _blocked(ledger) == [True, True])
        await ledger.submit(DefineOwner(name=OWNER, details=OwnerDetails()))
        await until(lambda: _blocked(ledger) == [False, False])
    assert_clean(ledger.file)


async def test_all_are_blocked_when_a_license_goes_that_covered_everybody(tmp_path: Path) -> None:
    site = DefineLicense(
        owner=OWNER, name="Token", display_name="", applies_to=AppliesTo.APPLICATIONS, kind=LicenseKind.SITE
    )
    async with running(tmp_path, policy=COUNTING) as ledger:
        await ledger.submit(house(tokens=0))
        await ledger.submit(site)
        assert (await ledger.submit(begin(register()))).status == "SUCCESS"
        await ledger.submit(RemoveLicenses(licenses=(TOKEN,)))
        await until(lambda: _blocked(ledger) == [True])
    assert_clean(ledger.file)


async def test_time_alone_blocks_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_PAUSE", 0.02)
    clock = Clock()
    async with running(tmp_path, policy=COUNTING, clock=clock) as ledger:
        await _registered(ledger)
        token = DefineLicense(
            owner=OWNER, name="Token", display_name="", applies_to=AppliesTo.APPLICATIONS, expires=NOON + 60_000
        )
        await ledger.submit(token)
        assert _blocked(ledger) == [False, False]
        clock.now += 60_001
        await until(lambda: _blocked(ledger) == [True, True])
    assert_clean(ledger.file)


async def test_a_clock_that_is_set_forward_blocks_them_before_anything_else_is_asked(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, policy=COUNTING, clock=clock) as ledger:
        await _registered(ledger)
        token = DefineLicense(
            owner=OWNER, name="Token", display_name="", applies_to=AppliesTo.APPLICATIONS, expires=NOON + 60_000
        )
        await ledger.submit(token)
        clock.now += 60_001
        await ledger.catch_up()
        assert _blocked(ledger) == [True, True]


async def test_a_server_that_begins_to_count_gives_them_out_and_one_that_stops_takes_them_back(tmp_path: Path) -> None:
    async with running(tmp_path) as ledger:
        await ledger.submit(house(tokens=1))
        for number in range(2):
            await ledger.submit(begin(register(f"{APP}.{number}")))
    async with running(tmp_path, policy=COUNTING) as counting:
        await until(lambda: _blocked(counting) == [False, True])
        assert len(counting.image.assignments) == 1
    async with running(tmp_path) as again:
        await until(lambda: _blocked(again) == [False, False])
        assert again.image.assignments == {}
    assert_clean(again.file)


async def test_where_nothing_is_due_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_PAUSE", 0.01)
    async with running(tmp_path, policy=COUNTING) as ledger:
        await _registered(ledger)
        await ledger.submit(ChangeSeats(license=TOKEN, assignable=1, allow_overcommit=True))
        await until(lambda: _blocked(ledger) == [False, True])
        head, commits, asked = ledger.head, ledger.engine.commits, len(ledger.engine.statements)
        await until(lambda: ledger.engine.statements[asked:].count("ROLLBACK") > 3)
        assert (ledger.head, ledger.engine.commits) == (head, commits)


async def test_what_frees_no_token_does_not_have_all_of_them_settled(tmp_path: Path) -> None:
    """Settling looks at every application; what comes and goes all day long must not wait for that."""
    async with running(tmp_path, policy=COUNTING) as ledger:
        await ledger.submit(house(tokens=2))
        await _settled(ledger)
        before = ledger.figures().tally.commands["done"]
        await ledger.submit(begin(register()))
        await ledger.submit(begin(register(version="2.0")))
        await ledger.submit(Assign(holder=agent(1), licenses=named("Agent")))
        await ledger.submit(Unassign(holder=agent(1), licenses=named("Agent")))
        asked = 4 + await _settled(ledger)
        assert ledger.figures().tally.commands["done"] - before == asked


async def _settled(ledger: WatchedLedger) -> int:
    """Let a settling that is due be done; by how many commands that was waited for."""
    rounds = 3
    for number in range(rounds):
        await ledger.submit(DefineStation(name=f"desk{number}", display_name=""))
    return rounds
