"""What a file says of owners, of user plans and of types of users, and what becomes of it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from seatkeeper.inventory.applying import NotApplied
from seatkeeper.inventory.export import Format
from seatkeeper.inventory.problems import InvalidInventory
from seatkeeper.licensing.entities import LicenseName, OwnerDetails, UserType
from seatkeeper.licensing.inventory_commands import RemoveLicenses
from seatkeeper.licensing.refusals import Code, Refusal
from tests.admin.world import World, opened
from tests.inventory.test_export import exported

pytestmark = pytest.mark.anyio

DAY = 86_400_000
PLAN = """
[[licenses]]
name = "BASE"
assignable_seats = 2
[[licenses]]
name = "PLAN"
assignable_seats = 2
extra_flags = 1
extra_info = "set=ROOM, CALENDAR"
[[licenses]]
name = "ROOM"
assignable_seats = 2
hidden = true
prerequisite = "BASE"
[[licenses]]
name = "CALENDAR"
assignable_seats = 2
hidden = true
"""


def user(login: str, *licenses: str) -> str:
    listed = ", ".join(f'"{each}"' for each in licenses)
    return f'[[users]]\nlogin = "{login}"\nlicenses = [{listed}]\n'


async def has(world: World, login: str) -> list[str]:
    """The licenses that a user has."""
    view = await world.inventory()
    names = {each.id: each.name for each in view.licenses.values()}
    number = view.accounts[login].user.id
    return sorted(names[each] for holder, own in view.assignments.items() if holder.id == number for each in own)


async def refusal(world: World, text: str, **meant: Any) -> NotApplied:  # noqa: ANN401 - as `document_of` takes it
    head = world.ledger.head
    with pytest.raises(NotApplied) as refused:
        await world.apply(text, **meant)
    assert world.ledger.head == head
    return refused.value


async def test_what_a_file_says_of_an_owner_is_laid_over_what_was_said(world: World) -> None:
    assert await world.apply('[[owners]]\nname = "CRM"\ncompany = "one"\nexpires = 2090-01-01') == [
        "owner CRM: added: company None -> 'one', expires None -> '2090-01-01'"
    ]
    assert await world.apply('[[owners]]\nname = "crm"\nserial_number = "1"\nexpires = "never"') == [
        "owner CRM: changed: serial_number '' -> '1', expires '2090-01-01' -> 'never'"
    ]
    [owner] = (await world.inventory()).owners.values()
    assert (owner.name, owner.details) == ("CRM", OwnerDetails(company="one", serial_number="1"))


async def test_a_time_of_an_owner_is_kept_to_the_millisecond(world: World) -> None:
    text = '[[owners]]\nname = "CRM"\nnext_check = 1970-01-02T02:00:00.007+02:00\n'
    assert await world.apply(text) == [
        "owner CRM: added: next_check None -> '1970-01-02T00:00:00.007000+00:00'",
    ]
    [owner] = (await world.inventory()).owners.values()
    assert owner.details.next_check == DAY + 7
    for written_as in Format:
        again = await world.plan(await exported(world.reads, written_as), content_type=f"application/{written_as}")
        assert again.changes == ()


async def test_an_owner_of_whom_nothing_is_said_is_not_there(world: World) -> None:
    assert await world.apply('[[owners]]\nname = "CRM"') == []
    await world.apply('[[owners]]\nname = "CRM"\ncompany = "one"')
    assert await world.apply('[[owners]]\nname = "CRM"\ncompany = ""') == ["owner CRM: changed: company 'one' -> ''"]
    assert (await world.inventory()).owners == {}


async def test_pruning_takes_what_is_said_of_an_owner_and_leaves_his_licenses(world: World) -> None:
    await world.apply('[[owners]]\nname = "CRM"\ncompany = "one"\n[[licenses]]\nowner = "CRM"\nname = "M"')
    assert await world.apply("licenses = []", prune=True) == ["license CRM:M: removed"]
    await world.apply('[[licenses]]\nowner = "CRM"\nname = "M"')
    assert await world.apply("owners = []", prune=True) == ["owner CRM: removed"]
    view = await world.inventory()
    assert (view.owners, list(view.licenses)) == ({}, [("crm", "m")])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[owners]]\nname = "A"\n[[owners]]\nname = "a"', 'owners[2] "a": name: is also that of owners[1] "A"'),
        ('[[owners]]\nname = "A"\nexpires = 2030-01-02\ngrace_until = 2030-01-01', "grace_until: is before expires"),
        ('[[owners]]\nname = "A"\nnext_check = 2030-01-01T12:00:00', "next_check: must be a date as in 2030-12-31 or"),
        ('[[owners]]\nname = "A"\nnext_check = 9999-01-01', "next_check: must be a date as in 2030-12-31 or"),
        ('[[owners]]\nname = "A"\nnext_check = 1970-01-01T00:00:00+14:00', "next_check: must be a date as in"),
        ('[[owners]]\nname = "A"\nnext_check = 9998-12-31T23:00:00-02:00', "next_check: must be a date as in"),
        ('[[owners]]\nname = "A"\nnext_check = 12:00:00', "next_check: must be a date as in 2030-12-31 or"),
        ('[[owners]]\nname = "A"\nextra_flags = 2147483648', "extra_flags: must be a whole number from -2,147,483,648"),
        ('[[owners]]\nname = "A"\nlicenses = ["B"]', 'owners[1] "A": "licenses": is not a key here'),
        ('[[licenses]]\nname = "A"\nuser_type = "all"', 'user_type: must be one of "internal",'),
        ('[[licenses]]\nname = "A"\nexpires = 2030-01-01T12:00:00Z', "expires: must be a date from 1970 to 9998"),
        ('[[users]]\nlogin = "a"\nuser_type = "any"', 'user_type: must be one of "internal",'),
        ('[[users]]\nlogin = "a"\ngroup_id = -1', "group_id: must be a whole number from 0 to"),
        ('[[users]]\nlogin = "a"\nsecondary_groups = [1, "2"]', "secondary_groups: must be a list of numbers"),
        ('[[users]]\nlogin = "a"\nsecondary_groups = [7, 7]', 'secondary_groups: "7" is listed twice'),
    ],
)
async def test_what_cannot_be_is_told_by_its_place(text: str, said: str, world: World) -> None:
    with pytest.raises(InvalidInventory) as invalid:
        await world.apply(text)
    [problem] = invalid.value.problems
    assert said in str(problem)


async def test_groups_of_a_csv_stand_in_one_cell(world: World) -> None:
    rows = "login,user_type,group_id,secondary_groups\nagent01,external,7,8;9\nagent02,,,8\n"
    assert await world.apply(rows, content_type="text/csv") == [
        "user agent01: added: user_type None -> 'external', group_id None -> 7, secondary_groups None -> (8, 9)",
        "user agent02: added: secondary_groups None -> (8,)",
    ]
    with pytest.raises(InvalidInventory, match="must be numbers with semicolons between them, as in 10;20"):
        await world.apply("login,secondary_groups\nagent01,eight\n", content_type="text/csv")


async def test_a_user_plan_brings_its_modules_along_and_the_plan_tells_them(world: World) -> None:
    text = PLAN + user("agent01", "PLAN", "BASE")
    assert [each for each in await world.apply(text) if each.startswith("assignment")] == [
        "assignment agent01 PLAN: added",
        "assignment agent01 CALENDAR: added",
        "assignment agent01 ROOM: added",
        "assignment agent01 BASE: added",
    ]
    assert await has(world, "agent01") == ["BASE", "CALENDAR", "PLAN", "ROOM"]
    assert await world.apply(text) == []
    assert await world.apply(text, prune=True) == []
    await world.apply(user("agent02", "ROOM", "PLAN", "CALENDAR", "BASE"))
    assert await has(world, "agent02") == ["BASE", "CALENDAR", "PLAN", "ROOM"]


async def test_what_a_user_plan_comes_to_imply_is_given_to_those_who_are_assigned_it_from_then_on(world: World) -> None:
    """Who has a license is not assigned it again by a file that lists it."""
    await world.apply('[[licenses]]\nname = "PLAN"\nassignable_seats = 2\n' + user("agent01", "PLAN"))
    text = PLAN + user("agent01", "PLAN", "BASE") + user("agent02", "PLAN", "BASE")
    for prune in (True, False):
        await world.apply(text, prune=prune)
        assert await has(world, "agent01") == ["BASE", "PLAN"]
        assert await has(world, "agent02") == ["BASE", "CALENDAR", "PLAN", "ROOM"]


async def test_an_export_with_what_came_with_plans_applies_elsewhere(world: World, tmp_path: Path) -> None:
    await world.apply(PLAN + user("agent01", "PLAN", "BASE") + user("agent02", "ROOM", "BASE"))
    text = await exported(world.reads, Format.TOML)
    assert (await world.plan(text, prune=True)).changes == ()
    async with opened(tmp_path / "elsewhere") as elsewhere:
        await elsewhere.apply(text)
        assert await exported(elsewhere.reads, Format.TOML) == text


@pytest.mark.parametrize(
    ("plan", "problems"),
    [
        (
            'extra_flags = 1\nextra_info = "set=ROOMS, BASE, NOPE"',
            ['there is no license "ROOMS"; did you mean "ROOM"?', 'there is no license "NOPE"'],
        ),
        ('extra_flags = 1\nextra_info = "set=MOORE"', ['there is no license "MOORE"']),
        ('extra_flags = 1\nextra_info = "set=X:Y"', ['there is no license "ININ:X:Y"']),
        ('extra_flags = 0\nextra_info = "set=NOPE"', []),
        ('extra_flags = 1\nextra_info = "set=MORE, room, LATER"', []),
    ],
)
async def test_a_user_plan_of_what_is_not_there_is_told_by_its_place(
    plan: str, problems: list[str], world: World
) -> None:
    await world.apply(PLAN)
    text = f'[[licenses]]\nname = "MORE"\n{plan}\n[[licenses]]\nname = "LATER"\n'
    if not problems:
        assert len(await world.apply(text)) == 2
        return
    head = world.ledger.head
    with pytest.raises(InvalidInventory) as invalid:
        await world.apply(text)
    assert [str(each) for each in invalid.value.problems] == [
        f'licenses[1] "MORE": extra_info: {problem}' for problem in problems
    ]
    assert world.ledger.head == head


async def test_a_user_plan_of_another_owner_is_of_his_licenses(world: World) -> None:
    text = '[[licenses]]\nowner = "CRM"\nname = "PLAN"\nextra_flags = 1\nextra_info = "set=ROMO"\n'
    await world.apply(PLAN)
    with pytest.raises(InvalidInventory, match=r'extra_info: there is no license "CRM:ROMO"$'):
        await world.apply(text)
    with pytest.raises(
        InvalidInventory, match=r'extra_info: there is no license "CRM:ROMO"; did you mean "CRM:ROOM"\?$'
    ):
        await world.apply(text + '[[licenses]]\nowner = "CRM"\nname = "ROOM"\n')


async def test_a_user_plan_does_not_stay_where_pruning_takes_a_part_of_it_away(world: World) -> None:
    await world.apply(PLAN)
    kept = '[[licenses]]\nname = "BASE"\n[[licenses]]\nname = "ROOM"\n'
    with pytest.raises(InvalidInventory, match='"PLAN": extra_info: there is no license "CALENDAR"'):
        await world.apply(kept + '[[licenses]]\nname = "PLAN"\n', prune=True)
    assert await world.apply(kept, prune=True) == ["license CALENDAR: removed", "license PLAN: removed"]


async def test_a_user_plan_of_which_something_was_removed_may_stay_so_and_is_told_where_it_is_new(
    world: World, tmp_path: Path
) -> None:
    await world.apply(PLAN + user("agent01", "PLAN", "BASE"))
    await world.ledger.submit(RemoveLicenses(licenses=(LicenseName("ININ", "CALENDAR"),)))
    text = await exported(world.reads, Format.TOML)
    assert await world.apply(text, prune=True) == []
    with pytest.raises(InvalidInventory, match=r'"PLAN": extra_info: there is no license "NEW"$'):
        await world.apply('[[licenses]]\nname = "PLAN"\nextra_info = "set=CALENDAR,NEW"')
    async with opened(tmp_path / "elsewhere") as elsewhere:
        with pytest.raises(InvalidInventory, match='"PLAN": extra_info: there is no license "CALENDAR"'):
            await elsewhere.apply(text)


async def test_a_plan_that_goes_leaves_what_the_file_lists(world: World) -> None:
    await world.apply(PLAN + user("agent01", "PLAN", "BASE"))
    assert await world.apply(user("agent01", "ROOM", "BASE"), prune=True) == [
        "assignment agent01 CALENDAR: removed",
        "assignment agent01 PLAN: removed",
    ]
    assert await has(world, "agent01") == ["BASE", "ROOM"]
    assert await world.apply(user("agent01", "ROOM", "BASE"), prune=True) == []


async def test_a_plan_that_is_removed_leaves_what_the_file_lists(world: World) -> None:
    await world.apply(PLAN + user("agent01", "PLAN", "BASE"))
    kept = "".join(f'[[licenses]]\nname = "{each}"\n' for each in ("BASE", "ROOM", "CALENDAR"))
    text = kept + user("agent01", "ROOM", "BASE")
    assert await world.apply(text, prune=True) == [
        "license PLAN: removed: assigned 1 -> None",
        "assignment agent01 CALENDAR: removed",
    ]
    assert await has(world, "agent01") == ["BASE", "ROOM"]
    assert await world.apply(text, prune=True) == []


async def test_a_module_may_require_the_plan_that_it_comes_with(world: World) -> None:
    await world.apply(PLAN)
    await world.apply('[[licenses]]\nname = "ROOM"\nprerequisite = "PLAN"')
    await world.apply(user("agent01", "ROOM", "PLAN"))
    assert await has(world, "agent01") == ["CALENDAR", "PLAN", "ROOM"]


async def test_an_export_has_a_user_plan_below_its_parts_and_a_part_below_what_it_requires(world: World) -> None:
    await world.apply(PLAN + '[[licenses]]\nname = "ALL"\nextra_flags = 1\nextra_info = "set=PLAN"')
    licenses = tomllib.loads(await exported(world.reads, Format.TOML))["licenses"]
    assert [each["name"] for each in licenses] == ["BASE", "ROOM", "CALENDAR", "PLAN", "ALL"]


async def test_plans_that_go_round_in_a_circle_bring_one_another(world: World) -> None:
    plans = "".join(
        f'[[licenses]]\nname = "{name}"\nassignable_seats = 1\nextra_flags = 1\nextra_info = "set={other}"\n'
        for name, other in (("ONE", "TWO"), ("TWO", "ONE"))
    )
    await world.apply(plans + user("agent01", "ONE"))
    assert await has(world, "agent01") == ["ONE", "TWO"]


async def test_what_the_rules_refuse_of_plans_and_types_is_told_by_its_place(world: World) -> None:
    await world.apply(PLAN + '[[licenses]]\nname = "E"\nassignable_seats = 1\nuser_type = "external"\n')
    await world.ledger.submit(RemoveLicenses(licenses=(LicenseName("ININ", "CALENDAR"),)))
    lines = "user,license\nagent01,BASE\nagent01,PLAN\n"
    unknown = await refusal(world, lines, content_type="text/csv", create_users=True)
    assert (unknown.refusal.code, unknown.place.line, unknown.place.key) == (Code.UNKNOWN_LICENSE, 3, "license")
    assert "CALENDAR" in str(unknown)
    wrong = await refusal(world, user("agent01", "E"))
    assert (wrong.refusal.code, str(wrong.place)) == (Code.NOT_ASSIGNABLE_TO, 'users[1] "agent01": licenses')
    await world.apply(user("agent01", "E") + 'user_type = "external"')
    account = (await world.inventory()).accounts["agent01"]
    assert account.user.user_type is UserType.EXTERNAL


async def test_who_lacks_a_seat_for_what_comes_with_a_plan_is_not_given_the_plan(world: World) -> None:
    await world.apply(PLAN.replace('name = "ROOM"\nassignable_seats = 2', 'name = "ROOM"\nassignable_seats = 0'))
    full = await refusal(world, user("agent01", "BASE", "PLAN"))
    assert (full.refusal.code, str(full.place)) == (Code.SEATS_EXHAUSTED, 'users[1] "agent01": licenses')


async def test_an_owner_whose_licenses_expired_comes_over_as_he_was_and_then_gives_none(world: World) -> None:
    text = (
        '[[owners]]\nname = "CRM"\nexpires = 2020-01-01\n'
        '[[licenses]]\nowner = "CRM"\nname = "M"\nassignable_seats = 2\nuser_type = "external"\n'
    )
    await world.apply(text + user("agent01", "CRM:M"))
    assert await world.apply(text + user("agent01", "CRM:M")) == []
    late = await refusal(world, user("agent02", "CRM:M") + 'user_type = "external"')
    assert (late.refusal.code, str(late.place)) == (Code.LICENSE_EXPIRED, 'users[1] "agent02": licenses')
    later = '[[owners]]\nname = "CRM"\nexpires = "never"\n' + user("agent02", "CRM:M") + 'user_type = "external"'
    assert len(await world.apply(later)) == 3


async def test_a_plan_of_an_owner_is_refused_once_another_has_said_something_of_him(world: World) -> None:
    text = '[[owners]]\nname = "CRM"\ncompany = "one"'
    looked_at = await world.plan(text)
    await world.apply('[[owners]]\nname = "CRM"\nversion = "2"')
    with pytest.raises(Refusal) as stale:
        await world.application(text).apply(world.ledger.submit, token=looked_at.token)
    assert stale.value.code is Code.CHANGED_SINCE
