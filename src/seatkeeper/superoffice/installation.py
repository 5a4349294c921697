"""What the licenses of an installation as a whole say: its dates, and how near its user plans are to their limits.

The vendor says no more of these than the names of their members: what they mean here is ours
(docs/decisions/crm-licenses.md).
"""

from collections.abc import Iterable
from typing import Final

from seatkeeper.licensing.entities import Owner, fold
from seatkeeper.licensing.sentences import Fact, say
from seatkeeper.queries.modules import Bought, OwnerModules, UserView
from seatkeeper.superoffice.module_rows import counted, full_name, is_superoffice
from seatkeeper.superoffice.wire.carriers import FencingInfo, UserAndInstallationLicenceStatus
from seatkeeper.superoffice.wire.cultures import Spoken

_USER_PLAN: Final = 1
"""The flag of a user plan among a license's extra flags."""

_NEAR: Final = 0.9
"""The part of a plan's seats from which on it is near its limit."""


def standing(view: UserView, spoken: Spoken) -> UserAndInstallationLicenceStatus:
    """What an associate has, by full names, and the dates of the installation's license.

    That is SuperOffice's own, where the inventory has it; else, of the owners of what he has, the one that ends first.
    """
    own = [module.license for each in view.owners for module in each.modules if module.assigned]
    candidates = (
        each.owner
        for each in view.owners
        if is_superoffice(each.owner.name) or any(module.assigned for module in each.modules)
    )
    installation = min(candidates, key=_nearness, default=Owner(0, "")).details
    return UserAndInstallationLicenceStatus(
        admin_warning_date=spoken.time(installation.warn_from),
        expiry_date=spoken.time(installation.expires),
        grace_date=spoken.time(installation.grace_until),
        company_name=installation.company,
        serial_nr=installation.serial_number,
        user_licenses=tuple(map(full_name, own)),
    )


def fence(owners: Iterable[OwnerModules], spoken: Spoken) -> FencingInfo:
    """Of the user plans of a limited number the one with the fewest free seats; all zero where there is no such plan.

    The first by owner and name where several have as few.
    """
    plans = [each for owner in owners for each in owner.modules if _is_fenced(each)]
    if not plans:
        return FencingInfo()
    fullest = min(plans, key=lambda each: counted(each.pool).free)
    seats = counted(fullest.pool)
    near = seats.in_use >= seats.total * _NEAR
    facts: dict[str, Fact] = {"plan": full_name(fullest.license), "in_use": seats.in_use, "total": seats.total}
    return FencingInfo(
        active_count=seats.in_use,
        maximum=seats.total,
        is_nearing_maximum=near,
        has_reached_maximum=seats.free <= 0,
        warning_message=spoken.said(say("{in_use} of {total} seats of {plan} are taken.", **facts)) if near else "",
        warning_tooltip=spoken.said(say("Buy more of {plan}, or take it from whoever does not need it.", **facts))
        if near
        else "",
    )


def _is_fenced(bought: Bought) -> bool:
    return bool(bought.license.details.extra_flags & _USER_PLAN) and not bought.pool.unrestricted


def _nearness(owner: Owner) -> tuple[bool, bool, int, str]:
    """What orders owners: SuperOffice before others, then whichever ends first, and what never ends last."""
    expires = owner.details.expires
    return not is_superoffice(owner.name), expires is None, expires or 0, fold(owner.name)
