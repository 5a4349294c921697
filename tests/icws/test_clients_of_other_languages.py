"""A client for Node with what is built into Node, and one for the shell with curl, as such programs are written.

Neither the vendor's libraries nor the public clients can be had from a package index; test_habits.py sends
what they send. No interpreter of Ruby, Go or PowerShell is asked for here.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.icws.client import IC_AUTH, MEDIA_TYPE, PASSWORD, result
from tests.icws.world import World
from tests.machine import program

DESK = Path(__file__).with_name("desk.mjs")
ASSIGNED = "urn:inin.com:licenses:licenseMessage"


@contextmanager
def desk(world: World, *args: str) -> Iterator[Iterator[dict[str, Any]]]:
    """The steps of the program for Node, as it tells them."""
    command = [program("node"), str(DESK), world.url, *args]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        yield (json.loads(line) for line in process.stdout)
        assert process.wait(30) == 0, process.stderr.read()


@pytest.mark.icws(
    "1.1 answers are application/vnd.inin.icws+JSON; charset=utf-8",
    "1.6 Cookie holds the whole line of Set-Cookie, or others' cookies too",
    "1.6 ININ-ICWS-Session-ID is repeated in every request",
    "1.6 a log-on is known by 201",
    "1.6 version and features are asked for below the Location of the log-on",
    "3.3 GET messaging/messages, with Accept: text/event-stream",
)
def test_a_program_for_node_logs_on_acquires_and_hears_of_a_license_over_the_stream(world: World) -> None:
    license_, other = world.license(), world.license()
    login = world.user(license_)
    with desk(world, login, PASSWORD, license_, other) as steps:
        on = next(steps)
        assert on["status"] == 201
        assert on["type"] == f"{MEDIA_TYPE}; charset=utf-8"
        assert on["location"].startswith("/icws/")
        assert on["sameToken"]
        assert on["sameSession"]
        assert on["messaging"] >= 2

        stages = next(steps)
        assert stages["status"] == 200
        [desktop, extras] = stages["body"]["licenseStageOperationResultList"]
        assert desktop["result"] == [result(license_, 2, "none")]
        assert [each["licenseStatus"] for each in extras["result"]] == [3]

        assert next(steps)["status"] == 200  # version, below the Location
        assert next(steps) == {"step": "subscribe", "status": 200, "body": ""}
        [full] = next(steps)["body"]
        assert full["isDelta"] is False
        assert [each["isAssigned"] for each in full["licenseAssignedStatusList"]] == [True, False]

        stream = next(steps)
        assert stream["status"] == 200
        assert stream["type"].startswith("text/event-stream")
        world.assign(login, other)
        told = {"__type": ASSIGNED, "isDelta": True, "licenseAssignedStatusList": [{"name": other, "isAssigned": True}]}
        assert next(steps) == {"step": "message", "message": told}

        assert next(steps) == {"step": "log-off", "status": 200, "body": ""}
        assert next(steps) == {"step": "after", "status": 401}


@pytest.mark.icws("1.6 JSON comes as application/x-www-form-urlencoded")
def test_a_script_with_curl_keeps_its_cookie_in_a_jar_and_sends_its_body_as_a_form(
    world: World, tmp_path: Path
) -> None:
    license_ = world.license()
    login = world.user(license_)
    jar = str(tmp_path / "cookies")

    def curl(*args: str) -> str:
        command = [program("curl"), "--silent", "--show-error", "--fail-with-body", "--cookie", jar, *args]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout

    body = {"__type": IC_AUTH, "applicationName": "script", "userID": login, "password": PASSWORD}
    log_on = ("-H", "Accept-Language: en-us", "--cookie-jar", jar, "--data", json.dumps(body))
    session = json.loads(curl(*log_on, f"{world.url}/icws/connection"))
    root, token = f"{world.url}/icws/{session['sessionId']}", f"ININ-ICWS-CSRF-Token: {session['csrfToken']}"

    # curl says of such data that it is a form: application/x-www-form-urlencoded.
    asked = json.dumps({"licenseList": [license_]})
    results = json.loads(curl("-H", token, "--data", asked, f"{root}/licenses"))
    assert results == {"licenseOperationResultList": [result(license_, 2, "none")]}
    assert json.loads(curl(f"{root}/messaging/messages")) == []
    assert curl("-H", token, "--request", "DELETE", f"{root}/connection") == ""
