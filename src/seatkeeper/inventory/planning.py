"""From a document to a plan: what applying it would change, and by which commands."""

from collections.abc import Iterable
from hashlib import sha256
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from seatkeeper.inventory.allotment import Allotment
from seatkeeper.inventory.changes import Action, Change, Counts, counted
from seatkeeper.inventory.deployment import Deployment
from seatkeeper.inventory.document import Document
from seatkeeper.inventory.draft import Draft
from seatkeeper.inventory.holders import SaidHolder, holders_of
from seatkeeper.inventory.known import Known, known_after
from seatkeeper.inventory.merge import Merge
from seatkeeper.inventory.passwords import NewPasswords, Plain
from seatkeeper.inventory.prerequisites import prerequisite_problems
from seatkeeper.inventory.problems import InvalidInventory
from seatkeeper.inventory.pruning import WITH_IT, prune
from seatkeeper.inventory.references import unknown_names
from seatkeeper.inventory.shapes import Entry, Kind, UserEntry
from seatkeeper.inventory.steps import Place
from seatkeeper.licensing.commands import Command
from seatkeeper.licensing.entities import Holder, HolderKind, HolderName, fold
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.seen import Seen
from seatkeeper.queries.inventory import InventoryView

_KEY_OF: Final = {Code.USER_ID_TAKEN: "user_id", Code.UNKNOWN_STATION: "stations"}
_MOST_PROBLEMS: Final = 1000  # beyond, names are not looked up any more
_KINDS: Final = list(Kind)


class Plan(Struct, frozen=True):
    """What applying a document comes to, the inventory being as it was at `position` of the journal.

    `commands` do it, each with its place in the file; `seen` is what they were made for. `plain` are the passwords
    that are yet to be hashed, by the index of the command that sets them. `digest` is that of the same changes to the
    same things.
    """

    position: int
    changes: tuple[Change, ...]
    counts: Counts
    commands: tuple[Command[Any], ...]
    places: tuple[Place, ...]
    seen: tuple[Seen, ...]
    plain: dict[int, Plain]
    digest: str

    @property
    def weight(self) -> int:
        """How much one commit has to do: what goes with a license or a runtime counts, each for itself."""
        taken = (each.before for change in self.changes for each in change.fields if each.name in WITH_IT)
        return len(self.changes) + sum(each for each in taken if isinstance(each, int))

    @property
    def token(self) -> str:
        """By which the plan is called when it is to be applied as it was looked at."""
        return f"{self.position}-{self.digest}"

    def place_of(self, refusal: Refusal) -> Place:
        """Where in the file that stands which was refused."""
        if refusal.index is None:
            return Place("", "")
        place = self.places[refusal.index]
        return replace(place, key=_KEY_OF.get(refusal.code, place.key))


def check(document: Document, present: InventoryView) -> Known:
    """The names that the document may use. Raises InvalidInventory with all that is wrong with it."""
    known = known_after(document, present)
    problems = [*document.problems]
    problems += islice(unknown_names(document, present, known), _MOST_PROBLEMS)
    problems += islice(prerequisite_problems(document, present, known), _MOST_PROBLEMS)
    if problems:
        raise InvalidInventory(document.file, problems)
    return known


def lay(document: Document, present: InventoryView, known: Known, passwords: NewPasswords) -> Plan:
    """What it takes to make the inventory as the document says.

    What it does not mention stays as it is: entries that are not in it, unless it prunes, and keys that an entry
    leaves out. What could keep a license that is new from being assigned (its dates, those of an owner who is new, its
    prerequisite, the type of its users) is set after its assignments, so that an inventory can be brought over as it
    was; to one that is known and has expired nothing more can be assigned (decision 24).
    """
    draft = Draft()
    prune(draft, document, present, known)
    merge = Merge(draft, present, known, allow_overcommit=document.allow_overcommit)
    for owner in document.inventory.owners:
        merge.owner(owner)
    for license_ in document.inventory.licenses:
        merge.license(license_)
    deployment = Deployment(draft, present, known)
    for runtime in document.inventory.runtimes:
        deployment.runtime(runtime)
    for application in document.inventory.applications:
        deployment.application(application)
    allotment = Allotment(draft, present, known, prune=document.prune)
    holders = _Holders(draft, present, merge, allotment)
    for said in holders_of(document.inventory, document.owner):
        if said.name.kind is HolderKind.STATION:
            holders.station(said)
        else:
            holders.user(said, passwords)
    return _plan(draft, present.position)


class _Holders:
    """Lays what is said of holders, one after the other."""

    def __init__(self, draft: Draft, present: InventoryView, merge: Merge, allotment: Allotment) -> None:
        self._draft = draft
        self._present = present
        self._merge = merge
        self._allotment = allotment

    def station(self, said: SaidHolder) -> None:
        row = self._present.stations.get(fold(said.name.name))
        if row is not None:
            said = replace(said, name=HolderName(said.name.kind, row.name))
        holder = None if row is None else Holder(HolderKind.STATION, row.id)
        profiles = self._allotment.profiles(said, holder)
        if said.station is not None:
            self._merge.station(said.station, row, profiles)
        self._allotment.licenses(said, holder)

    def user(self, said: SaidHolder, passwords: NewPasswords) -> None:
        account = self._present.accounts.get(fold(said.name.name))
        row = None if account is None else account.user
        if row is not None:
            said = replace(said, name=HolderName(said.name.kind, row.login))
        holder = None if row is None else Holder(HolderKind.USER, row.id)
        profiles = self._allotment.profiles(said, holder)
        entry = said.user or (_new_user(said) if row is None else None)
        if entry is not None:
            stored = None if account is None else account.password_hash
            password = self._merge.password(entry, stored, new_plain=passwords.is_new(entry, account))
            self._merge.user(entry, row, password, profiles)
        elif profiles:
            change = Change(Action.CHANGED, Kind.USER, said.name.name, said.place.entry, tuple(profiles))
            self._draft.changes.append(change)
        self._allotment.licenses(said, holder)


def _new_user(said: SaidHolder) -> Entry[UserEntry]:
    """Somebody of whom no more is known than that he is assigned something."""
    return Entry(place=said.place.entry, value=UserEntry(login=said.name.name), profiles={}, line=said.place.line)


def _plan(draft: Draft, position: int) -> Plan:
    order = sorted(range(len(draft.steps)), key=lambda index: (draft.steps[index].phase, draft.steps[index].rank))
    steps = [draft.steps[index] for index in order]
    plain = {turn: draft.plain[index] for turn, index in enumerate(order) if index in draft.plain}
    changes = sorted(draft.changes, key=lambda each: (_KINDS.index(each.kind), each.action is Action.REMOVED))
    seen = tuple(draft.seen.values())
    commands = tuple(step.command for step in steps)
    return Plan(
        position=position,
        changes=tuple(changes),
        counts=counted(changes),
        commands=commands,
        places=tuple(step.place for step in steps),
        seen=seen,
        plain=plain,
        digest=_digest(changes, seen, commands),
    )


def _digest(*parts: Iterable[object]) -> str:
    """Of what is changed, what it is changed from, and how; not of new hashes, which are salted anew each time."""
    digest = sha256()
    for part in parts:
        for each in part:  # one at a time: nothing else runs while something is encoded
            digest.update(msgspec.json.encode(each))
        digest.update(b"\n")
    return digest.hexdigest()[:32]
