"""Texts in several languages: which part of one is read in which language."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.languages.multilingual import in_language

PLANNER = 'NO:"Planlegger";US:"Planner";GE:"Planung"'


@pytest.mark.parametrize(
    ("languages", "read"),
    [
        (["no"], "Planlegger"),
        (["nb-NO"], "Planlegger"),
        (["nn"], "Planlegger"),
        (["en"], "Planner"),
        (["en-GB"], "Planner"),
        (["US"], "Planner"),
        (["de_AT"], "Planung"),
        (["GE"], "Planung"),
        (["fr", "de", "no"], "Planung"),
        (["fr"], "Planner"),
        ([], "Planner"),
    ],
)
def test_the_first_language_that_the_text_has_is_read_else_english(languages: list[str], read: str) -> None:
    assert in_language(PLANNER, *languages) == read


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("SW", "sv"), ("SP", "es"), ("CZ", "cs"), ("CN", "zh-CN"), ("JP", "ja"), ("DA", "da"), ("NL", "nl"),
        ("FR", "fr"), ("FI", "fi"), ("RU", "ru"), ("PL", "pl"), ("IT", "it"), ("sv-SE", "sv-se"),
    ],
)  # fmt: skip
def test_the_crm_has_names_of_its_own_for_languages(code: str, tag: str) -> None:
    assert in_language(f'US:"no";{code}:"yes"', tag) == "yes"


def test_whoever_reads_swahili_is_not_given_swedish() -> None:
    assert in_language('SW:"Planerare";US:"Planner"', "sw") == "Planner"


def test_a_text_without_the_language_and_without_english_is_read_in_its_first() -> None:
    assert in_language('FR:"Plan";IT:"Piano"', "de") == "Plan"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Planner",
        'Note: "well"',
        'US:"open',
        'US:"x" and more',
        '"US":"x"',
        "US:x;GE:y",
        'US;GE:"x"',
        "US:",
        ';US:"x"',
    ],
)
def test_a_text_that_is_not_in_several_languages_is_itself(text: str) -> None:
    assert in_language(text, "de", "en") == text


def test_blanks_quotation_marks_and_separators_may_stand_in_and_around_the_parts() -> None:
    text = ' us : "say "yes"; or: no" ;\n no:"a;b" ; '
    assert (in_language(text, "en"), in_language(text, "no")) == ('say "yes"; or: no', "a;b")


@given(st.text(st.sampled_from('USGE:";  x\n'), max_size=60), st.text(max_size=5))
def test_any_text_is_read(text: str, language: str) -> None:
    read = in_language(text, language)
    assert read in text


def test_a_long_text_is_read_soon() -> None:
    start = time.process_time()
    for text in ('US:"' * 50_000, 'US:"";' * 50_000, 'US:"x" ;' * 50_000 + "!", " " * 200_000):
        in_language(text, "de")
    assert time.process_time() - start < 2
