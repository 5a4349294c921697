"""What the documents point at is there, and what is written from the code is as the code is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#]*)(?:#([^)]*))?\)")
CITED = re.compile(r"\b(decisions?|rules?) (L?\d+(?:(?:, | and | to )L?\d+)*)")
MODULE = re.compile(r"`((?:src|tests|scripts)/[\w./-]*|\w+\.py)`")
PLACE = re.compile(r"`((?:src|tests|docs|scripts)/[\w./-]*)`")


def anchors_of(document: Path) -> set[str]:
    """The names by which the headings of a document are linked to."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    for path, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        target = document.parent / path if path else document
        assert target.exists(), f"there is no {path}"
        assert not anchor or anchor in anchors_of(target), f"{path} has no heading #{anchor}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    for path in PLACE.findall(document.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), f"there is no {path}"


@pytest.mark.parametrize("record", [*ROOT.glob("docs/decisions/*.md")], ids=lambda path: path.name)
def test_a_module_that_a_decision_names_alone_is_beside_the_one_named_before(record: Path) -> None:
    for paragraph in record.read_text(encoding="utf-8").split("\n\n"):
        beside = None
        for named in MODULE.findall(paragraph):
            if "/" in named:
                beside = ROOT / named if named.endswith("/") else (ROOT / named).parent
            else:
                assert beside is not None, f"{named} is in no folder"
                assert (beside / named).exists(), f"there is no {named} in {beside.relative_to(ROOT)}"


def numbers_in(text: str) -> set[str]:
    """The decisions and rules that a text cites, as `decision 4` or `rules L1, L2 and L5` or `decisions 1 to 6`."""
    found: set[str] = set()
    for _, cited in CITED.findall(text):
        for first, last in re.findall(r"(L?\d+)(?: to (\d+))?", cited):
            found |= {str(number) for number in range(int(first), int(last) + 1)} if last else {first}
    return found


def test_every_decision_and_rule_that_the_code_cites_has_its_record() -> None:
    records = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("docs/decisions/*.md"))
    recorded = set(re.findall(r"\*\*(?:Decision )?(L?\d+)\.?\*\*", records))
    index = numbers_in((ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8"))
    assert index == recorded
    cited = {
        number: path
        for folder in ("src", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for number in numbers_in(path.read_text(encoding="utf-8"))
    }
    missing = {number: str(path.relative_to(ROOT)) for number, path in cited.items() if number not in recorded}
    assert not missing


@pytest.mark.parametrize("script", ["settings_reference.py", "metrics_reference.py"])
def test_a_reference_that_is_written_from_the_code_is_up_to_date(script: str) -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_the_readme_names_every_command_and_no_other() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "seatkeeper", "--help"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    offered = set(re.findall(r"^│ ([a-z]+) ", shown, re.MULTILINE))
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Commands")[2].partition("\n## ")[0]
    named = {
        name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`([a-z]+)", row)
    }
    assert offered == named
