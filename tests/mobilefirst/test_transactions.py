"""Reading transactions: one, pages of all, and all as a file (contract 3.2, 3.3)."""

import io
import json
import zipfile
from typing import Any

import pytest

from tests.mobilefirst.client import JSON, TEXT_XML, XML, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World

COUNT = 7


@pytest.fixture(scope="module")
def busy(world: World) -> str:
    """A runtime with some transactions by two users; the third and the sixth failed."""
    runtime = world.runtime()
    registered = world.application(runtime, "android 1.0", category="B2C")
    for number in range(1, COUNT + 1):
        caller = world.admin if number % 2 else world.deployer
        if number % 3:
            caller.configure(runtime, world.application())
        else:
            assert caller.delete(f"/runtimes/{runtime}/license/{registered}").json()["ok"] is False
    return runtime


def listed(world: World, runtime: str, **parameters: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = page(world, runtime, **parameters)["items"]
    return items


def page(world: World, runtime: str, **parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = world.monitor.read(f"/runtimes/{runtime}/transactions", **parameters)
    return found


@pytest.mark.mobilefirst(
    "3.2 GET /runtimes/{runtime}/transactions/{id}",
    "3.2 appServerId",
    "3.2 description.name",
    "3.2 description.type",
    "3.2 id",
    "3.2 productVersion",
    "3.2 project.name",
    "3.2 status",
    "3.2 timeCreated",
    "3.2 timeUpdated",
    "3.2 type",
    "3.2 userName",
)
def test_a_transaction_is_told_as_to_its_beginner_with_the_product_version(
    world: World, runtime: str, application: str
) -> None:
    result = world.deployer.configure(runtime, application)
    found = world.monitor.read(f"/runtimes/{runtime}/transactions/{result['transaction']['id']}")
    assert list(found) == sorted(found)
    assert found == {**result["transaction"], "productVersion": result["productVersion"]}


@pytest.mark.mobilefirst("3.2 the XML root is transaction")
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
def test_in_xml_a_transaction_is_the_root(world: World, busy: str, media_type: str) -> None:
    number = listed(world, busy)[2]["id"]
    found = world.monitor.read(f"/runtimes/{busy}/transactions/{number}")
    answer = world.monitor.get(f"/runtimes/{busy}/transactions/{number}", headers={"Accept": media_type})
    root = xml_of(answer, "transaction", media_type)
    assert (root.tag, root.get("id"), root.get("productVersion")) == (
        "transaction",
        str(number),
        found["productVersion"],
    )
    assert [dict(error.attrib) for error in root.iterfind("errors/error")] == found["errors"] != []


@pytest.mark.mobilefirst("3.2 404 for a runtime that is not there")
def test_404_for_a_transaction_of_a_runtime_that_is_not_there(world: World) -> None:
    answer = world.monitor.get("/runtimes/nowhere/transactions/1")
    assert (answer.status_code, told(answer).partition(":")[0]) == (404, "FWLSE3030E")


@pytest.mark.mobilefirst("3.2 404 for a transaction that is not there", "3.2 404 for an id that is no number")
@pytest.mark.parametrize("number", ["0", "-1", "9" * 18, "9" * 40, "one", "1.0", "%C2%B2", "1%00"])
def test_404_for_a_transaction_that_is_not_there(world: World, busy: str, number: str) -> None:
    answer = world.monitor.get(f"/runtimes/{busy}/transactions/{number}")
    assert (answer.status_code, told(answer).partition(":")[0]) == (404, "FWLSE3002E")


@pytest.mark.mobilefirst("3.2 404 for a transaction of another runtime")
def test_404_for_a_transaction_of_another_runtime(world: World, busy: str) -> None:
    number = listed(world, busy)[0]["id"]
    assert world.monitor.get(f"/runtimes/{world.runtime()}/transactions/{number}").status_code == 404


@pytest.mark.mobilefirst("3.2 403", "3.3 403")
def test_nobody_without_a_role_reads_transactions(world: World, busy: str) -> None:
    number = listed(world, busy)[0]["id"]
    with world.client("operator") as caller:
        for path in ("", f"/{number}"):
            assert caller.get(f"/runtimes/{busy}/transactions{path}").status_code == 403


@pytest.mark.parametrize("role", ["mfpadmin", "mfpdeployer", "mfpmonitor", "mfpoperator"])
def test_all_four_roles_may_read_transactions(world: World, busy: str, role: str) -> None:
    with world.client(role) as caller:
        number = caller.read(f"/runtimes/{busy}/transactions")["items"][0]["id"]
        assert caller.read(f"/runtimes/{busy}/transactions/{number}")["id"] == number


@pytest.mark.mobilefirst(
    "3.3 GET /runtimes/{runtime}/transactions",
    "3.3 items",
    "3.3 pageNumber",
    "3.3 pageSize of the page",
    "3.3 productVersion",
    "3.3 startIndex",
    "3.3 totalListSize",
    "3.3 pageSize absent is 100",
    "3.3 bookmarks are absent at the ends",
)
def test_a_list_says_its_place_and_has_every_transaction_of_the_runtime(world: World, busy: str) -> None:
    found = page(world, busy)
    items = found.pop("items")
    assert found == {
        "pageNumber": 1,
        "pageSize": 100,
        "productVersion": "8.0",
        "startIndex": 0,
        "totalListSize": COUNT,
    }
    for each in items:
        alone = world.monitor.read(f"/runtimes/{busy}/transactions/{each['id']}")
        assert {**each, "productVersion": found["productVersion"]} == alone


@pytest.mark.mobilefirst(
    "3.3 bookmark",
    "3.3 nextPageBookmark",
    "3.3 prevPageBookmark",
    "3.3 pageSize",
    "3.3 pages by bookmarks give each entry once",
    "3.3 bookmarks are absent at the ends",
)
def test_bookmarks_lead_through_all_pages_and_back(world: World, busy: str) -> None:
    pages = [page(world, busy, pageSize="3")]
    while "nextPageBookmark" in pages[-1]:
        pages.append(page(world, busy, pageSize="3", bookmark=pages[-1]["nextPageBookmark"]))
    assert [len(each["items"]) for each in pages] == [3, 3, 1]
    assert [(each["pageNumber"], each["startIndex"], each["pageSize"]) for each in pages] == [
        (1, 0, 3),
        (2, 3, 3),
        (3, 6, 3),
    ]
    assert [item for each in pages for item in each["items"]] == listed(world, busy)
    back = [pages[-1]]
    while "prevPageBookmark" in back[-1]:
        back.append(page(world, busy, pageSize="3", bookmark=back[-1]["prevPageBookmark"]))
    assert back == pages[::-1]


@pytest.mark.mobilefirst("3.3 offset", "3.3 bookmark before offset")
def test_an_offset_is_where_a_page_begins_unless_a_bookmark_says_so(world: World, busy: str) -> None:
    everything = listed(world, busy)
    assert listed(world, busy, offset="2", pageSize="2") == everything[2:4]
    bookmark = page(world, busy, pageSize="3")["nextPageBookmark"]
    assert listed(world, busy, offset="1", pageSize="3", bookmark=bookmark) == everything[3:6]


@pytest.mark.mobilefirst("3.3 values that cannot be fall back to the defaults")
@pytest.mark.parametrize(
    "parameters",
    [
        {"pageSize": "0"},
        {"pageSize": "-5", "offset": "-5"},
        {"pageSize": "x", "offset": "y"},
        {"orderBy": "color"},
        {"orderBy": "-"},
        {"bookmark": "%%%"},
        {"mode": "", "file": "perhaps"},
    ],
)
def test_what_cannot_be_counts_as_not_said(world: World, busy: str, parameters: dict[str, str]) -> None:
    assert page(world, busy, **parameters) == page(world, busy)


def test_a_page_beyond_the_end_is_empty(world: World, busy: str) -> None:
    found = page(world, busy, offset="99999999999999999", pageSize="3")
    assert (found["items"], found["totalListSize"], "nextPageBookmark" in found) == ([], COUNT, False)
    assert listed(world, busy, pageSize="3", bookmark=found["prevPageBookmark"]) == listed(world, busy)[-3:]


@pytest.mark.mobilefirst(
    "3.3 orderBy created",
    "3.3 orderBy updated",
    "3.3 orderBy type",
    "3.3 orderBy status",
    "3.3 orderBy user",
    "3.3 orderBy server",
    "3.3 orderBy with - is descending",
)
@pytest.mark.parametrize(
    ("order", "member"),
    [
        ("created", "timeCreated"),
        ("updated", "timeUpdated"),
        ("type", "type"),
        ("status", "status"),
        ("user", "userName"),
        ("server", "appServerId"),
    ],
)
def test_a_list_is_in_the_order_that_is_asked_for(world: World, busy: str, order: str, member: str) -> None:
    expected = sorted(listed(world, busy), key=lambda each: (each[member], each["id"]))
    assert listed(world, busy, orderBy=order) == expected
    assert listed(world, busy, orderBy=f"-{order}") == expected[::-1]
    assert listed(world, busy, orderBy=f"-{order}", offset="2", pageSize="3") == expected[::-1][2:5]


@pytest.mark.mobilefirst("3.3 mode errors", "3.3 mode of anything else lists all")
def test_mode_errors_lists_what_failed(world: World, busy: str) -> None:
    everything = listed(world, busy)
    found = page(world, busy, mode="errors")
    assert found["items"] == [each for each in everything if each["status"] != "SUCCESS"] != []
    assert found["totalListSize"] == len(found["items"]) == 2
    assert listed(world, busy, mode="all") == everything


@pytest.mark.mobilefirst("3.3 locale")
def test_errors_in_a_list_are_told_in_the_locale(world: World, busy: str) -> None:
    english, german = (listed(world, busy, mode="errors", locale=locale)[0]["errors"] for locale in ("en", "de_DE"))
    assert english[0]["details"] != german[0]["details"]


@pytest.mark.mobilefirst("3.3 the XML root is transactions, and each entry an item without productVersion")
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
def test_in_xml_a_list_has_items(world: World, busy: str, media_type: str) -> None:
    answer = world.monitor.get(
        f"/runtimes/{busy}/transactions",
        params={"pageSize": "3", "offset": "3"},
        headers={"Accept": media_type},
    )
    root = xml_of(answer, "transactions", media_type)
    found = page(world, busy, pageSize="3", offset="3")
    items = found.pop("items")
    assert dict(root.attrib) == {name: str(value) for name, value in found.items()}
    assert [each.get("id") for each in root.iterfind("items/item")] == [str(each["id"]) for each in items]
    assert all(each.get("productVersion") is None for each in root.iterfind("items/item"))


@pytest.mark.mobilefirst("3.3 file", "3.3 file=true is a zip of the whole list, whatever the page and mode")
@pytest.mark.parametrize(
    ("parameters", "accept"),
    [
        ({"file": "true"}, JSON),
        ({"file": "true", "pageSize": "2", "offset": "3", "mode": "errors"}, "*/*"),
        ({"file": "true", "orderBy": "-created"}, "application/zip"),
        ({}, "application/zip"),
    ],
)
def test_the_whole_list_comes_as_a_zip(world: World, busy: str, parameters: dict[str, str], accept: str) -> None:
    path = f"/runtimes/{busy}/transactions"
    answer = world.monitor.get(path, params=parameters, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["transactions.json"]
        document = json.loads(archive.read("transactions.json"))
    order = {"orderBy": parameters["orderBy"]} if "orderBy" in parameters else {}
    assert document == {"items": listed(world, busy, **order), "productVersion": "8.0"}


def test_a_runtime_without_transactions_has_an_empty_list_and_an_empty_file(world: World) -> None:
    runtime = world.runtime()
    found = page(world, runtime)
    assert (found["items"], found["totalListSize"], found["pageNumber"]) == ([], 0, 1)
    answer = world.monitor.get(f"/runtimes/{runtime}/transactions", params={"file": "true"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert json.loads(archive.read("transactions.json")) == {"items": [], "productVersion": "8.0"}


@pytest.mark.mobilefirst("3.3 404 for a runtime that is not there")
@pytest.mark.parametrize("parameters", [{}, {"file": "true"}])
def test_404_for_the_transactions_of_a_runtime_that_is_not_there(world: World, parameters: dict[str, str]) -> None:
    answer = world.monitor.get("/runtimes/nowhere/transactions", params=parameters)
    assert (answer.status_code, told(answer).partition(":")[0]) == (404, "FWLSE3030E")


def test_a_user_who_was_forgotten_is_told_by_his_pseudonym(world: World) -> None:
    runtime = world.runtime()
    with world.client("mfpdeployer") as caller:
        number = caller.configure(runtime, world.application())["transaction"]["id"]
        assert listed(world, runtime)[0]["userName"] == caller.login
        assert world.house.post("/users/delete", json={"login": caller.login}).is_success
        forgotten = world.house.post("/journal/forget", json={"user": caller.login})
        assert forgotten.is_success, forgotten.text
        found = world.monitor.read(f"/runtimes/{runtime}/transactions/{number}")
        assert found["userName"] != caller.login
        assert caller.login not in json.dumps(listed(world, runtime))
