"""Tokens of applications, where they are counted (contract 9).

The tests of this module share the two pools of one server: each buys what it needs beside what is taken already.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.mobilefirst.audit_trail import of, trail
from tests.mobilefirst.client import DEADLINE
from tests.mobilefirst.registering import descriptor, register
from tests.mobilefirst.world import World
from tests.server_process import start_server

APPLICATION, BRAND = "ibmmfpfa", "ibmmfpabd"


@pytest.fixture(scope="module")
def runtime(counting: World) -> str:
    """A runtime of the server that counts tokens."""
    return counting.runtime()


@pytest.fixture
def application(counting: World) -> str:
    """The id of an application that this server does not know yet."""
    return counting.application()


def taken(world: World, feature: str) -> int:
    """How many tokens of a feature applications have."""
    licenses = world.house.get("/licenses").json()["licenses"]
    return sum(each["assigned"] for each in licenses if (each["owner"], each["name"]) == ("MOBILEFIRST", feature))


def leave(world: World, feature: str, seats: int) -> None:
    """Buy tokens, so that so many of them are free."""
    world.tokens(feature, taken(world, feature) + seats)


def standing(world: World, runtime: str, application: str) -> tuple[list[str], bool]:
    """The tokens that an application has, and whether it is blocked."""
    found = world.house.get(f"/runtimes/{runtime}/applications/{application}").json()
    return [each.removeprefix("MOBILEFIRST:") for each in found["tokens"]], found["blocked"]


def eventually(look: Callable[[], object], expected: object) -> None:
    """The server settles tokens right after the change that calls for it, in a commit of its own."""
    deadline = time.monotonic() + DEADLINE
    while look() != expected:
        assert time.monotonic() < deadline, f"{look()} does not become {expected}"
        time.sleep(0.02)


def attempt(world: World, runtime: str, application: str, platform: str = "android") -> Any:  # noqa: ANN401 - any JSON
    """What becomes of a registration, whatever that is."""
    answer = world.deployer.post(f"/runtimes/{runtime}/applications", descriptor(application, platform))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.mobilefirst(
    "9 the first registration of an application takes a token",
    "9 an application takes one token however many versions it has",
    "9 the token comes back when the last version is removed",
)
def test_an_application_has_one_token_from_its_first_version_to_its_last(
    counting: World, runtime: str, application: str
) -> None:
    leave(counting, APPLICATION, 1)
    before = taken(counting, APPLICATION)
    for platform in ("android", "ios", "windows"):
        register(counting.deployer, runtime, application, platform)
        assert taken(counting, APPLICATION) == before + 1
    assert standing(counting, runtime, application) == ([APPLICATION], False)
    for platform, left in (("android", 1), ("ios", 1), ("windows", 0)):
        path = f"/runtimes/{runtime}/applications/{application}/{platform}/1.0"
        assert counting.deployer.delete(path).json()["ok"] is True
        assert taken(counting, APPLICATION) == before + left


@pytest.mark.mobilefirst("9 the first registration of an application takes a token")
def test_a_configuration_alone_takes_no_token(counting: World, runtime: str, application: str) -> None:
    leave(counting, APPLICATION, 0)
    assert counting.deployer.configure(runtime, application)["ok"] is True
    assert standing(counting, runtime, application) == ([], False)


@pytest.mark.mobilefirst(
    "9 APPLICATION takes ibmmfpfa", "9 ADDITIONAL_BRAND_DEPLOYMENT takes ibmmfpabd", "9 NON_PRODUCTION takes none"
)
@pytest.mark.parametrize(
    ("license_type", "tokens"),
    [("APPLICATION", [APPLICATION]), ("ADDITIONAL_BRAND_DEPLOYMENT", [BRAND]), ("NON_PRODUCTION", [])],
)
def test_each_license_type_takes_its_own_token(
    counting: World, runtime: str, application: str, license_type: str, tokens: list[str]
) -> None:
    for feature in (APPLICATION, BRAND):
        leave(counting, feature, 1)
    counting.deployer.configure(runtime, application, license_type=license_type)
    register(counting.deployer, runtime, application)
    assert standing(counting, runtime, application) == (tokens, False)


@pytest.mark.mobilefirst("9 the registration fails when tokens are short", "11 FWLSE3129E tokens insufficient")
def test_a_registration_without_a_free_token_fails_and_leaves_nothing(
    counting: World, runtime: str, application: str
) -> None:
    leave(counting, APPLICATION, 0)
    result = attempt(counting, runtime, application)
    assert (result["ok"], result["transaction"]["status"]) == (False, "FAILURE")
    [error] = result["transaction"]["errors"]
    assert error["details"].startswith("FWLSE3129E: ")
    assert APPLICATION in error["details"]
    assert counting.monitor.get(f"/runtimes/{runtime}/applications/{application}").status_code == 404
    assert counting.house.get(f"/runtimes/{runtime}/applications/{application}").status_code == 404
    leave(counting, APPLICATION, 1)
    assert attempt(counting, runtime, application)["ok"] is True


@pytest.mark.mobilefirst("9 a change of license type swaps the tokens in one commit")
def test_a_change_of_type_gives_the_old_token_back_and_takes_the_new_one(
    counting: World, runtime: str, application: str
) -> None:
    for feature in (APPLICATION, BRAND):
        leave(counting, feature, 1)
    register(counting.deployer, runtime, application)
    before = (taken(counting, APPLICATION), taken(counting, BRAND))
    assert counting.deployer.configure(runtime, application, license_type="ADDITIONAL_BRAND_DEPLOYMENT")["ok"] is True
    assert standing(counting, runtime, application) == ([BRAND], False)
    assert (taken(counting, APPLICATION), taken(counting, BRAND)) == (before[0] - 1, before[1] + 1)


@pytest.mark.mobilefirst("9 a change without a free token leaves the old type and its token")
def test_a_change_of_type_without_a_free_token_changes_nothing(counting: World, runtime: str, application: str) -> None:
    leave(counting, APPLICATION, 1)
    leave(counting, BRAND, 0)
    counting.deployer.configure(runtime, application, "B2E")
    register(counting.deployer, runtime, application)
    before = (taken(counting, APPLICATION), taken(counting, BRAND))
    result = counting.deployer.configure(runtime, application, license_type="ADDITIONAL_BRAND_DEPLOYMENT")
    assert (result["ok"], result["transaction"]["status"]) == (False, "FAILURE")
    assert result["transaction"]["errors"][0]["details"].startswith("FWLSE3129E: ")
    configuration = counting.monitor.read(f"/runtimes/{runtime}/license/{application}")
    assert (configuration["category"], configuration["licenseType"]) == ("B2E", "APPLICATION")
    assert standing(counting, runtime, application) == ([APPLICATION], False)
    assert (taken(counting, APPLICATION), taken(counting, BRAND)) == before


@pytest.mark.mobilefirst(
    "9 applications are blocked when their tokens expire or fall short",
    "9 blocked applications return to their former state when tokens return",
)
def test_an_application_is_blocked_while_its_token_is_gone_and_stays_as_it_was(
    counting: World, runtime: str, application: str
) -> None:
    leave(counting, BRAND, 1)
    counting.deployer.configure(runtime, application, license_type="ADDITIONAL_BRAND_DEPLOYMENT")
    register(counting.deployer, runtime, application)
    before = counting.monitor.read(f"/runtimes/{runtime}/applications", expand="true")
    bought = taken(counting, BRAND)

    counting.tokens(BRAND, 0)
    eventually(lambda: standing(counting, runtime, application), ([], True))
    assert counting.monitor.read(f"/runtimes/{runtime}/applications", expand="true") == before
    told = of(runtime, trail(counting.monitor))[-1]
    assert (told["Type"], told["Message"].split()[0]) == ("BLOCK_APPLICATION", application)
    assert (told["Outcome"], told["ErrorCode"]) == ("SUCCESS", "FWLSE3129E")
    assert told["ErrorMessage"].partition(" is left: ")[0].endswith(BRAND)

    counting.tokens(BRAND, bought)
    eventually(lambda: standing(counting, runtime, application), ([BRAND], False))
    assert counting.monitor.read(f"/runtimes/{runtime}/applications", expand="true") == before


@pytest.mark.mobilefirst(
    "9 applications are blocked when their tokens expire or fall short",
    "9 blocked applications return to their former state when tokens return",
    "11 FWLSE3130E tokens expired",
)
def test_an_application_is_blocked_from_the_expiry_of_its_token_until_the_license_is_renewed(
    counting: World, runtime: str, application: str
) -> None:
    leave(counting, APPLICATION, 1)
    now = datetime.fromisoformat(register(counting.deployer, runtime, application))
    seats = taken(counting, APPLICATION) + 1

    counting.tokens(APPLICATION, seats, expires=(now + timedelta(days=2)).date())
    counting.advance(3 * 86_400)
    eventually(lambda: standing(counting, runtime, application), ([], True))
    other = counting.application()
    [error] = attempt(counting, runtime, other)["transaction"]["errors"]
    assert error["details"].startswith("FWLSE3130E: ")

    counting.tokens(APPLICATION, seats, expires="never")
    eventually(lambda: standing(counting, runtime, application), ([APPLICATION], False))
    assert attempt(counting, runtime, other)["ok"] is True


@pytest.mark.mobilefirst(
    "9 a server that begins to count gives tokens to what is registered, and blocks what none is left for"
)
def test_a_server_that_begins_to_count_gives_tokens_while_there_are_any(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        before = World(server)
        before.tokens(APPLICATION, 1)
        runtime = before.runtime()
        first, second = (before.application(runtime, "android 1.0") for _ in range(2))
        assert standing(before, runtime, first) == standing(before, runtime, second) == ([], False)
        before.close()
    with start_server(tmp_path / "data", env={"SEATKEEPER_MOBILEFIRST_COUNT_TOKENS": "true"}) as server:
        after = World(server)
        eventually(lambda: standing(after, runtime, first), ([APPLICATION], False))
        eventually(lambda: standing(after, runtime, second), ([], True))
        after.close()


@pytest.mark.mobilefirst("9 it is off until a setting switches it on")
def test_where_tokens_are_not_counted_none_is_needed(world: World) -> None:
    runtime, application = world.runtime(), world.application()
    assert attempt(world, runtime, application)["ok"] is True
    assert standing(world, runtime, application) == ([], False)
