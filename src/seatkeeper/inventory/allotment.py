"""What a document says of a holder's profiles and licenses laid over what is there."""

from collections.abc import Collection

from msgspec import UNSET
from msgspec.structs import replace

from seatkeeper.inventory.changes import Action, Change, FieldChange
from seatkeeper.inventory.draft import Draft
from seatkeeper.inventory.fields import differences
from seatkeeper.inventory.holders import SaidHolder, SaidProfile
from seatkeeper.inventory.known import Known
from seatkeeper.inventory.names import spelled
from seatkeeper.inventory.prerequisites import turns
from seatkeeper.inventory.shapes import Kind
from seatkeeper.inventory.steps import Phase, Place
from seatkeeper.licensing.commands import Assign, ChangeProfile, Unassign
from seatkeeper.licensing.entities import Holder, HolderKind, LicenseKey, Method, Profile, fold
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
        self._turns = turns(known)

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
        has = dict.fromkeys(self._keys[number] for number in numbers)
        lacks = [key for key in said.licenses if key not in has]
        gone = self._beyond(said, has) if self._prune else []
        taken = [key for key in gone if key in self._known.licenses]
        again = self._gone_along(said, has, gone)
        if holder is not None and (lacks or taken or again):
            what = f"the licenses of {said.name.name}"
            self._draft.rests_on(SeenKind.ASSIGNMENTS, holder, numbers or None, what)
        done = {*has, *said.licenses}
        for key in lacks:
            coming = sorted(self._known.with_implied([key]) - done) if key in self._known.plans else []
            done.update(coming)
            for each in (key, *coming):
                self._assign(said, each, said.licenses[key][1])
                self._tell(Action.ADDED, said, each, said.licenses[key][1])
        for key in again:
            self._assign(said, key, said.licenses[key][1])
        if taken:
            self._unassign(said, taken)

    def _beyond(self, said: SaidHolder, has: Collection[LicenseKey]) -> list[LicenseKey]:
        """What a holder has besides what is said and what comes with that."""
        wanted = self._known.with_implied(said.licenses)
        return [key for key in has if key not in wanted]

    def _gone_along(self, said: SaidHolder, has: Collection[LicenseKey], gone: list[LicenseKey]) -> list[LicenseKey]:
        """What is to stay of what may go with the plans that go: it is assigned anew."""
        if self._known.plans.keys().isdisjoint(gone):
            return []
        along = self._known.with_implied(gone)
        return [key for key in said.licenses if key in along and key in has]

    def _assign(self, said: SaidHolder, key: LicenseKey, place: Place) -> None:
        """One at a time, so that a refusal has its line; what is required comes before what requires it."""
        command = Assign(holder=said.name, licenses=(self._known.licenses[key],))
        self._draft.step(Phase.ASSIGNMENTS, command, place, rank=self._turns.get(key, 0))

    def _unassign(self, said: SaidHolder, keys: list[LicenseKey]) -> None:
        """All at once: what is required goes with what requires it, a plan with what came with it."""
        place = replace(said.place, key="licenses" if said.user or said.station else "")
        command = Unassign(holder=said.name, licenses=tuple(self._known.licenses[key] for key in keys))
        self._draft.step(Phase.UNASSIGNMENTS, command, place)
        for key in keys:
            self._tell(Action.REMOVED, said, key, place)

    def _tell(self, action: Action, said: SaidHolder, key: LicenseKey, place: Place) -> None:
        station = "station " if said.name.kind is HolderKind.STATION else ""
        name = f"{station}{said.name.name} {spelled(self._known.licenses[key], self._known.owner)}"
        self._draft.changes.append(Change(action, Kind.ASSIGNMENT, name, place.entry))
