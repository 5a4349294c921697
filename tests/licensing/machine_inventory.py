"""The inventory's part of the machine: what administrators do, given to the rules and to the plain model."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from seatkeeper.licensing.commands import Assign, ChangeProfile, Command, ConfigureLicenses, Together, Unassign
from seatkeeper.licensing.entities import (
    HolderKind,
    HolderName,
    LicenseDetails,
    LicenseKind,
    LicenseName,
    Method,
    OwnerDetails,
    UserType,
)
from seatkeeper.licensing.inventory_commands import (
    ActivateDocument,
    ChangeSeats,
    DefineLicense,
    DefineOwner,
    DefineStation,
    DefineUser,
    DeleteUser,
    LicenseDocument,
    ModuleDocument,
    RemoveLicenses,
    RemoveStation,
)
from seatkeeper.licensing.outcomes import Module
from seatkeeper.licensing.refusals import Refusal
from tests.licensing import model_inventory
from tests.licensing.model import Holder, Model, Seats
from tests.licensing.model_inventory import Granted, Said
from tests.licensing.world import NOON, OWNER, World, named

LOGINS = ("agent01", "agent02")
STATIONS = ("desk1", "desk2")
LICENSES = ("SHARED", "UNSHARED", "DESK")

logins = st.sampled_from(LOGINS)
stations = st.sampled_from(STATIONS)
licenses = st.sampled_from(LICENSES)
several = st.lists(licenses, min_size=1, max_size=3)
holders: st.SearchStrategy[Holder] = st.sampled_from(
    [*(("user", login) for login in LOGINS), *(("station", station) for station in STATIONS)]
)
counts = st.integers(0, 3)
rarely = st.integers(0, 7).map(lambda chance: chance == 0)
descriptions = st.builds(
    Said,
    prerequisite=st.none() | licenses,
    implies=st.just(()) | st.lists(licenses, max_size=2).map(tuple),
    hidden=st.booleans(),
    only_external=rarely,
)
documents: st.SearchStrategy[dict[str, Granted]] = st.dictionaries(
    licenses, st.builds(Granted, said=descriptions, seats=counts, unlimited=rarely)
)


def _name(holder: Holder) -> HolderName:
    return HolderName(HolderKind.USER if holder[0] == "user" else HolderKind.STATION, holder[1])


def _names(names: list[str] | set[str]) -> tuple[LicenseName, ...]:
    return tuple(map(named, names))


def _method(holder: Holder, *, concurrent: bool) -> Method:
    """A station has but one; the refusal of the other has an example of its own."""
    return Method.CONCURRENT if concurrent and holder[0] == "user" else Method.ASSIGNABLE


def _user(login: str) -> Holder:
    return "user", login


def _details(said: Said) -> LicenseDetails:
    return LicenseDetails(
        extra_flags=1 if said.implies else 0,
        extra_info=f"set={','.join(said.implies)}",
        hidden=said.hidden,
        user_type=UserType.EXTERNAL if said.only_external else None,
    )


def _owner_details(*, expired: bool, ended: bool) -> OwnerDetails:
    after = NOON + 1 if expired else None
    return OwnerDetails(expires=NOON if expired else None, grace_until=NOON if ended else after)


class InventoryRules(RuleBasedStateMachine):
    """Every command is given to the rules and to the model, which must agree on it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.model = Model()

    @rule(holder=holders, names=several)
    def assign(self, holder: Holder, names: list[str]) -> None:
        """Assign licenses, all or none."""
        self.agree(Assign(holder=_name(holder), licenses=_names(names)), lambda: self.model.assign(holder, *names))

    @rule(holder=holders, names=several)
    def unassign(self, holder: Holder, names: list[str]) -> None:
        """Take licenses away, all or none."""
        self.agree(Unassign(holder=_name(holder), licenses=_names(names)), lambda: self.model.unassign(holder, *names))

    @rule(giver=holders, taker=holders, name=licenses)
    def move(self, giver: Holder, taker: Holder, name: str) -> None:
        """Move a seat from one holder to another, all or nothing."""
        trial = deepcopy(self.model)
        allowed = trial.unassign(giver, name) and trial.assign(taker, name)
        give = Unassign(holder=_name(giver), licenses=_names([name]))
        take = Assign(holder=_name(taker), licenses=_names([name]))
        self.agree(Together(commands=(give, take)), lambda: allowed)
        if allowed:
            self.model = trial

    @rule(holder=holders, enabled=st.booleans(), concurrent=st.booleans())
    def change_profile(self, holder: Holder, *, enabled: bool, concurrent: bool) -> None:
        """Enable, disable, or change the method."""
        method = _method(holder, concurrent=concurrent)
        self.agree(
            ChangeProfile(holder=_name(holder), owner=OWNER, enabled=enabled, method=method),
            lambda: self.model.change_profile(holder, enabled=enabled, concurrent=method is Method.CONCURRENT),
        )

    @rule(
        holder=holders,
        wanted=st.lists(st.sampled_from((*LICENSES, *LICENSES, "NONSENSE")), max_size=3),
        scope=st.sets(licenses),
        beyond=st.booleans(),
        enabled=st.none() | st.booleans(),
        concurrent=st.none() | st.booleans(),
        rehearsed=st.booleans(),
    )
    def configure(
        self,
        holder: Holder,
        wanted: list[str],
        scope: set[str],
        *,
        beyond: bool,
        enabled: bool | None,
        concurrent: bool | None,
        rehearsed: bool,
    ) -> None:
        """Configure licenses and profile at once, or rehearse it."""
        if not self.model.known(holder):
            return
        method = None if concurrent is None else _method(holder, concurrent=concurrent)
        command = ConfigureLicenses(
            holder=_name(holder),
            owner=OWNER,
            wanted=_names(wanted),
            scope=_names(scope),
            beyond=beyond,
            enabled=enabled,
            method=method,
            rehearsed=rehearsed,
        )
        after, expected = model_inventory.configure(
            self.model,
            holder,
            wanted,
            scope,
            beyond=beyond,
            enabled=enabled,
            concurrent=None if method is None else method is Method.CONCURRENT,
        )
        before = self.world.picture()
        problems = self.world.do(command).problems
        assert sorted((each.kind.value, each.name) for each in problems) == sorted(expected)
        if rehearsed or any(each.is_error for each in problems):
            assert self.world.picture() == before
        else:
            self.model = after

    @rule(name=licenses, assignable=counts, concurrent=counts, unlimited=st.integers(0, 9), overcommit=st.booleans())
    def change_seats(self, name: str, assignable: int, concurrent: int, unlimited: int, *, overcommit: bool) -> None:
        """Buy more or fewer seats; rarely, without limit."""
        seats = Seats(assignable, concurrent, unlimited == 0)
        self.agree(
            ChangeSeats(
                license=named(name),
                assignable=assignable,
                concurrent=concurrent,
                unrestricted=seats.unlimited,
                allow_overcommit=overcommit,
            ),
            lambda: self.model.change_seats(name, seats, overcommit=overcommit),
        )

    @rule(name=licenses, said=descriptions)
    def describe(self, name: str, said: Said) -> None:
        """Let a license require or imply others; one that was removed comes back so, without seats."""
        command = DefineLicense(
            owner=OWNER,
            name=name,
            display_name=name,
            shared=name != "UNSHARED",
            prerequisite=None if said.prerequisite is None else named(said.prerequisite),
            details=_details(said),
        )
        self.agree(command, lambda: model_inventory.describe(self.model, name, said, shared=command.shared))

    @rule(names=several)
    def remove(self, names: list[str]) -> None:
        """Remove licenses, all or none."""
        command = RemoveLicenses(licenses=_names(names))
        self.agree(command, lambda: model_inventory.remove(self.model, names))

    @rule(name=stations)
    def remove_station(self, name: str) -> None:
        """Remove a station."""
        self.agree(RemoveStation(name=name), lambda: model_inventory.remove_station(self.model, name))

    @rule(name=stations)
    def define_station(self, name: str) -> None:
        """Add a station, if it is not there."""
        self.world.do(DefineStation(name=name, display_name=name))
        self.model.stations.add(name)

    @rule(login=logins)
    def delete_user(self, login: str) -> None:
        """Delete a user; another of the same login comes at once."""
        self.world.do(DeleteUser(login=login))
        self.world.user(login)
        self.model.external.discard(login)
        for session in self.model.sessions_of(login):
            self.model.end(session)
        model_inventory.forget(self.model, ("user", login))

    @rule(login=logins, external=st.booleans())
    def change_type(self, login: str, *, external: bool) -> None:
        """Make somebody an external or an internal user, whatever he has."""
        user_type = UserType.EXTERNAL if external else UserType.INTERNAL
        self.world.do(DefineUser(login=login, display_name=login, user_type=user_type))
        (self.model.external.add if external else self.model.external.discard)(login)

    # As a CRM does it.

    @rule(login=logins, names=several)
    def assign_modules(self, login: str, names: list[str]) -> None:
        """Assign licenses by number: what takes no assignable seat is refused."""
        trial, holder = deepcopy(self.model), _user(login)
        new = [name for name in names if name in trial.seats and (holder, name) not in trial.given]
        shared_only = any(trial.shared_only(name) for name in new)
        allowed = not shared_only and trial.assign(holder, *names)
        if allowed and holder in trial.concurrent:
            allowed = trial.given == self.model.given
        self._modules(login, self.world.assign_modules, names, trial if allowed else None)

    @rule(login=logins, names=several)
    def unassign_modules(self, login: str, names: list[str]) -> None:
        """Take licenses away by number."""
        trial = deepcopy(self.model)
        allowed = trial.unassign(("user", login), *names)
        self._modules(login, self.world.unassign_modules, names, trial if allowed else None)

    def _modules(
        self, login: str, act: Callable[..., tuple[Module, ...]], names: list[str], after: Model | None
    ) -> None:
        """All he has afterwards comes back, or it is refused and everything is as it was."""
        before = self.world.picture()
        try:
            modules = act(login, *names)
        except Refusal:
            assert after is None
            assert self.world.picture() == before
        else:
            assert after is not None
            self.model = after
            assert sorted(each.license.name for each in modules) == sorted(after.given_to(("user", login)))

    @rule(expired=rarely, ended=rarely)
    def say_of_owner(self, *, expired: bool, ended: bool) -> None:
        """Let all licenses end, or be there for ever."""
        self.world.do(DefineOwner(name=OWNER, details=_owner_details(expired=expired, ended=ended)))
        self.model.expired, self.model.ended = expired, ended

    @rule(document=documents, expired=rarely, ended=rarely, rehearsed=rarely)
    def activate(self, document: dict[str, Granted], *, expired: bool, ended: bool, rehearsed: bool) -> None:
        """Make everything what a document says."""
        after, allowed = model_inventory.activate(self.model, document, expired=expired, ended=ended)
        modules = tuple(
            ModuleDocument(
                name=name,
                display_name=name,
                kind=LicenseKind.USER,
                seats=granted.seats,
                unrestricted=granted.unlimited,
                prerequisite=granted.said.prerequisite,
                details=_details(granted.said),
            )
            for name, granted in document.items()
        )
        details = _owner_details(expired=expired, ended=ended)
        said = LicenseDocument(owner=OWNER, details=details, modules=modules)
        before = self.world.picture()
        reasons = self.world.do(ActivateDocument(document=said, rehearsed=rehearsed)).reasons
        assert (reasons == ()) is allowed
        if rehearsed or reasons:
            assert self.world.picture() == before
        else:
            self.model = after

    def agree(self, command: Command[Any], allowed: Callable[[], bool]) -> None:
        """The rules refuse exactly what the model does not allow, and then leave everything as it was."""
        before = self.world.picture()
        try:
            self.world.do(command)
        except Refusal:
            assert not allowed()
            assert self.world.picture() == before
        else:
            assert allowed()
