"""What is said in each language."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.languages.catalogues import OFFERED, names, said, texts_in
from seatkeeper.licensing.sentences import Sentence, say

ROOT = Path(__file__).parents[2]
GERMAN = ROOT / "src" / "seatkeeper" / "languages" / "de.po"
SCRIPT = ROOT / "scripts" / "catalogues.py"

with GERMAN.open("rb") as _file:
    PATTERNS = sorted(str(message.id) for message in read_po(_file) if message.id)

NAMES = st.text() | st.lists(st.sampled_from(["{", "}", "{}", "{license}", "{0.__class__}", "%s", "\\", "A"])).map(
    "".join
)


def blanks(pattern: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(pattern) if name}


def run(*arguments: str, script: Path = SCRIPT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)


def test_every_pattern_has_a_text_in_every_language_with_the_same_blanks() -> None:
    checked = run("--check")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_german_is_not_english() -> None:
    same = {pattern for pattern in PATTERNS if said(Sentence(pattern, _named(pattern)), "de") == pattern}
    assert same <= {"{member} {must}."}


@given(st.data())
def test_facts_are_said_as_they_are_in_every_language(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(PATTERNS))
    facts = {name: data.draw(NAMES, name) for name in sorted(blanks(pattern))}
    for language in OFFERED:
        text = said(Sentence(pattern, facts), language)
        assert all(fact in text for fact in facts.values())


def test_a_text_that_was_another_patterns_is_not_said() -> None:
    catalogue = b"""
msgid "He left."
msgstr "Er ging."

#, fuzzy
msgid "She left."
msgstr "Er ging."

msgid "They left."
msgstr ""
"""
    assert texts_in(BytesIO(catalogue)) == {"He left.": "Er ging."}


def test_a_language_that_is_not_offered_is_said_in_english() -> None:
    sentence = say("The user logged off.")
    assert said(sentence, "fr-FR") == said(sentence, "") == said(sentence, "en-us") == "The user logged off."
    assert said(sentence, "de-AT") == said(sentence, "DE") == "Der Benutzer hat sich abgemeldet."


def test_the_sentences_within_a_sentence_are_said_in_its_language() -> None:
    sentence = say(
        "{license} is assigned neither to {user} nor to {station}.",
        license="I3_{license}",
        user="{user}",
        station=say("station {station}", station="desk"),
    )
    assert said(sentence, "de") == "I3_{license} ist weder {user} noch Station desk zugewiesen."


@pytest.mark.parametrize(
    ("display", "expected"),
    [
        ("", {"de": "Deutsch", "en": "English"}),
        ("de-AT", {"de": "Deutsch", "en": "Englisch"}),
        ("fr", {"de": "allemand", "en": "anglais"}),
        ("no language", {"de": "German", "en": "English"}),
        ("xx-XX", {"de": "German", "en": "English"}),
    ],
)
def test_languages_have_names_in_any_language(display: str, expected: dict[str, str]) -> None:
    assert names(display) == expected


SOURCE = """
say("{who} logged off.", who=login)
Refusal(Code.INVALID_VALUE, "The name is empty, or it is too long.")
"""
WRITTEN = [
    ("{who} logged off.", "{who} s'est déconnecté."),
    ("The name is empty, or it is too long.", "Nom vide ou trop long."),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with two patterns, and a French catalogue that has both."""
    script, source = tmp_path / "scripts" / "catalogues.py", tmp_path / "src" / "seatkeeper" / "some.py"
    script.parent.mkdir()
    script.write_bytes(SCRIPT.read_bytes())
    (source.parent / "languages").mkdir(parents=True)
    source.write_text(SOURCE)
    assert run("fr", script=script).returncode == 0
    catalogue = tmp_path / "src" / "seatkeeper" / "languages" / "fr.po"
    text = catalogue.read_text(encoding="utf-8")
    for pattern, french in WRITTEN:
        assert f'msgid "{pattern}"\nmsgstr ""\n' in text
        text = text.replace(f'msgid "{pattern}"\nmsgstr ""\n', f'msgid "{pattern}"\nmsgstr "{french}"\n')
    catalogue.write_text(text, encoding="utf-8")
    assert run("--check", script=script).stderr == ""
    return tmp_path


@pytest.mark.parametrize(
    ("name", "written", "instead", "told"),
    [
        (
            "languages/fr.po",
            "Nom vide ou trop long.",
            "",
            "fr.po has no text for 'The name is empty, or it is too long.'",
        ),
        ("languages/fr.po", "{who} s'est", "{qui} s'est", "fr.po has other blanks than '{who} logged off.': who"),
        ("languages/fr.po", "{who} s'est", "Quelqu'un s'est", "fr.po has other blanks than '{who} logged off.': who"),
        ("languages/fr.po", "{who} s'est", "{who s'est", "fr.po has other blanks than '{who} logged off.': who"),
        ("some.py", "logged off", "left", "fr.po is not up to date: run make languages"),
        ("some.py", '"{who} logged off."', 'f"{login} logged off."', "some.py:2: a pattern is written out"),
        (
            "some.py",
            'say("{who}',
            'left = "He left."\nsay(left)\nsay("{who}',
            "some.py:3: left is a text; write it here",
        ),
    ],
)
def test_what_is_not_right_with_a_catalogue_is_told(
    checkout: Path, name: str, written: str, instead: str, told: str
) -> None:
    path = checkout / "src" / "seatkeeper" / name
    text = path.read_text(encoding="utf-8")
    assert written in text
    path.write_text(text.replace(written, instead), encoding="utf-8")
    checked = run("--check", script=checkout / "scripts" / "catalogues.py")
    assert checked.returncode == 1
    assert told in checked.stderr


def test_a_pattern_that_changes_keeps_its_text_until_somebody_has_looked_at_it(checkout: Path) -> None:
    script, source = checkout / "scripts" / "catalogues.py", checkout / "src" / "seatkeeper" / "some.py"
    source.write_text(SOURCE.replace("too long", "much too long"))
    assert run(script=script).returncode == 0
    checked = run("--check", script=script)
    assert checked.returncode == 1
    assert "put it right and take the mark fuzzy away" in checked.stderr
    with (checkout / "src" / "seatkeeper" / "languages" / "fr.po").open("rb") as file:
        texts = {str(message.id): message.string for message in read_po(file) if message.id}
    assert texts["The name is empty, or it is much too long."] == "Nom vide ou trop long."
    assert len(texts) == 2


def test_what_is_no_language_gets_no_catalogue(checkout: Path) -> None:
    assert run("gibberish", script=checkout / "scripts" / "catalogues.py").returncode == 1
    assert [path.name for path in (checkout / "src" / "seatkeeper" / "languages").iterdir()] == ["fr.po"]


def _named(pattern: str) -> dict[str, str]:
    return {name: f"{{{name}}}" for name in blanks(pattern)}
