"""Runtimes and their applications, by name and page by page."""

from functools import partial

import pytest
from sqlalchemy import insert

from seatkeeper.ledger import tables
from seatkeeper.ledger.database import Database
from seatkeeper.licensing.deployment import (
    Application,
    ApplicationVersion,
    Category,
    Configuration,
    LicenseType,
    Runtime,
)
from seatkeeper.queries.applications import (
    ApplicationOrder,
    application_named,
    applications_of,
    deployed_last,
    registered_page,
)
from seatkeeper.queries.deployed import runtime_with_count, runtimes_with_counts
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.runtimes import every_runtime, runtime_named
from tests.queries.saving import writing

pytestmark = pytest.mark.anyio


def _version(platform: str, version: str, display_name: str, deployed_at: int) -> dict[str, object]:
    return {"platform": platform, "version": version, "display_name": display_name, "deployed_at": deployed_at}


def _row(
    number: int, name: str, *versions: dict[str, object], runtime: int = 1, category: str | None = None
) -> dict[str, object]:
    return {
        "id": number,
        "runtime_id": runtime,
        "name": name,
        "category": category,
        "license_type": None if category is None else "NON_PRODUCTION",
        "versions": list(versions),
        "blocked": number == 3,
    }


RUNTIMES = ({"id": 1, "name": "mfp", "running": True}, {"id": 2, "name": "archive", "running": False})

APPLICATIONS = (
    _row(1, "com.example.c", _version("android", "1.0", "banking", 30)),
    _row(2, "com.example.b", _version("android", "1.0", "Old", 20), _version("ios", "1.0", "Zebra", 50)),
    _row(3, "com.example.a", _version("ios", "1.0", "Banking", 40), category="B2E"),
    _row(4, "com.example.d", _version("android", "2.0", "", 30)),
    _row(5, "com.example.configured", category="B2C"),
    _row(6, "com.example.a", _version("android", "1.0", "Elsewhere", 10), runtime=2),
    _row(7, "com.example.coming", runtime=2),  # has a token alone: a transaction prepares its first version
)


@pytest.fixture
def deployed(database: Database, reads: Reads) -> Reads:
    with writing(database) as connection:
        connection.execute(insert(tables.runtimes), RUNTIMES)
        connection.execute(insert(tables.applications), APPLICATIONS)
    return reads


async def test_runtimes_are_listed_by_name_with_those_that_are_stopped(deployed: Reads) -> None:
    assert await deployed.run(every_runtime) == [Runtime(2, "archive", running=False), Runtime(1, "mfp")]


async def test_a_runtime_is_found_by_its_exact_name(deployed: Reads) -> None:
    assert await deployed.run(partial(runtime_named, name="mfp")) == Runtime(1, "mfp")


@pytest.mark.parametrize("name", ["MFP", "mfp ", "", "other", "\x00", "\ud800", "x" * 20_000])
async def test_no_runtime_is_found_by_another_name(deployed: Reads, name: str) -> None:
    assert await deployed.run(partial(runtime_named, name=name)) is None


async def test_an_application_is_read_with_its_configuration_and_versions(deployed: Reads) -> None:
    found = await deployed.run(partial(application_named, runtime_id=1, name="com.example.a"))
    assert found == Application(
        id=3,
        runtime_id=1,
        name="com.example.a",
        configuration=Configuration(Category.B2E, LicenseType.NON_PRODUCTION),
        versions=(ApplicationVersion("ios", "1.0", "Banking", 40),),
        blocked=True,
    )


async def test_an_application_that_nobody_configured_has_no_configuration(deployed: Reads) -> None:
    found = await deployed.run(partial(application_named, runtime_id=1, name="com.example.c"))
    assert found
    assert found.configuration is None


@pytest.mark.parametrize("name", ["COM.EXAMPLE.A", "com.example", "", "\x00", "\udfff"])
async def test_no_application_is_found_by_another_name(deployed: Reads, name: str) -> None:
    assert await deployed.run(partial(application_named, runtime_id=1, name=name)) is None


async def test_every_application_of_a_runtime_is_listed_by_name_with_those_that_are_only_configured(
    deployed: Reads,
) -> None:
    found = await deployed.run(partial(applications_of, runtime_id=1))
    assert [each.name.removeprefix("com.example.") for each in found] == ["a", "b", "c", "configured", "d"]


async def test_one_that_a_transaction_is_about_to_make_is_not_there_yet(deployed: Reads) -> None:
    assert await deployed.run(partial(application_named, runtime_id=2, name="com.example.coming")) is None
    found = await deployed.run(partial(applications_of, runtime_id=2))
    assert [each.name for each in found] == ["com.example.a"]
    counts = {each.runtime.name: each.applications for each in await deployed.run(runtimes_with_counts)}
    assert counts == {"mfp": 5, "archive": 1}
    archive = await deployed.run(partial(runtime_with_count, name="archive"))
    assert archive is not None
    assert archive.applications == 1


@pytest.mark.parametrize(
    ("order", "descending", "names"),
    [
        pytest.param(ApplicationOrder.DISPLAY_NAME, False, "acdb", id="by display name, else name, without case"),
        pytest.param(ApplicationOrder.DISPLAY_NAME, True, "bdac", id="backwards, ties still by name"),
        pytest.param(ApplicationOrder.DEPLOYED_AT, False, "cdab", id="by the version deployed last"),
        pytest.param(ApplicationOrder.DEPLOYED_AT, True, "bacd", id="newest first"),
    ],
)
async def test_registered_applications_are_ordered_by_their_newest_version(
    deployed: Reads, order: ApplicationOrder, descending: bool, names: str
) -> None:
    page = await deployed.run(
        partial(registered_page, runtime_id=1, order=order, descending=descending, first=0, limit=100)
    )
    assert [each.name.removeprefix("com.example.") for each in page.items] == list(names)
    assert page.total == 4


@pytest.mark.parametrize(("first", "limit", "names"), [(0, 3, "acd"), (3, 3, "b"), (4, 3, ""), (10**17, 1, "")])
async def test_a_page_is_a_part_of_the_list_and_tells_the_length_of_the_whole(
    deployed: Reads, first: int, limit: int, names: str
) -> None:
    order = ApplicationOrder.DISPLAY_NAME
    page = await deployed.run(
        partial(registered_page, runtime_id=1, order=order, descending=False, first=first, limit=limit)
    )
    assert ("".join(each.name[-1] for each in page.items), page.total) == (names, 4)


def test_of_two_versions_deployed_in_one_moment_the_greater_counts_as_the_last() -> None:
    versions = [ApplicationVersion("ios", "1.0", "", 5), ApplicationVersion("android", "9.0", "", 5)]
    assert deployed_last(versions) == versions[0]
