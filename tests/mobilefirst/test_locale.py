"""In which language messages are: by the parameter `locale`, else by `Accept-Language` (contract 5.4)."""

from typing import Any

import httpx
import pytest

from tests.mobilefirst.client import Client, told
from tests.mobilefirst.world import World

TOLD = {
    "en": "There is no runtime named nowhere.",
    "de": "Eine Laufzeit mit dem Namen nowhere gibt es nicht.",
    "es": "No existe ningún entorno de ejecución con el nombre nowhere.",
    "fr": "Il n'existe aucun environnement d'exécution nommé nowhere.",
    "ja": "nowhere という名前のランタイムは存在しません。",
    "pt-BR": "Não existe nenhum ambiente de execução com o nome nowhere.",
}


def told_of_nowhere(world: World, parameters: dict[str, str], headers: dict[str, str] | None = None) -> str:
    """What is said of a runtime that is not there, without the message code, which no language changes."""
    answer = world.monitor.get("/runtimes/nowhere", params=parameters, headers=headers)
    assert answer.status_code == 404
    code, _, text = told(answer).partition(": ")
    assert code == "FWLSE3030E"
    return text


@pytest.mark.mobilefirst(
    "5.4 locale de_DE and de-DE, in any case",
    "5.4 English",
    "5.4 German",
    "5.4 Spanish",
    "5.4 French",
    "5.4 Japanese",
    "5.4 Brazilian Portuguese",
)
@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de_DE", "de"), ("de-DE", "de"), ("DE_de", "de"), ("es_ES", "es"), ("es", "es"), ("fr_FR", "fr"),
        ("ja_JP", "ja"), ("JA-jp", "ja"), ("pt_BR", "pt-BR"), ("pt-br", "pt-BR"), ("en_US", "en"), ("en-US", "en"),
    ],
)  # fmt: skip
def test_a_locale_is_written_as_in_java_or_in_http_and_in_any_case(world: World, locale: str, language: str) -> None:
    assert told_of_nowhere(world, {"locale": locale}) == TOLD[language]


@pytest.mark.mobilefirst("5.4 locale falls back to its language, then to English")
@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("fr-CA", "fr"), ("es_MX_POSIX", "es"), ("ja_JP_JP_#u-ca-japanese", "ja"),
        ("pt", "en"), ("pt_PT", "en"), ("zh_CN", "en"), ("klingon", "en"), ("%", "en"), ("_", "en"), ("", "en"),
    ],
)  # fmt: skip
def test_a_locale_falls_back_to_its_language_and_then_to_english(world: World, locale: str, language: str) -> None:
    assert told_of_nowhere(world, {"locale": locale}) == TOLD[language]


@pytest.mark.mobilefirst("5.4 Accept-Language where locale is absent")
def test_accept_language_counts_where_there_is_no_locale(world: World) -> None:
    headers = {"Accept-Language": "zh, pt-BR;q=0.9, de;q=0.8"}
    assert told_of_nowhere(world, {}, headers) == TOLD["pt-BR"]
    assert told_of_nowhere(world, {"locale": "ja_JP"}, headers) == TOLD["ja"]
    assert told_of_nowhere(world, {"locale": "zh_CN"}, headers) == TOLD["en"]


WRONG_BODIES: list[tuple[str, Any]] = [
    ("license", []),
    ("license", {}),
    ("license", {"appID": 1}),
    ("license", {"appID": "a"}),
    ("license", {"appID": "a", "category": 1}),
    ("license", {"appID": "a", "category": "b2c"}),
    ("license", {"appID": "", "category": "B2C"}),
    ("applications", {}),
    ("applications", {"applicationKey": 1}),
    ("applications", {"applicationKey": {}}),
]


def refused_for_what_was_sent(caller: Client, runtime: str, locale: str) -> list[httpx.Response]:
    """Answers to requests that are wrong in all ways that a body or a parameter can be."""
    at, parameters = f"/runtimes/{runtime}", {"locale": locale}
    right = {"appID": "a", "category": "B2C"}
    json_header = {"Content-Type": "application/json"}
    return [
        *(
            caller.http.post(f"{at}/license", content=body, params=parameters, headers=json_header)
            for body in (b"", b"{", b"\xff", b"[" * 5000)
        ),
        *(caller.post(f"{at}/{place}", body, params=parameters) for place, body in WRONG_BODIES),
        caller.post(f"{at}/license", right, params={**parameters, "async": "perhaps"}),
        caller.get("/audit", params={**parameters, "fromDate": "yesterday"}),
        caller.get("/audit", params={**parameters, "fromDate": "2026-11-22", "toDate": "2026-11-21"}),
    ]


@pytest.mark.mobilefirst("2.1 locale")
@pytest.mark.parametrize("language", ["de", "es", "fr", "ja", "pt-BR"])
def test_what_is_wrong_with_a_request_is_told_in_each_language(world: World, runtime: str, language: str) -> None:
    english = refused_for_what_was_sent(world.admin, runtime, "en")
    translated = refused_for_what_was_sent(world.admin, runtime, language)
    assert {answer.status_code for answer in (*english, *translated)} == {400}
    same = {told(each) for each in english} & {told(each) for each in translated}
    assert same == set()
