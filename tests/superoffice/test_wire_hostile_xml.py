"""XML that is meant to do harm: refused soon, in little memory, without looking anywhere, and nothing is changed.

Processor time and memory are measured in a process of their own, which reads one document after the other.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.machine import require
from tests.superoffice.world import World

LARGE = 1_000_000
MOST_CPU_SECONDS = 2.0
MOST_MEBIBYTES = 96

# Each is at most about a mebibyte, as much as the server takes. `{address}` is where something listens.
LAUGHS = "".join("<!ENTITY l{} '{}'>".format(n, f"&l{n - 1};" * 10) for n in range(1, 12))
HOSTILE = {
    "a thousand million laughs": f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l11;</a>',
    "a long entity, many times": f"<!DOCTYPE a [<!ENTITY x '{'y' * 100_000}'>]><a>{'&x;' * 200_000}</a>",
    "laughs in an attribute": f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a b="&l11;"/>',
    "laughs of parameters": '<!DOCTYPE a [<!ENTITY % x "<!ENTITY y &#x25;x;>"> %x;]><a/>',
    "an entity from a file": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "an entity from the network": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://{address}/">]><a>&x;</a>',
    "a parameter entity from the network": '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://{address}/"> %x;]><a/>',
    "a document type from the network": '<!DOCTYPE a SYSTEM "http://{address}/a.dtd"><a/>',
    "a document type behind comments": "<?xml version='1.0'?><!-- <a> -->\n<?x?><!DOCTYPE a [<!ENTITY x 'y'>]><a/>",
    "an entity that nobody defined": "<a>&x;</a>",
    "a hundred elements inside each other": "<a>" * 100 + "</a>" * 100,
    "elements inside each other without an end": "<a>" * (LARGE // 3),
    "elements side by side": f"<a>{'<b/>' * (LARGE // 4)}</a>",
    "an element of many attributes": "<a " + " ".join(f"b{n}=''" for n in range(90_000)) + "/>",
    "an element of many namespaces": "<a " + " ".join(f"xmlns:b{n}='u'" for n in range(50_000)) + "/>",
    "an attribute without an end": f"<a b='{'x' * LARGE}",
    "an attribute that is too long": f"<a b='{'x' * LARGE}'/>",
    "an attribute of many references": f"<a b='{'&amp;' * (LARGE // 5)}'/>",
    "a name without an end": f"<{'x' * LARGE}",
    "a comment without an end": f"<!--{' <!-- ' * (LARGE // 6)}",
    "an instruction without an end": f"<?x {'<?x ' * (LARGE // 4)}",
    "blanks, and then a document type": f"{' ' * LARGE}<!DOCTYPE a><a/>",
    "no character of XML": "<a>\x00</a>",
}

# Refused they need not be, but they must not be followed, nor take long.
HARMLESS = {
    "an inclusion": '<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="http://{address}/"/></a>',
    "a schema": (
        '<a xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:noNamespaceSchemaLocation="http://{address}/"/>'
    ),
    "a style sheet": '<?xml-stylesheet type="text/xsl" href="http://{address}/"?><a/>',
    "a long text": f"<a>{'x' * LARGE}</a>",
    "a text of many references": f"<a>{'&#x41;' * (LARGE // 6)}</a>",
    "a text of brackets": f"<a><![CDATA[{'[' * LARGE}]]></a>",
}

READ_THEM_ALL = """
import json, resource, sys, time
from seatkeeper.superoffice.wire import xml_reading
from seatkeeper.superoffice.errors import Failure

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

for name, document in json.load(sys.stdin).items():
    before, start = peak(), time.process_time()
    try:
        xml_reading.parse(document)
        said = ""
    except Failure as failure:
        said = str(failure)
    print(json.dumps([name, said, time.process_time() - start, (peak() - before) / 1024]), flush=True)
"""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Something that listens, and that nobody should come to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening


def addressed(documents: dict[str, str], listener: socket.socket) -> dict[str, str]:
    host, port = listener.getsockname()
    return {name: document.replace("{address}", f"{host}:{port}") for name, document in documents.items()}


def test_hostile_xml_takes_little_time_and_memory_and_goes_nowhere(listener: socket.socket) -> None:
    require("getrusage of one's own process, in KiB", there=sys.platform == "linux")
    documents = addressed({**HOSTILE, **HARMLESS}, listener)
    done = subprocess.run(
        [sys.executable, "-c", READ_THEM_ALL], input=json.dumps(documents), capture_output=True, text=True, check=True
    )
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert [name for name, *_ in read] == list(documents)
    for name, said, seconds, mebibytes in read:
        assert bool(said) == (name in HOSTILE), f"{name}: {said}"
        assert seconds < MOST_CPU_SECONDS, name
        assert mebibytes < MOST_MEBIBYTES, name
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.superoffice("6.5 400 for entities, external or not, and for what is too deep or too large, soon")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_with_a_sentence_and_changes_nothing(
    world: World, listener: socket.socket, name: str
) -> None:
    owner = world.owner(company="as it was")
    document = addressed(HOSTILE, listener)[name]
    as_body = world.desk.http.post(
        "/Agents/License/GetLicenseFromDB", content=document.encode(), headers={"Content-Type": "text/xml"}
    )
    as_document = world.desk.post("License/AddLicenseFromFile", {"FileContent": document})
    for answer in (as_body, as_document):
        assert answer.status_code in (400, 413), answer.text[:200]
        assert answer.json()["Message"].endswith(".")
        assert len(answer.text) < 2000
    with pytest.raises(BlockingIOError):
        listener.accept()
    stored = world.desk.call("License/GetLicenseFromDB", {"OwnerName": owner})
    assert stored["Current"]["CompanyName"] == "as it was"
