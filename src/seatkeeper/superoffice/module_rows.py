"""Licenses as the carriers have them: counts, texts, and the two lists of an owner (contract 2.1)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from seatkeeper.licensing.entities import License, Owner, Pool, fold
from seatkeeper.licensing.outcomes import Module
from seatkeeper.superoffice.wire.carriers import LicenseOwner, ModuleLicenseLink, SelectableMDOListItem
from seatkeeper.superoffice.wire.cultures import Spoken

SUPEROFFICE: Final = "SUPEROFFICE"
"""The owner of the vendor's own licenses. No third party's method touches them."""

_SUPEROFFICE_KEY: Final = fold(SUPEROFFICE)


def is_superoffice(owner: str) -> bool:
    """Whether an owner of this name is the vendor of the CRM itself."""
    return fold(owner) == _SUPEROFFICE_KEY


def full_name(license_: License) -> str:
    """A license's name with its owner's, as stored (contract 2.2)."""
    return f"{license_.owner}.{license_.name}"


class Counted(NamedTuple):
    """The seats of a license, as this face counts them."""

    total: int
    free: int
    in_use: int


def counted(pool: Pool) -> Counted:
    """Assignable seats only, and Total = Free + InUse always (decision 15).

    Of an unrestricted license that is assigned more often than was bought, Total is what is assigned. Where more is
    assigned of another than there is, Free is below zero.
    """
    total = max(pool.assignable_seats, pool.assigned) if pool.unrestricted else pool.assignable_seats
    return Counted(total, total - pool.assigned, pool.assigned)


def link(module: Module, spoken: Spoken) -> ModuleLicenseLink:
    """A license as it is for one user."""
    license_, details, seats = module.license, module.license.details, counted(module.pool)
    return ModuleLicenseLink(
        unrestricted=module.pool.unrestricted,
        total=seats.total,
        tooltip=spoken.text(details.tooltip),
        can_assign=module.can_assign,
        free=seats.free,
        in_use=seats.in_use,
        is_hidden=details.hidden,
        assigned=module.assigned,
        module_license_id=license_.id,
        name=license_.name,
        description=spoken.text(license_.display_name),
        prerequisite_module_name=module.required or "",
        sort_order=details.sort_order,
        extra_flags=details.extra_flags,
    )


def links(modules: Iterable[Module], spoken: Spoken) -> tuple[ModuleLicenseLink, ...]:
    """Licenses as they are for one user, in the order that they are given in."""
    return tuple(link(each, spoken) for each in modules)


def license_owner(owner: Owner, modules: Iterable[Module], spoken: Spoken) -> LicenseOwner:
    """An owner with its licenses, those of a limited number and those without."""
    of_owner = links(modules, spoken)
    return LicenseOwner(
        name=owner.name,
        description=spoken.text(owner.details.description),
        restricted_module_licenses=tuple(each for each in of_owner if not each.unrestricted),
        unrestricted_module_licenses=tuple(each for each in of_owner if each.unrestricted),
    )


def tree(owner: Owner, licenses: Iterable[License], spoken: Spoken) -> SelectableMDOListItem:
    """An owner as a line of a tree, with its licenses below. Nothing of it is selected: it is nobody's choice."""
    return SelectableMDOListItem(
        id=owner.id,
        name=spoken.text(owner.details.description) or owner.name,
        type="ModuleOwner",
        full_name=owner.name,
        child_items=tuple(
            SelectableMDOListItem(
                id=each.id,
                name=spoken.text(each.display_name),
                tool_tip=spoken.text(each.details.tooltip),
                rank=each.details.sort_order,
                type="ModuleLicense",
                hidden=each.details.hidden,
                full_name=full_name(each),
            )
            for each in licenses
        ),
    )
