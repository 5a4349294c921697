"""Application License Configuration (POST): what it answers, statement by statement of its page."""

import re
from typing import Any

import pytest

from tests.mobilefirst.client import XML, Client
from tests.mobilefirst.conftest import SERVER_ID
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World

TRANSACTION = {
    "appServerId",
    "description",
    "errors",
    "id",
    "project",
    "status",
    "timeCreated",
    "timeUpdated",
    "type",
    "userName",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


@pytest.fixture(scope="module")
def deployed(world: World, runtime: str) -> tuple[Client, str, Any]:
    """Who configured an application, its id, and the result."""
    application = world.application()
    caller = world.deployer
    return caller, application, caller.configure(runtime, application)


@pytest.fixture
def short(counting: World) -> tuple[str, str]:
    """A runtime, and an application there that can have no token of another type: none is bought."""
    counting.tokens("ibmmfpabd", 0)
    runtime = counting.runtime()
    return runtime, counting.application(runtime, "android 1.0", category="B2C", license_type="NON_PRODUCTION")


def failed(world: World, runtime: str, application: str, **parameters: str) -> Any:  # noqa: ANN401 - any JSON
    return world.admin.configure(runtime, application, "B2C", "ADDITIONAL_BRAND_DEPLOYMENT", **parameters)


@pytest.mark.mobilefirst("2.1 ok", "2.1 productVersion", "2.1 transaction")
def test_the_answer_has_these_properties_and_no_others(deployed: tuple[Client, str, Any]) -> None:
    _, _, result = deployed
    assert list(result) == ["ok", "productVersion", "transaction"]
    assert list(result["transaction"]) == sorted(TRANSACTION)


@pytest.mark.mobilefirst("2.1 ok", "2.1 a processed transaction answers 200, whatever its end")
def test_ok_says_whether_the_transaction_was_successful(
    deployed: tuple[Client, str, Any], counting: World, short: tuple[str, str]
) -> None:
    assert deployed[2]["ok"] is True
    result = failed(counting, *short)
    assert (result["ok"], result["transaction"]["status"]) == (False, "FAILURE")


@pytest.mark.mobilefirst("2.1 productVersion")
def test_product_version_is_the_version_that_is_set(deployed: tuple[Client, str, Any]) -> None:
    assert deployed[2]["productVersion"] == "8.0"


@pytest.mark.mobilefirst("2.1 transaction.appServerId")
def test_app_server_id_is_that_of_the_server(deployed: tuple[Client, str, Any]) -> None:
    assert deployed[2]["transaction"]["appServerId"] == SERVER_ID


@pytest.mark.mobilefirst(
    "2.1 transaction.description",
    "2.1 transaction.description.name",
    "2.1 transaction.description.type APP_LICENSE_CONFIG",
)
def test_the_description_has_the_name_and_the_type_of_the_artifact(deployed: tuple[Client, str, Any]) -> None:
    _, application, result = deployed
    assert result["transaction"]["description"] == {"name": application, "type": "APP_LICENSE_CONFIG"}


@pytest.mark.mobilefirst("2.1 transaction.errors")
def test_a_successful_transaction_has_no_errors(deployed: tuple[Client, str, Any]) -> None:
    assert deployed[2]["transaction"]["errors"] == []


@pytest.mark.mobilefirst("2.1 transaction.errors.details", "3.2 errors.details")
def test_the_errors_that_occurred_have_details(counting: World, short: tuple[str, str]) -> None:
    result = failed(counting, *short)
    [error] = result["transaction"]["errors"]
    assert list(error) == ["details"]
    assert error["details"].startswith("FWLSE3129E: ")
    assert "ibmmfpabd" in error["details"]
    again = counting.admin.read(f"/runtimes/{short[0]}/transactions/{result['transaction']['id']}")
    assert again["errors"] == [error]


@pytest.mark.mobilefirst("2.1 locale")
def test_the_errors_of_a_transaction_are_told_in_the_locale(counting: World, short: tuple[str, str]) -> None:
    english, german = (failed(counting, *short, locale=locale)["transaction"]["errors"] for locale in ("en", "de_DE"))
    assert english[0]["details"] != german[0]["details"]
    assert german[0]["details"].startswith("FWLSE3129E: ")


@pytest.mark.mobilefirst("2.1 transaction.errors")
def test_a_failed_transaction_leaves_what_was(counting: World, short: tuple[str, str]) -> None:
    runtime, application = short
    failed(counting, runtime, application)
    found = counting.admin.read(f"/runtimes/{runtime}/license/{application}")
    assert found == {"appID": application, "category": "B2C", "licenseType": "NON_PRODUCTION"}


@pytest.mark.mobilefirst("2.1 transaction.id", "3.1 ids rise, and are shared by all runtimes")
def test_id_is_a_number_of_its_own(world: World, runtime: str, deployed: tuple[Client, str, Any]) -> None:
    ids = [deployed[2]["transaction"]["id"]]
    places = [runtime, world.runtime()] * 2
    ids += [world.admin.configure(place, world.application())["transaction"]["id"] for place in places]
    assert all(type(each) is int for each in ids)
    assert ids == sorted(set(ids))


@pytest.mark.mobilefirst("2.1 transaction.project.name")
def test_the_project_is_named_by_the_context_root_of_the_runtime(
    runtime: str, deployed: tuple[Client, str, Any]
) -> None:
    assert deployed[2]["transaction"]["project"] == {"name": runtime}


@pytest.mark.mobilefirst(
    "2.1 transaction.status",
    "2.1 a synchronous transaction ends as SUCCESS or FAILURE",
    "3.1 status SUCCESS",
    "3.1 status FAILURE",
)
def test_the_status_of_a_synchronous_transaction_is_success_or_failure(
    deployed: tuple[Client, str, Any], counting: World, short: tuple[str, str]
) -> None:
    assert deployed[2]["transaction"]["status"] == "SUCCESS"
    assert failed(counting, *short)["transaction"]["status"] == "FAILURE"


@pytest.mark.mobilefirst("2.1 transaction.status")
def test_an_asynchronous_transaction_has_other_states_before_these(counting: World, short: tuple[str, str]) -> None:
    begun = failed(counting, *short, **{"async": "true"})["transaction"]
    assert (begun["status"], begun["errors"]) == ("PENDING", [])
    assert counting.admin.ended(short[0], begun["id"])["status"] == "FAILURE"


@pytest.mark.mobilefirst(
    "2.1 transaction.timeCreated",
    "2.1 transaction.timeUpdated",
    "3.1 times are ISO 8601 in UTC with three digits of a second's fraction",
)
def test_times_are_iso_8601(deployed: tuple[Client, str, Any]) -> None:
    transaction = deployed[2]["transaction"]
    for name in ("timeCreated", "timeUpdated"):
        assert TIME.fullmatch(transaction[name]), transaction
    assert transaction["timeCreated"] <= transaction["timeUpdated"]


@pytest.mark.mobilefirst("2.1 transaction.type UPLOAD_ARTIFACT", "3.4 UPLOAD_ARTIFACT")
def test_the_type_is_always_upload_artifact(world: World, runtime: str, deployed: tuple[Client, str, Any]) -> None:
    again = world.admin.configure(runtime, deployed[1], "B2E", "NON_PRODUCTION", **{"async": "true"})
    assert [each["transaction"]["type"] for each in (deployed[2], again)] == ["UPLOAD_ARTIFACT"] * 2


@pytest.mark.mobilefirst("2.1 transaction.userName")
def test_user_name_is_the_user_that_initiated_it(deployed: tuple[Client, str, Any]) -> None:
    caller, _, result = deployed
    assert result["transaction"]["userName"] == caller.login


@pytest.mark.mobilefirst("2.1 the XML has the documented root set-app-licenseconfig-result, attributes and nesting")
def test_the_xml_of_a_success_is_that_of_the_example(world: World, runtime: str, application: str) -> None:
    sent = {"appID": application, "category": "B2C"}
    answer = world.admin.post(f"/runtimes/{runtime}/license", sent, headers={"Accept": XML})
    assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    root = xml_of(answer, "results")
    [transaction] = root
    kept = world.admin.read(f"/runtimes/{runtime}/transactions/{transaction.get('id')}")
    assert (root.tag, dict(root.attrib)) == (
        "set-app-licenseconfig-result",
        {"ok": "true", "productVersion": kept["productVersion"]},
    )
    scalars = ("appServerId", "id", "status", "timeCreated", "timeUpdated", "type", "userName")
    assert (transaction.tag, dict(transaction.attrib)) == ("transaction", {name: str(kept[name]) for name in scalars})
    assert [(child.tag, dict(child.attrib), len(child)) for child in transaction] == [
        ("description", kept["description"], 0),
        ("errors", {}, 0),
        ("project", kept["project"], 0),
    ]


@pytest.mark.mobilefirst("2.1 the XML has the documented root set-app-licenseconfig-result, attributes and nesting")
def test_the_xml_of_a_failure_is_that_of_the_example(counting: World, short: tuple[str, str]) -> None:
    runtime, application = short
    sent = {"appID": application, "category": "B2C", "licenseType": "ADDITIONAL_BRAND_DEPLOYMENT"}
    answer = counting.admin.post(f"/runtimes/{runtime}/license", sent, headers={"Accept": XML})
    root = xml_of(answer, "results")
    assert (answer.status_code, root.tag, root.get("ok")) == (200, "set-app-licenseconfig-result", "false")
    kept = counting.admin.read(f"/runtimes/{runtime}/transactions/{root[0].get('id')}")
    assert root[0].get("status") == "FAILURE"
    assert [dict(error.attrib) for error in root.iterfind("transaction/errors/error")] == kept["errors"]
