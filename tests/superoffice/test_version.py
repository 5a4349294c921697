"""What the server says of itself (contract 1.1, 1.2, 1.3)."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.superoffice.client import Desk
from tests.superoffice.world import World

JSON = {"Accept": "application/json"}


@pytest.mark.superoffice(
    "1.1 GET /api",
    "1.1 v1",
    "1.1 Version",
    "1.1 NetServerVersion",
    "1.1 NetServerAssembly",
    "1.1 NetServerDate",
    "1.1 NetServerLabel",
    "1.1 NetServer",
    "1.1 Services",
    "1.1 ServicesCurrent",
    "1.1 Documentation",
    "1.1 it needs no credentials",
)
@pytest.mark.parametrize("path", ["", "/SuperOffice", "/Cust26759"])
def test_the_version_is_told_without_credentials(world: World, http: httpx.Client, path: str) -> None:
    told = http.get(f"{path}/api", headers=JSON).json()
    assert list(told) == [
        "v1",
        "Version",
        "NetServerVersion",
        "NetServerAssembly",
        "NetServerDate",
        "NetServerLabel",
        "NetServer",
        "Services",
        "ServicesCurrent",
        "Documentation",
    ]
    assert told["v1"] == f"{world.url}{path}/api/v1/"
    assert (told["Version"], told["Services"], told["ServicesCurrent"]) == ("v1", "Services87", "Services88")
    assert told["NetServerLabel"].startswith("Seatkeeper ")
    assert len(told["NetServerVersion"].split(".")) == 4
    assert datetime.fromisoformat(told["NetServerDate"]) < datetime.now()  # noqa: DTZ005 - a date has no zone


@pytest.mark.superoffice("1.1 it is HTML, and JSON where that is asked for")
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/json", "application/json"),
    ],
)
def test_the_version_is_a_page_for_people(http: httpx.Client, accept: str, media_type: str) -> None:
    answer = http.get("/api", headers={"Accept": accept})
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert "NetServerVersion" in answer.text


def test_the_page_leads_on_and_speaks_the_language_of_its_reader(world: World, http: httpx.Client) -> None:
    html = {"Accept": "text/html,*/*;q=0.8"}
    english, german = (http.get("/SuperOffice/api", headers={**html, "Accept-Language": each}) for each in ("en", "de"))
    for page, language in ((english, "en"), (german, "de")):
        assert f'<html lang="{language}">' in page.text
        url = f"{world.url}/SuperOffice/api/v1/"
        assert f'<a href="{url}">{url}</a>' in page.text
        assert "Documentation" not in page.text  # of which there is nothing to say
    assert "a license server with" in english.text
    assert "ein Lizenzserver" in german.text


def test_the_page_takes_nothing_from_the_request_as_markup(world: World) -> None:
    answer = httpx.get(f"{world.url}/api", headers={"Host": "<script>alert(1)</script>"}, trust_env=False)
    assert "<script>" not in answer.text


@pytest.mark.superoffice("1.1 it is not to be cached: Cache-Control, Pragma, Expires")
def test_the_version_is_not_to_be_cached(http: httpx.Client) -> None:
    headers = http.get("/api").headers
    assert (headers["cache-control"], headers["pragma"], headers["expires"]) == ("no-cache", "no-cache", "-1")


@pytest.mark.superoffice("1.1 Content-Encoding: gzip where it is accepted")
def test_an_answer_is_compressed_where_the_client_takes_that(http: httpx.Client) -> None:
    packed = http.get("/api", headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    plain = http.get("/api", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding", "a cache must not give this to who asks for the other"
    assert plain.text == packed.text


@pytest.mark.superoffice("1.2 GET /api/v1", "1.2 each URL with its verbs and a line of help")
def test_every_url_is_listed_with_its_verbs(world: World, desk: Desk, http: httpx.Client) -> None:
    listed = desk.http.get("").json()
    assert set(listed[f"{world.url}/api/v1/License/{{ownerName}}"]) == {"GET"}
    assert set(listed[f"{world.url}/api/v1/License/{{moduleOwner}}/{{associateId}}"]) == {"GET", "PUT", "DELETE"}
    assert f"{world.url}/api/v1/Agents/License/AssignThirdPartyLicenses" in listed
    assert all(help_ and "\n" not in help_ for verbs in listed.values() for help_ in verbs.values())
    for url, verbs in listed.items():
        for verb in verbs:
            path = url.removeprefix(world.url).replace("{", "").replace("}", "").replace("associateId", "1")
            there = http.request(verb, path.replace("satelliteId", "1"))
            assert there.status_code == 401, (verb, path)  # it is there: what is not is 404 or 405


@pytest.mark.superoffice("1.2 it is HTML where that is asked for")
def test_the_urls_are_a_page_where_that_is_asked_for(desk: Desk) -> None:
    answer = desk.http.get("/", headers={"Accept": "application/html"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "Agents/License/AssignThirdPartyLicenses" in answer.text


@pytest.mark.superoffice(
    "1.3 GET /api/state/{ContextIdentifier}",
    "1.3 ContextIdentifier",
    "1.3 Endpoint",
    "1.3 State",
    "1.3 IsRunning",
    "1.3 ValidUntil",
    "1.3 Api",
    "1.3 Version",
    "1.3 State Running",
    "1.3 State Unknown for another installation",
)
def test_the_state_of_the_installation_is_told_without_credentials(world: World, http: httpx.Client) -> None:
    told = http.get("/Cust26759/api/state/cust26759").json()
    valid_until = datetime.fromisoformat(told.pop("ValidUntil"))
    assert timedelta(0) < valid_until - datetime.now(UTC) <= timedelta(minutes=2)
    assert told == {
        "ContextIdentifier": "Cust26759",
        "Endpoint": f"{world.url}/Cust26759/",
        "State": "Running",
        "IsRunning": True,
        "Api": f"{world.url}/Cust26759/api",
        "Version": "v1",
    }
    other = http.get("/api/state/Cust99999").json()
    assert (other["State"], other["IsRunning"], other["Endpoint"]) == ("Unknown", False, "")


@pytest.mark.superoffice("1.3 State OnlineMaintenance while no log-ons are taken")
@pytest.mark.parametrize("state", ["draining", "standby"])
def test_while_no_log_ons_are_taken_it_is_under_maintenance_and_calls_go_on(timed: World, state: str) -> None:
    with timed.stranger() as http:
        timed.enter(state)
        try:
            told = http.get("/api/state/Cust00000").json()
            assert (told["State"], told["IsRunning"]) == ("OnlineMaintenance", True)
            assert http.get("/readyz").status_code == 503
            assert timed.desk.http.get("/User/currentAssociate").status_code == 200
        finally:
            timed.enter("serving")
