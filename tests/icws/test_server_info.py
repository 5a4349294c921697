"""What the server says of itself: languages, switchover, and what a log-on includes. Contract 1.8, 2.1 to 2.3."""

from datetime import UTC, datetime

import httpx
import pytest

from tests.icws.client import Session, log_on_body, open_http
from tests.icws.world import World

INFO = "connection/server-info"
SWITCHOVER = "connection/switchover-status"


@pytest.mark.icws(
    "2.2 GET connection/server-info",
    "2.2 serverInfo.languages.languageID",
    "2.2 serverInfo.languages.languageDisplayName",
    "2.2 serverInfo.acceptLanguage",
    "2.2 serverInfo.authentication.allowIcAuth",
    "2.2 serverInfo.authentication.identityProviders",
    "2.2 server-info: Accept-Language",
)
@pytest.mark.parametrize(
    ("accepted", "spoken", "names"),
    [
        ("en-us", "en", {"en": "English", "de": "German"}),
        ("de-AT,de;q=0.9,en;q=0.5", "de", {"en": "Englisch", "de": "Deutsch"}),
        ("pt-br", "pt-BR", {"pt-BR": "português (Brasil)", "ja": "japonês", "es": "espanhol", "fr": "francês"}),
        ("tlh", "en", {"en": "English", "de": "German"}),
    ],
)
def test_the_languages_are_told_in_the_one_that_the_client_reads(
    http: httpx.Client, accepted: str, spoken: str, names: dict[str, str]
) -> None:
    answer = http.get(f"/icws/{INFO}", headers={"Accept-Language": accepted})
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"languages", "acceptLanguage", "authentication"}
    told = {each["languageID"]: each["languageDisplayName"] for each in body["languages"]}
    assert {tag: told[tag] for tag in names} == names
    assert body["acceptLanguage"] == spoken
    assert body["authentication"] == {"allowIcAuth": True, "identityProviders": []}


@pytest.mark.icws("2.2 GET connection/server-info")
def test_server_info_is_also_below_the_session_and_its_parameters_change_nothing(
    http: httpx.Client, session: Session
) -> None:
    plain = http.get(f"/icws/{INFO}").json()
    asked = http.get(f"/icws/{INFO}?singleSignOnCapabilities=saml2Post,saml2Redirect&displayLanguage=de-DE")
    assert asked.json() == plain
    assert session.call("GET", INFO, headers={}).json() == plain
    assert http.post(f"/icws/{INFO}").status_code == 405


@pytest.mark.icws("2.2 GET connection/server-time", "2.2 serverUtcTime")
def test_the_servers_time_is_that_of_its_ledger_and_also_told_below_the_session(
    http: httpx.Client, session: Session
) -> None:
    for answer in (
        http.get("/icws/connection/server-time"),
        session.call("GET", "connection/server-time", headers={}),
    ):
        told = datetime.strptime(answer.json()["serverUtcTime"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        assert abs((datetime.now(UTC) - told).total_seconds()) < 60


@pytest.mark.icws(
    "2.3 GET connection/switchover-status",
    "2.3 switchoverStatus.isSwitchoverActive",
    "2.3 switchoverStatus.primaryHost",
    "1.8 connection 11: switchover-status",
)
def test_a_server_alone_is_its_own_primary(session: Session) -> None:
    answer = session.call("GET", SWITCHOVER)
    assert (answer.status_code, answer.json()) == (200, {"isSwitchoverActive": False, "primaryHost": "seatkeeper"})
    assert session.call("GET", SWITCHOVER, headers={"Cookie": session.cookie}).status_code == 401


@pytest.mark.icws(
    "2.1 hosts in connectionResponse.alternateHostList",
    "2.3 switchoverStatus.isSwitchoverActive",
    "2.3 switchoverStatus.primaryHost",
    "2.3 switchoverStatus.backupHost",
    "2.3 switchoverStatus.isManualSwitchOnly",
)
def test_of_servers_beside_each_other_the_one_that_takes_log_ons_is_primary(pair: World) -> None:
    with pair.log_on(pair.user()) as session:
        assert session.answer.json()["alternateHostList"] == ["ic2.example", "ic3.example"]
        status = {"isSwitchoverActive": True, "isManualSwitchOnly": True}
        here, there = "ic1.example", "ic2.example"
        assert session.call("GET", SWITCHOVER).json() == {**status, "primaryHost": here, "backupHost": there}
        pair.enter("standby")
        assert session.call("GET", SWITCHOVER).json() == {**status, "primaryHost": there, "backupHost": here}
        pair.enter("serving")
        assert session.call("GET", SWITCHOVER).json() == {**status, "primaryHost": here, "backupHost": there}


def including(world: World, login: str, words: str) -> dict[str, object]:
    with open_http(world.url) as http:
        answer = http.post(
            "/icws/connection",
            json=log_on_body(login),
            params={"include": words},
            headers={"Accept-Language": "en-us"},
        )
        assert answer.status_code == 201, answer.text
        body: dict[str, object] = answer.json()
        return body


@pytest.mark.icws(
    "2.1 include=default-workstation",
    "2.1 connectionResponse.defaultWorkstationId",
    "1.8 connection 5: default-workstation, single sign-on",
)
def test_the_default_workstation_is_the_only_one_that_the_user_may_use(world: World) -> None:
    one, other = world.station(), world.station()
    for permitted, default in (([one], one), ([one, other], None), ([], None), (None, None)):
        login = world.user() if permitted is None else world.user(stations=permitted)
        assert including(world, login, "default-workstation")["defaultWorkstationId"] == default


@pytest.mark.icws(
    "2.1 include=effective-station",
    "2.1 include=purecloud-integration",
    "2.1 connectionResponse.effectiveStation",
    "2.1 connectionResponse.purecloudIntegration.integrationEnabled",
    "1.8 connection 8: purecloud-integration",
    "1.8 connection 10: effective-station",
)
def test_a_new_session_sits_nowhere_and_there_is_no_integration(world: World) -> None:
    body = including(world, world.user(), "effective-station,purecloud-integration")
    assert body["effectiveStation"] is None
    assert body["purecloudIntegration"] == {"integrationEnabled": False}
    assert "defaultWorkstationId" not in body


@pytest.mark.icws("2.1 400, a single sign-on token where none is configured")
def test_where_there_is_no_single_sign_on_its_settings_are_refused(http: httpx.Client) -> None:
    body = {
        "__type": "urn:inin.com:connection:singleSignOnTokenConnectionRequestSettings",
        "applicationName": "Shift Desk",
        "singleSignOnToken": "token",
    }
    answer = http.post("/icws/connection", json=body, headers={"Accept-Language": "en-us"})
    assert answer.status_code == 400
    assert answer.json()["propertyName"] == "__type"
    assert "single sign-on" in answer.json()["message"]
