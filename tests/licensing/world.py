"""A small world to try the rules on, built by real commands through `decide`."""

from typing import Any

import msgspec

from seatkeeper.licensing.commands import (
    AcquireInStages,
    AcquireLicenses,
    Assign,
    AssignModules,
    ChangeProfile,
    Command,
    Connect,
    Explain,
    SetStation,
    Stage,
    StageFailureAction,
    T,
    Together,
    Unassign,
    UnassignModules,
)
from seatkeeper.licensing.decide import decide
from seatkeeper.licensing.entities import (
    AppliesTo,
    Hold,
    Holder,
    HolderKind,
    HolderName,
    LicenseDetails,
    LicenseKind,
    LicenseName,
    Method,
    OwnerDetails,
    Pool,
    StationLogon,
    StationSetting,
    UserType,
    fold,
)
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.inventory_commands import (
    ChangeSeats,
    DefineLicense,
    DefineOwner,
    DefineStation,
    DefineUser,
    RemoveLicenses,
)
from seatkeeper.licensing.outcomes import Explanation, Module
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.state import SAVED, Image, State
from seatkeeper.licensing.verdicts import StageVerdict, Verdict

OWNER = "ININ"
NOON = 1_800_000_000_000
CONTINUE, ABORT = StageFailureAction.CONTINUE, StageFailureAction.ABORT


def named(license_: str) -> LicenseName:
    """A license of the usual owner."""
    return LicenseName(OWNER, license_)


def user_named(login: str) -> HolderName:
    """A user as a holder."""
    return HolderName(HolderKind.USER, login)


def station_named(station: str) -> HolderName:
    """A station as a holder."""
    return HolderName(HolderKind.STATION, station)


def plan(*implied: str, hidden: bool = False) -> LicenseDetails:
    """What makes a user plan of a license."""
    return LicenseDetails(extra_flags=1, extra_info=f"set={','.join(implied)}", hidden=hidden)


def stage(name: str, on_failure: StageFailureAction, *licenses: str) -> Stage:
    """A stage of licenses of the usual owner."""
    return Stage(name=name, on_failure=on_failure, licenses=tuple(map(named, licenses)))


class World:
    """A state, the time, and all events so far with the time at which they happened."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.image = Image()
        self.state = State(self.image)
        self.policy = policy or Policy()
        self.now = NOON
        self.log: list[tuple[Event, int]] = []

    def do(self, command: Command[T]) -> T:
        """Have a command decided; its events join the log."""
        self._load_rosters(command)
        outcome, events = decide(self.state, command, self.now, self.policy)
        self.log += [(event, self.now) for event in events]
        return outcome

    def events_of(self, command: Command[T]) -> list[Event]:
        """The events that a command comes to."""
        before = len(self.log)
        self.do(command)
        return [event for event, _ in self.log[before:]]

    def commit(self) -> None:
        """Make everything so far part of the image, and forget what is loaded for one batch only."""
        self.state.merge()
        self.image.seated.clear()

    # What is there.

    def license(
        self,
        name: str,
        *,
        assignable: int = 0,
        concurrent: int = 0,
        unrestricted: bool = False,
        applies_to: AppliesTo = AppliesTo.BOTH,
        kind: LicenseKind = LicenseKind.USER,
        shared: bool = True,
        expires: int | None = None,
        grace_until: int | None = None,
        prerequisite: str | None = None,
        details: LicenseDetails = LicenseDetails(),  # noqa: B008 - immutable
    ) -> None:
        """A license with its seats."""
        self.do(
            DefineLicense(
                owner=OWNER,
                name=name,
                display_name=name,
                applies_to=applies_to,
                kind=kind,
                shared=shared,
                expires=expires,
                grace_until=grace_until,
                prerequisite=None if prerequisite is None else named(prerequisite),
                details=details,
            )
        )
        self.seats(name, assignable, concurrent, unrestricted=unrestricted)

    def seats(
        self, name: str, assignable: int, concurrent: int = 0, *, unrestricted: bool = False, overcommit: bool = False
    ) -> bool:
        """Change the seats bought."""
        return self.do(
            ChangeSeats(
                license=named(name),
                assignable=assignable,
                concurrent=concurrent,
                unrestricted=unrestricted,
                allow_overcommit=overcommit,
            )
        )

    def owner(self, name: str = OWNER, **details: Any) -> bool:  # noqa: ANN401 - members of the details
        """Say something of an owner."""
        return self.do(DefineOwner(name=name, details=OwnerDetails(**details)))

    def user(
        self,
        login: str,
        *licenses: str,
        method: Method = Method.ASSIGNABLE,
        stations: tuple[str, ...] | None = None,
        user_type: UserType = UserType.INTERNAL,
    ) -> int:
        """A user with licenses. Returns his number."""
        self.do(DefineUser(login=login, display_name=login, stations=stations, user_type=user_type))
        self.profile(login, method=method)
        self.assign(login, *licenses)
        return self.state.user_ids[fold(login)]

    def concurrent_user(self, login: str, *licenses: str) -> int:
        """A user whose licenses take a seat only while he uses them."""
        return self.user(login, *licenses, method=Method.CONCURRENT)

    def station(self, name: str, *licenses: str) -> None:
        """A station with licenses."""
        self.do(DefineStation(name=name, display_name=name))
        self.do(Assign(holder=station_named(name), licenses=tuple(map(named, licenses))))

    def assign(self, login: str, *licenses: str) -> tuple[str, ...]:
        """Assign licenses to a user; the names of what was new."""
        new = self.do(Assign(holder=user_named(login), licenses=tuple(map(named, licenses))))
        return tuple(each.name for each in new)

    def assign_modules(self, login: str, *names: str, owner: str = OWNER) -> tuple[Module, ...]:
        """Assign licenses as a CRM does."""
        return self.do(AssignModules(user_id=self.state.user_ids[fold(login)], owner=owner, names=names))

    def unassign_modules(self, login: str, *names: str, owner: str = OWNER) -> tuple[Module, ...]:
        """Take licenses away as a CRM does."""
        return self.do(UnassignModules(user_id=self.state.user_ids[fold(login)], owner=owner, names=names))

    def unassign(self, login: str, *licenses: str) -> tuple[str, ...]:
        """Take licenses from a user; the names of what went."""
        taken = self.do(Unassign(holder=user_named(login), licenses=tuple(map(named, licenses))))
        return tuple(each.name for each in taken)

    def profile(self, login: str, *, enabled: bool = True, method: Method = Method.ASSIGNABLE) -> bool:
        """Change a user's licensing profile."""
        return self.do(ChangeProfile(holder=user_named(login), owner=OWNER, enabled=enabled, method=method))

    def station_profile(self, station: str, *, enabled: bool) -> bool:
        """Enable or disable a station's licenses."""
        return self.do(
            ChangeProfile(holder=station_named(station), owner=OWNER, enabled=enabled, method=Method.ASSIGNABLE)
        )

    def require(self, name: str, prerequisite: str | None) -> bool:
        """Let a license require another, or none."""
        required = None if prerequisite is None else named(prerequisite)
        return self.do(DefineLicense(owner=OWNER, name=name, display_name=name, prerequisite=required))

    def remove(self, *licenses: str) -> None:
        """Remove licenses."""
        self.do(RemoveLicenses(licenses=tuple(map(named, licenses))))

    # Who uses it.

    def connect(
        self, login: str, station: str | None = None, *, machine: str = "10.0.0.1", application: str = "desktop"
    ) -> int:
        """A session of a user, sitting at a station if one is named. Returns its number."""
        session_id = self.do(
            Connect(
                user_id=self.state.user_ids[fold(login)],
                application=application,
                machine=machine,
                language="en-US",
                cookie_digest=b"cookie",
                csrf_digest=b"csrf",
            )
        ).session_id
        if station is not None:
            self.sit(session_id, station)
        return session_id

    def sit(self, session_id: int, station: str) -> StationLogon:
        """Sit down at a workstation."""
        return self.do(SetStation(session_id=session_id, setting=StationSetting.WORKSTATION, station=station))

    def acquire(self, session_id: int, license_: str) -> Verdict:
        """Acquire one license."""
        return self.do(AcquireLicenses(session_id=session_id, licenses=(named(license_),)))[0]

    def in_stages(self, session_id: int, *stages: Stage) -> tuple[StageVerdict, ...]:
        """Acquire in stages."""
        return self.do(AcquireInStages(session_id=session_id, stages=stages))

    def explain(self, login: str, license_: str, station: str | None = None, machine: str | None = None) -> Explanation:
        """What acquiring would come to."""
        return self.do(Explain(login=login, license=named(license_), station=station, machine=machine))

    # What it has come to.

    def pool(self, license_: str) -> Pool:
        """The pool of a license."""
        return self.state.pools[self._license_id(license_)]

    def hold(self, session_id: int, license_: str) -> Hold | None:
        """A session's hold of a license."""
        return self.state.holds.get((session_id, self._license_id(license_)))

    def held(self, session_id: int) -> set[str]:
        """The names of what a session holds."""
        return {self.state.licenses[each].name for each in self.state.held_by.get(session_id) or ()}

    def assigned(self, holder: HolderName) -> list[str]:
        """The names of what is assigned to a holder, in the order of assigning."""
        ids = self.state.user_ids if holder.kind is HolderKind.USER else self.state.station_ids
        number = ids[fold(holder.name)]
        return [
            self.state.licenses[each].name for each in self.state.assigned_to.get(Holder(holder.kind, number)) or ()
        ]

    def alive(self, session_id: int) -> bool:
        """Whether a session has not ended."""
        return self.state.sessions.get(session_id) is not None

    def picture(self) -> dict[str, list[bytes]]:
        """Every saved row, in a form that can be compared."""
        return picture(self.state)

    def _license_id(self, license_: str) -> int:
        return self.state.license_ids[fold(OWNER), fold(license_)]

    def _load_rosters(self, command: Command[T]) -> None:
        """Load for a change of seats what the ledger loads for a batch that has one."""
        for each in command.commands if isinstance(command, Together) else (command,):
            if isinstance(each, ChangeSeats):
                key = each.license.key
                license_id = self.state.license_ids.get(key)
                if license_id is not None:
                    self.image.seated.update(dict.fromkeys(self._roster(license_id, key[0]), license_id))

    def _roster(self, license_id: int, owner_key: str) -> list[int]:
        profiles = {
            (row.holder, row.owner_key): row.enabled and row.method is Method.ASSIGNABLE
            for row in self.state.profiles.values()
        }
        return [
            row.id
            for row in self.state.assignments.values()
            if row.license_id == license_id and profiles.get((row.holder, owner_key), True)
        ]


def picture(state: State, tables: tuple[str, ...] = SAVED) -> dict[str, list[bytes]]:
    """The rows of these tables, in a form that can be compared."""
    return {name: sorted(msgspec.json.encode(row) for row in getattr(state, name).values()) for name in tables}
