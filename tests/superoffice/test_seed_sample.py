"""The sample request of AssignThirdPartyLicenses, byte for byte over a bare socket, and the whole answer."""

import base64
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.server_process import start_server
from tests.superoffice.client import DEADLINE
from tests.superoffice.clients.ledger import check, modules_of
from tests.superoffice.world import World

# As published, but for what HTTP needs and the publication leaves out: the version, Host and Content-Length.
SAMPLE_HEADERS = """POST /api/v1/Agents/License/AssignThirdPartyLicenses
Authorization: Basic dGplMDpUamUw
Accept: application/json; charset=utf-8
Accept-Language: fr,de,ru,zh
Content-Type: application/json; charset=utf-8
"""
SAMPLE_BODY = """{
"AssociateId": 637,
"ModuleOwner": "aut",
"ModuleLicenseNames": [
"Rutherford Group",
"Dach Group"
]
}"""

# Every member of the answer, in the order in which it is published, with its type.
MEMBERS = {
    "Unrestricted": bool,
    "Total": int,
    "Tooltip": str,
    "CanAssign": bool,
    "Free": int,
    "InUse": int,
    "IsHidden": bool,
    "Assigned": bool,
    "ModuleLicenseId": int,
    "Name": str,
    "Description": str,
    "PrerequisiteModuleName": str,
    "SortOrder": int,
    "ExtraFlags": int,
    "TableRight": dict,
    "FieldProperties": dict,
}


def exchange(url: str, headers: str, body: str) -> tuple[str, dict[str, str], bytes]:
    """Send a request as it is written; the status line, the headers and the body of the answer."""
    where = urlsplit(url)
    assert where.hostname is not None
    first, *others = headers.splitlines()
    content = body.encode()
    lines = [
        f"{first} HTTP/1.1",
        f"Host: {where.netloc}",
        *others,
        f"Content-Length: {len(content)}",
        "Connection: close",
    ]
    with socket.create_connection((where.hostname, where.port or 80), timeout=DEADLINE) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, answered = received.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    return status, {name.lower(): value for name, _, value in (each.partition(": ") for each in fields)}, answered


def assert_links(links: list[dict[str, Any]]) -> None:
    """Whether each link has every member of the sample answer, in its order and of its type."""
    for link in links:
        assert list(link) == list(MEMBERS)
        for member, type_ in MEMBERS.items():
            assert type(link[member]) is type_, member
        assert link["Total"] == link["Free"] + link["InUse"]
        assert set(link["TableRight"]) == {"Mask", "Reason"}
        assert set(link["FieldProperties"]) == set(MEMBERS) - {"TableRight", "FieldProperties"}
        for property_ in link["FieldProperties"].values():
            assert set(property_) == {"FieldRight", "FieldType", "FieldLength"}
            assert property_["FieldType"].startswith("System.")


@pytest.mark.superoffice(
    "3 the seed's sample request, byte for byte",
    "3 the seed's answer: every member of ModuleLicenseLink",
    "2 AssignThirdPartyLicenses",
    "10 Authorization",
    "10 Accept",
    "10 Content-Type",
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_published_sample_is_answered_by_all_of_its_members(world: World, newline: str) -> None:
    """With the very associate, owner and modules of the sample, and the user and password that its header names."""
    user, password = base64.b64decode("dGplMDpUamUw").decode().split(":")
    world.apply("users", {"login": user, "user_id": 636, "password": password, "rights": ["assignments.write"]})
    world.apply("users", {"login": "sample637", "user_id": 637})
    modules = [
        {"owner": "aut", "name": "Dach Group", "assignable_seats": 132, "sort_order": 1},
        {"owner": "aut", "name": "Rutherford Group", "unrestricted": True, "assignable_seats": 1, "sort_order": 2},
    ]
    world.apply("licenses", *modules)

    status, headers, content = exchange(world.url, SAMPLE_HEADERS, SAMPLE_BODY.replace("\n", newline))

    assert status == "HTTP/1.1 200 OK"
    assert headers["content-type"] == "application/json; charset=utf-8"
    links = json.loads(content)
    assert_links(links)
    counts = [(each["Name"], each["Unrestricted"], each["Total"], each["Free"], each["InUse"]) for each in links]
    assert counts == [("Dach Group", False, 132, 131, 1), ("Rutherford Group", True, 1, 0, 1)]
    assert all(each["Assigned"] for each in links)
    assert modules_of(world, "sample637", "aut") == {"Dach Group", "Rutherford Group"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with the demo inventory."""
    with start_server(tmp_path_factory.mktemp("demo") / "data", "--demo") as server:
        world = World(server)
        yield world
        world.close()


@pytest.mark.superoffice(
    "6.6 Accept-Language",
    "6.6 with a language the text of it is chosen",
    "6.6 the first language that there is of a list is taken",
)
def test_the_sample_with_the_names_of_the_demo_assigns_them_and_tells_of_them_in_german(demo: World) -> None:
    """The sample's list of languages is fr,de,ru,zh: of these the demo's texts have German."""
    credentials = base64.b64encode(b"integration01:demo-integration01").decode()
    headers = re.sub(r"Basic \S+", f"Basic {credentials}", SAMPLE_HEADERS)
    names = {"637": "129", "aut": "PLANNING", "Rutherford Group": "REPORTS", "Dach Group": "PLANNER"}
    body = re.sub("|".join(names), lambda found: names[found[0]], SAMPLE_BODY)

    status, received, content = exchange(demo.url, headers, body)

    assert (status, received["content-type"]) == ("HTTP/1.1 200 OK", "application/json; charset=utf-8")
    planner, reports = json.loads(content)
    assert_links([planner, reports])
    assert [planner["Name"], reports["Name"]] == ["PLANNER", "REPORTS"]
    assert planner["Description"] == "Planer"
    assert (planner["Total"], planner["InUse"], planner["Free"]) == (10, 6, 4)
    assert reports["PrerequisiteModuleName"] == "PLANNER"
    assert modules_of(demo, "agent29", "PLANNING") == {"PLANNER", "REPORTS"}
    assert "agree" in check(demo)
