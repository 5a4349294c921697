"""Activating an owner's license document: all that it grants, at once.

Superoffice contract 2.2; docs/decisions/owners-and-plans.md.
"""

from collections.abc import Callable, Iterator
from functools import partial

from msgspec.structs import replace

from seatkeeper.licensing.entities import AppliesTo, License, LicenseKey, LicenseKind, LicenseName, fold
from seatkeeper.licensing.inventory_commands import (
    ActivateDocument,
    ChangeSeats,
    DefineLicense,
    DefineOwner,
    LicenseDocument,
    ModuleDocument,
    RemoveLicenses,
)
from seatkeeper.licensing.licenses import change_seats, define_license, remove_licenses
from seatkeeper.licensing.outcomes import Activation
from seatkeeper.licensing.owners import define_owner
from seatkeeper.licensing.plans import implied_names
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.sentences import Sentence, say
from seatkeeper.licensing.terms import date, end_of
from seatkeeper.licensing.turn import Turn


def activate_document(turn: Turn, command: ActivateDocument) -> Activation:
    """Make the owner's licenses what the document says, or say everything that speaks against it.

    Whoever has a license that it does not let assign (any more) must be loaded.
    """
    begun = turn.mark()
    reasons = tuple(_against(turn, command.document)) or tuple(_activate(turn, command.document))
    if reasons or command.rehearsed:
        turn.rollback(begun)
    return Activation(reasons)


def assignable_modules(document: LicenseDocument) -> set[LicenseKey]:
    """What the document lets assign."""
    return {_key(document, each.name) for each in document.modules if each.kind is LicenseKind.USER}


def _against(turn: Turn, document: LicenseDocument) -> Iterator[Sentence]:
    """What speaks against a document, of itself and beside what is there."""
    yield from _out_of_date(turn, document)
    yield from _named_twice(document)
    yield from _prerequisites_amiss(document)
    yield from _plans_amiss(document)
    yield from _assigned_beyond(turn, document)


def _out_of_date(turn: Turn, document: LicenseDocument) -> Iterator[Sentence]:
    until = end_of(document.details)
    if until is not None and turn.now >= until:
        yield say("The document ran out at {until}.", until=date(until))
    stored = turn.owner(fold(document.owner))
    known, version = "" if stored is None else stored.details.version, document.details.version
    maintained = document.details.maintenance_until
    if known and version != known and maintained is not None and turn.now >= maintained:
        yield say(
            "The document is for version {version}, and {known} is licensed; maintenance, which allows of another,"
            " ended at {until}.",
            version=version,
            known=known,
            until=date(maintained),
        )


def _named_twice(document: LicenseDocument) -> Iterator[Sentence]:
    names: set[LicenseKey] = set()
    for module in document.modules:
        key = _key(document, module.name)
        if key in names:
            yield say("The document grants {license} more than once.", license=module.name)
        names.add(key)


def _prerequisites_amiss(document: LicenseDocument) -> Iterator[Sentence]:
    """Each prerequisite that the document does not grant, and each circle of them."""
    granted = {_key(document, each.name) for each in document.modules}
    for module in document.modules:
        if module.prerequisite is not None and _key(document, module.prerequisite) not in granted:
            yield say(
                "{license} requires {required}, which the document does not grant.",
                license=module.name,
                required=module.prerequisite,
            )
    for way in _ways(document):
        keys = [_key(document, each.name) for each in way]
        back = way[-1].prerequisite
        if back is not None and _key(document, back) in keys:
            circle = [each.name for each in way[keys.index(_key(document, back)) :]]
            yield say(
                "Prerequisites go round in a circle: {license} {others}.",
                license=circle[0],
                others=tuple(say("requires {license}", license=name) for name in (*circle[1:], circle[0])),
            )


def _plans_amiss(document: LicenseDocument) -> Iterator[Sentence]:
    """Each part of a user plan that the document does not grant."""
    granted = {_key(document, each.name) for each in document.modules}
    for module in document.modules:
        for name in implied_names(module.details):
            if _key(document, name) not in granted:
                yield say(
                    "{license} comes with the user plan {plan}, but the document does not grant it.",
                    license=name,
                    plan=module.name,
                )


def _ways(document: LicenseDocument) -> Iterator[list[ModuleDocument]]:
    """Every module once: each way goes from one to what it requires, and so on, up to one that was met before."""
    modules = {_key(document, each.name): each for each in document.modules}
    met: set[LicenseKey] = set()
    for key in modules:
        way: list[ModuleDocument] = []
        here: LicenseKey | None = key
        while here in modules and here not in met:
            met.add(here)
            way.append(modules[here])
            required = modules[here].prerequisite
            here = None if required is None else _key(document, required)
        if way:
            yield way


def _assigned_beyond(turn: Turn, document: LicenseDocument) -> Iterator[Sentence]:
    """Licenses of which more is assigned than the document grants, but for the tokens of applications that it does not
    name: a CRM knows nothing of these."""
    granted = {_key(document, each.name): each for each in document.modules if each.kind is LicenseKind.USER}
    counts = _assignments_of(turn, document.owner)
    for license_ in turn.licenses_of(fold(document.owner)):
        module = granted.get(license_.key)
        if module is None and license_.applies_to is AppliesTo.APPLICATIONS:
            continue
        if module is not None and module.unrestricted:
            continue
        assigned = counts[license_.id] if module is None else turn.state.pools[license_.id].assigned
        seats = 0 if module is None else module.seats
        if assigned > seats:
            yield say(
                "More of {license} is assigned ({assigned}) than the document grants ({seats}).",
                license=license_.name,
                assigned=assigned,
                seats=seats,
            )


def _assignments_of(turn: Turn, owner: str) -> dict[int, int]:
    """How often each license of an owner is assigned to those who are loaded, whether that counts or not."""
    counts = dict.fromkeys((each.id for each in turn.licenses_of(fold(owner))), 0)
    for assignment in turn.state.assignments.values():
        if assignment.license_id in counts:
            counts[assignment.license_id] += 1
    return counts


def _activate(turn: Turn, document: LicenseDocument) -> Iterator[Sentence]:
    """Carry it out; why not, where a step is refused."""
    yield from _try(partial(_describe, turn, document))
    for way in _ways(document):
        for module in reversed(way):  # each behind what it requires
            yield from _try(partial(_grant, turn, document.owner, module))
    names = {_key(document, each.name) for each in document.modules}
    going = tuple(
        LicenseName(each.owner, each.name)
        for each in turn.licenses_of(fold(document.owner))
        if each.key not in names and each.applies_to is not AppliesTo.APPLICATIONS
    )
    yield from _try(partial(remove_licenses, turn, RemoveLicenses(licenses=going)))


def _describe(turn: Turn, document: LicenseDocument) -> None:
    """Say of the owner what the document says. Its shop's address stays, which no document has, and so does a text."""
    stored = turn.owner(fold(document.owner))
    details = document.details
    if stored is not None:
        description = details.description or stored.details.description
        details = replace(details, shop_url=stored.details.shop_url, description=description)
    define_owner(turn, DefineOwner(name=document.owner, details=details))


def _grant(turn: Turn, owner: str, module: ModuleDocument) -> None:
    """Add or change one license with its seats."""
    name = LicenseName(owner, module.name)
    known = turn.license_id(name)
    said = DefineLicense(
        owner=owner,
        name=module.name,
        display_name=module.display_name or module.name,
        kind=module.kind,
        prerequisite=None if module.prerequisite is None else LicenseName(owner, module.prerequisite),
        details=module.details,
    )
    define_license(turn, said if known is None else _completed(turn, module, said, turn.state.licenses[known]))
    change_seats(turn, ChangeSeats(license=name, assignable=module.seats, unrestricted=module.unrestricted))


def _completed(turn: Turn, module: ModuleDocument, said: DefineLicense, before: License) -> DefineLicense:
    """What a document says of a license, with what it does not say as it was.

    So it is with a prerequisite of another owner, whose name no document has.
    """
    required = None if before.prerequisite is None else turn.state.licenses[before.prerequisite]
    if said.prerequisite is None and required is not None and fold(required.owner) != fold(before.owner):
        said = replace(said, prerequisite=LicenseName(required.owner, required.name))
    return replace(
        said,
        display_name=module.display_name or before.display_name,
        description=before.description,
        applies_to=before.applies_to,
        shared=before.shared,
        expires=before.expires,
        grace_until=before.grace_until,
    )


def _try(step: Callable[[], object]) -> Iterator[Sentence]:
    try:
        step()
    except Refusal as refusal:
        yield refusal.said


def _key(document: LicenseDocument, name: str) -> LicenseKey:
    return LicenseName(document.owner, name).key
