"""Every reason for which a command as a whole is refused; a refused command changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from seatkeeper.licensing.commands import (
    AcquireInStages,
    AcquireLicenses,
    Assign,
    ChangeProfile,
    Command,
    ConfigureLicenses,
    Connect,
    EndReason,
    EndSession,
    Explain,
    LeaveStation,
    ReleaseLicenses,
    ReplaceLicenses,
    SetStation,
    Subscribe,
    Together,
    Unassign,
    Unsubscribe,
)
from seatkeeper.licensing.deployment import (
    Category,
    Change,
    Configuration,
    DeleteConfiguration,
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
    RemoveRuntime,
    VersionNamed,
)
from seatkeeper.licensing.entities import HolderKind, HolderName, LicenseKind, Method, StationSetting
from seatkeeper.licensing.inventory_commands import (
    ChangeSeats,
    DefineLicense,
    DefineStation,
    DefineUser,
    DeleteUser,
    ForgetUser,
    RemoveLicenses,
    RemoveOwner,
    RemoveStation,
)
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.seen import Seen, SeenKind
from tests.licensing.world import ABORT, NOON, OWNER, World, named, stage, station_named, user_named

GONE = 5
BIG = 2**31


def _world() -> World:
    world = World(Policy(deployment=DeploymentPolicy(longest_line=1)))
    world.license("CLIENT", assignable=1, concurrent=1)
    world.license("SERVER", kind=LicenseKind.SITE)
    world.license("OLD", assignable=1, expires=NOON)
    world.station("desk1")
    world.license("ADDON", assignable=2, prerequisite="CLIENT")
    world.user("agent01", "CLIENT", "ADDON", stations=())
    world.user("agent02")
    world.user("deleted")
    world.do(DeleteUser(login="deleted"))
    world.do(DefineRuntime(name="mfp"))
    world.do(DefineRuntime(name="stopped", running=False))
    world.do(DefineApplication(runtime="mfp", name="app", versions=(VersionNamed("ios", "1.0"),)))
    world.do(_begin(SetConfiguration("busy", Configuration(Category.B2C)), queued=True))
    world.do(AdvanceTransaction(transaction_id=1, status=TransactionStatus.PENDING))
    return world


def _begin(change: Change, *, runtime: str = "mfp", queued: bool = False) -> BeginTransaction:
    return BeginTransaction(runtime=runtime, change=change, user_id=1, server="node-1", queued=queued)


def _connect_deleted(world: World) -> Connect:
    deleted = max(world.state.users.values(), key=lambda user: user.id)
    return Connect(user_id=deleted.id, application="", machine="", language="", cookie_digest=b"", csrf_digest=b"")


def _seats(assignable: int, concurrent: int = 0) -> ChangeSeats:
    return ChangeSeats(license=named("CLIENT"), assignable=assignable, concurrent=concurrent)


def _assign(login: str, license_: str) -> Assign:
    return Assign(holder=user_named(login), licenses=(named(license_),))


def _at(world: World, **where: Any) -> SetStation:  # noqa: ANN401 - members of the command
    return SetStation(session_id=world.connect("agent01"), setting=StationSetting.WORKSTATION, **where)


Ask = Callable[[World], Command[Any]]

CASES: list[tuple[Code, str, Ask]] = [
    (Code.SESSION_ENDED, "Session 5 has ended or never was.", lambda _: ReleaseLicenses(session_id=GONE)),
    (Code.UNKNOWN_USER, "There is no user with the login nobody.", lambda _: _assign("nobody", "CLIENT")),
    (Code.UNKNOWN_USER, "There is no user with the login deleted.", lambda _: DeleteUser(login="deleted")),
    (Code.UNKNOWN_USER, "This user does not exist any more.", _connect_deleted),
    (
        Code.UNKNOWN_LICENSE,
        "There is no license named NONSENSE of owner ININ.",
        lambda _: _assign("agent02", "NONSENSE"),
    ),
    (Code.UNKNOWN_OWNER, "There is no owner of licenses named nobody.", lambda _: RemoveOwner(name="nobody")),
    (Code.UNKNOWN_STATION, "There is no station named attic.", lambda world: _at(world, station="attic")),
    (
        Code.UNKNOWN_STATION,
        "There is no station named attic.",
        lambda _: DefineUser(login="agent02", display_name="", stations=("attic",)),
    ),
    (
        Code.STATION_NOT_PERMITTED,
        "agent01 is not permitted to use station desk1.",
        lambda world: _at(world, station="desk1"),
    ),
    (
        Code.STATION_NOT_PERMITTED,
        "agent01 is not permitted to use station desk1.",
        lambda _: Explain(login="agent01", license=named("CLIENT"), station="desk1"),
    ),
    (
        Code.NO_STATION,
        "This session is at no station.",
        lambda world: LeaveStation(session_id=world.connect("agent01")),
    ),
    (
        Code.LOGIN_TAKEN,
        "agent02 has the associate id 2, which cannot be changed.",
        lambda _: DefineUser(login="agent02", display_name="", user_id=77),
    ),
    (
        Code.USER_ID_TAKEN,
        "The associate id 2 is or was another user's; none is used twice. Leave it out, and the next is given.",
        lambda _: DefineUser(login="agent09", display_name="", user_id=2),
    ),
    (
        Code.USER_LIVES,
        "agent02 is not deleted. Only a deleted user can be forgotten; delete the user first.",
        lambda _: ForgetUser(user_id=2),
    ),
    (Code.UNKNOWN_USER, "There is no user with the associate id 77.", lambda _: ForgetUser(user_id=77)),
    (
        Code.INVALID_VALUE,
        "The login former-user-9 cannot be given: such names stand for deleted users that were forgotten.",
        lambda _: DefineUser(login="former-user-9", display_name=""),
    ),
    (
        Code.NOT_ASSIGNABLE_TO,
        "SERVER is a site license: it covers the whole installation and is not assigned.",
        lambda _: _assign("agent02", "SERVER"),
    ),
    (
        Code.LICENSE_EXPIRED,
        "OLD expired on 2027-01-15 and cannot be assigned any more.",
        lambda _: _assign("agent02", "OLD"),
    ),
    (
        Code.SEATS_EXHAUSTED,
        "No assignable seat of CLIENT is free: 1 of 1 are assigned (1 to users, 0 to stations).",
        lambda _: _assign("agent02", "CLIENT"),
    ),
    (
        Code.SEATS_BELOW_USE,
        (
            "CLIENT has 1 assignable seats assigned and 0 concurrent seats in use; it cannot be lowered to 0 assignable"
            " and 0 concurrent seats unless overcommitment is allowed."
        ),
        lambda _: _seats(0),
    ),
    (
        Code.STILL_ASSIGNED,
        "ININ cannot be removed: CLIENT is assigned. Take it away from everybody who has it before.",
        lambda _: RemoveOwner(name=OWNER),
    ),
    (
        Code.STILL_ASSIGNED,
        (
            "CLIENT cannot become a satellite license while it is assigned (1 to users, 0 to stations, 0 to"
            " applications): such a license covers the whole installation and is not assigned. Take it away from"
            " everybody who has it before."
        ),
        lambda _: DefineLicense(owner=OWNER, name="CLIENT", display_name="", kind=LicenseKind.SATELLITE),
    ),
    (
        Code.PREREQUISITE_MISSING,
        "ADDON requires CLIENT, which agent02 does not have. Assign CLIENT before, or with it.",
        lambda _: _assign("agent02", "ADDON"),
    ),
    (
        Code.PREREQUISITE_NEEDED,
        "CLIENT cannot be taken away: ADDON, assigned here too, requires it.",
        lambda _: Unassign(holder=user_named("agent01"), licenses=(named("CLIENT"),)),
    ),
    (
        Code.PREREQUISITE_NEEDED,
        "CLIENT cannot be removed: ADDON requires it. Remove that too, or let it require nothing.",
        lambda _: RemoveLicenses(licenses=(named("CLIENT"), named("OLD"))),
    ),
    (
        Code.PREREQUISITE_CIRCLE,
        "Prerequisites go round in a circle: CLIENT requires ADDON requires CLIENT.",
        lambda _: DefineLicense(owner=OWNER, name="CLIENT", display_name="", prerequisite=named("ADDON")),
    ),
    (
        Code.UNKNOWN_LICENSE,
        "There is no license named NONSENSE of owner ININ.",
        lambda _: DefineLicense(owner=OWNER, name="CLIENT", display_name="", prerequisite=named("NONSENSE")),
    ),
    (
        Code.UNKNOWN_LICENSE,
        "There is no license named NONSENSE of owner ININ.",
        lambda _: RemoveLicenses(licenses=(named("OLD"), named("NONSENSE"))),
    ),
    (
        Code.UNKNOWN_LICENSE,
        "There is no license named NONSENSE of owner ININ.",
        lambda _: DefineUser(login="agent02", display_name="", view_allocations=(named("NONSENSE"),)),
    ),
    (
        Code.UNKNOWN_LICENSE,
        "There is no license named NONSENSE of owner ININ.",
        lambda _: DefineUser(login="agent02", display_name="", admin_allocations=(named("NONSENSE"),)),
    ),
    (Code.UNKNOWN_STATION, "There is no station named attic.", lambda _: RemoveStation(name="attic")),
    (
        Code.UNKNOWN_RUNTIME,
        "There is no runtime named nowhere.",
        lambda _: _begin(DeleteConfiguration("app"), runtime="nowhere"),
    ),
    (Code.UNKNOWN_RUNTIME, "There is no runtime named MFP.", lambda _: RemoveRuntime(name="MFP")),
    (
        Code.RUNTIME_NOT_RUNNING,
        "Runtime stopped does not run. Start it, and try again.",
        lambda _: _begin(DeleteConfiguration("app"), runtime="stopped"),
    ),
    (
        Code.UNKNOWN_APPLICATION,
        "There is no application APP in runtime mfp.",
        lambda _: _begin(RemoveVersion("APP", "ios", "1.0")),
    ),
    (
        Code.NO_CONFIGURATION,
        "Application app of runtime mfp has no license configuration.",
        lambda _: _begin(DeleteConfiguration("app")),
    ),
    (
        Code.UNKNOWN_VERSION,
        "Application app has no version 2.0 for ios.",
        lambda _: _begin(RemoveVersion("app", "ios", "2.0")),
    ),
    (
        Code.TRANSACTION_UNFINISHED,
        "Application busy of runtime mfp is being changed by transaction 1. Wait for its end.",
        lambda _: DefineApplication(runtime="mfp", name="busy", versions=(VersionNamed("ios", "1.0"),)),
    ),
    (
        Code.TRANSACTION_UNFINISHED,
        "Runtime mfp cannot be removed: 1 of its transactions are not over. Wait for their end.",
        lambda _: RemoveRuntime(name="mfp"),
    ),
    (
        Code.LINE_FULL,
        "1 transactions of runtime mfp wait already; try again when some are over.",
        lambda _: _begin(SetConfiguration("app", Configuration(Category.B2C))),
    ),
    (Code.INVALID_VALUE, "The name of the runtime is empty.", lambda _: DefineRuntime(name=" ")),
    (
        Code.INVALID_VALUE,
        "The name of runtime /mfp has a slash in it: it is a context root without its leading slash.",
        lambda _: DefineRuntime(name="/mfp"),
    ),
    (
        Code.INVALID_VALUE,
        "The name of the application has blanks around it, or a tab or a line break in it. Leave them out.",
        lambda _: _begin(SetConfiguration("app ", Configuration(Category.B2C))),
    ),
    (
        Code.INVALID_VALUE,
        "The name of the application is .., which no path can hold: clients take it for a step in the path.",
        lambda _: _begin(SetConfiguration("..", Configuration(Category.B2C))),
    ),
    (
        Code.INVALID_VALUE,
        "The platform is 255 characters long; 254 are allowed.",
        lambda _: _begin(RegisterVersion("app", "i" * 255, "1.0", "")),
    ),
    (
        Code.INVALID_VALUE,
        "The version has a character in it that cannot be written. Leave it out.",
        lambda _: _begin(RegisterVersion("app", "ios", "1\x00", "")),
    ),
    (
        Code.INVALID_VALUE,
        "The display name is 2001 characters long; 2000 are allowed.",
        lambda _: _begin(RegisterVersion("app", "ios", "1.0", "a" * 2001)),
    ),
    (
        Code.INVALID_VALUE,
        "Application new would have neither a license configuration nor a version. Give it one of them, or remove it.",
        lambda _: DefineApplication(runtime="mfp", name="new"),
    ),
    (
        Code.INVALID_VALUE,
        "Application new has version 1.0 for ios more than once.",
        lambda _: DefineApplication(
            runtime="mfp", name="new", versions=(VersionNamed("ios", "1.0"), VersionNamed("ios", "1.0", "again"))
        ),
    ),
    (
        Code.NOT_ASSIGNABLE_TO,
        (
            "Nothing can be assigned to application app or taken from it by name: it takes its token when a version of"
            " it is registered, and gives it back with the last."
        ),
        lambda _: ChangeProfile(
            holder=HolderName(HolderKind.APPLICATION, "app"), owner=OWNER, enabled=False, method=Method.ASSIGNABLE
        ),
    ),
    (
        Code.CHANGED_SINCE,
        "This was planned before station desk1 changed; plan it anew.",
        lambda _: Together(commands=(), seen=(Seen(SeenKind.STATION, "desk1", None, "station desk1"),)),
    ),
    (
        Code.CONCURRENT_STATION,
        "Station desk1 cannot have the concurrent method: a station's licenses are assignable.",
        lambda _: ConfigureLicenses(holder=station_named("desk1"), owner=OWNER, method=Method.CONCURRENT),
    ),
    (
        Code.UNKNOWN_USER,
        "There is no user with the login nobody.",
        lambda _: ConfigureLicenses(holder=user_named("nobody"), owner=OWNER),
    ),
    (
        Code.CONCURRENT_STATION,
        "Station desk1 cannot have the concurrent method: a station's licenses are assignable.",
        lambda _: ChangeProfile(holder=station_named("desk1"), owner=OWNER, enabled=True, method=Method.CONCURRENT),
    ),
    (Code.INVALID_VALUE, "CLIENT cannot have fewer than 0 seats.", lambda _: _seats(1, -1)),
    (Code.INVALID_VALUE, "CLIENT cannot have more than 2147483647 seats.", lambda _: _seats(1, BIG)),
    (
        Code.INVALID_VALUE,
        "The associate id of agent09 must be from 1 to 2147483647.",
        lambda _: DefineUser(login="agent09", display_name="", user_id=0),
    ),
    (
        Code.INVALID_VALUE,
        "The associate id of agent09 must be from 1 to 2147483647.",
        lambda _: DefineUser(login="agent09", display_name="", user_id=BIG),
    ),
    (Code.INVALID_VALUE, "The login name is empty.", lambda _: DefineUser(login=" ", display_name="")),
    (Code.INVALID_VALUE, "The station name is empty.", lambda _: DefineStation(name="", display_name="")),
    (
        Code.INVALID_VALUE,
        "The owner name is empty.",
        lambda _: DefineLicense(owner="", name="NEW", display_name=""),
    ),
    (
        Code.INVALID_VALUE,
        "The license name is empty.",
        lambda _: DefineLicense(owner=OWNER, name="\t", display_name=""),
    ),
    (
        Code.INVALID_VALUE,
        "group_id is 2147483648, and must be from -2147483648 to 2147483647.",
        lambda _: DefineUser(login="agent02", display_name="", group_id=BIG),
    ),
    (
        Code.INVALID_VALUE,
        "secondary_groups is 2147483648, and must be from -2147483648 to 2147483647.",
        lambda _: DefineUser(login="agent02", display_name="", secondary_groups=(1, BIG)),
    ),
]


@pytest.mark.parametrize(("code", "sentence", "ask"), CASES)
def test_each_refusal_has_its_code_and_its_sentence_and_changes_nothing(code: Code, sentence: str, ask: Ask) -> None:
    world = _world()
    command = ask(world)
    before = world.picture()
    with pytest.raises(Refusal) as refused:
        world.do(command)
    assert (refused.value.code, refused.value.sentence, refused.value.index) == (code, sentence, None)
    assert world.picture() == before


def test_the_cases_reach_every_code() -> None:
    assert {code for code, _, _ in CASES} == set(Code)


@pytest.mark.parametrize(
    "command",
    [
        EndSession(session_id=GONE, reason=EndReason.LOGGED_OFF),
        AcquireInStages(session_id=GONE, stages=(stage("one", ABORT, "CLIENT"),)),
        AcquireLicenses(session_id=GONE, licenses=(named("CLIENT"),)),
        ReplaceLicenses(session_id=GONE, licenses=()),
        ReleaseLicenses(session_id=GONE),
        SetStation(session_id=GONE, setting=StationSetting.NONE),
        LeaveStation(session_id=GONE),
        Subscribe(session_id=GONE, owner=OWNER, names=("CLIENT",)),
        Unsubscribe(session_id=GONE),
    ],
    ids=lambda command: type(command).__name__,
)
def test_every_act_of_a_session_looks_at_the_session_again(command: Command[Any]) -> None:
    """Rule L9."""
    with pytest.raises(Refusal) as refused:
        _world().do(command)
    assert refused.value.code is Code.SESSION_ENDED
