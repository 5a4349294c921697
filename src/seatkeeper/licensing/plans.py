"""User plans: licenses that others of the same owner come with.

Superoffice contract 2.2; docs/decisions/owners-and-plans.md.

What a plan implies stands in its `extra_info`, as `set=a,b,c`; what else stands there, behind a semicolon or on another
line, is its owner's business.
"""

import re
from collections import deque
from collections.abc import Collection, Iterable
from typing import Final

from seatkeeper.licensing.entities import Holder, License, LicenseDetails, LicenseKind, LicenseName
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.turn import Turn

_USER_PLAN: Final = 1
"""The flag, among a license's `extra_flags`, that makes a plan of it."""

_SET: Final = re.compile(r"(?:^|[;\n])\s*set\s*=([^;\n]*)", re.IGNORECASE)


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


def with_implied(turn: Turn, license_: License) -> list[License]:
    """A license and what comes with it, which may be plans too. What covers the whole installation everybody has."""
    return list(({license_.id: license_} | _implied(turn, [license_])).values())


def implied_by(turn: Turn, licenses: Iterable[License]) -> set[int]:
    """The licenses, by number, that come with some of these."""
    return set(_implied(turn, licenses))


def left_over(turn: Turn, gone: Iterable[License], holder: Holder, wanted: Collection[int]) -> list[License]:
    """What a holder has only because of plans that he had.

    It is hidden, not `wanted`, and neither implied nor required by what he keeps.
    """
    implied = implied_by(turn, gone) - set(wanted)
    if not implied:
        return []
    has = {number: turn.state.licenses[number] for number in turn.state.assigned_to.get(holder) or ()}
    over = {number for number, each in has.items() if number in implied and each.details.hidden}
    keeps = [each for number, each in has.items() if number not in over]
    while keeps:
        each = keeps.pop()
        needed = over & {each.prerequisite, *implied_by(turn, [each])}
        over -= needed
        keeps += (has[number] for number in needed)
    return [each for number, each in has.items() if number in over]


def _implied(turn: Turn, licenses: Iterable[License]) -> dict[int, License]:
    """What comes with some licenses and can be assigned, as far as it exists, by number."""
    found: dict[int, License] = {}
    plans = deque(licenses)
    while plans:
        plan = plans.popleft()
        for name in implied_names(plan.details):
            number = turn.license_id(LicenseName(plan.owner, name))
            if number is not None and number not in found:
                found[number] = turn.state.licenses[number]
                plans.append(found[number])
    return {number: each for number, each in found.items() if each.kind is LicenseKind.USER}
