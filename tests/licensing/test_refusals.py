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
from seatkeeper.licensing.entities import LicenseKind, Method, StationSetting
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
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.seen import Seen, SeenKind
from tests.licensing.world import ABORT, NOON, OWNER, World, named, stage, station_named, user_named

GONE = 5
BIG = 2**31


def _world() -> World:
    world = World()
    world.license("CLIENT", assignable=1, concurrent=1)
    world.license("SERVER", kind=LicenseKind.SITE)
    world.license("OLD", assignable=1, expires=NOON)
    world.station("desk1")
    world.license("ADDON", assignable=2, prerequisite="CLIENT")
    world.user("agent01", "CLIENT", "ADDON", stations=())
    world.user("agent02")
    world.user("deleted")
    world.do(DeleteUser(login="deleted"))
    return world


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
            "CLIENT cannot become a satellite license while it is assigned (1 to users, 0 to stations): such a license"
            " covers the whole installation and is not assigned. Take it away from everybody who has it before."
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
