"""Runtimes and their applications, as an administrator adds, changes and removes them."""

import pytest

from seatkeeper.licensing.commands import Command, T
from seatkeeper.licensing.deployment import ApplicationVersion, Category, Configuration, Runtime, TransactionStatus
from seatkeeper.licensing.deployment_commands import (
    DefineApplication,
    DefineRuntime,
    RemoveApplication,
    RemoveRuntime,
    VersionNamed,
)
from seatkeeper.licensing.deployment_events import ApplicationRemoved, RuntimeRemoved
from seatkeeper.licensing.refusals import Code, Refusal
from tests.licensing.deployed import APPLICATION, COMMITTING, PENDING, PREPARING, SUCCESS, Deployed, configure, register
from tests.licensing.world import NOON


@pytest.fixture
def world() -> Deployed:
    return Deployed()


def test_a_runtime_is_added_stopped_and_started_and_that_again_is_nothing_new(world: Deployed) -> None:
    assert world.do(DefineRuntime(name="new"))
    assert not world.do(DefineRuntime(name="new"))
    assert world.do(DefineRuntime(name="new", running=False))
    assert not world.do(DefineRuntime(name="new", running=False))
    assert list(world.state.runtimes.values()) == [Runtime(1, "mfp"), Runtime(2, "new", running=False)]


def test_a_runtime_goes_with_its_applications_and_its_number_is_not_used_again(world: Deployed) -> None:
    world.do(DefineRuntime(name="other"))
    world.succeed(configure("a"), register("b"))
    world.begin(configure("a"), runtime="other")
    events = world.events_of(RemoveRuntime(name="mfp"))
    assert [type(event) for event in events] == [ApplicationRemoved, ApplicationRemoved, RuntimeRemoved]
    assert [each.runtime_id for each in world.state.applications.values()] == [2]
    world.do(DefineRuntime(name="mfp"))
    assert world.state.runtime_ids.get("mfp") == 3
    assert world.begin(configure("a")).id == 4


@pytest.mark.parametrize("name", ["", " ", " mfp", "m\tfp", "m\x7ffp", "m/fp", "m" * 255])
def test_what_is_no_context_root_names_no_runtime(world: Deployed, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        world.do(DefineRuntime(name=name))
    assert refused.value.code is Code.INVALID_VALUE


def test_an_application_is_exactly_what_is_said(world: Deployed) -> None:
    assert world.define("a", "2.0", "1.0", license_type=APPLICATION)
    assert not world.define("a", "1.0", "2.0", license_type=APPLICATION)
    world.now += 5
    assert world.define("a", "1.0", "3.0")
    application = world.application("a")
    assert application is not None
    assert application.configuration is None
    assert application.versions == (
        ApplicationVersion("android", "1.0", "", NOON),
        ApplicationVersion("android", "3.0", "", NOON + 5),
    )
    assert world.define("a", "1.0", "3.0", display_name="shown")
    application = world.application("a")
    assert application is not None
    assert {each.deployed_at for each in application.versions} == {NOON + 5}
    assert world.define("a", license_type=APPLICATION)
    application = world.application("a")
    assert application is not None
    assert (application.configuration, application.versions) == (Configuration(Category.B2C), ())


def test_an_application_is_defined_in_a_runtime_that_does_not_run_too(world: Deployed) -> None:
    world.do(DefineRuntime(name="stopped", running=False))
    assert world.define("a", "1.0", runtime="stopped")


def test_a_removed_application_is_gone(world: Deployed) -> None:
    world.define("a", "1.0", license_type=APPLICATION)
    world.do(RemoveApplication(runtime="mfp", name="a"))
    assert world.application("a") is None
    with pytest.raises(Refusal) as refused:
        world.do(RemoveApplication(runtime="mfp", name="a"))
    assert refused.value.code is Code.UNKNOWN_APPLICATION


def _refusal(world: Deployed, command: Command[T]) -> Code:
    with pytest.raises(Refusal) as refused:
        world.do(command)
    return refused.value.code


@pytest.mark.parametrize("status", [PREPARING, COMMITTING])
def test_nobody_changes_an_application_while_a_transaction_is_at_work_on_it(
    world: Deployed, status: TransactionStatus
) -> None:
    world.define("a", "1.0")
    transaction = world.queue(configure("a"), status)
    before = world.picture()
    for refused in (
        _refusal(world, RemoveApplication(runtime="mfp", name="a")),
        _refusal(world, DefineApplication(runtime="mfp", name="a", versions=(VersionNamed("ios", "1.0"),))),
        _refusal(world, RemoveRuntime(name="mfp")),
    ):
        assert refused is Code.TRANSACTION_UNFINISHED
    assert world.picture() == before
    assert world.define("b", "1.0")
    assert world.finish(transaction).status is SUCCESS
    world.do(RemoveApplication(runtime="mfp", name="a"))


def test_what_only_waits_keeps_a_runtime_but_not_an_application(world: Deployed) -> None:
    world.define("a", "1.0")
    transaction = world.begin(configure("a"), queued=True)
    assert transaction.status is PENDING
    world.do(RemoveApplication(runtime="mfp", name="a"))
    with pytest.raises(Refusal) as refused:
        world.do(RemoveRuntime(name="mfp"))
    assert refused.value.sentence == (
        "Runtime mfp cannot be removed: 1 of its transactions are not over. Wait for their end."
    )
    assert world.finish(transaction).status is SUCCESS
    world.do(RemoveRuntime(name="mfp"))
