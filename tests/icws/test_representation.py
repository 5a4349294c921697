"""Paths, media types and JSON as contract 1.1 and 1.2 have them, and the lenience that 1.6 asks for."""

import httpx
import pytest

from tests.icws.client import MEDIA_TYPE, Session
from tests.icws.world import World

ICWS = f"{MEDIA_TYPE}; charset=utf-8"


@pytest.mark.icws("1.1 the first segment of a path, icws, matches in any case")
@pytest.mark.parametrize("prefix", ["icws", "ICWS", "Icws"])
def test_the_first_segment_of_a_path_matches_in_any_case(session: Session, prefix: str) -> None:
    assert session.http.get(f"/{prefix}/connection/version").status_code == 200
    answer = session.http.get(f"/{prefix}/{session.id}/connection", headers=session.credentials)
    assert answer.status_code == 200


@pytest.mark.icws(
    "1.1 answers are application/vnd.inin.icws+JSON; charset=utf-8",
    "1.1 a client that accepts nothing but application/json is answered in it",
    "1.6 Accept is missing, */*, application/json, or a mixture",
)
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (MEDIA_TYPE, ICWS),
        ("*/*", ICWS),
        ("", ICWS),
        ("text/html", ICWS),
        (f"application/json, {MEDIA_TYPE}", ICWS),
        ("application/json, text/plain, */*", ICWS),
        ("application/json", "application/json"),
        ("Application/JSON;q=0.9", "application/json"),
    ],
)
def test_answers_are_in_the_apis_own_media_type_unless_only_plain_json_is_accepted(
    http: httpx.Client, accept: str, media_type: str
) -> None:
    for path in ("/icws/connection/version", "/icws/nowhere"):
        assert http.get(path, headers={"Accept": accept}).headers["content-type"] == media_type


@pytest.mark.icws(
    "1.6 JSON comes as application/x-www-form-urlencoded",
    "1.6 JSON comes as text/plain",
    "1.6 JSON comes without Content-Type",
)
@pytest.mark.parametrize(
    "content_type",
    [f"{MEDIA_TYPE};charset=utf-8", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8", None],
)
def test_a_body_is_json_whatever_its_content_type_says(world: World, session: Session, content_type: str) -> None:
    headers = session.credentials | ({"Content-Type": content_type} if content_type else {})
    answer = session.call("POST", "licenses", {"licenseList": [world.license()]}, headers)
    assert answer.status_code == 200


@pytest.mark.icws("1.6 Content-Type, {} or an empty string on a request that has no body")
@pytest.mark.parametrize("body", [b"", b"{}", b'""'])
def test_a_body_on_a_request_that_has_none_is_ignored(session: Session, body: bytes) -> None:
    headers = session.credentials | {"Content-Type": MEDIA_TYPE}
    assert session.call("GET", "connection", body, headers).status_code == 200
    assert session.call("DELETE", "licenses", body, headers).status_code == 204


@pytest.mark.icws("1.2 unknown members are ignored")
def test_unknown_members_are_ignored(world: World) -> None:
    license_ = world.license()
    stage = {"stageName": "s", "stageFailureAction": 0, "licenseList": [license_], "ininInternalUseOnly": {"a": [1]}}
    body = {"licenseStageOperationList": [stage], "x-icws": None}
    with world.log_on(world.user(license_)) as session:
        assert session.call("POST", "licenses/license-stages", body).status_code == 200


@pytest.mark.icws("1.2 text of any language comes back as it was sent")
def test_names_with_letters_of_any_language_come_back_as_they_were(session: Session) -> None:
    [told] = session.acquire("Lizenz für Ænima 許可證 🪑")
    assert told["licenseName"] == "Lizenz für Ænima 許可證 🪑"
