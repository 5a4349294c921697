"""What the inventory has and a document lacks, removed."""

from typing import Final

from seatkeeper.inventory.changes import Action, Change, FieldChange
from seatkeeper.inventory.document import Document
from seatkeeper.inventory.draft import Draft
from seatkeeper.inventory.holders import lines_of
from seatkeeper.inventory.known import Known
from seatkeeper.inventory.names import application_name, spelled
from seatkeeper.inventory.shapes import Kind
from seatkeeper.inventory.steps import Phase, Place
from seatkeeper.licensing.deployment_commands import RemoveApplication, RemoveRuntime
from seatkeeper.licensing.entities import HolderKind, LicenseName, OwnerDetails, Pool, fold
from seatkeeper.licensing.inventory_commands import DefineOwner, DeleteUser, RemoveLicenses, RemoveStation
from seatkeeper.licensing.seen import SeenKind, deployed_of
from seatkeeper.queries.inventory import InventoryView

ASSIGNED: Final = "assigned"
"""How many have a license, told where it is removed."""
APPLICATIONS: Final = "applications"
"""How many applications go with a runtime, told where it is removed."""
WITH_IT: Final = frozenset({ASSIGNED, APPLICATIONS})
"""What goes with an entry that is removed."""

_NOWHERE = Place("", "")


def prune(draft: Draft, document: Document, present: InventoryView, known: Known) -> None:
    """Remove what the document lacks, of the kinds that it has tables for.

    What goes with a license or a holder, assignments above all, is not told besides.
    """
    if document.prunes(Kind.OWNER):
        _owners(draft, document, present)
    if document.prunes(Kind.LICENSE):
        _licenses(draft, present, known)
    if document.prunes(Kind.RUNTIME):
        _runtimes(draft, present, known)
    if document.prunes(Kind.APPLICATION):
        _applications(draft, document, present, known)
    if document.prunes(Kind.STATION):
        _stations(draft, present, known)
    if document.prunes(Kind.USER):
        _users(draft, document, present)


def _owners(draft: Draft, document: Document, present: InventoryView) -> None:
    """What is said of an owner goes; its licenses do not go by that."""
    named = {fold(each.value.name) for each in document.inventory.owners}
    for key, row in sorted(present.owners.items()):
        if key not in named:
            draft.rests_on(SeenKind.OWNER, key, row, f"owner {row.name}")
            draft.step(Phase.OWNERS, DefineOwner(name=row.name, details=OwnerDetails()), _NOWHERE)
            draft.changes.append(Change(Action.REMOVED, Kind.OWNER, row.name, ""))


def _licenses(draft: Draft, present: InventoryView, known: Known) -> None:
    removed = []
    for key, row in sorted(present.licenses.items()):
        if key not in known.licenses:
            removed.append(LicenseName(row.owner, row.name))
            draft.rests_on(SeenKind.LICENSE, key, row, f"license {row.name}")
            fields = _assigned(present.pools[row.id])
            draft.changes.append(Change(Action.REMOVED, Kind.LICENSE, spelled(removed[-1], known.owner), "", fields))
    if removed:
        # All at once: each time, everybody who is in memory is looked through.
        draft.step(Phase.REMOVED_LICENSES, RemoveLicenses(licenses=tuple(removed)), _NOWHERE)


def _assigned(pool: Pool) -> tuple[FieldChange, ...]:
    """How many lose a license that goes."""
    assigned = pool.assigned + pool.concurrent_assigned
    return (FieldChange(ASSIGNED, assigned, None),) if assigned else ()


def _runtimes(draft: Draft, present: InventoryView, known: Known) -> None:
    for name, row in sorted(present.runtimes.items()):
        if name not in known.runtimes:
            along = sum(runtime == name for runtime, _ in present.applications)
            fields = (FieldChange(APPLICATIONS, along, None),) if along else ()
            draft.rests_on(SeenKind.RUNTIME, name, row, f"runtime {name}")
            draft.step(Phase.REMOVED_HOLDERS, RemoveRuntime(name=name), _NOWHERE)
            draft.changes.append(Change(Action.REMOVED, Kind.RUNTIME, name, "", fields))


def _applications(draft: Draft, document: Document, present: InventoryView, known: Known) -> None:
    named = {(each.value.runtime, each.value.name) for each in document.inventory.applications}
    for key, row in sorted(present.applications.items()):
        runtime, name = key
        if key not in named and runtime in known.runtimes:
            told = application_name(runtime, name)
            draft.rests_on(SeenKind.APPLICATION, key, deployed_of(row), f"application {told}")
            draft.step(Phase.REMOVED_HOLDERS, RemoveApplication(runtime=runtime, name=name), _NOWHERE)
            draft.changes.append(Change(Action.REMOVED, Kind.APPLICATION, told, ""))


def _stations(draft: Draft, present: InventoryView, known: Known) -> None:
    for key, row in sorted(present.stations.items()):
        if key not in known.stations:
            draft.rests_on(SeenKind.STATION, key, row, f"station {row.name}")
            draft.step(Phase.REMOVED_HOLDERS, RemoveStation(name=row.name), _NOWHERE)
            draft.changes.append(Change(Action.REMOVED, Kind.STATION, row.name, ""))


def _users(draft: Draft, document: Document, present: InventoryView) -> None:
    named = {fold(each.value.login) for each in document.inventory.users}
    if document.create_users:
        named |= {fold(name.name) for _, name in lines_of(document.inventory) if name.kind is HolderKind.USER}
    for key, account in sorted((present.accounts | present.others).items()):
        if key not in named:
            user = account.user
            draft.rests_on(SeenKind.USER, key, user, f"user {user.login}")
            draft.step(Phase.REMOVED_HOLDERS, DeleteUser(login=user.login), _NOWHERE)
            draft.changes.append(Change(Action.REMOVED, Kind.USER, user.login, ""))
