"""Reading a license configuration, and taking it away (contract 2.2, 2.3)."""

from urllib.parse import quote

import pytest

from tests.mobilefirst.client import JSON, TEXT_XML, XML, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World


def path_of(runtime: str, application: str) -> str:
    return f"/runtimes/{runtime}/license/{quote(application, safe='')}"


@pytest.fixture
def configured(world: World, runtime: str, application: str) -> str:
    """The path of a configuration that nothing is registered for."""
    world.admin.configure(runtime, application, "B2E", "NON_PRODUCTION")
    return path_of(runtime, application)


@pytest.mark.mobilefirst(
    "2.2 GET /runtimes/{runtime}/license/{application}",
    "2.2 runtime",
    "2.2 application",
    "2.2 appID",
    "2.2 category",
    "2.2 licenseType",
    "2.2 the body is the bare configuration",
)
def test_a_configuration_is_read_bare(world: World, configured: str, application: str) -> None:
    assert world.admin.read(configured) == {"appID": application, "category": "B2E", "licenseType": "NON_PRODUCTION"}


@pytest.mark.mobilefirst("2.2 the XML root is runtime")
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
def test_in_xml_a_configuration_is_one_element_named_runtime(
    world: World, configured: str, application: str, media_type: str
) -> None:
    root = xml_of(world.admin.get(configured, headers={"Accept": media_type}), "license", media_type)
    assert root.tag == "runtime"
    assert dict(root.attrib) == {"appID": application, "category": "B2E", "licenseType": "NON_PRODUCTION"}


@pytest.mark.parametrize("role", ["mfpadmin", "mfpdeployer", "mfpmonitor", "mfpoperator"])
def test_all_four_roles_may_read_a_configuration(world: World, configured: str, role: str) -> None:
    with world.client(role) as caller:
        assert caller.get(configured).status_code == 200


@pytest.mark.mobilefirst("2.2 403")
def test_nobody_else_may_read_a_configuration(world: World, configured: str) -> None:
    with world.client("operator") as caller:
        answer = caller.get(configured)
    assert answer.status_code == 403
    assert "mfpmonitor" in told(answer)


@pytest.mark.mobilefirst("2.1 one configuration holds for all platforms and versions of an application")
def test_one_configuration_holds_for_all_platforms_and_versions(world: World, runtime: str) -> None:
    application = world.application(runtime, "android 1.0", "android 2.0", "ios 1.0", category="B2C")
    world.admin.configure(runtime, application, "B2E")
    assert world.admin.read(path_of(runtime, application))["category"] == "B2E"
    there = world.house.get(f"/runtimes/{runtime}/applications/{application}").json()
    assert len(there["versions"]) == 3, "and none of them is lost by it"


def test_a_configuration_is_that_of_its_runtime(world: World, application: str, configured: str) -> None:
    other = world.runtime()
    assert world.admin.get(path_of(other, application)).status_code == 404
    world.admin.configure(other, application, "B2C")
    assert world.admin.read(configured)["category"] == "B2E"


@pytest.mark.mobilefirst("1 a name may hold dots, $, blanks, an encoded slash and characters of any plane")
@pytest.mark.parametrize("name", ["a.json", "a$android$1.0", "a b", "a/b", "Straße", "日本", "\U0001f600", "%41"])
def test_a_name_is_found_as_it_was_set(world: World, runtime: str, name: str) -> None:
    world.admin.configure(runtime, name)
    assert world.admin.read(path_of(runtime, name))["appID"] == name
    assert world.admin.delete(path_of(runtime, name)).json()["ok"] is True


@pytest.mark.mobilefirst("2.2 404 FWLSE3030E for a runtime that is not there")
def test_404_for_a_runtime_that_is_not_there(world: World, application: str) -> None:
    answer = world.admin.get(path_of("nowhere", application))
    assert (answer.status_code, told(answer).partition(":")[0]) == (404, "FWLSE3030E")


@pytest.mark.mobilefirst("2.2 404 FWLSE30302E for an application without a configuration", "2.2 locale")
def test_404_for_an_application_that_nobody_configured(world: World, runtime: str) -> None:
    for application in (world.application(), world.application(runtime, "android 1.0"), "a\0b", "a" * 3000):
        answer = world.admin.get(path_of(runtime, application), params={"locale": "de_DE"})
        assert (answer.status_code, told(answer).partition(":")[0]) == (404, "FWLSE30302E")
        assert "Lizenz" in told(answer)


def test_what_a_stopped_runtime_has_can_still_be_read(world: World) -> None:
    runtime, application = world.runtime(), world.application()
    world.admin.configure(runtime, application)
    world.apply("runtimes", {"name": runtime, "running": False})
    assert world.admin.read(path_of(runtime, application))["appID"] == application
    assert world.admin.delete(path_of(runtime, application)).status_code == 404


@pytest.mark.mobilefirst(
    "2.3 DELETE /runtimes/{runtime}/license/{application}",
    "2.3 runtime",
    "2.3 application",
    "2.3 a GET afterwards is 404",
    "2.3 transaction.type DELETE_LICENSE_CONFIG",
    "3.4 DELETE_LICENSE_CONFIG",
)
def test_a_deleted_configuration_is_gone(world: World, runtime: str, application: str, configured: str) -> None:
    result = world.admin.delete(configured).json()
    assert list(result) == ["ok", "productVersion", "transaction"]
    transaction = result["transaction"]
    assert (result["ok"], transaction["status"], transaction["type"]) == (True, "SUCCESS", "DELETE_LICENSE_CONFIG")
    assert transaction["description"] == {"name": application, "type": "APP_LICENSE_CONFIG"}
    assert (transaction["errors"], transaction["project"]) == ([], {"name": runtime})
    assert world.admin.get(configured).status_code == 404


@pytest.mark.mobilefirst("2.3 the XML root is delete-app-licenseconfig-result")
def test_in_xml_the_result_of_a_deletion_has_a_root_of_its_own(world: World, configured: str) -> None:
    root = xml_of(world.admin.delete(configured, headers={"Accept": XML}), "results")
    assert (root.tag, root[0].get("type")) == ("delete-app-licenseconfig-result", "DELETE_LICENSE_CONFIG")


@pytest.mark.mobilefirst("2.3 async")
def test_a_configuration_is_deleted_asynchronously(world: World, runtime: str, configured: str) -> None:
    begun = world.admin.delete(configured, params={"async": "true"}).json()
    assert (begun["ok"], begun["transaction"]["status"]) == (True, "PENDING")
    assert world.admin.ended(runtime, begun["transaction"]["id"])["status"] == "SUCCESS"
    assert world.admin.get(configured).status_code == 404


@pytest.mark.parametrize("role", ["mfpadmin", "mfpdeployer"])
def test_administrators_and_deployers_may_delete_a_configuration(world: World, configured: str, role: str) -> None:
    with world.client(role) as caller:
        assert caller.delete(configured).json()["ok"] is True


@pytest.mark.mobilefirst("2.3 403")
@pytest.mark.parametrize("role", ["mfpmonitor", "mfpoperator"])
def test_monitors_and_operators_may_delete_nothing(world: World, configured: str, role: str) -> None:
    with world.client(role) as caller:
        answer = caller.delete(configured)
    assert answer.status_code == 403
    assert world.admin.get(configured).status_code == 200


@pytest.mark.mobilefirst("2.3 404 for a runtime that is not there")
def test_nothing_is_deleted_where_there_is_no_runtime_or_it_is_stopped(world: World, application: str) -> None:
    for runtime, code in (("nowhere", "FWLSE3030E"), (world.runtime(running=False), "FWLSE3041E")):
        answer = world.admin.delete(path_of(runtime, application))
        assert (answer.status_code, told(answer).partition(":")[0]) == (404, code)


@pytest.mark.mobilefirst("2.3 404 for an application without a configuration", "2.3 locale")
def test_there_must_be_a_configuration_to_delete(world: World, application: str) -> None:
    runtime = world.runtime()
    for name in (application, "a\0b", "a" * 3000):
        answer = world.admin.delete(path_of(runtime, name), params={"locale": "de-de"})
        assert (answer.status_code, told(answer).partition(":")[0]) == (404, "FWLSE30302E")
        assert "Lizenz" in told(answer)
    assert world.admin.read(f"/runtimes/{runtime}/transactions")["items"] == []


@pytest.mark.mobilefirst(
    "2.3 FAILURE with FWLSE30303E while a version is registered", "11 FWLSE30303E configuration not deletable"
)
def test_the_configuration_of_a_registered_application_stays(world: World, runtime: str) -> None:
    application = world.application(runtime, "android 1.0", category="B2C")
    answer = world.admin.delete(path_of(runtime, application))
    assert answer.status_code == 200
    result = answer.json()
    assert (result["ok"], result["transaction"]["status"]) == (False, "FAILURE")
    [error] = result["transaction"]["errors"]
    assert error["details"].startswith("FWLSE30303E: ")
    assert application in error["details"]
    assert world.admin.read(path_of(runtime, application))["category"] == "B2C"


@pytest.mark.mobilefirst("2.3 a setting lets it be deleted while a version is registered")
def test_where_it_is_set_the_configuration_of_a_registered_application_goes(counting: World) -> None:
    counting.tokens("ibmmfpfa", 1000)
    runtime = counting.runtime()
    application = counting.application(runtime, "android 1.0", category="B2C", license_type="NON_PRODUCTION")
    result = counting.admin.delete(path_of(runtime, application)).json()
    assert (result["ok"], result["transaction"]["status"]) == (True, "SUCCESS")
    assert counting.admin.get(path_of(runtime, application)).status_code == 404
    there = counting.house.get(f"/runtimes/{runtime}/applications/{application}").json()
    assert (there["configuration"], len(there["versions"])) == (None, 1)
    assert there["tokens"] == ["MOBILEFIRST:ibmmfpfa"], "it has the default type again"


@pytest.mark.parametrize("media_type", [JSON, XML, TEXT_XML])
def test_every_answer_about_a_configuration_is_in_the_type_that_is_accepted(
    world: World, configured: str, media_type: str
) -> None:
    accept = {"Accept": media_type}
    missing = configured + "x"
    answers = [
        world.admin.get(configured, headers=accept),
        world.admin.get(missing, headers=accept),
        world.admin.delete(missing, headers=accept),
        world.admin.delete(configured, headers=accept),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 404, 200]
    assert {answer.headers["Content-Type"].partition(";")[0] for answer in answers} == {media_type}
