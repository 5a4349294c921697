"""Applying files to a real ledger."""

import time
from collections import Counter

import pytest

from seatkeeper.identity.passwords import Passwords
from seatkeeper.inventory.applying import NotApplied
from seatkeeper.inventory.demo import demo_text
from seatkeeper.inventory.problems import InvalidInventory
from seatkeeper.licensing.commands import AcquireLicenses, AssignModules, Explain, SetStation
from seatkeeper.licensing.entities import Holder, HolderKind, LicenseName, Method, StationSetting
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.verdicts import Status
from tests.admin.world import World

pytestmark = pytest.mark.anyio

LICENSES = """
[[licenses]]
name = "A"
description = "the first"
assignable_seats = 1
concurrent_seats = 1
[[licenses]]
owner = "CRM"
name = "B"
assignable_seats = 1
"""
STATION = '[[stations]]\nname = "station01"\n'
USER = '[[users]]\nlogin = "agent01"\n'


async def acquire(world: World, session: int, name: str) -> Status:
    [verdict] = await world.ledger.submit(AcquireLicenses(session_id=session, licenses=(LicenseName("ININ", name),)))
    return verdict.status


async def test_the_demo_inventory_applies_and_a_second_time_is_no_event(world: World) -> None:
    first = Counter(line.partition(" ")[0] for line in await world.apply(demo_text()))
    head = world.ledger.head
    assert [first[each] for each in ("owner", "license", "station", "user")] == [1, 38, 25, 45]
    assert [first[each] for each in ("runtime", "application")] == [2, 7]
    assert await world.apply(demo_text()) == []
    assert world.ledger.head == head


async def test_the_demo_inventory_lets_one_try_what_its_comments_say(demo: World) -> None:
    tries: list[tuple[str, str, str | None, int]] = [
        ("agent01", "I3_FEATURE_ICWS_SDK", None, 1),
        ("agent01", "I3_ACCESS_CLIENT", None, 2),
        ("agent29", "I3_ACCESS_CLIENT", "station11", 2),
        ("agent01", "I3_ACCESS_RECORDER", None, 3),
        ("agent32", "I3_ACCESS_CLIENT", None, 3),
        ("agent01", "I3_LICENSE_BASIC_STATION", "station24", 3),
        ("supervisor04", "I3_LICENSE_SALESFORCE", None, 4),
        ("supervisor04", "I3_OPTIMIZER_SHOWRTA", None, 2),
        ("agent01", "I3_NO_SUCH_LICENSE", None, 9),
    ]
    for login, license_, station, status in tries:
        asked = Explain(login=login, license=LicenseName("ININ", license_), station=station, machine="127.0.0.1")
        verdict = (await demo.ledger.submit(asked)).verdict
        assert (login, license_, verdict.status) == (login, license_, status)


async def sit(world: World, login: str, machine: str, station: str) -> int:
    session = await world.connect(login, machine=machine)
    await world.ledger.submit(SetStation(session_id=session, setting=StationSetting.WORKSTATION, station=station))
    return session


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (("agent02", "127.0.0.1", "station01"), ("agent02", "127.0.0.1", "station02"), 5),
        (("agent02", "127.0.0.1", "station01"), ("agent02", "127.0.0.2", "station01"), 6),
        (("agent02", "127.0.0.1", "station01"), ("agent03", "127.0.0.1", "station01"), 7),
    ],
)
async def test_the_stations_of_the_demo_refuse_whoever_comes_second(
    demo: World, first: tuple[str, str, str], second: tuple[str, str, str], status: int
) -> None:
    name = "I3_LICENSE_BASIC_STATION"
    sessions = [await sit(demo, *first), await sit(demo, *second)]
    assert [await acquire(demo, each, name) for each in sessions] == [2, status]


async def test_the_third_of_the_demo_to_share_two_seats_is_refused(demo: World) -> None:
    sessions = [await demo.connect(login) for login in ("agent09", "agent10", "agent11")]
    assert [await acquire(demo, each, "I3_ACCESS_ACD_MEDIA_3_PLUS") for each in sessions] == [2, 2, 4]


async def test_a_license_of_the_demo_that_is_not_shared_is_refused_in_a_second_application(demo: World) -> None:
    first = await demo.connect("supervisor01", application="desk")
    second = await demo.connect("supervisor01", application="reports")
    name = "I3_ACCESS_RECORDER_QUALITYMONITORING"
    assert [await acquire(demo, each, name) for each in (first, second)] == [2, 8]


@pytest.mark.parametrize(
    ("names", "has"),
    [
        (("PLANNER", "ROUTE_MAP"), ["PLANNER", "ROUTE_MAP"]),
        (("FORECAST",), Code.PREREQUISITE_MISSING),
        (("FORECAST", "REPORTS", "PLANNER"), ["PLANNER", "REPORTS", "FORECAST"]),
        (("TEAM_PLAN",), ["TEAM_PLAN", "SHARED_CALENDAR", "ROOM_BOOKING"]),
        (("MOBILE",), ["MOBILE"]),
        (("LEGACY_IMPORT",), Code.LICENSE_EXPIRED),
        (("PARTNER_PORTAL",), Code.NOT_ASSIGNABLE_TO),
        (("SERVER",), Code.NOT_ASSIGNABLE_TO),
        (("KIOSK",), Code.NOT_ASSIGNABLE_TO),
    ],
)
async def test_the_planning_of_the_demo_can_be_tried_as_its_comments_say(
    names: tuple[str, ...], has: list[str] | Code, demo: World
) -> None:
    asked = AssignModules(user_id=129, owner="PLANNING", names=names)
    if isinstance(has, Code):
        with pytest.raises(Refusal) as refused:
            await demo.ledger.submit(asked)
        assert refused.value.code is has
    else:
        assert [each.license.name for each in await demo.ledger.submit(asked)] == has


async def test_the_last_seat_of_the_demos_planning_goes_to_one_and_the_other_gets_nothing(demo: World) -> None:
    first, second = (
        AssignModules(user_id=each, owner="PLANNING", names=("PLANNER", "ROUTE_MAP")) for each in (129, 130)
    )
    await demo.ledger.submit(first)
    with pytest.raises(Refusal) as refused:
        await demo.ledger.submit(second)
    assert refused.value.code is Code.SEATS_EXHAUSTED
    assert await demo.ledger.submit(AssignModules(user_id=130, owner="PLANNING", names=())) == ()


async def test_the_demo_passwords_are_what_the_file_says(demo: World) -> None:
    account = (await demo.inventory()).accounts["agent07"]
    assert await demo.passwords.verify(account.password_hash, "demo-agent07")


async def test_what_the_file_does_not_mention_stays(world: World) -> None:
    await world.apply(LICENSES + USER + 'licenses = ["A"]\nlanguage = "de-DE"\nenabled = true')
    changed = '[[licenses]]\nname = "a"\nconcurrent_seats = 3\n' + USER
    assert await world.apply(changed) == ["license A: changed: concurrent_seats 1 -> 3"]
    view = await world.inventory()
    license_ = view.licenses["inin", "a"]
    pool = view.pools[license_.id]
    assert (license_.name, license_.description) == ("A", "the first")
    assert (pool.assignable_seats, pool.concurrent_seats, pool.assigned) == (1, 3, 1)
    assert view.accounts["agent01"].user.language == "de-DE"


async def test_licenses_are_added_and_none_taken_away(world: World) -> None:
    await world.apply(LICENSES + USER + 'licenses = ["A"]')
    assert await world.apply('[[licenses]]\nname = "C"\nassignable_seats = 1\n' + USER + 'licenses = ["C"]') == [
        "license C: added: assignable_seats None -> 1",
        "assignment agent01 C: added",
    ]
    assert (await world.inventory()).pools[1].assigned == 1


async def test_profiles_of_several_owners_are_set(world: World) -> None:
    await world.apply(LICENSES + USER + 'method = "concurrent"\nprofiles.CRM = {enabled = false}')
    view = await world.inventory()
    holder = Holder(HolderKind.USER, view.accounts["agent01"].user.id)
    assert view.profiles[holder, "inin"].method is Method.CONCURRENT
    assert view.profiles[holder, "crm"].enabled is False


async def test_permitted_stations_are_kept_replaced_and_lifted(world: World) -> None:
    async def permitted() -> tuple[int, ...] | None:
        return (await world.inventory()).accounts["agent01"].user.stations

    await world.apply(STATION + USER + 'stations = ["STATION01"]')
    assert await permitted() == (1,)
    assert await world.apply(USER) == []
    await world.apply(USER + 'stations = "all"')
    assert await permitted() is None


async def test_a_seat_that_a_profile_frees_can_be_assigned_in_the_same_file(world: World) -> None:
    await world.apply(LICENSES + USER + 'licenses = ["A"]')
    other = '[[users]]\nlogin = "agent02"\nlicenses = ["A"]\n'
    assert await world.apply(other + USER + "enabled = false") == [
        "user agent02: added",
        "user agent01: changed: enabled True -> False",
        "assignment agent02 A: added",
    ]


async def test_seats_that_a_profile_frees_can_be_lowered_in_the_same_file(world: World) -> None:
    await world.apply(LICENSES + USER + 'licenses = ["A"]')
    text = '[[licenses]]\nname = "A"\nassignable_seats = 0\n' + USER + 'method = "concurrent"'
    assert await world.apply(text) == [
        "license A: changed: assignable_seats 1 -> 0",
        "user agent01: changed: method 'assignable' -> 'concurrent'",
    ]


async def test_an_unchanged_password_keeps_its_hash_and_a_changed_one_does_not(world: World) -> None:
    async def stored() -> str | None:
        return (await world.inventory()).accounts["agent01"].password_hash

    await world.apply(USER + 'password = "one"')
    first = await stored()
    assert await world.apply(USER + 'password = "one"') == []
    assert await stored() == first
    two = await world.apply(USER + 'password = "two"')
    assert two == ["user agent01: changed: password '(set)' -> '(changed)'"]
    assert await world.passwords.verify(await stored(), "two")


async def test_a_given_hash_is_stored_as_it_is(world: World) -> None:
    passwords = Passwords(1)
    given = await passwords.hash("one")
    passwords.close()
    await world.apply(USER + f'password_hash = "{given}"')
    assert (await world.inventory()).accounts["agent01"].password_hash == given
    assert await world.apply(USER + f'password_hash = "{given}"') == []


async def test_a_new_license_may_come_expired_and_assigned_but_then_takes_no_more(world: World) -> None:
    expired = '[[licenses]]\nname = "E"\nassignable_seats = 2\nexpires = 2020-01-01\n'
    await world.apply(expired + USER + 'licenses = ["E"]')
    with pytest.raises(NotApplied) as refused:
        await world.apply('[[users]]\nlogin = "agent02"\nlicenses = ["E"]')
    assert refused.value.refusal.code is Code.LICENSE_EXPIRED


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (USER + 'licenses = ["I"]', 'users[1] "agent01": licenses: there is no license "I"'),
        (
            LICENSES.replace('"A"', '"ALPHA"') + USER + 'licenses = ["ALPAH"]',
            'users[1] "agent01": licenses: there is no license "ALPAH"; did you mean "ALPHA"?',
        ),
        (LICENSES + STATION + 'licenses = ["B"]', 'stations[1] "station01": licenses: there is no license "B"'),
        (USER + 'stations = ["station01"]', 'users[1] "agent01": stations: there is no station "station01"'),
        (
            USER + 'roles = ["operators"]',
            'users[1] "agent01": roles: there is no role "operators"; did you mean "operator"?',
        ),
        (
            USER + 'rights = ["explian"]',
            'users[1] "agent01": rights: there is no right "explian"; did you mean "explain"?',
        ),
        (
            LICENSES + USER + "profiles.CMR.enabled = false",
            'users[1] "agent01": profiles: there is no license owner "CMR"; did you mean "CRM"?',
        ),
    ],
)
async def test_a_name_that_fits_nothing_is_refused_with_the_nearest(world: World, text: str, problem: str) -> None:
    with pytest.raises(InvalidInventory) as invalid:
        await world.plan(text)
    # The nearest name of something short may be offered or not; the problem itself is what counts there.
    assert str(invalid.value).startswith(f"file.toml: {problem}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'roles = ["king"]',
            (
                'roles: there is no role "king"; the roles are administrator, operator, mfpadmin, mfpdeployer,'
                " mfpmonitor, mfpoperator"
            ),
        ),
        (
            'rights = ["fly"]',
            (
                'rights: there is no right "fly"; the rights are inventory.read, inventory.write, assignments.write,'
                " sessions.read, sessions.end, explain, server.write, metrics.read, journal.write,"
                " applications.read, applications.deploy, applications.unlock"
            ),
        ),
    ],
)
async def test_a_role_or_right_like_no_other_is_refused_with_all_there_are(world: World, line: str, said: str) -> None:
    with pytest.raises(InvalidInventory) as invalid:
        await world.plan(USER + line)
    assert str(invalid.value) == f'file.toml: users[1] "agent01": {said}'


async def test_names_of_the_present_inventory_are_known(world: World) -> None:
    await world.apply(LICENSES + STATION)
    assert await world.apply(USER + 'licenses = ["CRM:B", "a"]\nstations = ["station01"]\nmethod = "assignable"') == [
        "user agent01: added: stations None -> ('station01',)",
        "assignment agent01 CRM:B: added",
        "assignment agent01 A: added",
    ]


async def test_a_known_users_associate_id_cannot_be_changed(world: World) -> None:
    await world.apply(USER + "user_id = 7")
    with pytest.raises(InvalidInventory, match=r'"agent01": user_id: cannot be changed: agent01 has 7'):
        await world.plan(USER + "user_id = 8")


async def test_problems_of_form_and_of_names_are_told_together(world: World) -> None:
    with pytest.raises(InvalidInventory) as invalid:
        await world.plan(USER + 'age = 1\nlicenses = ["A"]\nroles = ["king"]')
    assert [each.key for each in invalid.value.problems] == ['"age"', "licenses", "roles"]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (
            LICENSES + USER + 'licenses = ["A"]\n[[users]]\nlogin = "agent02"\nlicenses = ["A"]',
            Code.SEATS_EXHAUSTED,
            'users[2] "agent02": licenses',
        ),
        ('[[users]]\nlogin = "agent02"\nuser_id = 50', Code.USER_ID_TAKEN, 'users[1] "agent02": user_id'),
        ('[[licenses]]\nname = "K"\nassignable_seats = 0', Code.SEATS_BELOW_USE, 'licenses[1] "K": assignable_seats'),
    ],
)
async def test_a_refusal_is_told_with_its_place_and_changes_nothing(
    world: World, text: str, code: Code, place: str
) -> None:
    kept = '[[licenses]]\nname = "K"\nassignable_seats = 1\n[[users]]\nlogin = "keeper"\nuser_id = 50\nlicenses = ["K"]'
    await world.apply(kept)
    head = world.ledger.head
    with pytest.raises(NotApplied) as refused:
        await world.apply(text)
    assert (refused.value.refusal.code, str(refused.value.place)) == (code, place)
    assert world.ledger.head == head


BOTH = USER + 'licenses = ["A", "CRM:B"]\n' + '[[users]]\nlogin = "agent02"\nenabled = false\nlicenses = ["A"]\n'
NEITHER = USER + 'licenses = ["CRM:B"]\n' + '[[users]]\nlogin = "agent02"\nlicenses = []\n'
COVERING = LICENSES.replace('name = "A"', 'name = "A"\nkind = "site"')


async def test_a_license_that_is_taken_from_all_in_the_same_file_may_come_to_cover_the_whole_installation(
    world: World,
) -> None:
    await world.apply(LICENSES + BOTH)
    requiring = '[[licenses]]\nname = "C"\nassignable_seats = 1\nprerequisite = "A"\n'
    text = COVERING + requiring + NEITHER.replace('"CRM:B"', '"CRM:B", "C"')
    assert await world.apply(text, prune=True) == [
        "license A: changed: kind 'user' -> 'site'",
        "license C: added: prerequisite None -> 'A', assignable_seats None -> 1",
        "assignment agent01 C: added",
        "assignment agent01 A: removed",
        "assignment agent02 A: removed",
    ]
    assert await world.apply(text, prune=True) == []


@pytest.mark.parametrize(("text", "prune"), [(COVERING + BOTH, True), (COVERING + NEITHER, False)])
async def test_a_license_that_somebody_keeps_does_not_come_to_cover_the_whole_installation(
    text: str, *, prune: bool, world: World
) -> None:
    await world.apply(LICENSES + BOTH)
    head = world.ledger.head
    with pytest.raises(
        NotApplied, match=r"A cannot become a site license while it is assigned \(2 to users,"
    ) as refused:
        await world.apply(text, prune=prune)
    assert (refused.value.refusal.code, str(refused.value.place)) == (Code.STILL_ASSIGNED, 'licenses[1] "A": kind')
    assert world.ledger.head == head


async def test_an_allowed_overcommit_lowers_seats_below_what_is_assigned(world: World) -> None:
    await world.apply(LICENSES + USER + 'licenses = ["A"]')
    lower = '[[licenses]]\nname = "A"\nassignable_seats = 0'
    lowered = await world.apply(lower, allow_overcommit=True)
    assert lowered == ["license A: changed: assignable_seats 1 -> 0"]
    assert (await world.inventory()).pools[1].assignable_excess == 1


async def test_an_inventory_of_thousands_is_planned_in_seconds(world: World) -> None:
    stations = "\n".join(f'[[stations]]\nname = "s{each}"\nlicenses = ["A"]' for each in range(3000))
    text = '[[licenses]]\nname = "A"\nunrestricted = true\n' + stations
    began = time.monotonic()
    assert len(await world.apply(text)) == 6001
    assert time.monotonic() - began < 60
