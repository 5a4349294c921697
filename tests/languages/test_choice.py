"""Which language a client asks for (RFC 9110, 12.5.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.languages.catalogues import OFFERED, offered
from seatkeeper.languages.choice import of_request, of_session, wanted

OWN = "de-CH"


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("de", ("de",)),
        ("en-US,en;q=0.8,de;q=0.9", ("en-US", "de", "en")),
        ("tlh, en;q=0.5, de;q=0.5", ("tlh", "en", "de")),
        ("de ; q = 0.3 , en ;Q=1", ("en", "de")),
        ("de;q=0, en;q=0.001", ("en",)),
        ("de_AT", ("de_AT",)),
        ("*;q=0.1, tlh", ("tlh", "*")),
        ("en;q=0.5, de;q=1.5", ("de", "en")),
        ("de;q=x, german please, en", ("en",)),
        ("", ()),
        (" , ,", ()),
        (";q=1", ()),
        ("*;q=0", ()),
        ("deutschland", ()),
        (200 * "tlh," + "de", 100 * ("tlh",)),
    ],
)
def test_what_a_header_wants_the_best_liked_first(header: str, tags: tuple[str, ...]) -> None:
    assert wanted(header) == tags


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("de-AT", "de-AT"),
        ("DE", "DE"),
        ("de_AT", "de_AT"),
        ("tlh, en;q=0.5, de;q=0.9", "de"),
        ("tlh;q=0.1, en-GB;q=0.5", "en-GB"),
        ("tlh;q=0.1, qya;q=0.5", "qya"),
        ("*", OWN),
        ("tlh, *;q=0.5", OWN),
        ("en;q=0.4, *;q=0.5", OWN),
        ("en, *;q=0.5", "en"),
        ("de;q=0, en;q=0.1", "en"),
        ("de;q=0", None),
        ("", None),
    ],
)
def test_a_session_keeps_the_best_liked_tag_that_is_offered(header: str, kept: str | None) -> None:
    assert of_session(header, OWN) == kept


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        ("de-AT, en;q=0.9", "de"),
        ("tlh, de;q=0.1", "de"),
        ("*", "en"),
        ("tlh", None),
        ("", "en"),
        ("pt, pt-BR;q=0.9", "pt-BR"),
    ],
)
def test_a_request_without_a_session_is_answered_in_what_it_likes_best(header: str, spoken: str | None) -> None:
    assert offered(of_request(header)) == spoken


@pytest.mark.parametrize(
    ("tag", "met_by"),
    [
        ("de", "de"), ("de-AT-1901", "de"), ("DE_at", "de"), ("de_DE", "de"), ("en-us", "en"), ("es-419", "es"),
        ("es_MX", "es"), ("fr-CA", "fr"), ("fr_FR", "fr"), ("ja_JP", "ja"), ("ja-JP-u-ca-japanese", "ja"),
        ("ja_JP_JP_#u-ca-japanese", "ja"), ("pt-BR", "pt-BR"), ("pt_BR", "pt-BR"), ("pt-br", "pt-BR"),
        ("PT_BR", "pt-BR"), ("pt-BR-x-formal", "pt-BR"),
        ("pt", None), ("pt-PT", None), ("zh_CN", None), ("jap", None), ("den", None), ("d", None), ("", None),
    ],
)  # fmt: skip
def test_a_tag_is_met_by_itself_or_by_what_is_more_general(tag: str, met_by: str | None) -> None:
    assert offered(tag) == met_by


@given(st.text() | st.text("de-AT_*;q=0.1, n"))
def test_whatever_a_header_says_there_is_a_language_to_answer_in(header: str) -> None:
    kept = of_session(header, OWN)
    assert (kept is None) == (wanted(header) == ())
    if kept is not None and offered(kept) is None:
        assert all(offered(tag) is None and tag != "*" for tag in wanted(header))


def test_english_and_its_translations_are_offered() -> None:
    assert {"de", "en", "es", "fr", "ja", "pt-BR"} <= set(OFFERED)


@pytest.mark.parametrize(
    ("header", "kept"),
    [("pt-br, en;q=0.8", "pt-br"), ("pt_BR", "pt_BR"), ("pt, en;q=0.5", "en"), ("zh-TW, ja;q=0.5", "ja")],
)
def test_a_language_of_one_country_is_kept_only_where_that_is_asked_for(header: str, kept: str) -> None:
    assert of_session(header, OWN) == kept
