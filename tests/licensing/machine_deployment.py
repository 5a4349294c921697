"""A machine that gives every command about deployments to the rules and to a plain model, and compares them."""

from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from seatkeeper.licensing.commands import Command, T
from seatkeeper.licensing.deployment import Category, Configuration, LicenseType, TransactionStatus
from seatkeeper.licensing.deployment import Change as Asked
from seatkeeper.licensing.deployment_commands import DefineApplication, DefineRuntime, RemoveApplication, VersionNamed
from seatkeeper.licensing.entities import HolderKind, LicenseName
from seatkeeper.licensing.fold import fold
from seatkeeper.licensing.inventory_commands import ChangeSeats
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.state import JOURNALLED, Image, State
from tests.licensing import deployed
from tests.licensing.deployed import TOKENS, Deployed
from tests.licensing.judgement import counts_are_what_the_rows_come_to
from tests.licensing.model_deployment import COMMIT, LOCK, PREPARE, WAIT, App, Change, Key, Model, Move
from tests.licensing.world import picture

RUNTIMES, APPS, VERSIONS, FEATURES = ("mfp", "other"), ("a", "b", "c"), ("1", "2"), ("ibmmfpfa", "ibmmfpabd")
INDEXES = ("runtime_ids", "application_ids", "applications_of", "unfinished", "assigned_to", "license_ids")
LIMITS = DeploymentPolicy(
    lock_wait=WAIT * 1000, longest_lock=LOCK * 1000, prepare=PREPARE * 1000, commit=COMMIT * 1000, count_tokens=True
)

keys: st.SearchStrategy[Key] = st.tuples(st.sampled_from(RUNTIMES), st.sampled_from(APPS))
types = st.sampled_from([each.value for each in LicenseType])
changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(Change, act=st.just("set"), app=keys, what=types),
    st.builds(Change, act=st.just("delete"), app=keys),
    st.builds(
        Change, act=st.sampled_from(("register", "register", "remove")), app=keys, what=st.sampled_from(VERSIONS)
    ),
)
numbers = st.integers(0, 99)


def asked(change: Change) -> Asked:
    """A change as the rules know it."""
    name = change.app[1]
    match change.act:
        case "set":
            return deployed.configure(name, LicenseType(change.what))
        case "delete":
            return deployed.deconfigure(name)
        case "register":
            return deployed.register(name, change.what)
        case _:
            return deployed.unregister(name, change.what)


class Deployments(RuleBasedStateMachine):
    """Both must agree on every outcome, and on what is there after it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Deployed(Policy(deployment=LIMITS))
        self.model = Model()
        self.moves: list[Move] = []
        self.taken: dict[int, int] = {}

    @initialize(foundation=st.integers(0, 3), brand=st.integers(0, 2))
    def begin_with(self, foundation: int, brand: int) -> None:
        """Two runtimes and a few tokens."""
        self.world.do(DefineRuntime(name="other"))
        self.model.bought = {"ibmmfpfa": foundation, "ibmmfpabd": brand}
        for feature, seats in self.model.bought.items():
            self.world.tokens(feature, seats)
        for runtime in RUNTIMES:
            self.model.runs[runtime] = True
            self.model.lines[runtime] = []

    @rule(change=changes, queued=st.booleans())
    def begin(self, change: Change, queued: bool) -> None:
        """Begin a transaction. One that fails at once leaves everything as it was."""
        before = self.world.deployment()
        expected = self.model.begin(change, queued=queued)
        if not isinstance(expected, Move):
            with pytest.raises(Refusal) as refused:
                self.world.begin(asked(change), runtime=change.app[0], queued=queued)
            assert refused.value.code.value == expected
            assert self.world.deployment() == before
            return
        transaction = self.world.begin(asked(change), runtime=change.app[0], queued=queued)
        assert (transaction.id, transaction.status.value) == (expected.number, expected.status)
        if transaction.status is not TransactionStatus.SUCCESS:
            assert self.world.deployment() == before
        self.moves.append(expected)

    @precondition(lambda self: any(self.model.lines.values()))
    @rule(number=numbers)
    def advance(self, number: int) -> None:
        """Take any of those that are not over one step on; the step that was taken is not taken again."""
        move = self._move(number)
        status = TransactionStatus(move.status)
        moves = self.model.advance(move)
        outcome = self.world.advance(self.world.state.transactions[move.number], status)
        assert (outcome is not None) is moves
        if moves and move.status != status.value:
            assert self.world.advance(self.world.state.transactions[move.number], status) is None

    @rule(runtime=st.sampled_from(RUNTIMES))
    def release(self, runtime: str) -> None:
        """Take the lock away."""
        assert self.world.release(runtime) is self.model.release(runtime)

    @rule()
    def recover(self) -> None:
        """Start again."""
        assert self.world.recover() == self.model.recover()

    @rule(seconds=st.sampled_from((1, COMMIT, COMMIT + 1, WAIT, WAIT + 1, PREPARE + 1, LOCK + 1)))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.world.now += 1000 * seconds
        self.model.now += seconds

    @rule(feature=st.sampled_from(FEATURES), seats=st.integers(0, 4))
    def buy(self, feature: str, seats: int) -> None:
        """Buy tokens, or give some up."""
        self.world.do(ChangeSeats(license=LicenseName(TOKENS, feature), assignable=seats, allow_overcommit=True))
        self.model.bought[feature] = seats

    @rule()
    def settle(self) -> None:
        """Block and unblock."""
        self.world.settle()
        self.model.settle()

    @rule(counting=st.booleans())
    def count_tokens(self, counting: bool) -> None:
        """Switch the accounting, as a restart with other settings does: it settles at once."""
        self.world.policy = Policy(deployment=replace(LIMITS, count_tokens=counting))
        self.model.counting = counting
        self.settle()

    @rule(runtime=st.sampled_from(RUNTIMES), running=st.booleans())
    def run(self, runtime: str, running: bool) -> None:
        """Start or stop a runtime."""
        self.world.do(DefineRuntime(name=runtime, running=running))
        self.model.runs[runtime] = running

    @rule(key=keys, license_type=st.none() | types, versions=st.frozensets(st.sampled_from(VERSIONS)))
    def define(self, key: Key, license_type: str | None, versions: frozenset[str]) -> None:
        """An administrator says what an application is."""
        if license_type is None and not versions:
            versions = frozenset(VERSIONS)
        command = DefineApplication(
            runtime=key[0],
            name=key[1],
            configuration=None if license_type is None else Configuration(Category.B2C, LicenseType(license_type)),
            versions=tuple(VersionNamed("android", each, key[1]) for each in versions),
        )
        self._agree(command, self.model.define(key, App(license_type, versions)))

    @rule(key=keys)
    def remove(self, key: Key) -> None:
        """An administrator removes an application."""
        self._agree(RemoveApplication(runtime=key[0], name=key[1]), self.model.remove(key))

    @rule()
    def commit(self) -> None:
        """A batch ends."""
        self.world.commit()

    # What holds at all times.

    @invariant()
    def the_same_is_there(self) -> None:
        """Applications, their tokens, and where each transaction stands."""
        state = self.world.state
        runtimes = {each.id: each.name for each in state.runtimes.values()}
        apps = {
            (runtimes[each.runtime_id], each.name): App(
                None if each.configuration is None else each.configuration.license_type.value,
                frozenset(version.version for version in each.versions),
                each.blocked,
            )
            for each in state.applications.values()
        }
        assert apps == self.model.apps
        names = {each.id: (runtimes[each.runtime_id], each.name) for each in state.applications.values()}
        tokens = {
            feature: [
                names[each.holder.id]
                for each in sorted(state.assignments.values(), key=lambda assignment: assignment.id)
                if state.licenses[each.license_id].name == feature
            ]
            for feature in self.model.tokens
        }
        assert tokens == self.model.tokens
        lines = {
            runtimes[runtime]: [(each, state.transactions[each].status.value) for each in line]
            for runtime, line in state.unfinished.items()
        }
        assert lines == {
            runtime: [(each.number, each.status) for each in line] for runtime, line in self.model.lines.items() if line
        }
        for move in self.moves:
            transaction = state.transactions[move.number]
            assert [each.fault.value for each in transaction.errors] == move.wrong
            assert transaction.status.value == move.status

    @invariant()
    def the_counts_are_what_the_rows_come_to_and_no_command_raises_them_above_the_seats(self) -> None:
        """Rule L12."""
        counts_are_what_the_rows_come_to(self.world.state)
        for pool in self.world.state.pools.values():
            assert pool.assigned <= max(self.taken.get(pool.license_id, 0), pool.assignable_seats)
            self.taken[pool.license_id] = pool.assigned

    @invariant()
    def every_token_is_that_of_an_application_with_a_version_or_is_reserved(self) -> None:
        """Or none is counted any more, or seats went: then nothing has been settled yet."""
        state = self.world.state
        reserved = {
            (each.runtime_id, each.change.application): each.reserved
            for each in state.transactions.values()
            if each.reserved is not None
        }
        for assignment in state.assignments.values():
            assert assignment.holder.kind is HolderKind.APPLICATION
            application = state.applications[assignment.holder.id]
            assert application.versions or reserved.get(application.key) == assignment.license_id
        for transaction in state.transactions.values():
            assert not (transaction.status.over and transaction.reserved)

    @invariant()
    def at_most_one_transaction_of_a_runtime_has_its_lock(self) -> None:
        """The first of its line."""
        state = self.world.state
        locking = Counter(each.runtime_id for each in state.transactions.values() if each.status.locks)
        assert all(times == 1 for times in locking.values())
        for runtime, line in state.unfinished.items():
            assert list(line) == sorted(line)
            assert not any(state.transactions[each].status.locks for each in line[1:])
            assert not any(state.transactions[each].status.over for each in line)
            assert all(state.transactions[each].runtime_id == runtime for each in line)

    def judge(self) -> None:
        """All of that, for who drives the machine by hand."""
        self.the_same_is_there()
        self.the_counts_are_what_the_rows_come_to_and_no_command_raises_them_above_the_seats()
        self.every_token_is_that_of_an_application_with_a_version_or_is_reserved()
        self.at_most_one_transaction_of_a_runtime_has_its_lock()

    def teardown(self) -> None:
        """The journal alone comes to the same tables and indexes, and whatever is left comes to an end."""
        if not self.model.lines:
            return
        for move in [move for line in self.model.lines.values() for move in line]:
            while not TransactionStatus(move.status).over:
                self.advance_first(move)
        self.the_same_is_there()
        image = Image()
        state = State(image)
        for event, at in self.world.log:
            fold(state, event, at)
        assert picture(state, JOURNALLED) == picture(self.world.state, JOURNALLED)
        self.world.commit()
        state.merge()
        for index in INDEXES:
            assert getattr(image, index) == getattr(self.world.image, index)

    def advance_first(self, move: Move) -> None:
        """Take the first of a line on."""
        assert self.model.advance(move)
        transaction = self.world.state.transactions[move.number]
        assert self.world.advance(transaction) is not None

    # The way there.

    def _move(self, number: int) -> Move:
        choice = [move for line in self.model.lines.values() for move in line]
        return choice[number % len(choice)]

    def _agree(self, command: Command[T], expected: str | None) -> None:
        if expected is None:
            self.world.do(command)
            return
        before = self.world.picture()
        with pytest.raises(Refusal) as refused:
            self.world.do(command)
        assert refused.value.code.value == expected
        assert self.world.picture() == before
