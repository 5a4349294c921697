"""The tours of the documentation, executed as written."""

import shlex
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.docs.tour import ADDRESS, SERVE, Terminals, differences, read_tour
from tests.machine import require

ROOT = Path(__file__).parents[2]
TOURS = [
    ("README.md", ["## A ten-minute tour", "### With curl", "## MobileFirst: configurations in transactions"]),
    ("docs/testing-clients.md", ["### From a shell"]),
    ("docs/superoffice.md", ["## A tour with curl"]),
    ("docs/mobilefirst.md", ["## The license report", "## The audit trail"]),
]
TOOLS = ("bash", "curl", "python3", "make")


def has_second_loopback_address() -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.2", 0))
        except OSError:
            return False
        return True


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("document", "headings"), TOURS)
def test_a_tour_prints_what_its_document_says(document: str, headings: list[str], tmp_path: Path) -> None:
    for tool in TOOLS:
        require(tool, there=shutil.which(tool) is not None)
    require("the address 127.0.0.2", there=has_second_loopback_address())
    with Terminals(tmp_path) as terminals:
        for block in (block for heading in headings for block in read_tour(ROOT / document, heading)):
            different = differences(block.printed, terminals.paste(block.script))
            assert not different, f"{document}:{block.line} (- what it says, + what came)\n{different}"


def test_make_serve_is_what_the_tours_take_it_for() -> None:
    require("make", there=shutil.which("make") is not None)
    make = ["make", "--no-print-directory", "--dry-run", "serve"]
    shown = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
    command = shlex.split(shown.splitlines()[-1].removeprefix("exec "))
    host, port = ADDRESS.split(":")
    assert command[0] == ".venv/bin/seatkeeper"
    assert command[1:] == ["serve", "--demo", "--data", "data", "--host", host, "--port", port]


def test_a_tour_is_read_block_by_block_with_what_each_prints(tmp_path: Path) -> None:
    document = tmp_path / "tour.md"
    document.write_text(
        f"# Other\n```bash\nno\n```\n## Tour\n```bash\n{SERVE}\n```\n```bash\n# not a heading\necho 1\n```\n"
        "prints\n```text\n1\n```\n### More of it\n```bash\necho\n```\n## After\n```bash\nno\n```\n"
    )
    blocks = read_tour(document, "## Tour")
    assert [(block.script, block.printed) for block in blocks] == [
        ("make serve\n", ""),
        ("# not a heading\necho 1\n", "1\n"),
        ("echo\n", ""),
    ]


@pytest.mark.parametrize("stray", ["```text\nnever compared\n```\n", "```\nof no language\n```\n", ""])
def test_a_tour_with_a_block_that_is_neither_pasted_nor_compared_is_refused(stray: str, tmp_path: Path) -> None:
    document = tmp_path / "tour.md"
    document.write_text(f"## Tour\n{stray}")
    with pytest.raises(ValueError, match=r"tour\.md"):
        read_tour(document, "## Tour")


@pytest.mark.parametrize(
    ("printed", "came"),
    [
        ("", ""),
        ("a\nb\n", "a\nb\n"),
        ("a\n", "a"),
        ('"id": "…",\n', '"id": "1000000001",\n'),
        ("HTTP/1.1 200 OK\n…\nend\n", "HTTP/1.1 200 OK\r\ndate: now\r\nserver: us\r\nend\r\n"),
        ("begin\n…\n", "begin\n"),
        ("one     two\n", "one\ttwo\n"),
    ],
)
def test_what_came_is_as_printed(printed: str, came: str) -> None:
    assert differences(printed, came) == ""


@pytest.mark.parametrize(
    ("printed", "came"),
    [
        ("", "curl: (7) Failed to connect\n"),
        ("a\n", ""),
        ("a\nb\n", "a\n"),
        ("a\n", "a\nb\n"),
        ('"licenseStatus":5\n', '"licenseStatus":6\n'),
        ('"id": "…"\n', '"id": ""\n'),
        ("a…c\n", "a\nc\n"),
        ("a.c\n", "abc\n"),
        ("first\n…\nlast\n", "first\nmiddle\n"),
    ],
)
def test_what_came_differs(printed: str, came: str) -> None:
    assert differences(printed, came)


def test_a_shell_keeps_its_variables_and_a_failure_is_told(tmp_path: Path) -> None:
    with Terminals(tmp_path) as terminals:
        terminals.paste("kept=yes\nsay() {\n  printf '%s' \"$1\"\n}\n")
        assert terminals.paste('say "$kept"\n') == "yes"
        with pytest.raises(AssertionError, match="ended with 3 after printing:\nhalf"):
            terminals.paste("printf half; (exit 3)\n")
