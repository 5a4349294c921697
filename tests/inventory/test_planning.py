"""What a plan tells, what it refuses, and when it no longer holds."""

import asyncio
from typing import Any

import pytest

from seatkeeper.inventory.applying import NotApplied, TooManyChanges
from seatkeeper.inventory.changes import Action
from seatkeeper.inventory.problems import InvalidInventory
from seatkeeper.licensing.commands import AcquireLicenses, Assign, ChangeProfile, Command, Together
from seatkeeper.licensing.entities import HolderKind, HolderName, LicenseName, Method
from seatkeeper.licensing.inventory_commands import (
    ChangeSeats,
    DefineLicense,
    DefineStation,
    DefineUser,
    DeleteUser,
    RemoveLicenses,
    SetPassword,
)
from seatkeeper.licensing.refusals import Code, Refusal
from tests.admin.world import World, told

pytestmark = pytest.mark.anyio

AGENT = HolderName(HolderKind.USER, "agent01")
INVENTORY = """
[[licenses]]
name = "A"
assignable_seats = 3
concurrent_seats = 3
[[licenses]]
name = "B"
assignable_seats = 3
[[licenses]]
owner = "CRM"
name = "M"
assignable_seats = 3
[[stations]]
name = "station01"
licenses = ["A"]
[[users]]
login = "agent01"
licenses = ["A"]
[[users]]
login = "agent02"
"""


@pytest.fixture
async def stocked(world: World) -> World:
    await world.apply(INVENTORY)
    return world


async def problems(world: World, text: str, **meant: Any) -> list[str]:  # noqa: ANN401 - as `document_of` takes it
    with pytest.raises(InvalidInventory) as invalid:
        await world.plan(text, **meant)
    return [str(each) for each in invalid.value.problems]


def license_(name: str, prerequisite: str) -> str:
    return f'[[licenses]]\nname = "{name}"\nprerequisite = "{prerequisite}"\n'


async def test_prerequisites_may_stand_in_any_order_and_change_direction(world: World) -> None:
    plain = '[[licenses]]\nname = "A"\n'
    await world.apply(plain + license_("B", "A"))
    swapped = license_("A", "B") + license_("B", "")
    assert await world.apply(swapped) == [
        "license A: changed: prerequisite '' -> 'B'",
        "license B: changed: prerequisite 'A' -> ''",
    ]
    assert await world.apply(license_("B", "A") + license_("A", "")) != []
    assert await world.apply(license_("B", "a") + license_("A", "")) == []


async def test_a_prerequisite_of_another_owner_is_called_with_its_owner(stocked: World) -> None:
    assert await stocked.apply(license_("A", "CRM:M")) == ["license A: changed: prerequisite '' -> 'CRM:M'"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (license_("A", "A"), ['licenses[1] "A": prerequisite: goes round in a circle: A requires A']),
        (license_("A", "B"), ['licenses[1] "A": prerequisite: goes round in a circle: A requires B requires A']),
        (
            license_("C", "D") + license_("D", "C") + license_("E", "C"),
            [
                'licenses[1] "C": prerequisite: goes round in a circle: C requires D requires C',
                'licenses[2] "D": prerequisite: goes round in a circle: D requires C requires D',
            ],
        ),
        (license_("C", "NONE"), ['licenses[1] "C": prerequisite: there is no license "NONE"']),
    ],
)
async def test_a_circle_of_prerequisites_is_told_where_the_file_makes_it(
    world: World, text: str, said: list[str]
) -> None:
    await world.apply('[[licenses]]\nname = "A"\n' + license_("B", "A"))
    assert [each.partition("; did")[0] for each in await problems(world, text)] == said


async def test_who_has_a_license_must_be_given_what_it_requires_in_the_same_file_or_before(stocked: World) -> None:
    await stocked.apply(license_("B", "A"))
    with pytest.raises(NotApplied) as refused:
        await stocked.apply('[[users]]\nlogin = "agent02"\nlicenses = ["B"]')
    assert refused.value.refusal.code is Code.PREREQUISITE_MISSING
    assert str(refused.value.place) == 'users[1] "agent02": licenses'
    assert await stocked.apply('[[users]]\nlogin = "agent02"\nlicenses = ["B", "A"]') == [
        "assignment agent02 B: added",
        "assignment agent02 A: added",
    ]


async def test_a_new_license_comes_over_as_it_was_assigned_also_without_its_prerequisite(world: World) -> None:
    licenses = '[[licenses]]\nname = "A"\n[[licenses]]\nname = "B"\nassignable_seats = 1\nprerequisite = "A"\n'
    text = licenses + '[[users]]\nlogin = "agent01"\nlicenses = ["B"]'
    await world.apply(text)
    assert await world.apply(text) == []
    assert (await world.inventory()).licenses["inin", "b"].prerequisite == 1


async def test_an_overcommitted_inventory_comes_over_where_that_is_allowed(world: World) -> None:
    text = '[[licenses]]\nname = "A"\nassignable_seats = 1\n'
    text += "".join(f'[[users]]\nlogin = "agent0{each}"\nlicenses = ["A"]\n' for each in (1, 2))
    with pytest.raises(NotApplied) as refused:
        await world.apply(text)
    assert refused.value.refusal.code is Code.SEATS_EXHAUSTED
    await world.apply(text, allow_overcommit=True)
    pool = (await world.inventory()).pools[1]
    assert (pool.assignable_seats, pool.assigned, pool.assignable_excess, len(pool.uncovered)) == (1, 2, 1, 1)
    assert await world.apply(text) == []


async def test_rights_on_allocations_are_given_by_license_and_by_all(stocked: World) -> None:
    rights = '[[users]]\nlogin = "agent01"\nview_allocations = "all"\nadmin_allocations = ["a", "CRM:M"]\n'
    assert await stocked.apply(rights) == [
        "user agent01: changed: view_allocations () -> 'all', admin_allocations () -> ('A', 'CRM:M')"
    ]
    assert await stocked.apply(rights) == []
    user = (await stocked.inventory()).accounts["agent01"].user
    assert (user.view_allocations, user.admin_allocations) == (None, (1, 3))
    said = await problems(stocked, '[[users]]\nlogin = "agent01"\nview_allocations = ["none"]\n')
    assert said[0].startswith('users[1] "agent01": view_allocations: there is no license "none"')


async def test_pruning_removes_only_the_kinds_that_the_file_has(stocked: World) -> None:
    users = '[[users]]\nlogin = "agent01"\nlicenses = ["B"]\n'
    assert await stocked.apply(users, prune=True) == [
        "user agent02: removed",
        "assignment agent01 B: added",
        "assignment agent01 A: removed",
    ]
    view = await stocked.inventory()
    assert (sorted(view.accounts), sorted(view.stations), len(view.licenses)) == (["agent01"], ["station01"], 3)


async def test_a_removed_license_tells_how_many_lose_it_and_goes_before_what_it_requires(stocked: World) -> None:
    await stocked.apply(license_("B", "A"))
    assert await stocked.apply('[[licenses]]\nname = "M"\nowner = "CRM"\n', prune=True) == [
        "license A: removed: assigned 2 -> None",
        "license B: removed",
    ]


async def test_what_the_file_relies_on_is_not_pruned_away(stocked: World) -> None:
    await stocked.apply(license_("B", "A"))
    text = '[[licenses]]\nname = "B"\n[[users]]\nlogin = "agent01"\nlicenses = ["A"]\n[[users]]\nlogin = "agent02"\n'
    assert await problems(stocked, text, prune=True) == [
        'users[1] "agent01": licenses: there is no license "A"',
        (
            'licenses[1] "B": prerequisite: is "A", which the file lacks and pruning would remove; add that license, or'
            ' write prerequisite = ""'
        ),
    ]


async def test_an_unknown_prerequisite_of_a_license_that_stands_twice_is_told_beside_that(world: World) -> None:
    text = '[[licenses]]\nname = "A"\nprerequisite = "B"\n[[licenses]]\nname = "A"\n'
    assert await problems(world, text) == [
        'licenses[2] "A": name: is also that of licenses[1] "A"; keep one of the two',
        'licenses[1] "A": prerequisite: there is no license "B"',
    ]


async def test_users_whom_lines_may_make_are_not_pruned_away(stocked: World) -> None:
    lines = (
        '{"entry": "user", "login": "agent01", "licenses": ["A"]}\n'
        '{"entry": "assignment", "user": "agent02", "license": "A"}\n'
    )
    assert await problems(stocked, lines, content_type="application/jsonl", prune=True) == [
        'line 2: user: there is no user "agent02"; add the user first'
    ]
    applied = await stocked.apply(lines, content_type="application/jsonl", prune=True, create_users=True)
    assert applied == ["assignment agent02 A: added"]


async def test_lists_lose_what_is_pruned_without_a_word(stocked: World) -> None:
    lists = 'stations = ["station01"]\nview_allocations = ["A", "B"]\n'
    await stocked.apply('[[users]]\nlogin = "agent02"\n' + lists)
    pruned = '[[licenses]]\nname = "B"\n[[stations]]\nname = "other"\n'
    await stocked.apply(pruned, prune=True)
    assert await stocked.apply('[[users]]\nlogin = "agent02"\nlanguage = "de-DE"\n') == [
        "user agent02: changed: language 'en-US' -> 'de-DE'"
    ]
    user = (await stocked.inventory()).accounts["agent02"].user
    assert (user.stations, user.view_allocations) == ((), (2,))


async def test_lines_assign_beside_entries_and_a_license_named_twice_is_assigned_once(stocked: World) -> None:
    lines = (
        '{"entry": "user", "login": "agent02", "licenses": ["A"]}\n'
        '{"entry": "assignment", "user": "agent02", "license": "A"}\n'
        '{"entry": "assignment", "user": "AGENT02", "license": "B"}\n'
        '{"entry": "assignment", "station": "STATION01", "license": "B"}\n'
    )
    assert await stocked.apply(lines, content_type="application/jsonl") == [
        "assignment agent02 A: added",
        "assignment agent02 B: added",
        "assignment station station01 B: added",
    ]


async def test_a_refused_line_is_told_by_its_number(stocked: World) -> None:
    await stocked.apply('[[licenses]]\nname = "B"\nassignable_seats = 0')
    with pytest.raises(NotApplied) as refused:
        await stocked.apply("user,license\nagent02,A\nagent02,B\n", content_type="text/csv")
    assert (refused.value.place.line, refused.value.place.key) == (3, "license")


async def test_an_unknown_holder_of_a_line_is_refused_or_made(stocked: World) -> None:
    rows = "user,license,method\nagent02,A,concurrent\nnewcomer,A,concurrent\n"
    assert await problems(stocked, rows, content_type="text/csv") == [
        'line 3: user: there is no user "newcomer"; add the user first'
    ]
    assert await stocked.apply(rows, content_type="text/csv", create_users=True) == [
        "user agent02: changed: method 'assignable' -> 'concurrent'",
        "user newcomer: added: method None -> 'concurrent'",
        "assignment agent02 A: added",
        "assignment newcomer A: added",
    ]
    rows = "station,license\nstation99,A\n"
    [said] = await problems(stocked, rows, content_type="text/csv")
    assert said.startswith('line 2: station: there is no station "station99"')


async def test_the_import_of_a_method_is_about_the_owner_of_the_license(stocked: World) -> None:
    rows = "user,license,method\nagent02,CRM:M,concurrent\nagent02,A,\n"
    assert (await stocked.apply(rows, content_type="text/csv"))[0] == (
        "user agent02: changed: profiles.CRM.method 'assignable' -> 'concurrent'"
    )


A = LicenseName("ININ", "A")
OTHERS: dict[str, tuple[str, Command[Any]]] = {
    "a license": (
        '[[licenses]]\nname = "A"\ndescription = "new"',
        DefineLicense(owner="ININ", name="A", display_name="other"),
    ),
    "a license that is to be added": (
        '[[licenses]]\nname = "N"',
        DefineLicense(owner="ININ", name="N", display_name="other"),
    ),
    "a license that is to be removed": (
        '[[licenses]]\nname = "A"\n[[licenses]]\nname = "M"\nowner = "CRM"',
        DefineLicense(owner="ININ", name="B", display_name="other"),
    ),
    "seats": ('[[licenses]]\nname = "A"\nassignable_seats = 4', ChangeSeats(license=A, concurrent=9)),
    "a station": (
        '[[stations]]\nname = "station01"\nextension = "1"',
        DefineStation(name="station01", display_name="other"),
    ),
    "a user": ('[[users]]\nlogin = "agent01"\nlanguage = "de-DE"', DefineUser(login="agent01", display_name="other")),
    "a user that is to be removed": (
        '[[users]]\nlogin = "agent01"\nlicenses = ["A"]',
        DefineUser(login="agent02", display_name="other"),
    ),
    "a user that comes to be among the removed": (
        '[[users]]\nlogin = "agent01"\nlicenses = ["A"]',
        DefineUser(login="agent03", display_name="other"),
    ),
    "a password": (
        '[[users]]\nlogin = "agent01"\npassword = "one"',
        SetPassword(login="agent01", password_hash="$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + "A" * 43),
    ),
    "a profile": (
        '[[users]]\nlogin = "agent01"\nmethod = "concurrent"',
        ChangeProfile(holder=AGENT, owner="ININ", enabled=False, method=Method.ASSIGNABLE),
    ),
    "the licenses of a holder": (
        '[[users]]\nlogin = "agent01"\nlicenses = ["B"]',
        Assign(holder=AGENT, licenses=(LicenseName("CRM", "M"),)),
    ),
    "what was so already": ('[[users]]\nlogin = "agent01"\nlanguage = "en-US"', DefineUser("agent01", "x", "fr-FR")),
}


@pytest.mark.parametrize("touched", OTHERS)
async def test_a_plan_is_refused_once_another_has_changed(stocked: World, touched: str) -> None:
    text, act = OTHERS[touched]
    looked_at = await stocked.plan(text, prune=True)
    await stocked.ledger.submit(act)
    head = stocked.ledger.head
    with pytest.raises(Refusal) as refused:
        await stocked.application(text, prune=True).apply(stocked.ledger.submit, token=looked_at.token)
    assert refused.value.code is Code.CHANGED_SINCE
    assert f"made at {looked_at.position} " in refused.value.sentence
    assert stocked.ledger.head == head


@pytest.mark.parametrize("touched", [each for each in OTHERS if "comes to be" not in each and "already" not in each])
async def test_the_ledger_refuses_what_changed_between_the_last_look_and_the_commit(
    stocked: World, touched: str
) -> None:
    text, act = OTHERS[touched]
    plan = await stocked.plan(text, prune=True)
    await stocked.ledger.submit(act)
    head = stocked.ledger.head
    with pytest.raises(Refusal) as refused:
        await stocked.ledger.submit(Together(commands=plan.commands, seen=plan.seen))
    assert refused.value.code is Code.CHANGED_SINCE
    assert stocked.ledger.head == head


async def test_a_plan_holds_while_only_others_change(stocked: World) -> None:
    text = '[[licenses]]\nname = "A"\nassignable_seats = 4\n[[users]]\nlogin = "agent01"\nlanguage = "de-DE"\n'
    plan = await stocked.plan(text)
    session = await stocked.connect("agent01")
    acts: tuple[Command[Any], ...] = (
        DefineLicense(owner="ININ", name="B", display_name="other"),
        DefineLicense(owner="ININ", name="A", display_name="other"),  # its seats are what the plan is about
        DefineUser(login="agent03", display_name="other"),
        AcquireLicenses(session_id=session, licenses=(A,)),
        Assign(holder=AGENT, licenses=(LicenseName("ININ", "B"),)),
        Assign(holder=HolderName(HolderKind.USER, "agent02"), licenses=(A,)),
    )
    for act in acts:
        await stocked.ledger.submit(act)
    applied = await stocked.application(text).apply(stocked.ledger.submit, token=plan.token)
    assert applied.changes == plan.changes
    assert applied.position > plan.position


async def test_a_plan_of_another_file_is_refused(stocked: World) -> None:
    plan = await stocked.plan('[[users]]\nlogin = "agent01"\nlanguage = "de-DE"')
    other = stocked.application('[[users]]\nlogin = "agent01"\nlanguage = "fr-FR"')
    with pytest.raises(Refusal) as refused:
        await other.apply(stocked.ledger.submit, token=plan.token)
    assert refused.value.code is Code.CHANGED_SINCE


async def test_a_plan_sets_no_other_password_hash_than_it_was_made_with(stocked: World) -> None:
    hashes = [await stocked.passwords.hash(each) for each in ("one", "two")]
    texts = [f'[[users]]\nlogin = "agent01"\npassword_hash = "{each}"\n' for each in hashes]
    texts.append('[[users]]\nlogin = "agent01"\npassword = "one"\n')
    plan, *others = [await stocked.plan(text) for text in texts]
    assert all(each.changes == plan.changes for each in others)
    for text in texts[1:]:
        with pytest.raises(Refusal) as refused:
            await stocked.application(text).apply(stocked.ledger.submit, token=plan.token)
        assert refused.value.code is Code.CHANGED_SINCE
    await stocked.application(texts[0]).apply(stocked.ledger.submit, token=plan.token)
    assert (await stocked.inventory()).accounts["agent01"].password_hash == hashes[0]


async def test_files_applied_at_once_without_a_look_all_come_to_what_they_say(stocked: World) -> None:
    keys = ['display_name = "new"', 'description = "new"', "shared = false", "expires = 2090-01-01"]
    applications = [stocked.application(f'[[licenses]]\nname = "A"\n{key}') for key in keys]
    await asyncio.gather(*(each.apply(stocked.ledger.submit) for each in applications))
    license_ = (await stocked.inventory()).licenses["inin", "a"]
    assert (license_.display_name, license_.description, license_.shared) == ("new", "new", False)
    assert license_.expires is not None


async def test_plans_differ_by_what_they_may_do(stocked: World) -> None:
    text = '[[licenses]]\nname = "A"\nassignable_seats = 4\n'
    plain, allowed = [await stocked.plan(text, allow_overcommit=each) for each in (False, True)]
    assert plain.changes == allowed.changes
    assert plain.token != allowed.token


async def test_a_plan_with_plain_passwords_is_the_same_each_time_and_hashes_only_what_is_new(stocked: World) -> None:
    await stocked.apply('[[users]]\nlogin = "agent01"\npassword = "one"\n')
    text = "".join(f'[[users]]\nlogin = "agent0{each}"\npassword = "one"\n' for each in (1, 2, 3))
    first, second = await stocked.plan(text), await stocked.plan(text)
    assert [told(each) for each in first.changes] == [
        "user agent02: changed: password None -> '(set)'",
        "user agent03: added: password None -> '(set)'",
    ]
    assert first.token == second.token
    assert "one" not in first.digest
    await stocked.application(text).apply(stocked.ledger.submit, token=first.token)
    accounts = (await stocked.inventory()).accounts
    assert [await stocked.passwords.verify(accounts[f"agent0{each}"].password_hash, "one") for each in (1, 2, 3)] == [
        True,
        True,
        True,
    ]


async def test_more_changes_than_one_commit_shall_hold_are_refused(stocked: World) -> None:
    text = "".join(f'[[stations]]\nname = "new{each}"\n' for each in range(3))
    with pytest.raises(TooManyChanges) as refused:
        await stocked.application(text).apply(stocked.ledger.submit, at_once=2)
    assert (refused.value.total, refused.value.limit) == (3, 2)
    await stocked.application(text).apply(stocked.ledger.submit, at_once=3)


async def test_the_assignments_that_go_with_a_license_count_each_for_itself(stocked: World) -> None:
    plan = await stocked.plan("licenses = []\n", prune=True)
    assert [change.action for change in plan.changes] == [Action.REMOVED] * 3
    assert plan.weight == 3 + 2


async def test_a_removed_user_and_a_removed_license_are_gone_before_a_plan_that_names_them(stocked: World) -> None:
    await stocked.ledger.submit(DeleteUser(login="agent02"))
    await stocked.ledger.submit(RemoveLicenses(licenses=(LicenseName("ININ", "B"),)))
    assert await stocked.apply('[[users]]\nlogin = "agent02"\n[[licenses]]\nname = "B"\n') == [
        "license B: added",
        "user agent02: added",
    ]
