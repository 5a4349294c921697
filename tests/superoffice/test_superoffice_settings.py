"""The settings of the SuperOffice face: what can be, and what is said of what cannot."""

import hashlib
from pathlib import Path

import pytest

from seatkeeper.settings import SettingsError
from seatkeeper.settings.lookup import load

_DIGEST = hashlib.sha256(b"integration").hexdigest()


@pytest.fixture(autouse=True)
def _empty_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("paths", ["/", "/SuperOffice", "/Cust26759,/crm/SuperOffice", "/,/a.b_c~d-1", ""])
def test_an_application_path_is_segments_after_slashes_and_none_switches_the_face_off(paths: str) -> None:
    settings = load(None, {"SEATKEEPER_SUPEROFFICE_PATHS": paths}).superoffice
    assert ",".join(settings.paths) == paths


@pytest.mark.parametrize(
    ("paths", "sentence"),
    [
        ("SuperOffice", "'SuperOffice' is no path; write it as in /SuperOffice"),
        ("/SuperOffice/", "is no path"),
        ("//", "is no path"),
        ("/Super Office", "is no path"),
        ("/Super%20Office", "is no path"),
        ("/Kundeservice/Ü", "is no path"),
        ("/crm/../v1", "is no path"),
        ("/crm?x", "is no path"),
        ("/ICWS/crm", "cannot be; what is below /icws is something else already."),
        ("/v1", "cannot be; what is below /v1"),
        ("/api", "cannot be; what is below /api"),
        ("/crm,/CRM", "superoffice.paths names /crm twice"),
    ],
)
def test_what_is_no_application_path_is_refused_with_the_reason(paths: str, sentence: str) -> None:
    said = _refusal({"SEATKEEPER_SUPEROFFICE_PATHS": paths})
    assert said.startswith("superoffice.paths")
    assert sentence in said


def test_an_application_token_is_known_by_its_digest_in_either_case() -> None:
    digests = f"{_DIGEST},{_DIGEST.upper()}"
    assert load(None, {"SEATKEEPER_SUPEROFFICE_APP_TOKENS": digests}).superoffice.app_tokens == (
        _DIGEST,
        _DIGEST.upper(),
    )


@pytest.mark.parametrize("wrong", ["integration-secret", _DIGEST[:-1], _DIGEST + "0", "g" * 64])
def test_what_is_no_digest_is_refused_and_not_repeated_since_it_may_be_the_token(wrong: str) -> None:
    said = _refusal({"SEATKEEPER_SUPEROFFICE_APP_TOKENS": f"{_DIGEST},{wrong}"})
    assert said.startswith("superoffice.app_tokens: number 2 is no SHA-256")
    assert wrong not in said


@pytest.mark.parametrize("context", ["Cust.1", "Cust 1", "Cust/1", 'Cust"1', "x" * 65])
def test_the_context_is_a_name_that_can_stand_in_an_access_token(context: str) -> None:
    assert _refusal({"SEATKEEPER_SUPEROFFICE_CONTEXT": context}).startswith(f"superoffice.context: {context!r} ")


def test_a_face_that_nobody_could_use_is_refused() -> None:
    off = {f"SEATKEEPER_SUPEROFFICE_{each}": "false" for each in ("BASIC", "TICKETS", "BEARER", "COOKIES")}
    assert "are all off, so that nobody could use the API" in _refusal(off)
    assert load(None, {**off, "SEATKEEPER_SUPEROFFICE_PATHS": ""}).superoffice.paths == ()
    for each in off:
        assert load(None, {**off, each: "true"}).superoffice.paths


@pytest.mark.parametrize("setting", ["TICKET_IDLE", "TOKEN_LIFETIME"])
def test_tickets_and_tokens_live_a_minute_at_least(setting: str) -> None:
    assert "at least 60" in _refusal({f"SEATKEEPER_SUPEROFFICE_{setting}": "59"})


def test_an_origin_is_checked_as_for_the_other_face() -> None:
    assert _refusal({"SEATKEEPER_SUPEROFFICE_ALLOWED_ORIGINS": "*"}).startswith("superoffice.allowed_origins: '*' ")


def _refusal(environment: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        load(None, environment)
    return str(refused.value)
