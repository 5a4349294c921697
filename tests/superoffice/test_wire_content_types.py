"""One call in every media type that requests and answers come in: the same is done, and the same is told."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from lxml import etree

from tests.superoffice.client import PASSWORD, Desk
from tests.superoffice.world import World

ASSIGN = "/Agents/License/AssignThirdPartyLicenses"
JSON = "application/json"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
ANSWERS = (
    JSON,
    "text/json",
    "application/xml",
    "text/xml",
    "application/json-patch+json",
    "application/merge-patch+json",
)


class Case:
    """An owner with two modules, and an associate who has none of them."""

    def __init__(self, world: World) -> None:
        self.desk: Desk = world.desk
        self.owner = world.owner()
        self.modules = [world.module(self.owner, sort_order=place) for place in (1, 2)]
        self.associate = world.associate()

    def send(self, content_type: str | None, content: str | bytes, **headers: str) -> httpx.Response:
        """Assign by a body of this type."""
        typed = {} if content_type is None else {"Content-Type": content_type}
        return self.desk.http.post(ASSIGN, content=content, headers={**typed, **headers})

    def members(self) -> dict[str, Any]:
        """The request that assigns both."""
        return {"AssociateId": self.associate, "ModuleOwner": self.owner, "ModuleLicenseNames": self.modules}

    def json(self) -> str:
        """The request as a client of the vendor's documentation writes it."""
        return json.dumps(self.members())

    def xml(self, names: str = "<string>{}</string>") -> str:
        """The request as XML, each name of a module put into `names`."""
        return (
            f"<AssignThirdPartyLicensesRequest><AssociateId>{self.associate}</AssociateId>"
            f"<ModuleOwner>{self.owner}</ModuleOwner>"
            f"<ModuleLicenseNames>{''.join(names.format(name) for name in self.modules)}</ModuleLicenseNames>"
            "</AssignThirdPartyLicensesRequest>"
        )

    def done(self, answer: httpx.Response) -> bool:
        """Whether the answer tells both as assigned, and they are."""
        assert answer.status_code == 200, answer.text
        told = [each["Name"] for each in answer.json()]
        return told == self.modules == self.desk.assigned(self.owner, self.associate)


@pytest.fixture
def case(world: World) -> Case:
    return Case(world)


@pytest.mark.superoffice(
    "6.1 request application/json",
    "6.1 request text/json",
    "6.1 request application/json-patch+json",
    "6.1 request application/merge-patch+json",
    "10 Content-Type",
)
@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        "text/json",
        "Application/JSON; charset=utf-8",
        "application/json-patch+json",
        "application/merge-patch+json",
    ],
)
def test_the_json_types_are_read_as_json(case: Case, content_type: str) -> None:
    assert case.done(case.send(content_type, case.json()))


def test_a_body_without_a_type_is_json(case: Case) -> None:
    assert case.done(case.send(None, case.json()))


@pytest.mark.superoffice("6.1 request application/xml", "6.1 request text/xml")
@pytest.mark.parametrize("content_type", ["application/xml", "text/xml; charset=utf-8"])
def test_xml_is_read(case: Case, content_type: str) -> None:
    assert case.done(case.send(content_type, case.xml()))


@pytest.mark.superoffice(
    "6.5 requests: any root, any namespace or none, any order",
    "6.5 requests: elements of arrays named string or as their array",
)
def test_xml_may_have_any_root_namespace_and_order(case: Case) -> None:
    first, second = case.modules
    xml = f"""<?xml version="1.0"?><!-- a comment --><r:anything xmlns:r="urn:r" xmlns="urn:d" xmlns:a="urn:arrays">
      <r:moduleLicenseNames><a:string>{first}</a:string><ModuleLicenseNames>{second}</ModuleLicenseNames></r:moduleLicenseNames>
      <MODULEOWNER>{case.owner}</MODULEOWNER><unknown><deep/></unknown>
      <AssociateId> {case.associate} </AssociateId></r:anything>"""
    assert case.done(case.send("text/xml", xml))


@pytest.mark.superoffice("6.5 requests: elements of arrays named string or as their array")
def test_the_elements_of_an_array_in_xml_may_stand_side_by_side(case: Case) -> None:
    first, second = case.modules
    xml = case.xml("{}").replace(f"{first}{second}", f"{first}</ModuleLicenseNames><ModuleLicenseNames>{second}")
    assert case.done(case.send("text/xml", xml))


@pytest.mark.superoffice("6.1 request application/x-www-form-urlencoded", "6.4 a name repeated is an array")
def test_a_form_with_a_name_repeated_is_read(case: Case) -> None:
    form = urlencode(case.members(), doseq=True)
    assert case.done(case.send("application/x-www-form-urlencoded", form))


@pytest.mark.superoffice("6.4 name[0] and name[] are elements of an array")
@pytest.mark.parametrize("names", [("[0]", "[1]"), ("[1]", "[0]"), ("[]", "[]"), ("%5B0%5D", "%5b1%5d")])
def test_a_form_with_brackets_is_read(case: Case, names: tuple[str, str]) -> None:
    fields = [f"associateid={case.associate}", f"ModuleOwner={quote(case.owner)}"]
    fields += [f"ModuleLicenseNames{place}={name}" for place, name in zip(names, case.modules, strict=True)]
    assert case.done(case.send("application/x-www-form-urlencoded; charset=utf-8", "&".join(fields)))


@pytest.mark.superoffice("6.1 JSON that is labelled as a form is read")
def test_json_that_is_labelled_as_a_form_is_read(case: Case) -> None:
    assert case.done(case.send("application/x-www-form-urlencoded", " " + case.json()))


@pytest.mark.superoffice("6.1 the charset of a request is honoured, answers are UTF-8")
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1", "windows-1252"])
def test_a_body_is_read_in_its_charset_and_answered_in_utf_8(world: World, case: Case, charset: str) -> None:
    name = f"PLÄNE_{charset.replace('-', '_').upper()}"
    world.apply("licenses", {"owner": case.owner, "name": name, "assignable_seats": 1})
    case.modules = [name]
    body = case.json().replace("\\u00c4", "Ä").encode(charset)
    answer = case.send(f"application/json; charset={charset.removesuffix('-sig')}", body)
    assert case.done(answer)
    assert name.encode() in answer.content


@pytest.mark.superoffice("6.1 the charset of a request is honoured, answers are UTF-8")
def test_xml_says_its_encoding_itself_where_the_header_does_not(world: World, case: Case) -> None:
    world.apply("licenses", {"owner": case.owner, "name": "PLÄNE", "assignable_seats": 1})
    case.modules = ["PLÄNE"]
    declared = f'<?xml version="1.0" encoding="iso-8859-1"?>{case.xml()}'.encode("iso-8859-1")
    assert case.done(case.send("text/xml", declared))
    declared = f'<?xml version="1.0" encoding="iso-8859-1"?>{case.xml()}'.encode("utf-16")
    assert case.done(case.send("text/xml; charset=utf-16", declared))


@pytest.mark.superoffice("6.1 415 for another type")
@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data; boundary=x", "application/octet-stream", "nonsense"]
)
def test_another_type_is_415_and_changes_nothing(case: Case, content_type: str) -> None:
    answer = case.send(content_type, case.json())
    assert answer.status_code == 415
    assert content_type.partition(";")[0] in answer.json()["Message"]
    assert "application/json" in answer.json()["Message"]
    assert case.desk.assigned(case.owner, case.associate) == []


@pytest.mark.superoffice("6.1 415 for another type")
@pytest.mark.parametrize(
    "headers", [{"Content-Type": "application/json; charset=punycode"}, {"Content-Encoding": "br"}]
)
def test_another_charset_or_coding_is_415(case: Case, headers: dict[str, str]) -> None:
    answer = case.desk.http.post(ASSIGN, content=case.json(), headers={"Content-Type": JSON, **headers})
    assert answer.status_code == 415
    assert case.desk.assigned(case.owner, case.associate) == []


@pytest.mark.superoffice("6.1 requests and answers in gzip")
@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_request_is_read(case: Case, coding: str, pack: Callable[[bytes], bytes]) -> None:
    answer = case.send(JSON, pack(case.json().encode()), **{"Content-Encoding": coding})
    assert case.done(answer)
    assert answer.headers["content-encoding"] == "gzip"  # as httpx asks for it


@pytest.mark.superoffice("6.1 requests and answers in gzip")
def test_a_request_that_unpacks_too_large_is_413_and_one_that_does_not_unpack_400(case: Case) -> None:
    bomb = gzip.compress(b" " * 200_000_000, 9)
    assert len(bomb) < 1_000_000
    answer = case.send(JSON, bomb, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, "4194304" in answer.json()["Message"]) == (413, True)
    whole = gzip.compress(case.json().encode())
    for broken in (case.json().encode(), whole[:-4], whole + b"x"):
        assert case.send(JSON, broken, **{"Content-Encoding": "gzip"}).status_code == 400
    assert case.desk.assigned(case.owner, case.associate) == []


@pytest.mark.superoffice(
    "6.1 answer application/json",
    "6.1 answer text/json",
    "6.1 answer application/xml",
    "6.1 answer text/xml",
    "6.1 answer application/json-patch+json",
    "6.1 answer application/merge-patch+json",
    "6.5 JSON and XML carry the same data",
    "10 Accept",
)
def test_every_type_of_answer_carries_the_same(case: Case) -> None:
    expected = case.send(JSON, case.json()).json()
    for media_type in ANSWERS:
        answer = case.send(JSON, case.json(), Accept=media_type)
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert (of_links(answer.content) if "xml" in media_type else answer.json()) == expected


@pytest.mark.superoffice("6.1 no Accept, or an unknown one, is answered in JSON")
@pytest.mark.parametrize(
    "accept", [None, "", "*/*", "aplication/json", "application/html", "text/csv, image/*", ";;,q"]
)
def test_whoever_asks_for_no_type_that_there_is_gets_json(case: Case, accept: str | None) -> None:
    with httpx.Client(base_url=case.desk.http.base_url, trust_env=False) as http:
        del http.headers["accept"]
        credentials = base64.b64encode(f"{case.desk.login}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", **({} if accept is None else {"Accept": accept})}
        answer = http.post(ASSIGN, json=case.members(), headers=headers)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert case.done(answer)


@pytest.mark.superoffice("6.1 quality values in Accept are honoured")
@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("application/xml;q=0.4, text/json;q=0.9", "text/json"),
        ("application/json;q=0.4, text/xml", "text/xml"),
        ("*/*, application/xml", "application/xml"),
        ("application/json;q=0, text/xml;q=0.1", "text/xml"),
        ("text/*", "text/json"),
        ("APPLICATION/XML ; Q=1", "application/xml"),
        ("application/json, text/plain, */*", JSON),
        (", ".join(ANSWERS), JSON),
    ],
)
def test_the_best_liked_type_is_chosen(case: Case, accept: str, chosen: str) -> None:
    answer = case.send(JSON, case.json(), Accept=accept)
    assert answer.headers["content-type"] == f"{chosen}; charset=utf-8"


@pytest.mark.superoffice(
    "6.5 answers: ArrayOfModuleLicenseLink of ModuleLicenseLink, no namespace",
    "6.5 answers: TableRight and FieldProperties first",
    "6.5 answers: null is i:nil",
)
def test_xml_has_the_names_and_the_order_of_the_data_contract(case: Case) -> None:
    answer = case.desk.http.post(
        ASSIGN + "?$select=name,tableright/mask", json=case.members(), headers={"Accept": "text/xml"}
    )
    root = etree.fromstring(answer.content)
    assert (root.tag, [each.tag for each in root]) == ("ArrayOfModuleLicenseLink", ["ModuleLicenseLink"] * 2)
    link = answer_members(case)
    assert [each.tag for each in root[0]] == [*link[-2:], *link[:-2]]
    assert root.findtext("ModuleLicenseLink/TableRight/Mask") == "Select Update"
    assert {each.tag for each in root[0] if each.get(NIL) == "true"} == {
        each.tag for each in root[0] if each.tag not in ("Name", "TableRight")
    }
    empty = case.desk.http.post(
        "/Agents/License/UnassignThirdPartyLicenses", json=case.members(), headers={"Accept": "text/xml"}
    )
    assert (etree.fromstring(empty.content).tag, len(etree.fromstring(empty.content))) == (
        "ArrayOfModuleLicenseLink",
        0,
    )
    nothing = {"OwnerName": case.owner, "ModuleName": "NOTHING"}
    null = case.desk.http.post("/Agents/License/GetModuleLicenseFromDB", json=nothing, headers={"Accept": "text/xml"})
    assert (etree.fromstring(null.content).tag, etree.fromstring(null.content).get(NIL)) == ("ModuleLicense", "true")


@pytest.mark.superoffice("7 errors are in the type that was asked for, JSON or XML")
def test_an_error_is_told_in_xml_too_whatever_characters_are_in_it(case: Case) -> None:
    request = {**case.members(), "ModuleLicenseNames": ["\x00\x0b￿<"]}
    answer = case.desk.http.post(ASSIGN, json=request, headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/xml; charset=utf-8")
    error = etree.fromstring(answer.content)
    assert (error.tag, error.findtext("Error"), error.findtext("ErrorType")) == ("Error", "true", "SoNotFoundException")
    assert "\ufffd\ufffd\ufffd<" in (error.findtext("Message") or "")
    unbound = case.desk.http.post(ASSIGN, json={}, headers={"Accept": "application/xml"})
    assert etree.fromstring(unbound.content).tag == "Error"
    assert "AssociateId" in (etree.fromstring(unbound.content).findtext("MessageDetail") or "")


def answer_members(case: Case) -> list[str]:
    """The members of a link in the order of JSON, where the pair of rights is last."""
    return list(case.send(JSON, case.json()).json()[0])


def of_links(xml: bytes) -> list[dict[str, Any]]:
    """The links of an answer in XML, as JSON has them."""
    return [of_link(each) for each in etree.fromstring(xml)]


def of_link(element: etree._Element) -> dict[str, Any]:
    """A link, by what the vendor's data contract says of its members."""
    texts = {etree.QName(each).localname: each.text or "" for each in element}
    numbers = {"Total", "Free", "InUse", "ModuleLicenseId", "SortOrder", "ExtraFlags"}
    flags = {"Unrestricted", "CanAssign", "IsHidden", "Assigned"}
    link: dict[str, Any] = {
        name: int(text) if name in numbers else text == "true" if name in flags else text
        for name, text in texts.items()
        if name not in ("TableRight", "FieldProperties")
    }
    link["TableRight"] = right(element.find("TableRight"))
    link["FieldProperties"] = {
        pair.findtext("Key", ""): {
            "FieldRight": right(pair.find("Value/FieldRight")),
            "FieldType": pair.findtext("Value/FieldType"),
            "FieldLength": int(pair.findtext("Value/FieldLength") or ""),
        }
        for pair in element.iterfind("FieldProperties/FieldPropertyDictionaryKeyValuePair")
    }
    return link


def right(element: etree._Element | None) -> dict[str, str]:
    """A right, whose flags XML has blanks between."""
    assert element is not None
    return {"Mask": (element.findtext("Mask") or "").replace(" ", ", "), "Reason": element.findtext("Reason") or ""}
