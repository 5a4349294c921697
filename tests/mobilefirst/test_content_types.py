"""In what form requests are read and answers written (contract 5.2, 5.3)."""

import gzip
import json
import subprocess

import pytest

from tests.machine import program
from tests.mobilefirst.client import JSON, PASSWORD, TEXT_XML, XML, root_of, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World

PROMETHEUS = "application/openmetrics-text;version=1.0.0,text/html;q=0.5,*/*;q=0.1"


@pytest.fixture(scope="module")
def configured(world: World, runtime: str) -> str:
    """The path of an application's configuration."""
    application = world.application()
    world.deployer.configure(runtime, application)
    return f"/runtimes/{runtime}/license/{application}"


@pytest.mark.mobilefirst(
    "5.2 application/json, application/xml and text/xml by Accept",
    "5.2 JSON without Accept and for */*",
    "5.2 qualities are honoured, wildcards last",
    "5.2 Content-Type names the type that was chosen, in UTF-8",
)
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("application/xml", XML),
        ("text/xml", TEXT_XML),
        ("text/*", TEXT_XML),
        ("application/json;q=0.2, text/xml;q=0.4, application/xml;q=0.3", TEXT_XML),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", XML),
        (PROMETHEUS, JSON),
    ],
)
def test_an_answer_is_in_the_type_that_is_accepted(
    world: World, configured: str, accept: str | None, media_type: str
) -> None:
    request = world.monitor.http.build_request("GET", configured)
    del request.headers["Accept"]
    if accept is not None:
        request.headers["Accept"] = accept
    answer = world.monitor.http.send(request)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    if media_type == JSON:
        assert answer.json()["category"] == "B2C"
    else:
        assert xml_of(answer, "license", media_type).get("category") == "B2C"


@pytest.mark.mobilefirst("5.2 406 for types that are not produced, before anything is done")
@pytest.mark.parametrize("accept", ["text/html", "application/zip", "application/json;q=0, image/*", "json"])
def test_what_is_not_produced_is_406_and_nothing_is_done(
    world: World, runtime: str, application: str, accept: str
) -> None:
    payload = {"appID": application, "category": "B2C"}
    answer = world.deployer.post(f"/runtimes/{runtime}/license", payload, headers={"Accept": accept})
    assert answer.status_code == 406
    types = "application/json, application/xml, text/xml"
    assert told(answer) == f"None of the types in Accept is produced here; those are {types}."
    assert world.deployer.get(f"/runtimes/{runtime}/license/{application}").status_code == 404


@pytest.mark.mobilefirst("2.1 it consumes application/json")
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=UTF-8",
        "APPLICATION/JSON;boundary=a;boundary=b",
        None,
    ],
)
def test_json_is_read(world: World, runtime: str, application: str, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    body = json.dumps({"appID": application, "category": "B2C"}).encode()
    answer = world.deployer.http.post(f"/runtimes/{runtime}/license", content=body, headers=headers)
    assert (answer.status_code, answer.json()["ok"]) == (200, True)


@pytest.mark.mobilefirst("2.1 415 for another Content-Type")
@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (
            {"Content-Type": "application/x-www-form-urlencoded"},
            "A body of type application/x-www-form-urlencoded cannot be read; the types are application/json.",
        ),
        (
            {"Content-Type": "application/xml"},
            "A body of type application/xml cannot be read; the types are application/json.",
        ),
        ({"Content-Type": "text/json"}, "A body of type text/json cannot be read; the types are application/json."),
        (
            {"Content-Type": "multipart/form-data; boundary=a; boundary=b"},
            "A body of type multipart/form-data cannot be read; the types are application/json.",
        ),
        (
            {"Content-Type": "application/json", "Content-Encoding": "gzip"},
            "A body in content coding gzip cannot be read; send it without.",
        ),
    ],
)
def test_nothing_else_is_read(world: World, runtime: str, application: str, headers: dict[str, str], why: str) -> None:
    body = json.dumps({"appID": application, "category": "B2C"}).encode()
    content = gzip.compress(body) if "Content-Encoding" in headers else body
    answer = world.deployer.http.post(f"/runtimes/{runtime}/license", content=content, headers=headers)
    assert (answer.status_code, told(answer)) == (415, why)
    assert world.deployer.get(f"/runtimes/{runtime}/license/{application}").status_code == 404


@pytest.mark.mobilefirst("2.1 400 without deployable data")
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", None])
def test_an_empty_body_is_400_whatever_it_is_said_to_be(world: World, runtime: str, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = world.deployer.http.post(f"/runtimes/{runtime}/license", content=b" \r\n", headers=headers)
    assert answer.status_code == 400
    assert told(answer) == "FWLSE3051E: The request has no deployable data: its body is empty."


@pytest.mark.mobilefirst("5.2 413 for a body that is too long", "5.2 Expect: 100-continue")
def test_curl_asks_before_it_sends_a_long_body(world: World, runtime: str, application: str) -> None:
    """As scripts for the vendor's server run it; curl asks first where a body is over a mebibyte."""
    command = [
        program("curl"),
        "--silent",
        "--user",
        f"{world.deployer.login}:{PASSWORD}",
        "--header",
        "Content-Type: application/json",
        "--header",
        "Expect: 100-continue",
        "--data-binary",
        "@-",
        "--write-out",
        "\n%{http_code}",
        f"{root_of(world.url)}/runtimes/{runtime}/license",
    ]
    body = json.dumps({"appID": application, "category": "B2C"})
    done = subprocess.run(command, input=body, capture_output=True, text=True, check=True)
    answer, _, status = done.stdout.rpartition("\n")
    assert (status, json.loads(answer)["transaction"]["status"]) == ("200", "SUCCESS")
    refused = subprocess.run(command, input=body + " " * 2**21, capture_output=True, text=True, check=True)
    answer, _, status = refused.stdout.rpartition("\n")
    assert status == "413"
    most = "at most 1048576 bytes are taken"
    assert most in json.loads(answer)["errors"][0]["details"]


@pytest.mark.mobilefirst("5.3 keys and attributes stand in alphabetical order", "5.3 what is absent is omitted")
def test_keys_are_in_alphabetical_order_at_every_depth(world: World, runtime: str, application: str) -> None:
    def check(value: object) -> None:
        if isinstance(value, dict):
            assert list(value) == sorted(value)
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            assert each is not None
            check(each)

    check(world.deployer.configure(runtime, application))
    for path in ("/runtimes", f"/runtimes/{runtime}/transactions", "/config", "/diagnostic"):
        check(world.monitor.read(path))


@pytest.mark.mobilefirst(
    "5.3 scalars are attributes, objects elements, arrays a wrapper and singular elements",
    "5.3 nothing undocumented stands in documented XML",
)
def test_json_and_xml_tell_the_same(world: World, runtime: str, application: str) -> None:
    world.deployer.configure(runtime, application)
    path = f"/runtimes/{runtime}/transactions"
    told_in_json = world.monitor.read(path, pageSize="1", orderBy="-created")
    answer = world.monitor.get(path, params={"pageSize": "1", "orderBy": "-created"}, headers={"Accept": XML})
    root = xml_of(answer, "transactions")
    [item] = root.findall("items/item")
    [expected] = told_in_json["items"]
    for name in ("id", "status", "timeCreated", "timeUpdated", "type", "userName", "appServerId"):
        assert item.get(name) == str(expected[name])
    for element in ("description", "project"):
        [found] = item.findall(element)
        assert dict(found.attrib) == expected[element]


@pytest.mark.mobilefirst("5.3 characters that XML cannot have do no harm")
@pytest.mark.parametrize("character", ["%00", "%01", "%EF%BF%BE", "%0C"])
def test_a_name_that_xml_cannot_have_is_told_all_the_same(world: World, runtime: str, character: str) -> None:
    answer = world.monitor.get(
        f"{world.url}/mfpadmin/management-apis/2.0/runtimes/{runtime}/license/a{character}b", headers={"Accept": XML}
    )
    assert answer.status_code == 404
    error = xml_of(answer, "error").find("errors/error")
    assert error is not None
    assert "a\ufffdb" in str(error.get("details"))


@pytest.mark.mobilefirst("2.1 400 for a body that is malformed or no object")
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "The JSON cannot be read: Input data was truncated."),
        (b"[]", "The body must be a JSON object."),
        (b"null", "The body must be a JSON object."),
        (b'"text"', "The body must be a JSON object."),
        (b"\xff\xfe{\0}\0", "The JSON cannot be read: it is not UTF-8."),
        (b'{"appID": "\xe9"}', "The JSON cannot be read: it is not UTF-8."),
        (b'{"a":' * 100_000, "The JSON is nested too deeply."),
    ],
)
def test_a_body_that_is_no_json_object_is_400(world: World, runtime: str, body: bytes, why: str) -> None:
    answer = world.deployer.http.post(
        f"/runtimes/{runtime}/license", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, told(answer)) == (400, f"FWLSE3051E: {why}")


def test_a_byte_order_mark_does_no_harm(world: World, runtime: str, application: str) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"appID": application, "category": "B2C"}).encode()
    answer = world.deployer.http.post(f"/runtimes/{runtime}/license", content=body)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("/license/{application}", 200),
        ("/transactions?file=true", 200),
        ("/license/unknown", 404),
        ("/license", 405),
    ],
)
@pytest.mark.parametrize("media_type", [JSON, XML])
def test_nobody_on_the_way_keeps_an_answer(
    world: World, configured: str, place: str, status: int, media_type: str
) -> None:
    runtime, _, application = configured.partition("/license/")
    answer = world.monitor.get(f"{runtime}{place.format(application=application)}", headers={"Accept": media_type})
    assert (answer.status_code, answer.headers.get_list("Cache-Control")) == (status, ["no-store"])
