"""Transactions: what they do, in which steps, who waits for whom, and what ends them early (contract 3.1, 4)."""

import pytest

from seatkeeper.licensing.deployment import (
    ApplicationVersion,
    Category,
    Change,
    Configuration,
    Fault,
    Transaction,
    TransactionStatus,
    TransactionType,
)
from seatkeeper.licensing.deployment_commands import BeginTransaction, DefineRuntime
from seatkeeper.licensing.deployment_events import TransactionBegun, TransactionMoved
from seatkeeper.licensing.deployment_sentences import sentence_of
from seatkeeper.licensing.inventory_commands import DeleteUser
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from seatkeeper.licensing.refusals import Code, Refusal
from tests.licensing.deployed import (
    CANCELED,
    COMMITTING,
    COUNTING,
    FAILURE,
    FOUNDATION,
    NON_PRODUCTION,
    PENDING,
    PREPARING,
    REJECTING,
    SUCCESS,
    Deployed,
    configure,
    deconfigure,
    register,
    unregister,
)
from tests.licensing.world import NOON

APP = "com.package.id"


@pytest.fixture
def world() -> Deployed:
    return Deployed()


def _statuses(world: Deployed, transaction: Transaction) -> list[TransactionStatus]:
    moved = [event for event, _ in world.log if isinstance(event, TransactionMoved)]
    return [each.status for each in moved if each.transaction_id == transaction.id]


def _faults(transaction: Transaction) -> list[Fault]:
    return [each.fault for each in transaction.errors]


def test_what_is_begun_alone_is_over_in_the_same_turn_and_each_status_is_an_event(world: Deployed) -> None:
    transaction = world.begin(configure(APP))
    assert transaction == Transaction(
        id=1,
        runtime_id=1,
        change=configure(APP),
        user_id=world.deployer,
        server="node-1",
        status=SUCCESS,
        created_at=NOON,
        updated_at=NOON,
    )
    assert _statuses(world, transaction) == [PREPARING, COMMITTING, SUCCESS]
    application = world.application(APP)
    assert application is not None
    assert (application.configuration, application.versions) == (Configuration(Category.B2C), ())
    assert not world.state.unfinished.get(1)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (configure(APP), TransactionType.UPLOAD_ARTIFACT),
        (register(APP), TransactionType.UPLOAD_ARTIFACT),
        (deconfigure(APP), TransactionType.DELETE_LICENSE_CONFIG),
        (unregister(APP), TransactionType.DELETE_APPLICATION_ENV_VERSION),
    ],
)
def test_the_type_of_a_transaction_is_what_it_does(change: Change, kind: TransactionType) -> None:
    world = Deployed(Policy(deployment=DeploymentPolicy(delete_registered=True)))
    world.succeed(configure(APP), register(APP))
    transaction = world.begin(change)
    assert (transaction.type, transaction.status) == (kind, SUCCESS)


def test_a_line_that_is_full_takes_no_more_until_one_of_it_is_over() -> None:
    world = Deployed(Policy(deployment=DeploymentPolicy(longest_line=2)))
    first = world.begin(configure(APP), queued=True)
    world.begin(configure(APP), queued=True)
    for queued in (True, False):
        with pytest.raises(Refusal, match="2 transactions of runtime mfp wait already") as refused:
            world.begin(configure(APP), queued=queued)
        assert refused.value.code is Code.LINE_FULL
    world.finish(first)
    assert world.begin(configure(APP), queued=True).status is PENDING


def test_a_configuration_is_replaced_and_the_same_again_is_one_more_transaction_but_no_change(world: Deployed) -> None:
    world.succeed(configure(APP))
    world.succeed(configure(APP, category=Category.B2E))
    replaced = world.application(APP)
    assert replaced is not None
    assert replaced.configuration == Configuration(Category.B2E)
    before = world.deployment()
    assert world.begin(configure(APP, category=Category.B2E)).id == 3
    assert world.deployment() == before


def test_versions_are_kept_in_order_and_one_registered_again_gets_its_new_time_and_name(world: Deployed) -> None:
    world.succeed(register(APP, "2.0"), register(APP, "1.0"), register(APP, "1.0", "ios"))
    world.now += 5
    world.begin(register(APP, "1.0"))
    application = world.application(APP)
    assert application is not None
    assert application.versions == (
        ApplicationVersion("android", "1.0", APP, NOON + 5),
        ApplicationVersion("android", "2.0", APP, NOON),
        ApplicationVersion("ios", "1.0", APP, NOON),
    )


def test_an_application_is_gone_with_its_last_version_and_its_configuration(world: Deployed) -> None:
    world.succeed(configure(APP), register(APP), unregister(APP))
    left = world.application(APP)
    assert left is not None
    assert left.versions == ()
    world.succeed(deconfigure(APP))
    assert world.application(APP) is None
    world.succeed(register(APP), unregister(APP))
    assert world.application(APP) is None
    world.succeed(configure(APP))
    found = world.application(APP)
    assert found is not None
    assert found.id != left.id


def test_names_are_compared_exactly(world: Deployed) -> None:
    world.do(DefineRuntime(name="MFP"))
    world.succeed(configure("app"), configure("App"), register("app", "1.0", "ios"), register("app", "1.0", "iOS"))
    assert len(world.state.applications_of.get(1) or ()) == 2
    assert not world.state.applications_of.get(2)
    found = world.application("app")
    assert found is not None
    assert [each.platform for each in found.versions] == ["iOS", "ios"]


def test_a_configuration_stays_while_a_version_is_registered_and_the_transaction_says_so(world: Deployed) -> None:
    """Decision 21."""
    world.succeed(configure(APP), register(APP))
    before = world.deployment()
    transaction = world.begin(deconfigure(APP))
    assert transaction.status is FAILURE
    assert _statuses(world, transaction) == [PREPARING, REJECTING, FAILURE]
    assert [str(sentence_of(each)) for each in transaction.errors] == [
        (
            "The license configuration of com.package.id cannot be deleted while versions of it are registered (1)."
            " Remove these first."
        )
    ]
    assert world.deployment() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (deconfigure("nothing"), Code.NO_CONFIGURATION),
        (deconfigure(APP), Code.NO_CONFIGURATION),
        (unregister("nothing"), Code.UNKNOWN_APPLICATION),
        (deconfigure("a\x00b"), Code.NO_CONFIGURATION),
        (deconfigure(" app"), Code.NO_CONFIGURATION),
        (unregister("a" * 300), Code.UNKNOWN_APPLICATION),
        (unregister(APP, "9.9"), Code.UNKNOWN_VERSION),
        (unregister(APP, "\x00"), Code.UNKNOWN_VERSION),
        (unregister(APP, "1.0", "ios"), Code.UNKNOWN_VERSION),
        (configure(""), Code.INVALID_VALUE),
        (configure(" app"), Code.INVALID_VALUE),
        (configure("a\nb"), Code.INVALID_VALUE),
        (configure("."), Code.INVALID_VALUE),
        (register(APP, ".."), Code.INVALID_VALUE),
        (configure("a\x85b"), Code.INVALID_VALUE),
        (configure("a\ud800b"), Code.INVALID_VALUE),
        (configure("a\uffffb"), Code.INVALID_VALUE),
        (configure("a" * 255), Code.INVALID_VALUE),
        (register(APP, ""), Code.INVALID_VALUE),
        (register(APP, "1", "\x00"), Code.INVALID_VALUE),
        (register(APP, "1" * 255), Code.INVALID_VALUE),
    ],
)
def test_what_cannot_be_meant_makes_no_transaction(world: Deployed, change: Change, code: Code) -> None:
    world.succeed(register(APP))
    before = world.picture()
    with pytest.raises(Refusal) as refused:
        world.begin(change)
    assert refused.value.code is code
    assert world.picture() == before


@pytest.mark.parametrize("name", ["a" * 254, "日本.語", "😀", "a$b||c", "a b", "a/b", "-", "'\"<&>"])
def test_any_other_name_names_an_application(world: Deployed, name: str) -> None:
    world.succeed(configure(name), register(name, name, name))
    assert world.application(name) is not None


def test_nothing_is_deployed_in_an_unknown_or_stopped_runtime_nor_by_a_deleted_user(world: Deployed) -> None:
    world.do(DefineRuntime(name="stopped", running=False))
    world.user("leaver")
    left = world.state.user_ids["leaver"]
    world.do(DeleteUser(login="leaver"))
    before = world.picture()
    for runtime, user_id, code in (
        ("nowhere", world.deployer, Code.UNKNOWN_RUNTIME),
        ("stopped", world.deployer, Code.RUNTIME_NOT_RUNNING),
        ("mfp", left, Code.UNKNOWN_USER),
    ):
        with pytest.raises(Refusal) as refused:
            world.do(BeginTransaction(runtime=runtime, change=configure(APP), user_id=user_id, server=""))
        assert refused.value.code is code
    assert world.picture() == before


# One after the other.


def test_a_queued_transaction_goes_step_by_step_and_each_step_is_taken_once(world: Deployed) -> None:
    transaction = world.begin(configure(APP), queued=True)
    assert transaction.status is PENDING
    for status, following in ((PENDING, PREPARING), (PREPARING, COMMITTING), (COMMITTING, SUCCESS)):
        assert world.application(APP) is None
        world.now += 1
        moved = world.advance(transaction, status)
        assert moved is not None
        assert (moved.status, moved.updated_at, moved.created_at) == (following, world.now, NOON)
        assert world.advance(transaction, status) is None
    assert world.application(APP) is not None
    assert world.advance(transaction, SUCCESS) is None
    world.commit()
    assert _statuses(world, transaction) == [PREPARING, COMMITTING, SUCCESS]


def test_whoever_comes_while_another_waits_waits_behind_him_even_if_he_asked_to_be_served_at_once(
    world: Deployed,
) -> None:
    first = world.begin(configure("a"), queued=True)
    second, third = world.begin(configure("b")), world.begin(configure("c"))
    assert [each.status for each in (first, second, third)] == [PENDING] * 3
    assert world.advance(second) is None
    assert world.advance(third) is None
    moved = world.advance(first)
    assert moved is not None
    assert world.advance(second) is None
    assert world.finish(moved).status is SUCCESS
    assert world.advance(third) is None
    assert world.finish(second).status is SUCCESS
    assert world.finish(third).status is SUCCESS


def test_another_runtime_is_not_held_up(world: Deployed) -> None:
    world.do(DefineRuntime(name="other"))
    world.queue(configure(APP), COMMITTING)
    assert world.begin(configure(APP), runtime="other").status is SUCCESS


def test_what_a_transaction_before_will_bring_can_be_deleted_by_one_behind(world: Deployed) -> None:
    first, second = world.begin(configure(APP), queued=True), world.begin(deconfigure(APP))
    third = world.begin(deconfigure(APP))
    for each in (first, second):
        assert world.finish(each).status is SUCCESS
    failed = world.finish(third)
    assert (failed.status, _faults(failed)) == (FAILURE, [Fault.NO_CONFIGURATION])
    assert str(sentence_of(failed.errors[0])) == (
        "Application com.package.id of runtime mfp has no license configuration."
    )


def test_a_version_that_can_never_be_is_not_waited_for(world: Deployed) -> None:
    world.begin(register(APP), queued=True)
    assert world.begin(unregister(APP)).status is PENDING
    with pytest.raises(Refusal) as refused:
        world.begin(unregister(APP, "\x00"))
    assert refused.value.code is Code.UNKNOWN_APPLICATION


def test_a_version_that_another_removed_before_is_not_there(world: Deployed) -> None:
    world.succeed(configure(APP), register(APP))
    first, second = world.begin(unregister(APP), queued=True), world.begin(unregister(APP))
    world.finish(first)
    failed = world.finish(second)
    assert (failed.status, _faults(failed)) == (FAILURE, [Fault.NO_VERSION])


def test_a_runtime_that_stops_fails_who_waits_and_completes_who_has_begun(world: Deployed) -> None:
    begun = world.queue(configure("a"), PREPARING)
    waiting = world.begin(configure("b"), queued=True)
    world.do(DefineRuntime(name="mfp", running=False))
    assert world.finish(begun).status is SUCCESS
    failed = world.finish(waiting)
    assert (failed.status, _faults(failed)) == (FAILURE, [Fault.RUNTIME_NOT_RUNNING])


# Time limits, and the lock.

LIMITS = DeploymentPolicy(lock_wait=20_000, longest_lock=40_000, prepare=30_000, commit=10_000)


def _limited() -> Deployed:
    return Deployed(Policy(deployment=LIMITS))


@pytest.mark.parametrize(
    ("status", "limit", "ends", "fault"),
    [
        (PENDING, LIMITS.lock_wait, [FAILURE], Fault.LOCK_WAIT),
        (PREPARING, LIMITS.prepare, [PREPARING, REJECTING, FAILURE], Fault.STALLED),
        (COMMITTING, LIMITS.commit, [PREPARING, COMMITTING, FAILURE], Fault.STALLED),
    ],
)
def test_each_step_has_its_limit(
    status: TransactionStatus, limit: int, ends: list[TransactionStatus], fault: Fault
) -> None:
    world = _limited()
    in_time = world.queue(configure("in.time"), status)
    world.now += limit
    assert world.finish(in_time).status is SUCCESS
    late = world.queue(configure("late"), status)
    world.now += limit + 1
    ended = world.finish(late)
    assert _statuses(world, ended) == ends
    assert _faults(ended) == [fault]
    assert f"more than {limit // 1000} seconds" in str(sentence_of(ended.errors[0]))
    assert world.application("late") is None


def test_whoever_waited_too_long_for_the_lock_ends_while_another_has_it() -> None:
    world = _limited()
    holder = world.queue(configure("a"), PREPARING)
    second, third = world.begin(configure("b")), world.begin(configure("c"))
    world.now += LIMITS.lock_wait + 1
    for each in (third, second):
        ended = world.advance(each)
        assert ended is not None
        assert (ended.status, _faults(ended)) == (FAILURE, [Fault.LOCK_WAIT])
    assert world.finish(holder).status is SUCCESS
    assert world.application("a") is not None


@pytest.mark.parametrize(("limit", "said"), [(500, "0.5"), (1_250, "1.25"), (60_000, "60")])
def test_a_limit_is_told_as_it_was_set(limit: int, said: str) -> None:
    world = Deployed(Policy(deployment=DeploymentPolicy(lock_wait=limit)))
    waiting = world.queue(configure(APP))
    world.now += limit + 1
    assert f" more than {said} seconds." in str(sentence_of(world.finish(waiting).errors[0]))


@pytest.mark.parametrize("status", [PREPARING, COMMITTING, REJECTING])
def test_a_lock_that_nobody_moves_falls_to_the_next_in_the_line(status: TransactionStatus) -> None:
    world = _limited()
    world.succeed(configure(APP), register(APP))
    change = deconfigure(APP) if status is REJECTING else configure("a")
    holder = world.queue(change, status)
    world.now += LIMITS.longest_lock - 1
    second, third = world.begin(configure("b")), world.begin(configure("c"))
    world.now += 1
    assert world.advance(second) is None
    world.now += 1
    assert world.advance(third) is None
    assert world.now_of(holder).status is status
    assert world.finish(second).status is SUCCESS
    ended = world.now_of(holder)
    assert ended.status is FAILURE
    assert _faults(ended)[-1] is Fault.STALLED
    assert world.application("a") is None
    assert world.finish(third).status is SUCCESS
    assert world.advance(ended, status) is None


@pytest.mark.parametrize("status", [PREPARING, COMMITTING, REJECTING])
def test_an_administrator_takes_the_lock_and_the_transaction_fails(world: Deployed, status: TransactionStatus) -> None:
    world.succeed(configure(APP), register(APP))
    before = world.deployment()
    holder = world.queue(deconfigure(APP) if status is REJECTING else configure("a"), status)
    waiting = world.begin(configure("b"), queued=True)
    assert world.release()
    ended = world.now_of(holder)
    assert (ended.status, _faults(ended)[-1]) == (FAILURE, Fault.LOCK_RELEASED)
    assert str(world.deployer) in str(sentence_of(ended.errors[-1]))
    assert world.deployment() == before
    assert not world.release()
    assert world.now_of(waiting).status is PENDING
    assert world.finish(waiting).status is SUCCESS


def test_a_lock_that_nobody_has_is_not_taken_from_those_who_wait(world: Deployed) -> None:
    assert not world.release()
    waiting = world.begin(configure(APP), queued=True)
    assert not world.release()
    assert world.now_of(waiting).status is PENDING
    with pytest.raises(Refusal) as refused:
        world.release("nowhere")
    assert refused.value.code is Code.UNKNOWN_RUNTIME


# After a restart.


@pytest.mark.parametrize("status", [PENDING, PREPARING, COMMITTING, REJECTING])
def test_what_a_stopped_node_left_is_canceled_rejected_or_completed(status: TransactionStatus) -> None:
    """Decision 19. However long the server was down."""
    world = _limited()
    world.succeed(configure(APP), register(APP))
    before = world.deployment()
    left = world.queue(deconfigure(APP) if status is REJECTING else configure("a"), status)
    world.do(DefineRuntime(name="other"))
    waiting = world.begin(configure("b"), queued=True)
    world.now += 10 * LIMITS.longest_lock
    assert world.recover() == 2
    canceled = world.now_of(waiting)
    assert (canceled.status, _faults(canceled)) == (CANCELED, [Fault.CANCELED])
    recovered = world.now_of(left)
    match status:
        case TransactionStatus.PENDING:
            assert (recovered.status, _faults(recovered)) == (CANCELED, [Fault.CANCELED])
        case TransactionStatus.PREPARING:
            assert (recovered.status, _faults(recovered)) == (REJECTING, [Fault.INTERRUPTED])
            assert world.finish(recovered).status is FAILURE
        case TransactionStatus.COMMITTING:
            assert world.finish(recovered).status is SUCCESS
            assert world.application("a") is not None
            return
        case _:
            ended = world.finish(recovered)
            assert (ended.status, _faults(ended)) == (FAILURE, [Fault.STILL_REGISTERED])
    after = world.deployment()
    del before["runtimes"], after["runtimes"]
    assert after == before
    assert world.begin(configure("c")).status is SUCCESS


@pytest.mark.parametrize("status", [PENDING, PREPARING, COMMITTING])
def test_of_what_a_gone_node_left_another_takes_on_what_waits(status: TransactionStatus) -> None:
    """Decision 19. Nothing that waits is canceled; the limit of a step that was under way begins anew."""
    world = _limited()
    left = world.queue(configure("a"), status)
    waiting = world.begin(configure("b"), queued=True)
    world.now += LIMITS.commit + 1
    assert world.recover(cancel=False) == (0 if status is PENDING else 1)
    assert world.finish(world.now_of(left)).status is (FAILURE if status is PREPARING else SUCCESS)
    assert world.finish(waiting).status is SUCCESS


def test_what_another_node_begins_after_the_only_one_has_looked_is_left_to_it(world: Deployed) -> None:
    left = world.begin(configure("a"), queued=True)
    later = world.begin(configure("b"), queued=True)
    assert world.recover(until=left.id) == 1
    assert [world.now_of(each).status for each in (left, later)] == [CANCELED, PENDING]
    assert world.finish(later).status is SUCCESS


def test_with_nothing_left_there_is_nothing_to_recover(world: Deployed) -> None:
    world.succeed(configure(APP))
    world.commit()
    before = len(world.log)
    assert world.recover() == 0
    assert len(world.log) == before


# Tokens on the way (the rest of these: test_tokens).


def _counting(seats: int) -> Deployed:
    world = Deployed(COUNTING)
    world.tokens(FOUNDATION, seats)
    return world


def test_a_token_is_reserved_while_a_transaction_prepares_and_given_back_where_it_fails() -> None:
    world = _counting(1)
    before = world.deployment()
    holder = world.queue(register(APP), PREPARING)
    assert holder.reserved is not None
    placeholder = world.application(APP)
    assert placeholder is not None
    assert (placeholder.configuration, placeholder.versions, world.has_tokens(APP)) == (None, (), {FOUNDATION})
    assert world.token_pool(FOUNDATION).assigned_applications == 1
    assert world.release()
    assert world.now_of(holder).reserved is None
    assert world.deployment() == before


def test_a_waiting_transaction_that_gives_up_leaves_the_token_of_the_one_at_work() -> None:
    world = Deployed(Policy(deployment=DeploymentPolicy(count_tokens=True, lock_wait=20_000)))
    world.tokens(FOUNDATION, 1)
    holder, waiting = world.queue(register(APP), COMMITTING), world.begin(register(APP, "2.0"))
    world.now += 20_001
    ended = world.advance(waiting)
    assert ended is not None
    assert ended.status is FAILURE
    assert world.finish(holder).status is SUCCESS
    assert world.has_tokens(APP) == {FOUNDATION}


@pytest.mark.parametrize("status", [PREPARING, COMMITTING])
def test_recovering_does_not_lose_a_reservation(status: TransactionStatus) -> None:
    world = _counting(1)
    left = world.queue(register(APP), status)
    world.recover()
    ended = world.finish(world.now_of(left))
    if status is COMMITTING:
        assert (ended.status, world.has_tokens(APP)) == (SUCCESS, {FOUNDATION})
    else:
        assert (ended.status, world.application(APP)) == (FAILURE, None)
        assert world.token_pool(FOUNDATION).assigned_applications == 0


def test_a_transaction_that_asks_for_no_token_reserves_none() -> None:
    world = _counting(0)
    assert world.begin(configure(APP)).status is SUCCESS
    assert world.begin(configure(APP, NON_PRODUCTION)).status is SUCCESS
    assert world.begin(register(APP)).status is SUCCESS
    assert world.has_tokens(APP) == set()
    assert not any(isinstance(event, TransactionMoved) and event.reserved for event, _ in world.log)
    assert sum(isinstance(event, TransactionBegun) for event, _ in world.log) == 3
