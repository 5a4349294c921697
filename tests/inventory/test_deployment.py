"""What a file says of runtimes, of applications and of their tokens, and what becomes of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seatkeeper.inventory.applying import NotApplied
from seatkeeper.inventory.demo import demo_text
from seatkeeper.inventory.export import Format
from seatkeeper.inventory.problems import InvalidInventory
from seatkeeper.licensing.deployment import Category, Configuration, LicenseType, SetConfiguration
from seatkeeper.licensing.deployment_commands import BeginTransaction, DefineRuntime
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from seatkeeper.licensing.refusals import Code, Refusal
from tests.admin.world import World, opened
from tests.inventory.test_export import exported

pytestmark = pytest.mark.anyio

RUNTIME = '[[runtimes]]\nname = "mfp"\n'
TOKENS = """
[[licenses]]
owner = "MOBILEFIRST"
name = "ibmmfpfa"
applies_to = "applications"
assignable_seats = 1
[[licenses]]
owner = "MOBILEFIRST"
name = "ibmmfpabd"
applies_to = "applications"
assignable_seats = 1
"""
ANDROID = 'versions = [{ platform = "android", version = "1.0" }]\n'
BRAND = 'license_type = "ADDITIONAL_BRAND_DEPLOYMENT"\n'
PLAIN = 'license_type = "APPLICATION"\n'
FOR_TESTS = 'license_type = "NON_PRODUCTION"\n'


def application(name: str, *lines: str, runtime: str = "mfp") -> str:
    return f'[[applications]]\nruntime = "{runtime}"\nname = "{name}"\n{"".join(lines)}'


@pytest.fixture
async def counting(tmp_path: Path) -> AsyncIterator[World]:
    """A world where tokens are counted, with one of each kind."""
    async with opened(tmp_path, Policy(deployment=DeploymentPolicy(count_tokens=True))) as world:
        await world.apply(TOKENS + RUNTIME)
        yield world


async def taken(world: World) -> dict[str, int]:
    """How many tokens of each kind are taken."""
    view = await world.inventory()
    return {each.name: view.pools[each.id].assigned_applications for each in view.licenses.values()}


async def refusal(world: World, text: str) -> NotApplied:
    head = world.ledger.head
    with pytest.raises(NotApplied) as refused:
        await world.apply(text)
    assert world.ledger.head == head
    return refused.value


async def test_a_runtime_is_added_stopped_and_started(world: World) -> None:
    assert await world.apply(RUNTIME) == ["runtime mfp: added"]
    assert await world.apply(RUNTIME + "running = true") == []
    assert await world.apply(RUNTIME + "running = false") == ["runtime mfp: changed: running True -> False"]
    assert await world.apply(RUNTIME) == []
    assert (await world.inventory()).runtimes["mfp"].running is False


async def test_names_of_runtimes_and_applications_are_found_as_they_are_spelled(world: World) -> None:
    two = 'runtimes = [{ name = "mfp" }, { name = "MFP" }]\n'
    told = await world.apply(two + application("a", ANDROID) + application("A", ANDROID, runtime="MFP"))
    assert [each.partition(":")[0] for each in told] == [
        "runtime mfp",
        "runtime MFP",
        "application mfp/a",
        "application MFP/A",
    ]


async def test_what_an_entry_leaves_out_stays(world: World) -> None:
    await world.apply(RUNTIME + application("a", 'category = "B2C"\n', BRAND, ANDROID))
    assert await world.apply(application("a", 'category = "B2E"')) == [
        "application mfp/a: changed: category 'B2C' -> 'B2E'"
    ]
    assert await world.apply(application("a", FOR_TESTS)) == [
        "application mfp/a: changed: license_type 'ADDITIONAL_BRAND_DEPLOYMENT' -> 'NON_PRODUCTION'"
    ]
    other = 'versions = [{ platform = "ios", version = "2", display_name = "A" }]'
    assert await world.apply(application("a", other)) == [
        "application mfp/a: changed: versions ('android 1.0',) -> ('ios 2 \"A\"',)"
    ]
    assert await world.apply(application("a")) == []


@pytest.mark.parametrize(
    ("line", "configuration"),
    [
        ('category = "B2C"', Configuration(Category.B2C, LicenseType.APPLICATION)),
        (FOR_TESTS, Configuration(Category.UNDEFINED, LicenseType.NON_PRODUCTION)),
        (ANDROID, None),
    ],
)
async def test_half_a_configuration_is_completed_by_what_is_usual(
    line: str, configuration: Configuration | None, world: World
) -> None:
    await world.apply(RUNTIME + application("a", line))
    assert (await world.inventory()).applications["mfp", "a"].configuration == configuration


@pytest.mark.parametrize("key", ["category", "license_type"])
async def test_an_empty_category_or_type_takes_the_configuration_away(key: str, world: World) -> None:
    await world.apply(RUNTIME + application("a", PLAIN, ANDROID))
    assert await world.apply(application("a", f'{key} = ""')) == [
        "application mfp/a: changed: category 'UNDEFINED' -> '', license_type 'APPLICATION' -> ''"
    ]
    assert (await world.inventory()).applications["mfp", "a"].configuration is None


async def test_an_application_of_which_nothing_is_said_is_not_there(world: World) -> None:
    assert await world.apply(RUNTIME + application("a")) == ["runtime mfp: added"]
    await world.apply(application("a", ANDROID))
    assert await world.apply(application("a", "versions = []")) == [
        "application mfp/a: changed: versions ('android 1.0',) -> ()"
    ]
    assert (await world.inventory()).applications == {}


async def test_a_version_that_stays_keeps_the_time_of_its_registration(world: World) -> None:
    await world.apply(RUNTIME + application("a", ANDROID))
    [before] = (await world.inventory()).applications["mfp", "a"].versions
    both = 'versions = [{platform = "ios", version = "1"}, {platform = "android", version = "1.0"}]'
    await world.apply(application("a", both))
    android, ios = (await world.inventory()).applications["mfp", "a"].versions
    assert (android, ios.platform) == (before, "ios")


async def test_pruning_takes_applications_away_and_those_of_a_runtime_with_it(world: World) -> None:
    await world.apply(
        'runtimes = [{ name = "mfp" }, { name = "old" }]\n'
        + application("a", ANDROID)
        + application("b", PLAIN)
        + application("c", ANDROID, runtime="old")
    )
    assert await world.apply(application("a") + application("c", runtime="old"), prune=True) == [
        "application mfp/b: removed"
    ]
    plan = await world.plan(RUNTIME + application("a"), prune=True)
    assert plan.weight == 2
    assert await world.apply(RUNTIME + application("a"), prune=True) == ["runtime old: removed: applications 1 -> None"]
    assert list((await world.inventory()).applications) == [("mfp", "a")]
    assert await world.apply("applications = []", prune=True) == ["application mfp/a: removed"]
    assert await world.apply("stations = []", prune=True) == []
    assert await world.apply("runtimes = []", prune=True) == ["runtime mfp: removed"]


async def test_an_application_needs_its_runtime_also_where_pruning_would_take_that_away(world: World) -> None:
    await world.apply(RUNTIME)
    with pytest.raises(InvalidInventory, match='there is no runtime "mpf"; did you mean "mfp"'):
        await world.plan(application("a", ANDROID, runtime="mpf"))
    with pytest.raises(InvalidInventory, match='runtime: there is no runtime "mfp"'):
        await world.plan("runtimes = []\n" + application("a", ANDROID), prune=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[runtimes]]\nname = "a/b"', "name: must be a text of 1 to 254 characters on one line, without a slash"),
        ('[[runtimes]]\nname = ".."', 'without a slash or blanks around it, other than "." and ".."'),
        ('[[runtimes]]\nname = " a"', "without a slash or blanks around it"),
        ('[[runtimes]]\nname = "\\u00a0a"', "without a slash or blanks around it"),
        ('[[runtimes]]\nname = "a\\u2028b"', "on one line"),
        ('[[runtimes]]\nname = "a"\nrunning = "yes"', "running: must be true or false"),
        (RUNTIME + RUNTIME, 'runtimes[2] "mfp": name: is also that of runtimes[1] "mfp"'),
        (application("a") + application("a"), 'applications[2] "a": name: is also that of applications[1] "a"'),
        (f'[[applications]]\nruntime = "mfp"\nname = "{"a" * 255}"', "name: must be a text of 1 to 254 characters"),
        ('[[applications]]\nname = "a"', 'applications[1] "a": runtime: is missing; add it'),
        (application("a", 'category = "b2c"'), 'category: must be one of "B2C", "B2E", "UNDEFINED", or ""'),
        (application("a", 'license_type = "X"'), 'license_type: must be one of "APPLICATION",'),
        (application("a", 'category = ""\n', PLAIN), 'category: is "", no license configuration, but license_type is'),
        (application("a", 'category = "B2C"\nlicense_type = ""'), 'license_type: is "", no license configuration, but'),
        (application("a", "versions = 1"), 'versions: must be a list of versions, as in [{ platform = "android",'),
        (application("a", 'versions = ["1"]'), "versions: must be a list of versions"),
        (application("a", 'versions = [{platform = "a"}]'), "versions[1].version: is missing; add it"),
        (
            application("a", 'versions = [{platform = "a", version = "1"}, {platform = "a", verson = "2"}]'),
            'versions[2]."verson": is not a key here; did you mean "version"?',
        ),
        (
            application("a", 'versions = [{platform = "a", version = "1", display_name = "\\u0007"}]'),
            "versions[1].display_name: must be a text of at most 2000 characters, without control characters",
        ),
        (
            application("a", 'versions = [{platform = "a", version = "1"}, {platform = "a", version = "1"}]'),
            'versions: "1" for "a" is listed twice; list it once',
        ),
    ],
)
async def test_a_wrong_entry_is_told_with_its_place(text: str, said: str, world: World) -> None:
    await world.apply(RUNTIME)
    with pytest.raises(InvalidInventory) as invalid:
        await world.plan(text)
    assert said in str(invalid.value)


async def test_a_plan_is_stale_once_somebody_changed_the_runtime_or_the_application(world: World) -> None:
    await world.apply(RUNTIME + application("a", PLAIN))
    stopping = RUNTIME + "running = false"
    token = (await world.plan(stopping)).token
    await world.ledger.submit(DefineRuntime(name="mfp", running=False))
    with pytest.raises(Refusal) as stale:
        await world.application(stopping).apply(world.ledger.submit, token=token)
    assert stale.value.code is Code.CHANGED_SINCE
    await world.apply(RUNTIME + "running = true\n" + '[[users]]\nlogin = "mfpadmin01"')
    registering = application("a", ANDROID)
    token = (await world.plan(registering)).token
    change = SetConfiguration("a", Configuration(Category.B2E))
    number = (await world.inventory()).accounts["mfpadmin01"].user.id
    await world.ledger.submit(BeginTransaction(runtime="mfp", change=change, user_id=number, server="here"))
    with pytest.raises(Refusal) as stale:
        await world.application(registering).apply(world.ledger.submit, token=token)
    assert stale.value.code is Code.CHANGED_SINCE
    assert await world.apply(registering) == ["application mfp/a: changed: versions () -> ('android 1.0',)"]


async def test_a_file_takes_tokens_for_its_applications_and_is_refused_where_they_are_short(counting: World) -> None:
    await counting.apply(application("a", ANDROID) + application("b", BRAND, ANDROID) + application("c", PLAIN))
    assert await taken(counting) == {"ibmmfpfa": 1, "ibmmfpabd": 1}
    short = await refusal(counting, application("d", FOR_TESTS, ANDROID) + application("c", ANDROID))
    assert short.refusal.code is Code.SEATS_EXHAUSTED
    assert short.place.entry == 'applications[2] "c"'


async def test_tokens_that_a_file_frees_are_there_for_those_that_it_takes(counting: World) -> None:
    await counting.apply(application("a", ANDROID) + application("b", BRAND, ANDROID))
    await counting.apply(application("c", ANDROID) + application("a", BRAND) + application("b", FOR_TESTS))
    assert await taken(counting) == {"ibmmfpfa": 1, "ibmmfpabd": 1}
    await counting.apply(application("d", BRAND, ANDROID) + application("b") + application("c"), prune=True)
    assert await taken(counting) == {"ibmmfpfa": 1, "ibmmfpabd": 1}
    await counting.apply(
        TOKENS.replace("seats = 1", "seats = 0", 1) + application("b", "versions = []\n") + application("c", FOR_TESTS)
    )
    assert await taken(counting) == {"ibmmfpfa": 0, "ibmmfpabd": 1}


async def test_a_file_brings_a_license_that_has_expired_with_the_applications_that_have_its_tokens(
    counting: World,
) -> None:
    expired = TOKENS.replace("ibmmfpfa", "other") + "expires = 2020-01-01\ngrace_until = 2099-01-01\n"
    await counting.apply("licenses = []\n", prune=True)
    await counting.apply(expired + application("b", BRAND, ANDROID))
    assert (await taken(counting))["ibmmfpabd"] == 1


async def test_the_demo_has_the_tokens_that_its_comments_say(tmp_path: Path) -> None:
    async with opened(tmp_path, Policy(deployment=DeploymentPolicy(count_tokens=True))) as world:
        await world.apply(demo_text())
        tokens = await taken(world)
        assert (tokens["ibmmfpfa"], tokens["ibmmfpabd"]) == (3, 1)
        await world.apply(application("com.example.visitors", ANDROID))
        for text in (
            application("com.example.newcomer", ANDROID),
            application("com.example.fieldwork", BRAND),
        ):
            assert (await refusal(world, text)).refusal.code is Code.SEATS_EXHAUSTED
        await world.apply(application("com.example.newcomer", FOR_TESTS, ANDROID))


async def test_an_export_has_tokens_taken_again_elsewhere(counting: World, tmp_path: Path) -> None:
    await counting.apply(application("a", ANDROID) + application("b", BRAND, ANDROID))
    text = await exported(counting.reads, Format.TOML)
    async with opened(tmp_path / "elsewhere", Policy(deployment=DeploymentPolicy(count_tokens=True))) as elsewhere:
        await elsewhere.apply(text)
        assert await taken(elsewhere) == {"ibmmfpfa": 1, "ibmmfpabd": 1}
        assert await exported(elsewhere.reads, Format.TOML) == text


async def test_an_export_keeps_versions_with_their_application_however_long_their_names(world: World) -> None:
    long = f'versions = [{{ platform = "android", version = "1.0", display_name = "{"n" * 200}" }}]\n'
    await world.apply(RUNTIME + application("a", long) + application("b", ANDROID))
    text = await exported(world.reads, Format.TOML)
    assert await world.apply(text, prune=True) == []
