"""Discovery of runtimes: the list of them, and one by itself (contract 6.1, 6.2)."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.mobilefirst.client import TEXT_XML, XML, Client, root_of, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World


@pytest.fixture(scope="module")
def stopped(world: World) -> str:
    """A runtime that does not run."""
    return world.runtime(running=False)


def listed(client: Client, **parameters: str) -> Mapping[str, Any]:
    """The runtimes of a list, by their names."""
    projects = client.read("/runtimes", **parameters)["projects"]
    assert len({each["name"] for each in projects}) == len(projects)
    return {each["name"]: each for each in projects}


@pytest.mark.mobilefirst(
    "6.1 GET /runtimes",
    "6.1 productVersion",
    "6.1 projects",
    "6.1 apiVersion",
    "6.1 link",
    "6.1 name",
    "6.1 running",
    "6.1 synchronizationStatus",
    "6.1 synchronizationStatus ok",
)
def test_each_runtime_that_runs_is_listed(world: World, runtime: str) -> None:
    body = world.monitor.read("/runtimes")
    assert body.keys() == {"productVersion", "projects"}
    assert body["productVersion"] == "8.0"
    [project] = [each for each in body["projects"] if each["name"] == runtime]
    assert project == {
        "apiVersion": "2.0",
        "link": f"{root_of(world.url)}/runtimes/{runtime}",
        "name": runtime,
        "running": True,
        "synchronizationStatus": "ok",
    }


@pytest.mark.mobilefirst("6.1 mode running", "6.1 an unknown mode is the default one")
@pytest.mark.parametrize("mode", [None, "running", "", "DB", "everything"])
def test_without_mode_db_only_running_runtimes_are_listed(
    world: World, runtime: str, stopped: str, mode: str | None
) -> None:
    names = listed(world.monitor, **({} if mode is None else {"mode": mode})).keys()
    assert runtime in names
    assert stopped not in names


@pytest.mark.mobilefirst("6.1 mode db", "6.1 synchronizationStatus an error text for a runtime that is stopped")
def test_with_mode_db_stopped_runtimes_are_listed_too(world: World, runtime: str, stopped: str) -> None:
    projects = listed(world.monitor, mode="db")
    assert projects[runtime]["running"] is True
    assert projects[stopped]["running"] is False
    assert projects[stopped]["synchronizationStatus"] == f"Runtime {stopped} does not run."


@pytest.mark.mobilefirst("6.1 locale", "6.2 locale")
def test_the_error_text_of_a_stopped_runtime_is_in_the_language_asked_for(world: World, stopped: str) -> None:
    german = listed(world.monitor, mode="db", locale="de_DE")[stopped]["synchronizationStatus"]
    assert stopped in german
    assert german != listed(world.monitor, mode="db", locale="en")[stopped]["synchronizationStatus"]
    assert world.monitor.read(f"/runtimes/{stopped}", locale="de_DE")["synchronizationStatus"] == german


@pytest.mark.mobilefirst("6.1 link is an absolute URL as the client reaches the server, also through a trusted proxy")
def test_a_link_is_as_the_client_reaches_the_server(world: World, runtime: str) -> None:
    headers = {"Host": "license.example.com", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    projects = world.monitor.get("/runtimes", headers=headers).json()["projects"]
    [link] = [each["link"] for each in projects if each["name"] == runtime]
    assert link == f"https://license.example.com/mfpadmin/management-apis/2.0/runtimes/{runtime}"


@pytest.mark.mobilefirst("6.1 link")
def test_a_link_has_the_context_root_that_was_called_and_leads_to_its_runtime(world: World, runtime: str) -> None:
    answer = httpx.get(
        f"{root_of(world.url, 'worklightadmin')}/runtimes", auth=world.monitor.http.auth, trust_env=False
    )
    [link] = [each["link"] for each in answer.json()["projects"] if each["name"] == runtime]
    assert "/worklightadmin/management-apis/2.0/" in link
    assert world.monitor.get(link).json()["name"] == runtime


@pytest.mark.mobilefirst("6.1 link")
def test_a_link_to_a_runtime_of_any_name_leads_there(world: World) -> None:
    name = f"{world.application()} größe 50%?#$"
    world.apply("runtimes", {"name": name})
    found = world.monitor.get(listed(world.monitor)[name]["link"])
    assert (found.status_code, found.json()["name"]) == (200, name)


@pytest.mark.mobilefirst("6.1 XML: projectconfiguration with projects of project")
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
def test_the_list_of_runtimes_in_xml_says_what_the_one_in_json_says(
    world: World, runtime: str, stopped: str, media_type: str
) -> None:
    answer = world.monitor.get("/runtimes", params={"mode": "db"}, headers={"Accept": media_type})
    root = xml_of(answer, "runtimes", media_type)
    in_json = listed(world.monitor, mode="db")
    assert {runtime, stopped} <= in_json.keys()
    for project in root.iterfind("projects/project"):
        expected = in_json[project.attrib["name"]]
        assert dict(project.attrib) == {**expected, "running": str(expected["running"]).lower()}


@pytest.mark.mobilefirst("6.1 GET /runtimes")
def test_the_list_of_runtimes_ends_in_a_slash_or_not(world: World) -> None:
    assert world.monitor.read("/runtimes/").keys() == world.monitor.read("/runtimes").keys()


@pytest.mark.mobilefirst("6.1 GET /runtimes", "6.2 GET /runtimes/{runtime}")
@pytest.mark.parametrize("role", ["admin", "deployer", "monitor", "operator"])
def test_runtimes_are_told_to_each_of_the_four_roles(world: World, runtime: str, role: str) -> None:
    client: Client = getattr(world, role)
    assert runtime in listed(client)
    assert client.read(f"/runtimes/{runtime}")["name"] == runtime


@pytest.mark.mobilefirst("6.1 401 without credentials")
def test_runtimes_are_told_to_nobody_without_credentials(http: httpx.Client, runtime: str) -> None:
    for path in ("/runtimes", f"/runtimes/{runtime}"):
        answer = http.get(path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.mobilefirst("6.1 403 for a user without a role", "6.2 403 for a user without a role")
def test_runtimes_are_not_told_to_a_user_without_a_role(world: World, runtime: str) -> None:
    with world.client() as nobody:
        assert nobody.get("/runtimes").status_code == 403
        assert nobody.get(f"/runtimes/{runtime}").status_code == 403


@pytest.mark.mobilefirst(
    "6.2 GET /runtimes/{runtime}",
    "6.2 name",
    "6.2 running",
    "6.2 synchronizationStatus",
    "6.2 productVersion",
    "6.2 numberOfApplications",
    "6.2 numberOfAdapters",
    "6.2 config",
    "6.2 confidentialClients",
    "6.2 runtimeInfo",
    "6.2 runtimeInfo.appAuthenticityEnabled",
    "6.2 runtimeInfo.analytics",
    "6.2 runtimeInfo.security",
    "6.2 runtimeInfo.securityChecks",
    "6.2 runtimeInfo.adaptersSecurityChecks",
)
def test_a_runtime_is_told_with_the_number_of_its_deployed_applications(world: World) -> None:
    runtime = world.runtime()
    world.application(runtime, "android 1.0", "android 2.0", "ios 1.0")
    world.application(runtime, "windows 1.0")
    world.application(runtime, category="B2C")
    assert world.monitor.read(f"/runtimes/{runtime}") == {
        "confidentialClients": [],
        "config": {},
        "name": runtime,
        "numberOfAdapters": 0,
        "numberOfApplications": 2,
        "productVersion": "8.0",
        "running": True,
        "runtimeInfo": {
            "adaptersSecurityChecks": {},
            "analytics": {},
            "appAuthenticityEnabled": False,
            "security": {},
            "securityChecks": {},
        },
        "synchronizationStatus": "ok",
    }


@pytest.mark.mobilefirst("6.2 expand", "6.2 expand=true tells the applications instead of numbers, in JSON alone")
def test_an_expanded_runtime_has_its_applications_in_place_of_their_number(world: World) -> None:
    runtime = world.runtime()
    world.application(runtime, category="B2C")
    name = world.application(runtime, "android 1.0")
    whole = world.monitor.read(f"/runtimes/{runtime}", expand="true")
    assert not {"numberOfApplications", "numberOfAdapters"} & whole.keys()
    assert whole["adapters"] == []
    assert whole["applications"] == world.monitor.read(f"/runtimes/{runtime}/applications", expand="true")["items"]
    assert [each["resourceName"] for each in whole["applications"]] == [name]


@pytest.mark.mobilefirst("6.2 XML: runtime", "6.2 expand=true tells the applications instead of numbers, in JSON alone")
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
def test_a_runtime_in_xml_has_nothing_undocumented(world: World, runtime: str, media_type: str) -> None:
    headers = {"Accept": media_type}
    root = xml_of(world.monitor.get(f"/runtimes/{runtime}", headers=headers), "runtime", media_type)
    assert dict(root.attrib) == {
        "name": runtime,
        "numberOfAdapters": "0",
        "numberOfApplications": "0",
        "productVersion": "8.0",
        "running": "true",
        "synchronizationStatus": "ok",
    }
    answer = world.monitor.get(f"/runtimes/{runtime}", params={"expand": "true"}, headers=headers)
    expanded = xml_of(answer, "runtime", media_type)
    assert not {"numberOfApplications", "numberOfAdapters"} & set(expanded.keys())


@pytest.mark.mobilefirst("6.2 a stopped runtime is told too")
def test_a_stopped_runtime_is_told(world: World, stopped: str) -> None:
    found = world.monitor.read(f"/runtimes/{stopped}")
    assert (found["name"], found["running"]) == (stopped, False)
    assert found["synchronizationStatus"] == f"Runtime {stopped} does not run."


@pytest.mark.mobilefirst("6.2 404 runtime not found")
@pytest.mark.parametrize(
    "named", [str.upper, "{}x".format, "{}%20".format, "%00{}".format, "%FF{}".format, "{}%2F".format]
)
def test_a_runtime_that_is_not_there_is_404_with_its_message_code(world: World, runtime: str, named: Any) -> None:  # noqa: ANN401 - makes another name
    answer = world.monitor.get(f"/runtimes/{named(runtime)}")
    assert answer.status_code == 404
    assert told(answer).startswith("FWLSE3030E: ")


@pytest.mark.mobilefirst("6.2 404 runtime not found", "6.2 locale")
def test_a_runtime_that_is_not_there_is_told_in_the_language_asked_for(world: World) -> None:
    german = told(world.monitor.get("/runtimes/nowhere", params={"locale": "de_DE"}))
    english = told(world.monitor.get("/runtimes/nowhere"))
    assert english == "FWLSE3030E: There is no runtime named nowhere."
    assert german.startswith("FWLSE3030E: ")
    assert "nowhere" in german
    assert german != english


@pytest.mark.mobilefirst("6.2 400 for a malformed expand")
def test_expand_is_true_or_false(world: World, runtime: str) -> None:
    answer = world.monitor.get(f"/runtimes/{runtime}", params={"expand": "yes"})
    assert answer.status_code == 400
    assert told(answer).startswith("FWLSE3053E: expand ")
