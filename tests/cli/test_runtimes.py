"""`seatkeeper runtime` and `seatkeeper application`."""

import json

import pytest

from tests.cli.command import seatkeeper, sentence_of
from tests.cli.terminal import Terminal
from tests.server_process import ServerProcess


def test_a_runtime_is_added_stopped_started_and_removed(demo_server: ServerProcess) -> None:
    data = demo_server.data
    for command, said in (
        (("add", "new one", "--stopped"), "new one does not run.\n"),
        (("start", "new one"), "new one runs.\n"),
        (("start", "new one"), "new one runs, as before.\n"),
        (("stop", "new one"), "new one does not run.\n"),
    ):
        done = seatkeeper("runtime", *command, data=data)
        assert (done.returncode, done.stdout) == (0, said), done.stderr
    assert "new one\tno\t0\n" in seatkeeper("runtime", "list", data=data).stdout
    assert "add --yes" in sentence_of(seatkeeper("runtime", "remove", "new one", data=data), 2)
    assert seatkeeper("runtime", "remove", "--yes", "new one", data=data).stdout == "Removed new one.\n"
    assert "new one" in sentence_of(seatkeeper("runtime", "remove", "--yes", "new one", data=data), 1)


@pytest.mark.parametrize("command", ["start", "stop"])
def test_a_runtime_that_is_not_there_is_neither_started_nor_added(command: str, demo_server: ServerProcess) -> None:
    before = seatkeeper("runtime", "list", data=demo_server.data).stdout
    assert "mpf" in sentence_of(seatkeeper("runtime", command, "mpf", data=demo_server.data), 1)
    assert seatkeeper("runtime", "list", data=demo_server.data).stdout == before


@pytest.mark.parametrize(
    "command",
    [
        ("runtime", "remove", "--yes", "mfp/applications/com.example.kiosk"),
        ("runtime", "remove", "--yes", ".."),
        ("runtime", "add", ""),
        ("application", "remove", "--yes", "mfp", ".."),
        ("application", "remove", "--yes", "mfp", "."),
        ("application", "list", ".."),
    ],
)
def test_a_name_that_would_be_another_place_on_the_server_is_wrong_use(
    command: tuple[str, ...], demo_server: ServerProcess
) -> None:
    before = seatkeeper("runtime", "list", data=demo_server.data).stdout
    assert "name" in sentence_of(seatkeeper(*command, data=demo_server.data), 2)
    assert seatkeeper("runtime", "list", data=demo_server.data).stdout == before


def test_applications_are_listed_with_what_they_are(demo_server: ServerProcess) -> None:
    listed = seatkeeper("application", "list", "mfp", data=demo_server.data)
    assert listed.returncode == 0, listed.stderr
    rows = dict(line.split("\t", 1) for line in listed.stdout.splitlines())
    assert rows["application"] == "category\tlicense type\ttoken\tversions\twhy blocked"
    assert rows["com.example.banking"] == "B2C\tAPPLICATION\t-\tandroid 1.0, android 1.1, ios 1.0\t-"
    assert rows["com.example.survey"] == "-\t-\t-\tandroid 1.0, ios 1.0\t-"
    assert rows["com.example.visitors"] == "UNDEFINED\tAPPLICATION\t-\t-\t-"
    told = json.loads(seatkeeper("application", "list", "--json", "mfp", data=demo_server.data).stdout)
    assert {each["name"] for each in told["applications"]} == rows.keys() - {"application"}
    assert "none" in sentence_of(seatkeeper("application", "list", "none", data=demo_server.data), 1)


def test_an_application_is_removed_after_a_yes(demo_server: ServerProcess) -> None:
    data, name = demo_server.data, "com.example.removed/ä"
    file = data.with_name("removed.toml")
    file.write_text(f'[[applications]]\nruntime = "mfpold"\nname = "{name}"\ncategory = "B2E"\n', encoding="utf-8")
    assert seatkeeper("apply", "--yes", file, data=data).returncode == 0
    with Terminal("application", "remove", "mfpold", name, data=data) as terminal:
        terminal.until("[y/N]: ")
        terminal.enter("y")
        assert terminal.end() == 0
        assert f"Removed {name} from mfpold." in terminal.shown
    again = seatkeeper("application", "remove", "--yes", "mfpold", name, data=data)
    assert name in sentence_of(again, 1)
