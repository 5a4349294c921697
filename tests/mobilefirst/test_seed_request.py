"""Application License Configuration (POST): what it does and how it is called, statement by statement of its page."""

from typing import Any

import httpx
import pytest

from tests.mobilefirst.client import JSON, OVER, TEXT_XML, XML, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World

PAYLOAD = {"category": "B2C", "licenseType": "APPLICATION"}


def path_of(runtime: str) -> str:
    return f"/runtimes/{runtime}/license"


def payload(application: str, **members: object) -> dict[str, object]:
    return {"appID": application, **PAYLOAD, **members}


def transactions_of(world: World, runtime: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = world.admin.read(f"/runtimes/{runtime}/transactions")["items"]
    return items


@pytest.mark.mobilefirst(
    "2.1 POST /runtimes/{runtime}/license",
    "2.1 body appID",
    "2.1 an application that is not registered can be configured",
)
def test_it_deploys_a_license_configuration_for_an_application(world: World, runtime: str, application: str) -> None:
    answer = world.admin.post(path_of(runtime), payload(application))
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    assert world.admin.read(f"{path_of(runtime)}/{application}") == payload(application)


@pytest.mark.mobilefirst("2.1 a configuration is replaced")
def test_what_is_deployed_replaces_what_was(world: World, runtime: str, application: str) -> None:
    for category, license_type in (("B2C", "APPLICATION"), ("UNDEFINED", "NON_PRODUCTION"), ("B2E", "APPLICATION")):
        sent = payload(application, category=category, licenseType=license_type)
        assert world.admin.post(path_of(runtime), sent).json()["ok"] is True
        assert world.admin.read(f"{path_of(runtime)}/{application}") == sent


@pytest.mark.mobilefirst("2.1 the input is checked, then stored, then in force")
def test_the_input_is_checked_first_and_an_invalid_one_leaves_nothing(world: World) -> None:
    runtime, application = world.runtime(), world.application()
    assert world.admin.post(path_of(runtime), payload(application, category="B3C")).status_code == 400
    assert world.admin.get(f"{path_of(runtime)}/{application}").status_code == 404
    assert transactions_of(world, runtime) == []


@pytest.mark.mobilefirst("2.1 the input is checked, then stored, then in force")
def test_it_is_transferred_to_the_database_and_to_the_runtime_before_it_is_answered(counting: World) -> None:
    """The application has the token that its new type calls for: the configuration is in force."""
    counting.tokens("ibmmfpabd", 1000)
    runtime = counting.runtime()
    application = counting.application(runtime, "android 1.0", category="B2C", license_type="NON_PRODUCTION")
    counting.admin.configure(runtime, application, "B2E", "ADDITIONAL_BRAND_DEPLOYMENT")
    there = counting.house.get(f"/runtimes/{runtime}/applications/{application}").json()
    assert there["tokens"] == ["MOBILEFIRST:ibmmfpabd"]
    assert counting.admin.read(f"{path_of(runtime)}/{application}")["category"] == "B2E"


@pytest.mark.mobilefirst("2.1 async false", "2.1 async absent is synchronous")
@pytest.mark.parametrize("parameters", [{}, {"async": "false"}, {"async": ""}])
def test_it_runs_synchronously(world: World, runtime: str, application: str, parameters: dict[str, str]) -> None:
    result = world.admin.configure(runtime, application, **parameters)
    assert result["transaction"]["status"] == "SUCCESS"
    assert world.admin.read(f"{path_of(runtime)}/{application}")["appID"] == application


@pytest.mark.mobilefirst(
    "2.1 async true", "2.1 an asynchronous one is answered before it is over, with ok true", "3.1 status PENDING"
)
def test_it_runs_asynchronously_and_returns_before_the_transaction_is_completed(
    world: World, runtime: str, application: str
) -> None:
    result = world.admin.configure(runtime, application, **{"async": "true"})
    assert (result["ok"], result["transaction"]["status"]) == (True, "PENDING")


@pytest.mark.mobilefirst("2.1 async true", "3.2 status")
def test_the_result_of_an_asynchronous_one_is_queried_later(world: World, runtime: str, application: str) -> None:
    begun = world.admin.configure(runtime, application, **{"async": "true"})["transaction"]
    ended = world.admin.ended(runtime, begun["id"])
    assert ended["status"] == "SUCCESS"
    same = {"id", "type", "description", "project", "userName", "appServerId", "timeCreated", "errors"}
    assert {name: ended[name] for name in same} == {name: begun[name] for name in same}
    assert ended["timeUpdated"] >= begun["timeUpdated"]
    assert world.admin.read(f"{path_of(runtime)}/{application}")["appID"] == application


@pytest.mark.parametrize("role", ["mfpadmin", "mfpdeployer"])
def test_these_roles_are_authorized(world: World, runtime: str, application: str, role: str) -> None:
    with world.client(role) as caller:
        assert caller.configure(runtime, application)["ok"] is True


def test_the_method_is_post(world: World, runtime: str) -> None:
    for method in ("PUT", "PATCH", "DELETE", "GET"):
        answer = world.admin.http.request(method, path_of(runtime))
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.mobilefirst("1 a trailing slash is tolerated")
@pytest.mark.parametrize("end", ["", "/"])
def test_the_path_is_below_the_runtime(world: World, runtime: str, application: str, end: str) -> None:
    whole = f"{world.url}/mfpadmin/management-apis/2.0/runtimes/{runtime}/license{end}"
    assert world.admin.http.post(whole, json=payload(application)).status_code == 200


@pytest.mark.mobilefirst("1 the API is below /mfpadmin/management-apis/2.0")
def test_the_example_is_called_as_it_stands(world: World) -> None:
    runtime = world.runtime()
    whole = f"{world.url}/mfpadmin/management-apis/2.0/runtimes/{runtime}/license?async=false&locale=de_DE"
    body = """{
  "appID" : "com.package.id",
  "category" : "B2C",
  "licenseType" : "APPLICATION"
}"""
    answer = world.admin.http.post(whole, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["transaction"]["status"]) == (200, "SUCCESS")
    assert world.admin.read(f"{path_of(runtime)}/com.package.id") == payload("com.package.id")


def test_query_parameters_are_optional(world: World, runtime: str, application: str) -> None:
    """And one that nobody documents changes nothing."""
    for query in ("", "?", "?locale=", "?color=red"):
        answer = world.admin.post(f"{path_of(runtime)}{query}", payload(application))
        assert (answer.status_code, answer.json()["transaction"]["status"]) == (200, "SUCCESS"), query


@pytest.mark.mobilefirst("2.1 runtime")
def test_the_runtime_is_named_by_its_context_root_without_the_slash(world: World, application: str) -> None:
    runtime = world.runtime()
    assert world.admin.configure(runtime, application)["transaction"]["project"] == {"name": runtime}
    for other in (runtime.upper(), f"%2F{runtime}", f"{runtime}%20"):
        assert world.admin.post(path_of(other), payload(application)).status_code == 404


@pytest.mark.mobilefirst("2.1 400 for async that is neither true nor false")
@pytest.mark.parametrize("value", ["1", "yes", "on", "tru", "null"])
def test_only_true_and_false_are_allowed_values_of_async(world: World, application: str, value: str) -> None:
    runtime = world.runtime()
    answer = world.admin.post(path_of(runtime), payload(application), params={"async": value})
    assert answer.status_code == 400
    assert told(answer).startswith("FWLSE3053E: async must be true or false")
    assert transactions_of(world, runtime) == []


@pytest.mark.mobilefirst("2.1 locale")
@pytest.mark.parametrize(
    ("locale", "said"), [("de_DE", "Laufzeit"), ("fr_FR", ""), ("xx", "There is no runtime"), (None, "There is no")]
)
def test_the_locale_is_that_of_error_messages(world: World, application: str, locale: str | None, said: str) -> None:
    parameters = {} if locale is None else {"locale": locale}
    answer = world.admin.post(path_of("nowhere"), payload(application), params=parameters)
    assert answer.status_code == 404
    text = told(answer)
    assert text.startswith("FWLSE3030E: ")
    assert said in text
    assert ("There is no runtime" in text) is (locale in {"xx", None})


@pytest.mark.mobilefirst("2.1 it consumes application/json", "2.1 415 for another Content-Type")
def test_it_consumes_json(world: World, runtime: str, application: str) -> None:
    body = f'{{"appID": "{application}", "category": "B2C", "licenseType": "APPLICATION"}}'
    for media_type, status in (
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/xml", 415),
        ("text/plain", 415),
        ("multipart/form-data; boundary=x", 415),
    ):
        answer = world.admin.http.post(path_of(runtime), content=body, headers={"Content-Type": media_type})
        assert answer.status_code == status, media_type


@pytest.mark.mobilefirst("2.1 it produces application/json, application/xml and text/xml")
@pytest.mark.parametrize("media_type", [JSON, XML, TEXT_XML])
def test_it_produces_what_is_accepted(world: World, runtime: str, application: str, media_type: str) -> None:
    answer = world.admin.post(path_of(runtime), payload(application), headers={"Accept": media_type})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    if media_type != JSON:
        assert xml_of(answer, "results", media_type).tag == "set-app-licenseconfig-result"


@pytest.mark.parametrize("accept", ["application/pdf", "text/html", "application/json;q=0"])
def test_it_produces_nothing_else(world: World, runtime: str, application: str, accept: str) -> None:
    answer = world.admin.post(path_of(runtime), payload(application), headers={"Accept": accept})
    assert answer.status_code == 406
    assert world.admin.get(f"{path_of(runtime)}/{application}").status_code == 404


@pytest.mark.mobilefirst("2.1 body appID")
@pytest.mark.parametrize(
    "platform_name", ["com.package.Id", "org.bundle-id", "12345Publisher.App_8wekyb3d8bbwe", "a/b c"]
)
def test_app_id_is_the_name_that_its_platform_has_for_it(world: World, platform_name: str) -> None:
    runtime = world.runtime()
    assert world.admin.configure(runtime, platform_name)["transaction"]["description"]["name"] == platform_name
    quoted = platform_name.replace("/", "%2F").replace(" ", "%20")
    assert world.admin.read(f"{path_of(runtime)}/{quoted}")["appID"] == platform_name


@pytest.mark.mobilefirst("2.1 body category", "2.1 category B2C", "2.1 category B2E", "2.1 category UNDEFINED")
@pytest.mark.parametrize("category", ["B2C", "B2E", "UNDEFINED"])
def test_category_is_the_license_category(world: World, runtime: str, application: str, category: str) -> None:
    world.admin.configure(runtime, application, category=category)
    assert world.admin.read(f"{path_of(runtime)}/{application}")["category"] == category


@pytest.mark.mobilefirst(
    "2.1 body licenseType",
    "2.1 licenseType APPLICATION",
    "2.1 licenseType ADDITIONAL_BRAND_DEPLOYMENT",
    "2.1 licenseType NON_PRODUCTION",
)
@pytest.mark.parametrize("license_type", ["APPLICATION", "ADDITIONAL_BRAND_DEPLOYMENT", "NON_PRODUCTION"])
def test_license_type_is_the_type_of_license(world: World, runtime: str, application: str, license_type: str) -> None:
    world.admin.configure(runtime, application, license_type=license_type)
    assert world.admin.read(f"{path_of(runtime)}/{application}")["licenseType"] == license_type


@pytest.mark.mobilefirst("2.1 licenseType absent is APPLICATION", "2.1 unknown members are ignored")
def test_license_type_is_application_where_it_is_not_sent(world: World, runtime: str, application: str) -> None:
    sent = {"appID": application, "category": "B2E", "color": "red"}
    assert world.admin.post(path_of(runtime), sent).status_code == 200
    expected = {"appID": application, "category": "B2E", "licenseType": "APPLICATION"}
    assert world.admin.read(f"{path_of(runtime)}/{application}") == expected


def test_every_transaction_ends(world: World, runtime: str) -> None:
    """Those of this module, asynchronous ones too."""
    for each in transactions_of(world, runtime):
        assert world.admin.ended(runtime, each["id"])["status"] in OVER


def test_a_stranger_is_asked_for_his_credentials(http: httpx.Client, runtime: str, application: str) -> None:
    answer = http.post(path_of(runtime), json=payload(application))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
