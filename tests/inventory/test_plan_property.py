"""Documents at random: what a plan tells is what differs, and what applying it comes to is what the documents say."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from seatkeeper.inventory.applying import Application
from seatkeeper.inventory.document import Document
from seatkeeper.inventory.file import read_document
from seatkeeper.inventory.planning import Plan
from tests.admin.world import World, opened
from tests.inventory import plain


class Bench:
    """One world for all examples: each begins by pruning everything away."""

    def __init__(self, runner: asyncio.Runner, world: World) -> None:
        self.runner = runner
        self.world = world

    def application(self, document: plain.Document, *, prune: bool) -> Application:
        inventory, problems = read_document(document, "ININ")
        read = Document(file="drawn", owner="ININ", inventory=inventory, problems=tuple(problems), prune=prune)
        return Application(read, self.world.reads, self.world.passwords)

    def plan(self, document: plain.Document, *, prune: bool) -> Plan:
        return self.runner.run(self.application(document, prune=prune).plan())

    def apply(self, document: plain.Document, *, prune: bool) -> None:
        self.runner.run(self.application(document, prune=prune).apply(self.world.ledger.submit))

    def clear(self) -> None:
        self.apply(
            {"owners": [], "licenses": [], "runtimes": [], "applications": [], "stations": [], "users": []}, prune=True
        )

    @property
    def state(self) -> plain.State:
        return plain.state_of(self.runner.run(self.world.inventory()))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with asyncio.Runner() as runner:
        opening = opened(tmp_path_factory.mktemp("bench"))
        yield Bench(runner, runner.run(opening.__aenter__()))
        runner.run(opening.__aexit__(None, None, None))


def told(plan: Plan) -> list[tuple[str, str, str, list[tuple[str, object, object]]]]:
    return sorted(
        (
            change.action.value,
            change.kind.value,
            change.name,
            sorted(
                ("password_hash" if each.name == "password" else each.name, listed(each.before), listed(each.after))
                for each in change.fields
                if each.name not in {"assigned", "applications"}
            ),
        )
        for change in plan.changes
    )


def listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


@settings(max_examples=60, deadline=None)
@given(first=plain.documents(whole=True), second=plain.documents(whole=False), prune=...)
def test_a_plan_tells_exactly_what_differs_and_applying_it_makes_it_so(
    bench: Bench, first: plain.Document, second: plain.Document, prune: bool
) -> None:
    bench.clear()
    first = plain.closed(first, plain.nothing(), prune=True)
    bench.apply(first, prune=False)
    before = bench.state
    assert before == plain.laid_over(plain.nothing(), first, prune=True)
    second = plain.closed(second, before, prune=prune)
    expected = plain.laid_over(before, second, prune=prune)
    plan = bench.plan(second, prune=prune)
    assert told(plan) == plain.without_what_goes_along(plain.differences(before, expected), expected)
    bench.apply(second, prune=prune)
    assert bench.state == expected
    again = bench.plan(second, prune=prune)
    assert (again.changes, again.commands, again.seen) == ((), (), ())


@settings(max_examples=25, deadline=None)
@given(first=plain.documents(whole=True), second=plain.documents(whole=True))
def test_pruning_by_a_whole_document_leaves_nothing_but_the_document(
    bench: Bench, first: plain.Document, second: plain.Document
) -> None:
    bench.clear()
    bench.apply(plain.closed(first, plain.nothing(), prune=True), prune=False)
    before = bench.state
    second = plain.closed(second, plain.nothing(), prune=True)
    bench.apply(second, prune=True)
    left = bench.state
    if "CRM:L2" not in left["license"]:
        # A profile of an owner without licenses is nothing that a file could speak of.
        left["user"] = {name: {**fields, "profiles.CRM.enabled": True} for name, fields in left["user"].items()}
    expected = plain.laid_over(plain.nothing(), second, prune=True)
    for name in plain.not_given_again(before, second) - left["assignment"].keys():
        del expected["assignment"][name]
    assert left == expected
