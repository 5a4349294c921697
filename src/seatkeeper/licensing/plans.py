"""User plans: licenses that others of the same owner come with.

Superoffice contract 2.2; docs/decisions/owners-and-plans.md.

What a plan implies stands in its `extra_info`, as `set=a,b,c`; what else stands there, behind a semicolon or on another
line, is its owner's business.
"""

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, NamedTuple

from seatkeeper.licensing.entities import Holder, License, LicenseDetails, LicenseKind, LicenseName
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.turn import Turn

_USER_PLAN: Final = 1
"""The flag, among a license's `extra_flags`, that makes a plan of it."""

_SET: Final = re.compile(r"(?:^|[;\n])[ \t]*set[ \t]*=([^;\n]*)", re.IGNORECASE)


class Wanted(NamedTuple):
    """A license to be assigned. `plan`: with which of those asked for it comes; None where it was asked for itself."""

    license: License
    plan: License | None

    def telling_the_plan(self) -> AbstractContextManager[None]:
        """Whoever is refused what he did not ask for is told by which plan he did."""
        return _NOTHING_TO_TELL if self.plan is None else _telling(self.license, self.plan)


_NOTHING_TO_TELL: Final = nullcontext()


@contextmanager
def _telling(license_: License, plan: License) -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise Refusal(
            refusal.code,
            "{why} {license} comes with the user plan {plan}.",
            license_id=refusal.license_id,
            why=refusal.said,
            license=license_.name,
            plan=plan.name,
        ) from refusal


def implied_names(details: LicenseDetails) -> tuple[str, ...]:
    """The names of what comes with a license; none where it is no plan."""
    if not details.extra_flags & _USER_PLAN:
        return ()
    listed = (name.strip() for found in _SET.findall(details.extra_info) for name in found.split(","))
    return tuple(name for name in listed if name)


def require_whole(turn: Turn, plan: License) -> None:
    """Refuse a plan of which something does not exist (unknown_license)."""
    for name in implied_names(plan.details):
        if turn.license_id(LicenseName(plan.owner, name)) is None:
            raise Refusal(
                Code.UNKNOWN_LICENSE,
                "{license} comes with the user plan {plan}, but {owner} has no license of that name.",
                license=name,
                plan=plan.name,
                owner=plan.owner,
            )


def with_implied(turn: Turn, licenses: Iterable[License]) -> list[Wanted]:
    """Licenses, and what comes with them, which may be plans too. What covers the whole installation everybody has."""
    named = {each.id: each for each in licenses}
    brought = implied_by(turn, named.values())
    return [
        *(Wanted(each, None) for each in named.values()),
        *(Wanted(turn.state.licenses[number], plan) for number, plan in brought.items() if number not in named),
    ]


def implied_by(turn: Turn, licenses: Iterable[License]) -> dict[int, License]:
    """What comes with some of these and can be assigned, by number: with each, the one of these that it comes with."""
    found: dict[int, License] = {}
    plans = deque((each, each) for each in licenses)
    while plans:
        plan, first = plans.popleft()
        for each in _parts(turn, plan):
            if each.id not in found:
                found[each.id] = first
                plans.append((each, first))
    return {number: first for number, first in found.items() if turn.state.licenses[number].kind is LicenseKind.USER}


def left_over(turn: Turn, gone: Iterable[License], holder: Holder, wanted: Collection[int]) -> list[License]:
    """What a holder has only because of plans that he had.

    It is hidden, not `wanted`, and neither implied nor required by what he keeps.
    """
    implied = implied_by(turn, gone).keys() - set(wanted)
    if not implied:
        return []
    has = {number: turn.state.licenses[number] for number in turn.state.assigned_to.get(holder) or ()}
    over = {number: each for number, each in has.items() if number in implied and each.details.hidden}
    reached = {number: each for number, each in has.items() if number not in over}
    ways = deque(reached.values())
    while ways:
        license_ = ways.popleft()
        needed = _parts(turn, license_)
        if license_.id in has and license_.prerequisite is not None:
            needed.append(turn.state.licenses[license_.prerequisite])
        for each in needed:
            if each.id not in reached:
                reached[each.id] = each
                ways.append(each)
    return [each for number, each in over.items() if number not in reached]


def _parts(turn: Turn, plan: License) -> list[License]:
    """What a plan names, as far as it exists; nothing where it is no plan."""
    numbers = (turn.license_id(LicenseName(plan.owner, name)) for name in implied_names(plan.details))
    return [turn.state.licenses[number] for number in numbers if number is not None]
