"""`Accept-Language` of the log-on fixes the language of a session; before there is one, that of each request counts."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.icws.client import Session, log_on_body, open_http
from tests.icws.license_model import CLIENT
from tests.icws.properties import listed, put
from tests.icws.world import World

GERMAN = {"Accept-Language": "de-AT, en;q=0.8"}
IN_SESSION = "1.4 message is in the language of the session"
WITHOUT_SESSION = "1.4 message is in the language of the request where there is no session"


@pytest.fixture
def german(world: World) -> Iterator[Session]:
    """The German session of a user without any license. Its later requests say nothing of a language."""
    with world.log_on(world.user(), language="de-DE") as session:
        yield session


def said(answer: httpx.Response) -> tuple[int, str]:
    """The status and the text of an error."""
    return answer.status_code, answer.json()["message"]


def details(session: Session, license_: str) -> tuple[int, str]:
    """The status of a license and its errorDetails."""
    [told] = session.acquire(license_)
    return told["licenseStatus"], told["errorDetails"]


def log_on(world: World, body: object, languages: str) -> httpx.Response:
    with open_http(world.url) as http:
        return http.post("/icws/connection", json=body, headers={"Accept-Language": languages})


@pytest.mark.icws(WITHOUT_SESSION)
def test_before_there_is_a_session_errors_are_in_the_language_of_the_request(http: httpx.Client) -> None:
    assert said(http.get("/icws/nowhere", headers=GERMAN)) == (404, "Eine Ressource /icws/nowhere gibt es nicht.")
    assert said(http.get("/icws/connection", headers=GERMAN)) == (
        405,
        "GET wird hier nicht unterstützt; möglich ist: POST.",
    )
    assert said(http.get("/icws/connection/features/{x}", headers=GERMAN))[1].startswith("featureId muss eines von")
    assert said(http.get("/icws/1/licenses", headers=GERMAN))[0] == 405
    assert said(http.post("/icws/1/licenses", headers=GERMAN)) == (
        401,
        "Keine Sitzung hat die ID, die in dieser URL steht.",
    )
    status, text = said(http.get("/icws/connection/version", headers={**GERMAN, "X-Padding": "x" * 40_000}))
    assert (status, text.startswith("Die Kopfzeilen der Anfrage sind 40")) == (431, True)
    assert said(http.post("/icws/connection", content=b" " * 2_000_000, headers=GERMAN)) == (
        413,
        "Der Inhalt der Anfrage ist 2000000 Bytes lang; angenommen werden höchstens 1048576 Bytes.",
    )


@pytest.mark.icws(WITHOUT_SESSION)
@pytest.mark.parametrize(
    ("languages", "text"),
    [
        ("es-MX", "El recurso /icws/nowhere no existe."),
        ("fr-CA, en;q=0.5", "La ressource /icws/nowhere n'existe pas."),
        ("ja_JP", "リソース /icws/nowhere は存在しません。"),
        ("pt-br", "O recurso /icws/nowhere não existe."),
        ("pt-PT", "There is no resource /icws/nowhere."),
    ],
)
def test_whoever_speaks_another_language_is_answered_in_it_where_it_is_there(
    http: httpx.Client, languages: str, text: str
) -> None:
    assert said(http.get("/icws/nowhere", headers={"Accept-Language": languages})) == (404, text)


@pytest.mark.icws(IN_SESSION, "2.1 Accept-Language")
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es-ES", "Esta sesión no está en ninguna estación."),
        ("fr-FR", "Cette session n'est associée à aucune station."),
        ("ja-JP", "このセッションはどのステーションにも接続していません。"),
        ("pt-BR", "Esta sessão não está em nenhuma estação."),
    ],
)
def test_a_session_is_spoken_to_in_each_language_that_is_there(world: World, language: str, text: str) -> None:
    with world.log_on(world.user(), language=language) as session:
        assert said(session.call("GET", "connection/station")) == (404, text)


@pytest.mark.icws(WITHOUT_SESSION, "2.1 Accept-Language")
def test_a_log_on_that_fails_says_so_in_its_language(world: World, http: httpx.Client) -> None:
    wrong = log_on_body(world.user(), "wrong")
    assert said(log_on(world, wrong, "de")) == (
        400,
        "Die Anmeldung ist fehlgeschlagen: Benutzer, Passwort oder Token ist falsch.",
    )
    assert (
        said(log_on(world, wrong, "tlh, de;q=0.3, en;q=0.2"))[1]
        == "Die Anmeldung ist fehlgeschlagen: Benutzer, Passwort oder Token ist falsch."
    )
    assert (
        said(log_on(world, wrong, "de;q=0.2, en;q=0.3"))[1]
        == "The log-on failed: the user, the password or the token is wrong."
    )
    assert said(log_on(world, wrong, "tlh-AQ"))[1] == "The log-on failed: the user, the password or the token is wrong."
    assert said(log_on(world, {**wrong, "password": 1}, "de"))[1] == "password muss eine Zeichenkette sein."
    assert said(log_on(world, {}, "de"))[1] == "__type ist erforderlich."
    assert said(log_on(world, [], "de"))[1] == "Der Inhalt der Anfrage muss ein JSON-Objekt sein."
    # Whoever names no language is told so in English.
    assert said(http.post("/icws/connection", json=wrong))[1] == "Accept-Language is required."


@pytest.mark.icws(IN_SESSION, "2.1 Accept-Language", "4.2 errorDetails says why a license was not acquired")
def test_two_sessions_are_each_told_in_their_own_language(world: World) -> None:
    license_ = world.license()
    login = world.user()
    with world.log_on(login, language="de-CH") as german, world.log_on(login, language="en-us") as english:
        for _ in range(2):
            assert details(german, license_) == (
                3,
                f"{license_} ist weder {login} noch einer Station (es ist keine eingestellt) zugewiesen.",
            )
            assert details(english, license_) == (
                3,
                f"{license_} is assigned neither to {login} nor to a station (none is set).",
            )


@pytest.mark.icws(IN_SESSION)
def test_what_a_later_request_says_of_languages_changes_nothing(german: Session) -> None:
    headers = {**german.credentials, "Accept-Language": "en-us"}
    answer = german.call("GET", "connection/station", headers=headers)
    assert said(answer) == (404, "Diese Sitzung ist an keiner Station angemeldet.")


@pytest.mark.icws(IN_SESSION, "2.1 Accept-Language")
@pytest.mark.parametrize(
    ("own", "languages", "text"),
    [
        ("de-DE", "*", "Diese Sitzung ist an keiner Station angemeldet."),
        ("de-DE", "tlh, *;q=0.1", "Diese Sitzung ist an keiner Station angemeldet."),
        ("tlh-AQ", "*", "This session is at no station."),
        ("de-DE", "tlh", "This session is at no station."),
        ("en-US", "qya, de;q=0.1", "Diese Sitzung ist an keiner Station angemeldet."),
    ],
)
def test_the_users_own_language_counts_only_where_the_client_leaves_it_open(
    world: World, own: str, languages: str, text: str
) -> None:
    with world.log_on(world.user(language=own), language=languages) as session:
        assert said(session.call("GET", "connection/station"))[1] == text


@pytest.mark.icws(IN_SESSION)
def test_what_is_wrong_with_a_request_is_told_in_the_language_of_its_session(world: World, german: Session) -> None:
    assert said(german.call("GET", "nowhere")) == (404, f"Eine Ressource /icws/{german.id}/nowhere gibt es nicht.")
    assert (
        said(german.call("DELETE", "messaging/messages"))[1] == "DELETE wird hier nicht unterstützt; möglich ist: GET."
    )
    assert said(german.call("POST", "licenses", b" " * 2_000_000))[0] == 413
    assert said(german.call("POST", "licenses", b" " * 2_000_000))[1].startswith("Der Inhalt der Anfrage ist 2000000")
    assert said(german.call("POST", "licenses", b""))[1] == (
        "Der Inhalt der Anfrage ist leer; erwartet wird ein JSON-Objekt."
    )
    assert said(german.call("POST", "licenses", {"licenseList": [1]}))[1] == (
        "licenseList darf nur Zeichenketten mit höchstens 256 Zeichen enthalten."
    )
    stages = {"licenseStageOperationList": [{"stageName": "desktop", "stageFailureAction": 2, "licenseList": ["A"]}]}
    assert said(german.call("POST", "licenses/license-stages", stages))[1] == (
        "licenseStageOperationList[0].stageFailureAction muss 0 (fortfahren) oder 1 (abbrechen) sein."
    )
    assert said(german.call("POST", "licenses", headers={})) == (
        401,
        "Diese Anfrage braucht das CSRF-Token der Sitzung, im Header ININ-ICWS-CSRF-Token.",
    )
    desk = world.station()
    assert said(german.sit_at("{station}"))[1] == "Eine Station mit dem Namen {station} gibt es nicht."
    with world.log_on(world.user(stations=[desk]), language="de") as bound:
        assert said(bound.sit_at(other := world.station())) == (
            403,
            f"{_login(bound)} darf Station {other} nicht benutzen.",
        )


def _login(session: Session) -> str:
    login: str = session.answer.json()["userID"]
    return login


@pytest.mark.icws(
    IN_SESSION, "4.2 errorDetails says why a license was not acquired", "4.2 errorDetails is none where it was"
)
def test_error_details_are_in_the_language_of_the_session(world: World) -> None:
    site, plain, single, few = (
        world.license(kind="site"),
        world.license(),
        world.license(concurrent_seats=1),
        world.license(assignable_seats=2),
    )
    world.user(few)
    login = world.user(plain, few)
    first, second = (world.user(single, method="concurrent") for _ in range(2))
    world.apply("licenses", {"name": few, "assignable_seats": 1}, allow_overcommit=True)
    with world.log_on(login, language="de") as german, world.log_on(second, language="de") as wants:
        assert details(german, plain) == (2, "none")
        assert details(german, "I3_{x}") == (9, "Eine Lizenz mit dem Namen I3_{x} gibt es bei Eigentümer ININ nicht.")
        assert details(german, site) == (
            1,
            f"{site} ist eine Standortlizenz: Sie gilt für die ganze Installation, und kein Benutzer belegt sie.",
        )
        uncovered = f"Von {few} sind 2 zuweisbare Plätze vergeben, aber nur 1 installiert, und {login}"
        assert details(german, few) == (4, f"{uncovered} gehört nicht zu den ersten 1.")
        with world.log_on(first) as has:
            assert has.status(single) == 2
            in_use = f"Alle gleichzeitig nutzbaren Plätze (1) von {single} sind belegt"
            assert details(wants, single) == (4, f"{in_use} (Benutzer, die einen belegen: 1).")


@pytest.mark.icws(IN_SESSION)
def test_error_details_at_stations_are_in_the_language_of_the_session(world: World) -> None:
    license_ = world.license()
    unshared = world.license(shared=False)
    desk, other_desk, login = world.station(license_), world.station(), world.user(unshared)
    with (
        world.log_on(login, application="Dialer") as first,
        world.log_on(login, language="de", address="127.0.0.2") as german,
        world.log_on(world.user(), language="de") as stranger,
    ):
        assert first.status(unshared) == 2
        not_shared = f"{unshared} kann nicht von mehreren Anwendungen zugleich genutzt werden"
        assert details(german, unshared) == (8, f"{not_shared}, und {login} belegt sie in Dialer.")
        first.sit_at(desk)
        german.sit_at(desk)
        assert details(german, license_) == (
            6,
            f"{license_} gehört zu Station {desk}, die {login} bereits auf einem anderen Rechner benutzt (127.0.0.1).",
        )
        stranger.sit_at(desk)
        assert details(stranger, license_) == (
            7,
            f"{license_} gehört zu Station {desk}, die gerade von {login} benutzt wird.",
        )
    with world.log_on(login) as elsewhere, world.log_on(login, language="de") as german:
        elsewhere.sit_at(other_desk)
        german.sit_at(desk)
        assert details(german, license_) == (
            5,
            f"{license_} gehört zu Station {desk}, aber {login} ist auch an Station {other_desk} angemeldet.",
        )


@pytest.mark.icws(IN_SESSION)
def test_the_configuration_says_what_is_wrong_in_the_language_of_the_session(office: World) -> None:
    login = office.user()
    with office.log_on(office.user(rights=["assignments.write"]), language="de") as german:
        assert said(german.call("GET", "configuration/users/nobody")) == (404, "Benutzer nobody ist nicht vorhanden.")
        assert said(german.call("GET", "configuration/users?orderBy=configurationId.id%20up"))[1] == (
            "orderBy hat die Sortierrichtung 'up'; möglich sind asc und desc."
        )
        assert said(german.call("GET", f"configuration/license-allocations/{CLIENT}")) == (
            403,
            f"{_login(german)} hat nicht das Recht „admin“ für Lizenzzuteilung {CLIENT}.",
        )
        refused = put(german, f"users/{login}", {"mediaLevel": 9, "additionalLicenses": listed("I3_NOT_{THERE}")})
        assert refused.status_code == 400
        assert refused.json()["message"] == (
            "Es wurde nichts geändert. licenseProperties.mediaLevel muss eine ganze Zahl von 0 bis 3 sein."
            " licenseProperties.additionalLicenses wird abgelehnt:"
            " Eine Lizenz mit dem Namen I3_NOT_{THERE} gibt es bei Eigentümer ININ nicht."
        )
    with office.log_on(office.user(), language="de") as nobody:
        assert said(put(nobody, f"users/{login}", {})) == (
            403,
            "Sie dürfen die Lizenzen eines Benutzers nicht ändern: Dazu ist das Recht assignments.write erforderlich.",
        )


@pytest.mark.icws(IN_SESSION, "3.4 connectionStateChangeMessage.reason")
def test_a_stream_says_in_the_language_of_its_session_why_it_went_down(world: World, german: Session) -> None:
    with german.stream() as events:
        world.end_session(german)
        assert events.message()["reason"] == "Ein Administrator hat die Sitzung beendet."


@pytest.mark.icws(IN_SESSION, "3.4 connectionStateChangeMessage.reason")
def test_a_session_that_ended_is_still_told_in_its_language(world: World, german: Session) -> None:
    world.end_session(german)
    state: dict[str, Any] = german.call("GET", "connection").json()
    assert (state["connectionState"], state["reason"]) == (2, "Ein Administrator hat die Sitzung beendet.")
    [down] = german.poll()
    assert down["reason"] == "Ein Administrator hat die Sitzung beendet."
    assert said(german.call("DELETE", "licenses")) == (401, "Die Sitzung ist beendet. Melden Sie sich erneut an.")


@pytest.mark.icws("5.1 configurationId.displayName")
def test_a_license_is_called_in_the_language_of_the_session_and_sorted_by_what_is_stored(world: World) -> None:
    first = world.license(display_name='US:"Zebra";GE:"Affe"', concurrent_seats=0, assignable_seats=1)
    second = world.license(display_name='XX:"Alpha";GE:"Zander"')
    holder, other = world.user(first, second), world.user()
    names = f"configuration/license-allocations?where=configurationId.id%20sw%20{first[:8]}&licenseAppliesTo=3"
    for language, (a, b) in {"de-AT": ("Affe", "Zander"), "en": ("Zebra", "Alpha")}.items():
        with world.log_on(world.user(roles=["administrator"]), language=language) as admin:
            listed_names = [each["configurationId"] for each in admin.call("GET", names).json()["items"]]
            assert [each["displayName"] for each in listed_names if each["id"] in (first, second)] == [a, b]
            single = admin.call("GET", f"configuration/license-allocations/{second}").json()
            assert single["configurationId"]["displayName"] == b
            told = admin.call("GET", f"configuration/users/{holder}?select=licenseProperties").json()
            assert {each["displayName"] for each in told["licenseProperties"]["additionalLicenses"]} == {a, b}
            result = put(admin, f"users/{other}", {"additionalLicenses": listed(first)}).json()
            assert [each["license"]["displayName"] for each in result["licenseProblems"]] == [a]
