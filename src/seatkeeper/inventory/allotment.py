"""What a document says of a holder's profiles and licenses laid over what is there."""

from msgspec import UNSET
from msgspec.structs import replace

from seatkeeper.inventory.changes import Action, Change, FieldChange
from seatkeeper.inventory.draft import Draft
from seatkeeper.inventory.fields import differences
from seatkeeper.inventory.holders import SaidHolder, SaidProfile
from seatkeeper.inventory.known import Known
from seatkeeper.inventory.names import spelled
from seatkeeper.inventory.prerequisites import depth
from seatkeeper.inventory.shapes import Kind
from seatkeeper.inventory.steps import Phase, Place
from seatkeeper.licensing.commands import Assign, ChangeProfile, Unassign
from seatkeeper.licensing.entities import Holder, HolderKind, LicenseKey, LicenseName, Method, Profile, fold
from seatkeeper.licensing.seen import SeenKind
from seatkeeper.queries.inventory import InventoryView


class Allotment:
    """Lays profiles and licenses over the inventory as it was read, into a draft. `prune`: the rest is taken away."""

    def __init__(self, draft: Draft, present: InventoryView, known: Known, *, prune: bool) -> None:
        self._draft = draft
        self._present = present
        self._known = known
        self._prune = prune
        self._keys = {each.id: key for key, each in present.licenses.items()}

    def profiles(self, said: SaidHolder, holder: Holder | None) -> list[FieldChange]:
        """Set the profiles of a holder, who is None where he is new. What changes is told with the holder."""
        changes = []
        for key, profile in said.profiles.items():
            changes += self._profile(said, holder, key, profile)
        return changes

    def _profile(self, said: SaidHolder, holder: Holder | None, key: str, profile: SaidProfile) -> list[FieldChange]:
        row = None if holder is None else self._present.profiles.get((holder, key))
        had = row or Profile(holder=Holder(said.name.kind, 0), owner_key=key)
        before = ChangeProfile(holder=said.name, owner=self._known.owners[key], enabled=had.enabled, method=had.method)
        wanted = profile.value
        after = replace(
            before,
            enabled=had.enabled if wanted.enabled is UNSET else wanted.enabled,
            method=had.method if wanted.method is UNSET else Method[wanted.method.upper()],
        )
        if before == after:
            return []
        if holder is not None:
            self._draft.rests_on(SeenKind.PROFILE, (holder, key), row, f"the profile of {said.name.name}")
        frees = not after.enabled or after.method is Method.CONCURRENT
        self._draft.step(Phase.FREEING_PROFILES if frees else Phase.TAKING_PROFILES, after, profile.place)
        within = "" if key == fold(self._known.owner) else f"profiles.{after.owner}."
        return list(differences(before, after, self._known.owner, within=within, new=holder is None))

    def licenses(self, said: SaidHolder, holder: Holder | None) -> None:
        """Assign what a holder lacks; take away what he has besides, where that is asked for."""
        numbers = self._present.assignments.get(holder, ()) if holder is not None else ()
        has = {self._keys[number] for number in numbers}
        lacks = [key for key in said.licenses if key not in has]
        beyond = [key for key in map(self._keys.__getitem__, numbers) if key not in said.licenses]
        taken = [key for key in beyond if key in self._known.licenses] if self._prune else []
        if holder is not None and (lacks or taken):
            what = f"the licenses of {said.name.name}"
            self._draft.rests_on(SeenKind.ASSIGNMENTS, holder, numbers or None, what)
        for key in lacks:
            self._assign(said, self._known.licenses[key], key, said.licenses[key][1])
        for key in taken:
            self._unassign(said, self._known.licenses[key], key)

    def _assign(self, said: SaidHolder, license_: LicenseName, key: LicenseKey, place: Place) -> None:
        """One at a time, so that a refusal has its line; what is required comes before what requires it."""
        command = Assign(holder=said.name, licenses=(license_,))
        self._draft.step(Phase.ASSIGNMENTS, command, place, rank=depth(self._known.prerequisites, key))
        self._tell(Action.ADDED, said, license_, place)

    def _unassign(self, said: SaidHolder, license_: LicenseName, key: LicenseKey) -> None:
        place = replace(said.place, key="licenses" if said.user or said.station else "")
        command = Unassign(holder=said.name, licenses=(license_,))
        self._draft.step(Phase.UNASSIGNMENTS, command, place, rank=-depth(self._known.prerequisites, key))
        self._tell(Action.REMOVED, said, license_, place)

    def _tell(self, action: Action, said: SaidHolder, license_: LicenseName, place: Place) -> None:
        station = "station " if said.name.kind is HolderKind.STATION else ""
        name = f"{station}{said.name.name} {spelled(license_, self._known.owner)}"
        self._draft.changes.append(Change(action, Kind.ASSIGNMENT, name, place.entry))
