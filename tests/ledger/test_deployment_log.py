"""What failed and what is blocked stands in the log and is counted, once, whoever asked and whoever waits."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from seatkeeper.ledger import transactions as work
from seatkeeper.ledger.deployed import RuntimeFigures
from seatkeeper.licensing.deployment import DeleteConfiguration, TransactionStatus
from seatkeeper.licensing.deployment_commands import DefineRuntime, RemoveRuntime
from seatkeeper.licensing.inventory_commands import ChangeSeats, RemoveLicenses
from tests.ledger.deploying import APP, COUNTING, begin, configure, house, refusing, register, statuses
from tests.ledger.world import Clock, Place, WatchedLedger, named, running, until

pytestmark = pytest.mark.anyio

[TOKEN] = named("Token")
NOTHING = RuntimeFigures("branch", True, 0, 0, 0, None)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_REST", 0.01)


def of(logged: list[Any], *events: str) -> list[dict[str, Any]]:
    return [each for each in logged if each["event"] in events]


async def ended(ledger: WatchedLedger, number: int) -> None:
    await ledger.transactions.ended(number)
    await until(lambda: number not in ledger.image.transactions)


@pytest.mark.parametrize("queued", [True, False])
async def test_a_transaction_that_fails_is_told_with_what_was_wrong_and_no_name_of_a_person(
    place: Place, queued: bool
) -> None:
    async with running(place, policy=COUNTING) as ledger:
        await ledger.submit(house(tokens=0))
        with capture_logs() as logged:
            begun = await ledger.submit(begin(register(), queued=queued))
            await ended(ledger, begun.id)
            await until(lambda: bool(of(logged, "transaction_ended")))
        counted = ledger.figures().tally.transactions
    [told] = of(logged, "transaction_ended")
    assert told.pop("why").endswith("Token is left: 0 of 0 are taken. Buy more, or remove an application that has one.")
    assert told == {
        "event": "transaction_ended",
        "log_level": "warning",
        "status": "FAILURE",
        "transaction": 1,
        "runtime": "mfp",
        "application": APP,
        "type": "UPLOAD_ARTIFACT",
        "user_id": 1,
        "fault": "tokens_short",
    }
    assert counted == {TransactionStatus.SUCCESS: 0, TransactionStatus.FAILURE: 1, TransactionStatus.CANCELED: 0}


async def test_a_transaction_that_succeeds_is_counted_and_makes_no_line(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(house())
        with capture_logs() as logged:
            for queued in (True, False):
                await ended(ledger, (await ledger.submit(begin(configure(), queued=queued))).id)
        counted = ledger.figures().tally.transactions
    assert of(logged, "transaction_ended") == []
    assert counted == {TransactionStatus.SUCCESS: 2, TransactionStatus.FAILURE: 0, TransactionStatus.CANCELED: 0}


async def test_one_whose_runtime_goes_in_the_same_commit_is_told_with_its_name(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(house())
        await ledger.submit(begin(configure()))
        await ledger.submit(begin(register()))
        with capture_logs() as logged:
            plug = await ledger.while_busy()
            failing = ledger.submit(begin(DeleteConfiguration(APP)))
            removing = ledger.submit(RemoveRuntime(name="mfp"))
            both = asyncio.gather(failing, removing)
            await until(lambda: ledger.figures().waiting == 2)
            ledger.go_on()
            await plug
            await both
    assert [(each["runtime"], each["fault"]) for each in of(logged, "transaction_ended")] == [
        ("mfp", "still_registered")
    ]


async def test_what_a_stop_left_waiting_is_told_in_one_line_at_the_next_start(place: Place) -> None:
    async with running(place) as ledger:
        await ledger.submit(house())
        ledger.engine.refuse = refusing("COMMITTING", 1)
        for _ in range(3):
            await ledger.submit(begin(configure(), queued=True))
        await until(lambda: statuses(ledger.database).get(1) == "PREPARING")
    with capture_logs() as logged:
        async with running(place) as again:
            counted = again.figures().tally.transactions
    assert of(logged, "transactions_recovered") == [
        {"event": "transactions_recovered", "log_level": "warning", "count": 3, "canceled": 2}
    ]
    assert counted[TransactionStatus.CANCELED] == 2


async def test_an_application_is_told_once_when_it_is_blocked_with_why_and_once_when_it_is_back(place: Place) -> None:
    async with running(place, policy=COUNTING) as ledger:
        await ledger.submit(house(tokens=2))
        for number in range(2):
            await ledger.submit(begin(register(f"{APP}.{number}")))
        with capture_logs() as logged:
            await ledger.submit(ChangeSeats(license=TOKEN, assignable=1, allow_overcommit=True))
            await until(lambda: len(of(logged, "application_blocked")) == 1)
            await ledger.submit(begin(configure(f"{APP}.1")))
            await ledger.submit(ChangeSeats(license=TOKEN, assignable=2))
            await until(lambda: len(of(logged, "application_unblocked")) == 1)
            await ledger.submit(RemoveLicenses(licenses=(TOKEN,)))
            await until(lambda: len(of(logged, "application_blocked")) == 3)
    told = of(logged, "application_blocked", "application_unblocked")
    assert [(each["event"], each["log_level"], each["application"], each.get("fault")) for each in told] == [
        ("application_blocked", "warning", f"{APP}.1", "tokens_short"),
        ("application_unblocked", "info", f"{APP}.1", None),
        ("application_blocked", "warning", f"{APP}.0", "tokens_not_bought"),
        ("application_blocked", "warning", f"{APP}.1", "tokens_not_bought"),
    ]
    assert {each["runtime"] for each in told} == {"mfp"}
    assert "Token is left: 1 of 1 are taken." in told[0]["why"]


async def test_the_figures_of_runtimes_are_those_of_one_commit(place: Place) -> None:
    clock = Clock()
    async with running(place, policy=COUNTING, clock=clock) as ledger:
        await ledger.submit(house(tokens=1))
        assert ledger.figures().runtimes == [NOTHING, NOTHING._replace(name="mfp")]
        await ledger.submit(DefineRuntime(name="branch", running=False))
        await ledger.submit(begin(register()))
        await ledger.submit(begin(configure("configured.only")))
        await ledger.submit(ChangeSeats(license=TOKEN, assignable=0, allow_overcommit=True))
        await until(lambda: ledger.figures().runtimes[1].blocked == 1)
        ledger.engine.refuse = refusing("COMMITTING")
        first = await ledger.submit(begin(configure(), queued=True))
        clock.now += 5_000
        await ledger.submit(begin(configure(), queued=True))
        told = ledger.figures().runtimes
        ledger.engine.refuse = lambda _entries: None
    assert told == [NOTHING._replace(running=False), RuntimeFigures("mfp", True, 1, 1, 2, first.created_at)]
