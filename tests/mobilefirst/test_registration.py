"""Versions of applications come and go, each by a transaction (contract 6.3, 9)."""

import subprocess
from typing import Any

import pytest

from tests.mobilefirst.client import PASSWORD, TEXT_XML, XML, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.registering import descriptor, register
from tests.mobilefirst.world import World


def applications(runtime: str) -> str:
    """Where versions of a runtime's applications are registered."""
    return f"/runtimes/{runtime}/applications"


def version(runtime: str, name: str) -> str:
    """Where the version 1.0 of an application for Android is."""
    return f"{applications(runtime)}/{name}/android/1.0"


@pytest.mark.mobilefirst(
    "6.3 POST /runtimes/{runtime}/applications",
    "6.3 a registration is a transaction UPLOAD_ARTIFACT",
    "6.3 payload applicationKey.clientPlatform",
    "6.3 payload applicationKey.version",
    "6.3 payload displayName",
)
def test_a_descriptor_registers_a_version_in_a_transaction(world: World, runtime: str, application: str) -> None:
    payload = descriptor(application, displayName="My App", mandatoryScope="any", scopeElementMapping={"a": "b"})
    result = world.deployer.post(applications(runtime), payload).json()
    transaction = result.pop("transaction")
    assert result == {"ok": True, "productVersion": "8.0"}
    assert transaction == {
        "appServerId": "node-1",
        "description": {"name": f"{application}$android$1.0", "type": "APP_DESCRIPTOR"},
        "errors": [],
        "id": transaction["id"],
        "project": {"name": runtime},
        "status": "SUCCESS",
        "timeCreated": transaction["timeCreated"],
        "timeUpdated": transaction["timeUpdated"],
        "type": "UPLOAD_ARTIFACT",
        "userName": world.deployer.login,
    }
    recorded = world.monitor.read(f"/runtimes/{runtime}/transactions/{transaction['id']}")
    assert recorded == {**transaction, "productVersion": "8.0"}
    found = world.monitor.read(version(runtime, application))
    assert (found["displayName"], found["resourceName"]) == ("My App", f"{application}$android$1.0")


@pytest.mark.mobilefirst(
    "6.3 payload applicationKey.packageName",
    "6.3 payload applicationKey.bundleId",
    "6.3 payload applicationKey.assemblyName",
)
@pytest.mark.parametrize(
    ("member", "platform"), [("packageName", "android"), ("bundleId", "ios"), ("assemblyName", "windows10")]
)
def test_each_platform_has_its_own_member_for_the_name(
    world: World, runtime: str, application: str, member: str, platform: str
) -> None:
    key = {member: application, "clientPlatform": platform, "version": "1.0"}
    assert world.deployer.post(applications(runtime), {"applicationKey": key}).json()["ok"] is True
    assert world.monitor.get(f"{applications(runtime)}/{application}/{platform}/1.0").status_code == 200


@pytest.mark.mobilefirst("6.3 POST /runtimes/{runtime}/applications")
def test_the_registration_of_the_vendors_starter_scripts_succeeds(world: World, runtime: str, application: str) -> None:
    """As curl makes it there: credentials at once, a body with more than a license server reads, and exactly 200."""
    body = (
        f'{{"applicationKey": {{"packageName": "{application}","version": "1.0","clientPlatform":"android"}},'
        '"mandatoryScope":"appAuthenticity",'
        '"securityCheckConfigurations": {"appAuthenticity":{"expirationSec": "1200"}}}'
    )
    url = f"{world.url}/mfpadmin/management-apis/2.0{applications(runtime)}"
    login = f"{world.deployer.login}:{PASSWORD}"
    arguments = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "-u", login]
    command = ["curl", "--noproxy", "*", *arguments, "-H", "Content-Type: application/json", "-d", body, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "200"
    assert world.monitor.get(version(runtime, application)).status_code == 200


@pytest.mark.mobilefirst("6.3 POST /runtimes/{runtime}/applications")
def test_a_descriptor_may_be_posted_to_the_list_with_a_slash_at_its_end(
    world: World, runtime: str, application: str
) -> None:
    answer = world.deployer.post(f"{applications(runtime)}/", descriptor(application))
    assert (answer.status_code, answer.json()["ok"]) == (200, True)


@pytest.mark.mobilefirst("6.3 registering a version again replaces its display name and its time")
def test_a_version_that_is_registered_again_has_its_new_name_and_time(
    world: World, runtime: str, application: str
) -> None:
    register(world.deployer, runtime, application, display_name="Before")
    before = world.monitor.read(version(runtime, application))
    register(world.deployer, runtime, application, display_name="After", after=before["deployTime"])
    after = world.monitor.read(version(runtime, application))
    assert after["displayName"] == "After"
    assert after["deployTime"] > before["deployTime"]
    [found] = [
        each
        for each in world.monitor.read(applications(runtime), expand="true")["items"]
        if each["resourceName"] == application
    ]
    assert [len(each["versions"]) for each in found["environments"]] == [1]


@pytest.mark.mobilefirst("6.3 async")
def test_a_registration_and_a_removal_may_be_asynchronous(world: World, runtime: str, application: str) -> None:
    asynchronously = {"async": "true"}
    begun = world.deployer.post(applications(runtime), descriptor(application), params=asynchronously).json()
    assert begun["ok"] is True
    assert world.monitor.ended(runtime, begun["transaction"]["id"])["status"] == "SUCCESS"
    begun = world.deployer.delete(version(runtime, application), params=asynchronously).json()
    assert begun["ok"] is True
    assert world.monitor.ended(runtime, begun["transaction"]["id"])["status"] == "SUCCESS"
    assert world.monitor.get(version(runtime, application)).status_code == 404


@pytest.mark.mobilefirst(
    "6.3 DELETE /runtimes/{runtime}/applications/{application}/{platform}/{version}",
    "6.3 a removal is a transaction DELETE_APPLICATION_ENV_VERSION",
    "3.4 DELETE_APPLICATION_ENV_VERSION",
)
def test_a_version_is_removed_in_a_transaction_and_the_others_stay(
    world: World, runtime: str, application: str
) -> None:
    register(world.deployer, runtime, application)
    register(world.deployer, runtime, application, "ios")
    result = world.deployer.delete(version(runtime, application)).json()
    transaction = result["transaction"]
    assert result["ok"] is True
    assert (transaction["type"], transaction["status"]) == ("DELETE_APPLICATION_ENV_VERSION", "SUCCESS")
    assert transaction["description"] == {"name": f"{application}$android$1.0", "type": "APP_DESCRIPTOR"}
    assert world.monitor.get(version(runtime, application)).status_code == 404
    assert world.monitor.get(f"{applications(runtime)}/{application}/ios/1.0").status_code == 200


@pytest.mark.mobilefirst("6.3 with its last version an application goes, and its configuration stays")
def test_with_its_last_version_an_application_goes_and_its_configuration_stays(
    world: World, runtime: str, application: str
) -> None:
    world.deployer.configure(runtime, application, "B2E")
    register(world.deployer, runtime, application)
    assert world.deployer.delete(version(runtime, application)).json()["ok"] is True
    assert world.monitor.get(f"{applications(runtime)}/{application}").status_code == 404
    configuration = world.monitor.read(f"/runtimes/{runtime}/license/{application}")
    assert configuration == {"appID": application, "category": "B2E", "licenseType": "APPLICATION"}


@pytest.mark.mobilefirst("6.3 XML: deploy-application-result", "6.3 XML: delete-appversion-result")
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
def test_the_results_have_elements_of_their_own_in_xml(
    world: World, runtime: str, application: str, media_type: str
) -> None:
    headers = {"Accept": media_type}
    for answer, element in (
        (
            world.deployer.post(applications(runtime), descriptor(application), headers=headers),
            "deploy-application-result",
        ),
        (world.deployer.delete(version(runtime, application), headers=headers), "delete-appversion-result"),
    ):
        root = xml_of(answer, "results", media_type)
        assert (root.tag, root.get("ok")) == (element, "true")
        described = root.find("transaction/description")
        assert described is not None
        assert dict(described.attrib) == {"name": f"{application}$android$1.0", "type": "APP_DESCRIPTOR"}


KEY = {"packageName": "com.example.bad", "clientPlatform": "android", "version": "1.0"}


def without(name: str) -> dict[str, Any]:
    """A descriptor without one member of its key."""
    return {"applicationKey": {each: value for each, value in KEY.items() if each != name}}


def having(**members: object) -> dict[str, Any]:
    """A descriptor with other members of its key."""
    return {"applicationKey": {**KEY, **members}}


ONE_NAME = "applicationKey must name the application by exactly one of packageName, bundleId, assemblyName."


@pytest.mark.mobilefirst("6.3 400 a malformed descriptor")
@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({}, "applicationKey is missing."),
        ({"applicationKey": None}, "applicationKey is missing."),
        ({"applicationKey": "com.example.bad"}, "applicationKey must be a JSON object."),
        ({"applicationKey": [KEY]}, "applicationKey must be a JSON object."),
        (without("packageName"), ONE_NAME),
        (having(bundleId="com.example.bad"), ONE_NAME),
        (having(packageName=7), "applicationKey.packageName must be a text."),
        (having(packageName=None, bundleId={"a": 1}), "applicationKey.bundleId must be a text."),
        (without("clientPlatform"), "applicationKey.clientPlatform is missing."),
        (having(clientPlatform=True), "applicationKey.clientPlatform must be a text."),
        (without("version"), "applicationKey.version is missing."),
        (having(version=1.0), "applicationKey.version must be a text."),
        ({**having(), "displayName": 5}, "displayName must be a text."),
        ([having()], "The body must be a JSON object."),
    ],
)
def test_a_descriptor_that_cannot_be_is_400_and_names_what_is_wrong(
    world: World, runtime: str, payload: object, why: str
) -> None:
    answer = world.deployer.post(applications(runtime), payload)
    assert answer.status_code == 400
    assert told(answer) == f"FWLSE3051E: {why}"
    assert world.monitor.get(f"{applications(runtime)}/com.example.bad").status_code == 404


@pytest.mark.mobilefirst("6.3 400 a malformed descriptor")
@pytest.mark.parametrize("member", ["packageName", "clientPlatform", "version"])
@pytest.mark.parametrize("text", ["", "  ", "x" * 255, "a\x00b", "a\x1fb", "a\uffffb"])
def test_a_name_that_nothing_can_have_is_400_and_makes_no_transaction(
    world: World, runtime: str, member: str, text: str
) -> None:
    before = world.monitor.read(f"/runtimes/{runtime}/transactions")["totalListSize"]
    answer = world.deployer.post(applications(runtime), having(**{member: text}))
    assert answer.status_code == 400, answer.text
    assert told(answer).startswith("FWLSE3051E: ")
    assert world.monitor.read(f"/runtimes/{runtime}/transactions")["totalListSize"] == before


@pytest.mark.mobilefirst("6.3 400 no deployable data")
@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_without_a_body_there_is_no_deployable_data(world: World, runtime: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = world.deployer.http.post(applications(runtime), content=body, headers=headers)
    assert answer.status_code == 400
    assert told(answer).startswith("FWLSE3051E: ")


@pytest.mark.mobilefirst("6.3 415 for a descriptor that is no JSON")
def test_a_descriptor_of_another_type_is_415(world: World, runtime: str) -> None:
    for media_type in ("application/xml", "multipart/form-data; boundary=x", "text/plain"):
        headers = {"Content-Type": media_type}
        answer = world.deployer.http.post(applications(runtime), content=b"{}", headers=headers)
        assert answer.status_code == 415


@pytest.mark.mobilefirst("6.3 403 for a user without the role")
@pytest.mark.parametrize("role", ["monitor", "operator"])
def test_who_may_only_read_registers_and_removes_nothing(
    world: World, runtime: str, application: str, role: str
) -> None:
    register(world.deployer, runtime, application)
    reader = getattr(world, role)
    assert reader.post(applications(runtime), descriptor(application, version="2.0")).status_code == 403
    assert reader.delete(version(runtime, application)).status_code == 403
    assert world.monitor.get(version(runtime, application)).status_code == 200
    assert world.monitor.get(f"{applications(runtime)}/{application}/android/2.0").status_code == 404


@pytest.mark.mobilefirst("6.3 404 runtime not found", "6.3 404 runtime not running")
def test_nothing_is_registered_in_or_removed_from_a_runtime_that_is_not_there_or_stopped(world: World) -> None:
    stopped = world.runtime(running=False)
    name = world.application(stopped, "android 1.0")
    for runtime, code in (("nowhere", "FWLSE3030E"), (stopped, "FWLSE3041E")):
        for answer in (
            world.deployer.post(applications(runtime), descriptor(name, version="2.0")),
            world.deployer.delete(version(runtime, name)),
        ):
            assert answer.status_code == 404
            assert told(answer).startswith(f"{code}: ")
    assert world.monitor.get(version(stopped, name)).status_code == 200


@pytest.mark.mobilefirst("6.3 404 application not found", "6.3 404 platform or version not found")
def test_what_is_not_registered_cannot_be_removed(world: World, runtime: str, application: str) -> None:
    register(world.deployer, runtime, application)
    before = world.monitor.read(f"/runtimes/{runtime}/transactions")["totalListSize"]
    for path, code in (
        ("nowhere/android/1.0", "FWLSE3034E"),
        (f"{application}/ios/1.0", "FWLSE3002E"),
        (f"{application}/android/1.1", "FWLSE3002E"),
        (f"{application}/android/%00", "FWLSE3002E"),
        (f"{application}/%20/1.0", "FWLSE3002E"),
        ("%1F/android/1.0", "FWLSE3034E"),
        (f"{'x' * 3000}/android/1.0", "FWLSE3034E"),
    ):
        answer = world.deployer.delete(f"{applications(runtime)}/{path}")
        assert (answer.status_code, told(answer).split(":")[0]) == (404, code), path
    assert world.monitor.read(f"/runtimes/{runtime}/transactions")["totalListSize"] == before
    assert world.monitor.get(version(runtime, application)).status_code == 200
