"""Discovery of applications, of their platforms and versions (contract 6.3)."""

from typing import Any

import pytest

from tests.mobilefirst.client import TEXT_XML, XML, Client, root_of, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.registering import register
from tests.mobilefirst.world import World


@pytest.fixture(scope="module")
def full(world: World) -> str:
    """A runtime with the applications a, b and c, each registered after the one before it, and one only configured.

    By display name their order is b, c, a.
    """
    runtime = world.runtime()
    since = ""
    for name, display_name in (("com.example.a", "zoo"), ("com.example.b", "Alpha"), ("com.example.c", "beta")):
        since = register(world.deployer, runtime, name, display_name=display_name, after=since)
    world.application(runtime, category="B2C")
    return runtime


def names(page: dict[str, Any]) -> str:
    """The last letters of the applications of a page."""
    return "".join(each["resourceName"][-1] for each in page["items"])


@pytest.mark.mobilefirst(
    "6.3 GET /runtimes/{runtime}/applications",
    "6.3 items",
    "6.3 deployTime",
    "6.3 displayName",
    "6.3 link",
    "6.3 project.name",
    "6.3 resourceName",
    "6.3 resourceType",
    "6.3 an item is an application; it is told by the version registered last",
)
def test_an_item_is_an_application_as_its_newest_version_says(world: World) -> None:
    runtime, name = world.runtime(), world.application()
    first = register(world.deployer, runtime, name, "ios", "2.0", display_name="Earlier")
    register(world.deployer, runtime, name, "android", "1.0", display_name="Latest", after=first)
    newest = world.monitor.read(f"/runtimes/{runtime}/applications/{name}/android/1.0")
    [item] = world.monitor.read(f"/runtimes/{runtime}/applications")["items"]
    assert item == {
        "deployTime": newest["deployTime"],
        "displayName": "Latest",
        "link": f"{root_of(world.url)}/runtimes/{runtime}/applications/{name}",
        "project": {"name": runtime},
        "resourceName": name,
        "resourceType": "APP_DESCRIPTOR",
    }


@pytest.mark.mobilefirst(
    "6.3 nextPageBookmark",
    "6.3 pageNumber",
    "6.3 pageSize of the page",
    "6.3 prevPageBookmark",
    "6.3 productVersion",
    "6.3 startIndex",
    "6.3 totalListSize",
    "6.3 an application with a configuration alone is not deployed",
)
def test_a_list_says_how_long_it_is_and_counts_deployed_applications_only(world: World, full: str) -> None:
    page = world.monitor.read(f"/runtimes/{full}/applications")
    del page["items"]
    assert page == {
        "pageNumber": 1,
        "pageSize": 100,
        "productVersion": "8.0",
        "startIndex": 0,
        "totalListSize": 3,
    }


@pytest.mark.mobilefirst("6.3 totalListSize")
def test_a_runtime_without_applications_has_an_empty_list(world: World, runtime: str) -> None:
    page = world.monitor.read(f"/runtimes/{runtime}/applications")
    assert (page["items"], page["totalListSize"], page["pageNumber"]) == ([], 0, 1)


@pytest.mark.mobilefirst("6.3 orderBy displayName", "6.3 orderBy deployTime", "6.3 orderBy with a leading minus")
@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, "bca"),
        ("displayName", "bca"),
        ("-displayName", "acb"),
        ("deployTime", "abc"),
        ("-deployTime", "cba"),
        ("something", "bca"),
        ("-something", "bca"),
        ("", "bca"),
    ],
)
def test_applications_are_ordered_by_display_name_or_time(
    world: World, full: str, order: str | None, expected: str
) -> None:
    parameters = {} if order is None else {"orderBy": order}
    assert names(world.monitor.read(f"/runtimes/{full}/applications", **parameters)) == expected


@pytest.mark.mobilefirst("6.3 pageSize", "6.3 offset", "6.3 startIndex", "6.3 pageNumber")
def test_a_page_has_a_size_and_an_offset(world: World, full: str) -> None:
    page = world.monitor.read(f"/runtimes/{full}/applications", pageSize="2", offset="2")
    assert names(page) == "a"
    assert (page["pageSize"], page["startIndex"], page["pageNumber"], page["totalListSize"]) == (2, 2, 2, 3)


@pytest.mark.mobilefirst("6.3 bookmark", "6.3 nextPageBookmark", "6.3 prevPageBookmark")
def test_bookmarks_lead_from_page_to_page_and_back_whatever_the_offset_says(world: World, full: str) -> None:
    path = f"/runtimes/{full}/applications"
    page = world.monitor.read(path, pageSize="1")
    assert "prevPageBookmark" not in page
    seen = names(page)
    while "nextPageBookmark" in page:
        page = world.monitor.read(path, pageSize="1", bookmark=page["nextPageBookmark"], offset="0")
        seen += names(page)
    assert seen == "bca"
    assert names(world.monitor.read(path, pageSize="1", bookmark=page["prevPageBookmark"])) == "c"


@pytest.mark.mobilefirst("6.3 pageSize", "6.3 offset", "6.3 bookmark")
@pytest.mark.parametrize(
    "parameters", [{"pageSize": "-1"}, {"pageSize": "many"}, {"offset": "-2"}, {"offset": "x"}, {"bookmark": "%%%"}]
)
def test_what_is_no_page_counts_as_not_said(world: World, full: str, parameters: dict[str, str]) -> None:
    page = world.monitor.read(f"/runtimes/{full}/applications", **parameters)
    assert (names(page), page["pageSize"], page["startIndex"]) == ("bca", 100, 0)


@pytest.mark.mobilefirst("6.3 expand", "6.3 expand=true tells platforms and versions, in JSON alone")
def test_an_expanded_list_has_the_platforms_of_each_application_and_their_versions(world: World) -> None:
    runtime = world.runtime()
    name = world.application(runtime, "android 1.0", "android 1.1", "ios 1.0")
    [item] = world.monitor.read(f"/runtimes/{runtime}/applications", expand="true")["items"]
    environments = item.pop("environments")
    assert item == world.monitor.read(f"/runtimes/{runtime}/applications")["items"][0]
    tree = {each["resourceName"]: [version["resourceName"] for version in each["versions"]] for each in environments}
    assert tree == {
        f"{name}$android": [f"{name}$android$1.0", f"{name}$android$1.1"],
        f"{name}$ios": [f"{name}$ios$1.0"],
    }
    for each in [*environments, *(version for platform in environments for version in platform["versions"])]:
        alone = world.monitor.get(each["link"]).json()
        assert alone == {**{key: each[key] for key in each if key != "versions"}, "productVersion": "8.0"}


@pytest.mark.mobilefirst(
    "6.3 GET /runtimes/{runtime}/applications/{application}",
    "6.3 GET /runtimes/{runtime}/applications/{application}/{platform}",
    "6.3 GET /runtimes/{runtime}/applications/{application}/{platform}/{version}",
)
def test_an_application_a_platform_and_a_version_are_told_by_their_names(world: World, full: str) -> None:
    base = f"/runtimes/{full}/applications"
    for path, resource in (
        ("com.example.a", "com.example.a"),
        ("com.example.a/android", "com.example.a$android"),
        ("com.example.a/android/1.0", "com.example.a$android$1.0"),
        ("com.example.a/android/1.0/", "com.example.a$android$1.0"),
    ):
        found = world.monitor.read(f"{base}/{path}")
        time = found.pop("deployTime")
        assert time.endswith("Z")
        assert found == {
            "displayName": "zoo",
            "link": f"{root_of(world.url)}{base}/{path.removesuffix('/')}",
            "productVersion": "8.0",
            "project": {"name": full},
            "resourceName": resource,
            "resourceType": "APP_DESCRIPTOR",
        }


@pytest.mark.mobilefirst("6.3 displayName")
def test_what_has_no_display_name_has_no_such_member(world: World) -> None:
    runtime = world.runtime()
    name = world.application(runtime, "android 1.0")
    assert "displayName" not in world.monitor.read(f"/runtimes/{runtime}/applications/{name}")


@pytest.mark.mobilefirst(
    "6.3 XML: applications with items of item",
    "6.3 expand=true tells platforms and versions, in JSON alone",
)
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
@pytest.mark.parametrize("expand", ["true", "false"])
def test_the_list_in_xml_says_what_the_one_in_json_says_and_nothing_more(
    world: World, full: str, media_type: str, expand: str
) -> None:
    path = f"/runtimes/{full}/applications"
    parameters = {"expand": expand, "pageSize": "2"}
    answer = world.monitor.get(path, params=parameters, headers={"Accept": media_type})
    root = xml_of(answer, "applications", media_type)
    page = world.monitor.read(path, pageSize="2")
    for item, element in zip(page.pop("items"), root.iterfind("items/item"), strict=True):
        project = item.pop("project")
        assert dict(element.attrib) == item
        assert [dict(each.attrib) for each in element] == [project]
    assert dict(root.attrib) == {name: str(value) for name, value in page.items()}


@pytest.mark.mobilefirst("6.3 XML: application", "6.3 XML: appenv", "6.3 XML: appversion")
@pytest.mark.parametrize(
    ("path", "element"),
    [
        ("com.example.a", "application"),
        ("com.example.a/android", "appenv"),
        ("com.example.a/android/1.0", "appversion"),
    ],
)
def test_each_level_has_an_element_of_its_own_in_xml(world: World, full: str, path: str, element: str) -> None:
    url = f"/runtimes/{full}/applications/{path}"
    root = xml_of(world.monitor.get(url, headers={"Accept": XML}), "applications")
    in_json = world.monitor.read(url)
    project = in_json.pop("project")
    assert (root.tag, dict(root.attrib)) == (element, in_json)
    assert [(each.tag, dict(each.attrib)) for each in root] == [("project", project)]


@pytest.mark.mobilefirst(
    "6.3 404 application not found",
    "6.3 an application with a configuration alone is not deployed",
    "11 FWLSE3034E application unknown",
)
def test_an_application_that_is_not_deployed_is_404_with_its_message_code(world: World, runtime: str) -> None:
    configured = world.application(runtime, category="B2C")
    for name in (configured, "nowhere"):
        for path in (name, f"{name}/android", f"{name}/android/1.0"):
            answer = world.monitor.get(f"/runtimes/{runtime}/applications/{path}")
            assert answer.status_code == 404
            assert told(answer) == f"FWLSE3034E: There is no application {name} in runtime {runtime}."


@pytest.mark.mobilefirst("6.3 404 platform or version not found", "6.3 locale")
@pytest.mark.parametrize(
    ("path", "lacking"),
    [
        ("ios", "version for ios"),
        ("Android", "version for Android"),
        ("ios/1.0", "version 1.0 for ios"),
        ("android/2.0", "version 2.0 for android"),
        ("android/1", "version 1 for android"),
    ],
)
def test_a_platform_or_version_that_is_not_there_is_404(world: World, full: str, path: str, lacking: str) -> None:
    url = f"/runtimes/{full}/applications/com.example.a/{path}"
    answer = world.monitor.get(url)
    assert answer.status_code == 404
    assert told(answer) == f"FWLSE3002E: Application com.example.a has no {lacking}."
    german = told(world.monitor.get(url, params={"locale": "de_DE"}))
    assert german.startswith("FWLSE3002E: ")
    assert german != told(answer)


@pytest.mark.mobilefirst("6.3 404 runtime not found")
@pytest.mark.parametrize("path", ["", "/com.example.a", "/com.example.a/android", "/com.example.a/android/1.0"])
def test_applications_of_a_runtime_that_is_not_there_are_404(world: World, path: str) -> None:
    answer = world.monitor.get(f"/runtimes/nowhere/applications{path}")
    assert (answer.status_code, told(answer)) == (404, "FWLSE3030E: There is no runtime named nowhere.")


@pytest.mark.mobilefirst("6.3 names are compared exactly, and may have any characters that a path can encode")
def test_names_of_any_characters_are_registered_linked_and_removed(world: World, runtime: str) -> None:
    name, platform, version = f"{world.application()}.größe/50%?#", "win dows$10", "1.0/β+😀"
    register(world.deployer, runtime, name, platform, version)
    [item] = [
        each
        for each in world.monitor.read(f"/runtimes/{runtime}/applications", expand="true")["items"]
        if each["resourceName"] == name
    ]
    [found] = item["environments"][0]["versions"]
    assert found["resourceName"] == f"{name}${platform}${version}"
    assert world.monitor.get(found["link"]).json()["resourceName"] == found["resourceName"]
    assert world.deployer.delete(found["link"]).json()["transaction"]["status"] == "SUCCESS"
    assert world.monitor.get(found["link"]).status_code == 404


@pytest.mark.mobilefirst(
    "6.3 GET /runtimes/{runtime}/applications",
    "6.3 GET /runtimes/{runtime}/applications/{application}",
    "6.3 403 for a user without the role",
)
@pytest.mark.parametrize("role", ["admin", "deployer", "monitor", "operator"])
def test_applications_are_told_to_each_of_the_four_roles_and_to_nobody_else(world: World, full: str, role: str) -> None:
    client: Client = getattr(world, role)
    paths = [f"/runtimes/{full}/applications", f"/runtimes/{full}/applications/com.example.a"]
    assert [client.get(path).status_code for path in paths] == [200, 200]
    with world.client() as nobody:
        assert [nobody.get(path).status_code for path in paths] == [403, 403]


@pytest.mark.mobilefirst("6.3 expand")
def test_expand_of_a_list_is_true_or_false(world: World, runtime: str) -> None:
    answer = world.monitor.get(f"/runtimes/{runtime}/applications", params={"expand": "1"})
    assert answer.status_code == 400
    assert told(answer).startswith("FWLSE3053E: expand ")


@pytest.mark.mobilefirst("6.3 GET /runtimes/{runtime}/applications")
def test_applications_of_a_stopped_runtime_are_told(world: World) -> None:
    stopped = world.runtime(running=False)
    name = world.application(stopped, "android 0.9")
    assert names(world.monitor.read(f"/runtimes/{stopped}/applications")) == name[-1]
