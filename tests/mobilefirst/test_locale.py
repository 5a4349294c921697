"""In which language messages are: by the parameter `locale`, else by `Accept-Language` (contract 5.4)."""

import pytest

from tests.mobilefirst.client import told
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
