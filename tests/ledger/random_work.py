"""Commands at random, as clients of a small house would send them: mostly about what is there."""

from random import Random
from typing import Any, Final

from seatkeeper.licensing.commands import (
    AcquireInStages,
    Assign,
    ChangeProfile,
    Command,
    ConfigureLicenses,
    EndReason,
    EndSession,
    ExpireSession,
    Explain,
    LeaveStation,
    Rehearse,
    ReleaseLicenses,
    ReplaceLicenses,
    SetStation,
    Stage,
    StageFailureAction,
    Subscribe,
    Together,
    Unassign,
    UnassignAll,
    UnassignModules,
    Unsubscribe,
)
from seatkeeper.licensing.deployment import (
    Category,
    Change,
    Configuration,
    DeleteConfiguration,
    LicenseType,
    RegisterVersion,
    RemoveVersion,
    SetConfiguration,
    TransactionStatus,
)
from seatkeeper.licensing.deployment_commands import (
    AdvanceTransaction,
    BeginTransaction,
    DefineApplication,
    DefineRuntime,
    ReleaseRuntimeLock,
    RemoveApplication,
    RemoveRuntime,
    SettleTokens,
    VersionNamed,
)
from seatkeeper.licensing.entities import (
    AppliesTo,
    HolderKind,
    HolderName,
    LicenseDetails,
    LicenseKind,
    LicenseName,
    Method,
    OwnerDetails,
    StationSetting,
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
    RemoveOwner,
    RemoveStation,
)
from seatkeeper.licensing.policy import DeploymentPolicy
from tests.ledger.world import LICENSES, NOON, OWNER, agent, connect, named

USERS: Final = 4
STATIONS: Final = ("desk1", "desk2")
MACHINES: Final = ("192.0.2.1", "192.0.2.2")
RUNTIMES: Final = ("mfp", "branch")
APPLICATIONS: Final = ("one", "two", "three")
TOKENS: Final = DeploymentPolicy(
    count_tokens=True, feature_owner=OWNER, application_feature="Token", brand_feature="Brand"
)
"""Tokens are counted, of licenses that come and go."""

_WEIGHTS: Final = {
    "_acquire": 12,
    "_assign": 4,
    "_unassign": 4,
    "_connect": 4,
    "_release": 3,
    "_replace": 3,
    "_sit_down": 3,
    "_profile": 3,
    "_configure": 2,
    "_end": 2,
    "_seats": 2,
    "_subscribe": 2,
    "_together": 2,
    "_expire": 1,
    "_leave": 1,
    "_unsubscribe": 1,
    "_explain": 1,
    "_hire": 1,
    "_require": 1,
    "_remove": 1,
    "_buy": 2,
    "_move_out": 1,
    "_move_in": 1,
    "_plan": 1,
    "_unassign_modules": 1,
    "_unassign_all": 1,
    "_say_of_owner": 1,
    "_activate": 1,
    "_remove_owner": 1,
    "_change_type": 1,
    "_buy_tokens": 2,
    "_run": 2,
    "_shut_down": 1,
    "_define_application": 1,
    "_remove_application": 1,
    "_deploy": 8,
    "_step": 2,
    "_unlock": 1,
    "_settle": 1,
}


class Work:
    """A source of commands. `users` and `sessions` are the numbers of those that live, to choose from."""

    def __init__(self, seed: int, users: list[int], sessions: list[int]) -> None:
        self._random = Random(seed)  # noqa: S311 - to be the same again, not to be secret
        self._users = users
        self._sessions = sessions

    def commands(self, count: int) -> list[Command[Any]]:
        """This many commands."""
        return [self._command() for _ in range(count)]

    def some(self, count: int) -> set[int]:
        """Some of the numbers below `count`, often none."""
        return (
            {number for number in range(count) if self._random.random() < 0.2} if self._random.random() < 0.3 else set()
        )

    def _command(self) -> Command[Any]:
        [name] = self._random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        made: Command[Any] = getattr(self, name)()
        return made

    def _session(self) -> int:
        return self._random.choice(self._sessions or [1])

    def _licenses(self) -> tuple[LicenseName, ...]:
        return named(*self._random.sample(LICENSES, self._random.choice((1, 1, 2, 3))))

    def _holder(self) -> HolderName:
        if self._random.random() < 0.2:
            return HolderName(HolderKind.STATION, self._random.choice(STATIONS))
        return agent(self._random.randint(1, USERS))

    def _acquire(self) -> Command[Any]:
        stages = [
            Stage(name=str(number), on_failure=self._random.choice(list(StageFailureAction)), licenses=self._licenses())
            for number in range(self._random.randint(1, 2))
        ]
        return AcquireInStages(session_id=self._session(), stages=tuple(stages))

    def _replace(self) -> Command[Any]:
        return ReplaceLicenses(session_id=self._session(), licenses=self._licenses())

    def _release(self) -> Command[Any]:
        return ReleaseLicenses(session_id=self._session())

    def _assign(self) -> Command[Any]:
        return Assign(holder=self._holder(), licenses=self._licenses())

    def _unassign(self) -> Command[Any]:
        return Unassign(holder=self._holder(), licenses=self._licenses())

    def _connect(self) -> Command[Any]:
        return connect(self._random.choice(self._users), self._random.choice(MACHINES))

    def _sit_down(self) -> Command[Any]:
        places = [(StationSetting.WORKSTATION, name, None) for name in STATIONS * 2]
        setting, station, number = self._random.choice(
            [*places, (StationSetting.REMOTE_NUMBER, None, "555"), (StationSetting.NONE, None, None)]
        )
        return SetStation(session_id=self._session(), setting=setting, station=station, remote_number=number)

    def _profile(self) -> Command[Any]:
        method = self._random.choice(list(Method))
        enabled = self._random.random() < 0.7
        return ChangeProfile(holder=agent(self._random.randint(1, USERS)), owner=OWNER, enabled=enabled, method=method)

    def _configure(self) -> Command[Any]:
        """Take away, and change the profile. What is given so is counted nowhere, and so left to other tests."""
        return ConfigureLicenses(
            holder=self._holder(),
            owner=OWNER,
            scope=self._licenses(),
            beyond=self._random.random() < 0.3,
            enabled=self._random.choice((None, True, False)),
            rehearsed=self._random.random() < 0.2,
        )

    def _seats(self) -> Command[Any]:
        assignable, concurrent = self._random.randint(0, 3), self._random.randint(0, 3)
        return ChangeSeats(license=self._licenses()[0], assignable=assignable, concurrent=concurrent)

    def _end(self) -> Command[Any]:
        return EndSession(session_id=self._session(), reason=EndReason.LOGGED_OFF)

    def _expire(self) -> Command[Any]:
        return ExpireSession(session_id=self._session())

    def _leave(self) -> Command[Any]:
        return LeaveStation(session_id=self._session())

    def _subscribe(self) -> Command[Any]:
        names = tuple(each.name for each in self._licenses())
        return Subscribe(session_id=self._session(), owner=OWNER, names=names)

    def _unsubscribe(self) -> Command[Any]:
        return Unsubscribe(session_id=self._session())

    def _explain(self) -> Command[Any]:
        login = agent(self._random.randint(1, USERS)).name
        return Explain(login=login, license=self._licenses()[0], station=self._random.choice((None, *STATIONS)))

    def _hire(self) -> Command[Any]:
        login = agent(self._random.randint(1, USERS)).name
        anew = DefineUser(
            login=login,
            display_name="anew",
            stations=self._random.choice((None, None, STATIONS)),
            view_allocations=self._random.choice(((), None, self._licenses())),
        )
        return Together(commands=(DeleteUser(login=login), anew))

    def _require(self) -> Command[Any]:
        name, required = self._licenses()[0].name, self._random.choice((None, *self._licenses()))
        return DefineLicense(owner=OWNER, name=name, display_name=name, prerequisite=required)

    def _remove(self) -> Command[Any]:
        return RemoveLicenses(licenses=self._licenses())

    def _buy(self) -> Command[Any]:
        """What was removed is there again, or what is there is described anew."""
        [name] = named(self._random.choice(LICENSES))
        define = DefineLicense(owner=OWNER, name=name.name, display_name="bought")
        return Together(commands=(define, ChangeSeats(license=name, assignable=1, concurrent=1)))

    def _move_out(self) -> Command[Any]:
        return RemoveStation(name=self._random.choice(STATIONS))

    def _move_in(self) -> Command[Any]:
        return DefineStation(name=self._random.choice(STATIONS), display_name="anew")

    def _plan(self) -> Command[Any]:
        """A license comes with others from now on, and is hidden or not."""
        name, implied = self._licenses()[0].name, ",".join(each.name for each in self._licenses())
        details = LicenseDetails(extra_flags=1, extra_info=f"set={implied}", hidden=self._random.random() < 0.5)
        return DefineLicense(owner=OWNER, name=name, display_name=name, details=details)

    def _unassign_modules(self) -> Command[Any]:
        names = tuple(each.name for each in self._licenses())
        return UnassignModules(user_id=self._random.choice(self._users), owner=OWNER, names=names)

    def _unassign_all(self) -> Command[Any]:
        return UnassignAll(user_id=self._random.choice(self._users))

    def _say_of_owner(self) -> Command[Any]:
        expires = self._random.choice((None, None, None, NOON + 300_000))
        grace = self._random.choice((None, None, None, NOON + 600_000))
        return DefineOwner(name=OWNER, details=OwnerDetails(expires=expires, grace_until=grace))

    def _activate(self) -> Command[Any]:
        """A document of all licenses but perhaps one, which are hidden, or for external users only, now and then."""
        modules = tuple(
            ModuleDocument(
                name=name,
                display_name="of a document",
                kind=LicenseKind.USER,
                seats=self._random.randint(1, 3),
                unrestricted=False,
                prerequisite=None,
                details=LicenseDetails(
                    hidden=self._random.random() < 0.3,
                    user_type=self._random.choice((None, None, None, UserType.EXTERNAL)),
                ),
            )
            for name in LICENSES
            if self._random.random() < 0.9
        )
        document = LicenseDocument(owner=OWNER, details=OwnerDetails(version="1"), modules=modules)
        return ActivateDocument(document=document, rehearsed=self._random.random() < 0.2)

    def _remove_owner(self) -> Command[Any]:
        return RemoveOwner(name=self._random.choice((OWNER, "NOBODY")))

    def _change_type(self) -> Command[Any]:
        login, user_type = agent(self._random.randint(1, USERS)).name, self._random.choice(list(UserType))
        return DefineUser(login=login, display_name="typed", user_type=user_type, group_id=self._random.randint(0, 3))

    def _buy_tokens(self) -> Command[Any]:
        [name] = named(self._random.choice(("Token", "Brand")))
        define = DefineLicense(owner=OWNER, name=name.name, display_name="", applies_to=AppliesTo.APPLICATIONS)
        if self._random.random() < 0.2:
            return RemoveLicenses(licenses=(name,))
        return Together(commands=(define, ChangeSeats(license=name, assignable=self._random.randint(0, 2))))

    def _run(self) -> Command[Any]:
        return DefineRuntime(name=self._random.choice(RUNTIMES), running=self._random.random() < 0.8)

    def _shut_down(self) -> Command[Any]:
        return RemoveRuntime(name=self._random.choice(RUNTIMES))

    def _configuration(self) -> Configuration:
        return Configuration(self._random.choice(list(Category)), self._random.choice(list(LicenseType)))

    def _define_application(self) -> Command[Any]:
        platforms = [platform for platform in ("android", "ios") if self._random.random() < 0.5]
        return DefineApplication(
            runtime=self._random.choice(RUNTIMES),
            name=self._random.choice(APPLICATIONS),
            configuration=self._random.choice((None, self._configuration())),
            versions=tuple(VersionNamed(platform, "1.0") for platform in platforms),
        )

    def _remove_application(self) -> Command[Any]:
        return RemoveApplication(runtime=self._random.choice(RUNTIMES), name=self._random.choice(APPLICATIONS))

    def _deploy(self) -> Command[Any]:
        """A change in a transaction, which others may have to be carried out before."""
        name, version = self._random.choice(APPLICATIONS), self._random.choice(("1.0", "2.0"))
        change: Change = self._random.choice(
            (
                SetConfiguration(name, self._configuration()),
                RegisterVersion(name, "android", version, "An app"),
                RegisterVersion(name, "ios", version, "An app"),
                RemoveVersion(name, "android", version),
                DeleteConfiguration(name),
            )
        )
        runtime, queued = self._random.choice(RUNTIMES), self._random.random() < 0.6
        user_id = self._random.choice(self._users)
        begin = BeginTransaction(runtime=runtime, change=change, user_id=user_id, server="node-1", queued=queued)
        return self._random.choice((begin, Together(commands=(DefineRuntime(name=runtime), begin))))

    def _step(self) -> Command[Any]:
        """As another node might ask for it, too late as a rule."""
        status = self._random.choice(list(TransactionStatus))
        return AdvanceTransaction(transaction_id=self._random.randint(1, 12), status=status)

    def _unlock(self) -> Command[Any]:
        return ReleaseRuntimeLock(runtime=self._random.choice(RUNTIMES), user_id=self._random.choice(self._users))

    def _settle(self) -> Command[Any]:
        return SettleTokens()

    def _together(self) -> Command[Any]:
        commands = tuple(self.commands(2))
        return Rehearse(commands=commands) if self._random.random() < 0.2 else Together(commands=commands)
