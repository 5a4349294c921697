"""Names in a document that mean something elsewhere: in the same file, or in the inventory as it is."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import UNSET

from seatkeeper.identity.rights import ROLES, Right, unknown_rights, unknown_roles
from seatkeeper.inventory.details import license_details
from seatkeeper.inventory.document import Document
from seatkeeper.inventory.holders import lines_of
from seatkeeper.inventory.known import Known, license_of
from seatkeeper.inventory.names import spelled
from seatkeeper.inventory.problems import Problem, nearest, quoted
from seatkeeper.inventory.shapes import Entry, Kind, LicenseEntry, StationEntry, UserEntry
from seatkeeper.licensing.entities import HolderKind, LicenseDetails, LicenseName, fold
from seatkeeper.licensing.plans import implied_names
from seatkeeper.queries.inventory import InventoryView


def unknown_names(document: Document, present: InventoryView, known: Known) -> Iterator[Problem]:
    """A problem for every license, owner, runtime, holder, role, right and associate id that fits nothing known."""
    for license_ in document.inventory.licenses:
        said = license_.value.prerequisite
        if said and known.license(said) is None:
            yield _license_problem(license_, "prerequisite", said, known)
        yield from _plan_problems(license_, present, known)
    for application in document.inventory.applications:
        if application.value.runtime not in known.runtimes:
            yield _unknown(application, "runtime", "runtime", application.value.runtime, known.runtimes)
    for station in document.inventory.stations:
        yield from _holder_problems(station, known)
    for user in document.inventory.users:
        yield from _holder_problems(user, known)
        yield from _user_problems(user, known)
        yield from _id_problems(user, present)
    yield from _line_problems(document, present, known)


def _line_problems(document: Document, present: InventoryView, known: Known) -> Iterator[Problem]:
    """Of the lines that assign a license."""
    logins = {fold(each.value.login) for each in document.inventory.users}
    if not document.prunes(Kind.USER):
        logins |= present.accounts.keys()
    for line, holder in lines_of(document.inventory):
        if holder.kind is HolderKind.STATION and fold(holder.name) not in known.stations:
            yield _unknown(line, "station", "station", holder.name, known.stations.values())
        elif holder.kind is HolderKind.USER and fold(holder.name) not in logins and not document.create_users:
            text = f"there is no user {quoted(holder.name)}; add the user first"
            yield Problem(line.place, "user", text, line.line)
        if known.license(line.value.license) is None:
            yield _license_problem(line, "license", line.value.license, known)


def _plan_problems(entry: Entry[LicenseEntry], present: InventoryView, known: Known) -> Iterator[Problem]:
    """What is to come with a user plan and is not there. What a plan lacks already it may go on lacking."""
    plan = license_of(entry.value, known.owner)
    row = present.licenses.get(plan.key)
    before = LicenseDetails() if row is None else row.details
    lacked = {name.key for name in _coming(plan.owner, before)} - present.licenses.keys()
    for name in _coming(plan.owner, license_details(entry.value, before)):
        if name.key not in known.licenses and name.key not in lacked:
            others = (each for key, each in known.licenses.items() if key[0] == plan.key[0] and key != plan.key)
            names = (spelled(each, known.owner) for each in others)
            yield _unknown(entry, "extra_info", "license", spelled(name, known.owner), names)


def _coming(owner: str, details: LicenseDetails) -> list[LicenseName]:
    return [LicenseName(owner, name) for name in implied_names(details)]


def _holder_problems(entry: Entry[StationEntry] | Entry[UserEntry], known: Known) -> Iterator[Problem]:
    for name in entry.value.licenses:
        if known.license(name) is None:
            yield _license_problem(entry, "licenses", name, known)
    for owner in entry.profiles:
        if fold(owner) not in known.owners:
            yield _unknown(entry, "profiles", "license owner", owner, known.owners.values())


def _user_problems(entry: Entry[UserEntry], known: Known) -> Iterator[Problem]:
    user = entry.value
    for station in user.stations if isinstance(user.stations, tuple) else ():
        if fold(station) not in known.stations:
            yield _unknown(entry, "stations", "station", station, known.stations.values())
    for key in ("view_allocations", "admin_allocations"):
        said = getattr(user, key)
        for name in said if isinstance(said, tuple) else ():
            if known.license(name) is None:
                yield _license_problem(entry, key, name, known)
    for role in unknown_roles(user.roles or ()):
        yield _no_such(entry, "role", role, ROLES)
    for right in unknown_rights(user.rights or ()):
        yield _no_such(entry, "right", right, Right)


def _id_problems(entry: Entry[UserEntry], present: InventoryView) -> Iterator[Problem]:
    account = present.accounts.get(fold(entry.value.login))
    if account is not None and entry.value.user_id not in (UNSET, account.user.id):
        text = f"cannot be changed: {account.user.login} has {account.user.id}; remove the key or write that"
        yield Problem(entry.place, "user_id", text, entry.line)


def _license_problem(entry: Entry[Any], key: str, name: str, known: Known) -> Problem:
    names = (spelled(each, known.owner) for each in known.licenses.values())
    return _unknown(entry, key, "license", name, names)


def _unknown(entry: Entry[Any], key: str, what: str, name: str, known: Iterable[str]) -> Problem:
    return Problem(entry.place, key, f"there is no {what} {quoted(name)}{nearest(name, known)}", entry.line)


def _no_such(entry: Entry[UserEntry], what: str, name: str, known: Iterable[str]) -> Problem:
    """A role or a right: of these there are so few that all can be told."""
    offer = nearest(name, known) or f"; the {what}s are {', '.join(known)}"
    return Problem(entry.place, f"{what}s", f"there is no {what} {quoted(name)}{offer}", entry.line)
