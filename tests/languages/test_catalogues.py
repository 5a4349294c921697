"""What is said in each language."""

import json
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from seatkeeper.languages.catalogues import OFFERED, names, said, texts_in
from seatkeeper.licensing.sentences import Sentence, say
from tests.server_process import command_environment

ROOT = Path(__file__).parents[2]
CATALOGUES = ROOT / "src" / "seatkeeper" / "languages"
SCRIPT = ROOT / "scripts" / "catalogues.py"

TRANSLATED = ("de", "es", "fr", "ja", "pt-BR")

with (CATALOGUES / "de.po").open("rb") as _file:
    PATTERNS = sorted(str(message.id) for message in read_po(_file) if message.id)

ALIKE = {"fr": {"station"}}
"""What is the same word in English."""

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


@pytest.mark.parametrize("tag", TRANSLATED)
def test_each_language_that_is_promised_has_a_text_that_can_be_filled_for_every_pattern(tag: str) -> None:
    with (CATALOGUES / f"{tag}.po").open("rb") as file, capture_logs() as logged:
        texts = texts_in(file, f"{tag}.po")
    assert logged == []
    assert texts.keys() == set(PATTERNS)
    assert {pattern: blanks(text) for pattern, text in texts.items()} == {each: blanks(each) for each in PATTERNS}


def test_a_single_text_that_is_missing_in_any_language_is_told(tmp_path: Path) -> None:
    shutil.copytree(CATALOGUES.parent, tmp_path / "src" / "seatkeeper", ignore=shutil.ignore_patterns("__pycache__"))
    script = tmp_path / "scripts" / "catalogues.py"
    script.parent.mkdir()
    script.write_bytes(SCRIPT.read_bytes())
    for tag in TRANSLATED:
        catalogue = tmp_path / "src" / "seatkeeper" / "languages" / f"{tag}.po"
        emptied, count = re.subn(
            r'(msgid "The user logged off\."\nmsgstr )".+"\n', r'\1""\n', catalogue.read_text(encoding="utf-8")
        )
        assert count == 1
        catalogue.write_text(emptied, encoding="utf-8")
    checked = run("--check", script=script)
    assert checked.returncode == 1
    missing = "there is no text for the pattern 'The user logged off.'."
    assert [re.sub(r":\d+:", ":", line) for line in checked.stderr.splitlines()] == [
        f"{tag}.po: {missing}" for tag in sorted(TRANSLATED)
    ]


@pytest.mark.parametrize("tag", TRANSLATED)
def test_no_language_is_english(tag: str) -> None:
    same = {pattern for pattern in PATTERNS if said(Sentence(pattern, _named(pattern)), tag) == pattern}
    assert same <= {"{member} {must}."} | ALIKE.get(tag, set())


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
    assert texts_in(BytesIO(catalogue), "de.po") == {"He left.": "Er ging."}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{qui} sort.", "the text has the blank {qui}, which the pattern '{who} left.' has not"),
        ("{} {who.name} sort.", "the text has the blanks {}, {who.name}, which the pattern '{who} left.' has not"),
        ("{who!z} sort.", "the text has the blank {who!z}, which the pattern '{who} left.' has not"),
        ("On sort.", "the text lacks the blank {who}, which the pattern '{who} left.' has"),
        ("{who sort.", "the text for the pattern '{who} left.' cannot be read: expected '}' before end of string"),
    ],
)
def test_a_text_that_could_not_be_filled_in_is_not_said_and_the_log_says_where_it_stands(text: str, wrong: str) -> None:
    catalogue = f"""
msgid "{{who}} left."
msgstr "{text}"

msgid "{{who}} came, {{who}} went."
msgstr "{{who}} entre et sort."
"""
    with capture_logs() as logged:
        texts = texts_in(BytesIO(catalogue.encode()), "fr.po")
    assert texts == {"{who} came, {who} went.": "{who} entre et sort."}
    [line] = logged
    assert (line["log_level"], line["place"], line["wrong"]) == ("warning", "fr.po:2", wrong)


def test_a_pattern_that_nobody_could_fill_in_is_left_out_too() -> None:
    with capture_logs() as logged:
        assert texts_in(BytesIO(b'msgid "left}"\nmsgstr "sort"'), "fr.po") == {}
    assert "cannot be read: Single '}'" in logged[0]["wrong"]


def test_a_server_says_of_such_a_text_in_its_log_and_not_among_its_output(tmp_path: Path) -> None:
    shutil.copytree(CATALOGUES.parent, tmp_path / "seatkeeper", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "seatkeeper" / "languages" / "fr.po").write_text('msgid "He left."\nmsgstr "{qui} sort."\n')
    server = [sys.executable, "-m", "seatkeeper", "serve", "--ephemeral", "--until-eof"]
    ended = subprocess.run(
        server,
        cwd=tmp_path,
        env=command_environment({"PYTHONPATH": str(tmp_path), "SEATKEEPER_LOG_FORMAT": "json"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "fr.po" not in ended.stdout
    [line] = [json.loads(line) for line in ended.stderr.splitlines() if "fr.po" in line]
    assert (line["level"], line["place"]) == ("warning", "fr.po:1")


def test_a_language_that_is_not_offered_is_said_in_english() -> None:
    sentence = say("The user logged off.")
    assert said(sentence, "tlh-AQ") == said(sentence, "") == said(sentence, "en-us") == "The user logged off."
    assert said(sentence, "de-AT") == said(sentence, "DE") == "Der Benutzer hat sich abgemeldet."


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("de_DE", "Der Benutzer hat sich abgemeldet."),
        ("es_MX", "El usuario ha cerrado la sesión."),
        ("fr-CA", "L'utilisateur s'est déconnecté."),
        ("ja_JP", "ユーザーがログオフしました。"),
        ("pt-br", "O usuário fez logoff."),
    ],
)
def test_each_language_says_what_happened_in_its_own_words(tag: str, text: str) -> None:
    assert said(say("The user logged off."), tag) == text


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("de", "I3_{license} ist weder {user} noch Station desk zugewiesen."),
        ("es", "La licencia I3_{license} no está asignada ni a {user} ni a la estación desk."),
        ("fr", "La licence I3_{license} n'est attribuée ni à {user} ni à la station desk."),
        ("ja", "I3_{license} は {user} にもステーション desk にも割り当てられていません。"),
        ("pt-BR", "A licença I3_{license} não está atribuída nem a {user} nem a estação desk."),
    ],
)
def test_the_sentences_within_a_sentence_are_said_in_its_language(tag: str, text: str) -> None:
    sentence = say(
        "{license} is assigned neither to {user} nor to {station}.",
        license="I3_{license}",
        user="{user}",
        station=say("station {station}", station="desk"),
    )
    assert said(sentence, tag) == text


@pytest.mark.parametrize(
    ("display", "expected"),
    [
        (
            "",
            {"de": "Deutsch", "en": "English", "es": "español", "fr": "français", "ja": "日本語"}
            | {"pt-BR": "português (Brasil)"},
        ),
        ("ja", {"fr": "フランス語", "pt-BR": "ポルトガル語 (ブラジル)"}),
        ("de-AT", {"de": "Deutsch", "en": "Englisch"}),
        ("fr", {"de": "allemand", "en": "anglais"}),
        ("no language", {"de": "German", "en": "English"}),
        ("xx-XX", {"de": "German", "en": "English"}),
    ],
)
def test_languages_have_names_in_any_language(display: str, expected: dict[str, str]) -> None:
    told = names(display)
    assert {tag: told[tag] for tag in expected} == expected
    assert told.keys() == set(OFFERED)


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
    begun = run("fr", script=script)
    assert begun.stdout == "Wrote src/seatkeeper/languages/fr.po: 2 patterns, none with a text.\n"
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
            "fr.po:15: there is no text for the pattern 'The name is empty, or it is too long.'.",
        ),
        (
            "languages/fr.po",
            "{who} s'est",
            "{qui} s'est",
            "fr.po:11: the text has the blank {qui}, which the pattern '{who} logged off.' has not.",
        ),
        (
            "languages/fr.po",
            "{who} s'est",
            "Quelqu'un s'est",
            "fr.po:11: the text lacks the blank {who}, which the pattern '{who} logged off.' has.",
        ),
        (
            "languages/fr.po",
            "{who} s'est",
            "{who s'est",
            "fr.po:11: the text for the pattern '{who} logged off.' cannot be read: expected '}'",
        ),
        ("some.py", "logged off", "left", "fr.po is not up to date: run make languages"),
        ("some.py", '"{who} logged off."', 'f"{login} logged off."', "some.py:2: a pattern is written out"),
        (
            "some.py",
            'say("{who}',
            'left = "He left."\nsay(left)\nsay("{who}',
            "some.py:3: left is a text; write it here",
        ),
        (
            "some.py",
            'say("{who}',
            'def gone(why, **facts):\n    return Sentence(why, facts)\n\n\nsay("{who}',
            "some.py:2: gone is called with a pattern; name it in CALLED_WITH_A_PATTERN",
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
    assert run(script=script).stdout == "Wrote src/seatkeeper/languages/fr.po: 2 patterns, 1 with a text.\n"
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


def test_a_long_pattern_is_shown_so_far_that_it_can_be_found(checkout: Path) -> None:
    source, script = checkout / "src" / "seatkeeper" / "some.py", checkout / "scripts" / "catalogues.py"
    source.write_text(SOURCE + f'say("{9 * "A name. "}{{who}}", who=login)')
    assert run(script=script).returncode == 0
    shown = "'A name. A name. A name. A name. A name. A name. A name. A na…'"
    assert f"there is no text for the pattern {shown}." in run("--check", script=script).stderr


def _named(pattern: str) -> dict[str, str]:
    return {name: f"{{{name}}}" for name in blanks(pattern)}
