"""`seatkeeper apply`: what would change is shown, asked about, and then done as it was shown."""

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import seatkeeper, sentence_of
from tests.cli.terminal import PATIENCE_SECONDS, Terminal
from tests.server_process import ServerProcess

MORE = """
[[licenses]]
name = "MORE"
assignable_seats = 20
[[users]]
login = "more01"
display_name = "More"
licenses = ["MORE"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with an inventory that nobody has applied yet."""
    path = tmp_path / "more.toml"
    path.write_text(MORE)
    return path


def changed(file: Path, before: str, after: str) -> Path:
    """The file with something else in it."""
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    return file


def seats_of(server: ServerProcess, name: str) -> int:
    listed = json.loads(seatkeeper("license", "list", "--json", data=server.data).stdout)["licenses"]
    [seats] = [each["assignable_seats"] for each in listed if each["name"] == name]
    return int(seats)


def test_a_new_file_is_shown_applied_and_then_all_so_already(demo_server: ServerProcess, file: Path) -> None:
    first = seatkeeper("apply", "--yes", file, data=demo_server.data)
    assert first.stdout.splitlines() == [
        "+ license MORE: assignable_seats 20",
        '+ user more01: display_name "More"',
        "+ assignment more01 MORE",
        f"{file}: new or changed: 1 license, 1 user, 1 assignment.",
    ], first.stderr
    again = seatkeeper("apply", file, data=demo_server.data)
    assert (again.returncode, again.stdout) == (0, f"{file}: all was so already.\n")


def test_a_changed_file_shows_exactly_the_change(demo_server: ServerProcess, file: Path) -> None:
    seatkeeper("apply", "--yes", file, data=demo_server.data)
    changed(file, "assignable_seats = 20", "assignable_seats = 30")
    shown = "~ license MORE: assignable_seats 20 -> 30\n"
    looked = seatkeeper("apply", "--dry-run", file, data=demo_server.data)
    assert (looked.returncode, looked.stdout) == (0, f"{shown}{file}: would be new or changed: 1 license.\n")
    assert seats_of(demo_server, "MORE") == 20
    applied = seatkeeper("apply", "--yes", file, data=demo_server.data)
    assert (applied.returncode, applied.stdout) == (0, f"{shown}{file}: new or changed: 1 license.\n")
    assert seats_of(demo_server, "MORE") == 30
    back = changed(file, "assignable_seats = 30", "assignable_seats = 20")
    assert seatkeeper("apply", "--yes", back, data=demo_server.data).returncode == 0


def test_without_a_terminal_and_without_yes_nothing_is_changed(demo_server: ServerProcess, file: Path) -> None:
    changed(file, "more01", "unasked01")
    refused = seatkeeper("apply", file, data=demo_server.data)
    assert refused.returncode == 2
    assert "+ user unasked01" in refused.stdout
    assert "There is no terminal to ask on, so nothing was changed; add --yes" in refused.stderr
    assert "unasked01" not in seatkeeper("user", "list", data=demo_server.data).stdout


def test_the_first_inventory_is_planned_without_making_a_database(tmp_path: Path, file: Path) -> None:
    data = tmp_path / "data"
    table = tmp_path / "people.csv"
    table.write_text("user,license,method\nfirst01,MORE,\n")
    for options in ((), ("--in-steps",)):
        looked = seatkeeper("apply", "--dry-run", *options, file, data=data)
        assert looked.returncode == 0, looked.stderr
        assert looked.stdout.splitlines()[-1] == f"{file}: would be new or changed: 1 license, 1 user, 1 assignment."
    assert f"{table}: line 2: license: " in sentence_of(seatkeeper("import", "--dry-run", table, data=data), 1)
    unasked = seatkeeper("apply", file, data=data)
    assert unasked.returncode == 2
    assert "+ user more01" in unasked.stdout
    assert "add --yes" in unasked.stderr
    file.write_text("[[users]]\nlogin = 1\n")
    assert "users[1]" in sentence_of(seatkeeper("apply", "--yes", file, data=data), 1)
    assert not data.exists()


def test_the_first_inventory_is_made_after_a_yes_and_not_before(tmp_path: Path, file: Path) -> None:
    data = tmp_path / "data"
    with Terminal("apply", file, data=data) as terminal:
        terminal.until("Apply these changes? [y/N]: ")
        assert not data.exists()
        terminal.enter("y")
        assert terminal.end() == 0
    assert seatkeeper("apply", file, data=data).stdout == f"{file}: all was so already.\n"


def test_the_totals_are_shown_before_the_question(tmp_path: Path, demo_server: ServerProcess) -> None:
    whole = tmp_path / "whole.toml"
    whole.write_text('[[licenses]]\nname = "ONLY"\n[[users]]\nlogin = "admin01"\n')
    with Terminal("apply", "--prune", whole, data=demo_server.data) as terminal:
        shown = terminal.until("Apply these changes? [y/N]: ")
        assert re.search(
            rf"^{whole}: would be new or changed: 1 license.*; removed: [0-9,]+ licenses, [0-9,]+ users",
            shown,
            re.MULTILINE,
        )
        terminal.enter("n")
        assert terminal.end() == 1


def test_more_than_one_commit_holds_is_told_before_the_question(tmp_path: Path, file: Path) -> None:
    data = tmp_path / "data"
    env = {"SEATKEEPER_INVENTORY_CHANGES_AT_ONCE": "2"}
    looked = seatkeeper("apply", "--dry-run", file, data=data, env=env)
    assert looked.returncode == 0
    assert looked.stdout.splitlines()[-1] == f"{file}: would be new or changed: 1 license, 1 user, 1 assignment."
    assert "3 changes" in looked.stderr
    assert "--in-steps" in looked.stderr
    with Terminal("apply", file, data=data, env=env) as terminal:
        assert terminal.end() == 1
        assert "[y/N]" not in terminal.shown
        assert "3 changes are more than are made at once: at most 2" in terminal.shown
        assert "--in-steps" in terminal.shown
    assert not data.exists()
    done = seatkeeper("apply", "--yes", "--in-steps", file, data=data, env={**env, "SEATKEEPER_INVENTORY_STEP": "1"})
    assert done.returncode == 0, done.stderr


def test_assignments_that_go_with_a_license_count_as_changes(tmp_path: Path, file: Path) -> None:
    data = tmp_path / "data"
    assert seatkeeper("apply", "--yes", file, data=data).returncode == 0
    file.write_text('[[licenses]]\nname = "OTHER"\n')
    env = {"SEATKEEPER_INVENTORY_CHANGES_AT_ONCE": "2"}
    with Terminal("apply", "--prune", file, data=data, env=env) as terminal:
        assert terminal.end() == 1
        assert "[y/N]" not in terminal.shown
        assert "3 changes are more than are made at once: at most 2" in terminal.shown


@pytest.mark.parametrize(
    ("leave", "code", "said"),
    [
        pytest.param(Terminal.interrupt, 130, "Interrupted; nothing was changed.", id="Ctrl-C"),
        pytest.param(Terminal.end_input, 1, "There was no answer, so nothing was changed.", id="end of input"),
    ],
)
def test_a_question_may_go_unanswered(
    leave: Callable[[Terminal], None], code: int, said: str, demo_server: ServerProcess, file: Path
) -> None:
    changed(file, "more01", "unanswered01")
    with Terminal("apply", file, data=demo_server.data) as terminal:
        terminal.until("Apply these changes? [y/N]: ")
        leave(terminal)
        assert terminal.end() == code
        assert f"\nseatkeeper: {said}\n" in terminal.shown
        assert "Aborted" not in terminal.shown
    assert "unanswered01" not in seatkeeper("user", "list", data=demo_server.data).stdout


def test_an_interruption_while_it_is_planned_changes_nothing(tmp_path: Path) -> None:
    pipe = tmp_path / "users.jsonl"
    os.mkfifo(pipe)
    with Terminal("apply", pipe, data=tmp_path / "data") as terminal:
        writing = opened_for_writing(pipe)
        terminal.interrupt()
        assert terminal.end() == 130
        assert "seatkeeper: Interrupted; nothing was changed.\n" in terminal.shown
        os.close(writing)
    assert not (tmp_path / "data").exists()


def opened_for_writing(pipe: Path) -> int:
    """The pipe's end for writing, once somebody reads from the other."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody has opened it yet
            assert time.monotonic() < deadline, "the file is not read"
            time.sleep(0.01)


def test_what_is_answered_on_a_terminal_decides(demo_server: ServerProcess, file: Path) -> None:
    changed(file, "more01", "asked01")
    with Terminal("apply", file, data=demo_server.data) as terminal:
        assert "+ user asked01" in terminal.until("Apply these changes? [y/N]: ")
        terminal.enter("n")
        assert terminal.end() == 1
        assert "seatkeeper: Nothing was changed.\n" in terminal.shown
    with Terminal("apply", file, data=demo_server.data) as terminal:
        terminal.until("Apply these changes? [y/N]: ")
        terminal.enter("y")
        assert terminal.end() == 0
        assert f"{file}: new or changed: " in terminal.shown
    with Terminal("apply", file, data=demo_server.data) as terminal:
        assert terminal.end() == 0
        assert terminal.shown == f"{file}: all was so already.\n"


def test_a_plan_that_somebody_overtakes_is_not_applied(demo_server: ServerProcess, file: Path) -> None:
    seatkeeper("apply", "--yes", file, data=demo_server.data)
    changed(file, "assignable_seats = 20", "assignable_seats = 40")
    with Terminal("apply", file, data=demo_server.data) as terminal:
        terminal.until("Apply these changes? [y/N]: ")
        overtaking = seatkeeper("license", "set-seats", "MORE", "--assignable", "90", data=demo_server.data)
        assert overtaking.returncode == 0, overtaking.stderr
        terminal.enter("y")
        assert terminal.end() == 1
        assert "has changed since" in terminal.shown.partition("[y/N]")[2]
    assert seats_of(demo_server, "MORE") == 90
    seatkeeper("license", "set-seats", "MORE", "--assignable", "20", data=demo_server.data)


def test_while_somebody_thinks_the_data_directory_is_free(tmp_path: Path, file: Path) -> None:
    data = tmp_path / "data"
    assert seatkeeper("apply", "--yes", file, data=data).returncode == 0
    with Terminal("apply", changed(file, "= 20", "= 30"), data=data) as terminal:
        terminal.until("Apply these changes? [y/N]: ")
        assert seatkeeper("assign", "more01", "MORE", data=data).returncode == 0
        terminal.enter("y")
        assert terminal.end() == 0
    assert "\t30\t" in seatkeeper("license", "list", data=data).stdout


def test_many_changes_are_cut_off_on_a_terminal_only(demo_server: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text("".join(f'{{"entry": "user", "login": "many{number:04}"}}\n' for number in range(1200)))
    elsewhere = seatkeeper("apply", "--dry-run", file, data=demo_server.data).stdout.splitlines()
    assert len(elsewhere) == 1002
    assert elsewhere[-2:] == ["and 200 more", f"{file}: would be new or changed: 1,200 users."]
    with Terminal("apply", "--dry-run", file, data=demo_server.data) as terminal:
        assert terminal.end() == 0
        shown = terminal.shown.splitlines()
    assert len(shown) == 102
    assert shown[-2:] == ["and 1,100 more", f"{file}: would be new or changed: 1,200 users."]


def test_what_acts_on_a_terminal_is_escaped(demo_server: ServerProcess, file: Path) -> None:
    changed(file, '"More"', r'"\u001b[2J\nMore\u009b"')
    shown = seatkeeper("apply", "--dry-run", file, data=demo_server.data).stdout
    assert r'"\u001b[2J\nMore\x9b"' in shown


def test_pruning_shows_and_removes_what_the_file_lacks(tmp_path: Path, file: Path) -> None:
    data = tmp_path / "data"
    assert seatkeeper("apply", "--yes", file, data=data).returncode == 0
    whole = tmp_path / "whole.toml"
    whole.write_text('[[licenses]]\nname = "ONLY"\n[[users]]\nlogin = "more01"\n')
    pruned = seatkeeper("apply", "--yes", "--prune", whole, data=data)
    assert "- license MORE" in pruned.stdout, pruned.stderr
    last = pruned.stdout.splitlines()[-1]
    assert last.startswith(f"{whole}: new or changed: 1 license; removed: 1 license")
    assert seatkeeper("license", "list", data=data).stdout.count("\n") == 2
    table = tmp_path / "table.csv"
    table.write_text("login\nmore01\n")
    assert "a CSV is none" in sentence_of(seatkeeper("apply", "--prune", "--yes", table, data=data), 2)


def test_seats_fall_below_what_is_assigned_only_where_that_is_allowed(demo_server: ServerProcess, file: Path) -> None:
    seatkeeper("apply", "--yes", file, data=demo_server.data)
    changed(file, "assignable_seats = 20", "assignable_seats = 0")
    refused = seatkeeper("apply", "--yes", file, data=demo_server.data)
    assert refused.returncode == 1
    assert f"seatkeeper: {file}: licenses[1]" in refused.stderr
    allowed = seatkeeper("apply", "--yes", "--allow-overcommit", file, data=demo_server.data)
    assert allowed.returncode == 0, allowed.stderr
    back = changed(file, "assignable_seats = 0", "assignable_seats = 20")
    assert seatkeeper("apply", "--yes", back, data=demo_server.data).returncode == 0


def test_json_tells_the_plan_and_whether_it_was_applied(demo_server: ServerProcess, file: Path) -> None:
    changed(file, "more01", "json01")
    looked = json.loads(seatkeeper("apply", "--dry-run", "--json", file, data=demo_server.data).stdout)
    assert (looked["file"], looked["applied"]) == (str(file), False)
    assert looked["total"] == len(looked["changes"]) > 0
    applied = json.loads(seatkeeper("apply", "--yes", "--json", file, data=demo_server.data).stdout)
    assert set(applied) == {"file", "applied", "position", "total", "counts", "changes", "blocks", "unblocks"}
    assert applied["applied"]
    assert applied["counts"] == looked["counts"]
    assert applied["changes"] == looked["changes"]
    assert applied["position"] > looked["position"]
    again = json.loads(seatkeeper("apply", "--yes", "--json", file, data=demo_server.data).stdout)
    assert (again["total"], again["applied"], again["changes"]) == (0, False, [])
    assert "add --yes, or --dry-run" in sentence_of(seatkeeper("apply", "--json", file, data=demo_server.data), 2)


def test_each_format_goes_by_its_suffix_or_as_it_is_named(demo_server: ServerProcess, tmp_path: Path) -> None:
    table, lines, other = tmp_path / "u.CSV", tmp_path / "u.jsonl", tmp_path / "u.txt"
    table.write_text("login,display_name\nformat01,First\n")
    lines.write_text('{"entry": "user", "login": "format01", "display_name": "Second"}\n')
    other.write_text('[[users]]\nlogin = "format01"\ndisplay_name = "Third"\n')
    for file, name in ((table, "First"), (lines, "Second"), (other, "Third")):
        applied = seatkeeper("apply", "--yes", file, data=demo_server.data)
        assert applied.returncode == 0, applied.stderr
        assert name in seatkeeper("user", "list", "--after", "form", "--limit", "1", data=demo_server.data).stdout
    named = seatkeeper("apply", "--yes", "--format", "jsonl", "-", typed=lines.read_text(), data=demo_server.data)
    assert named.stdout.splitlines()[-1] == "standard input: new or changed: 1 user.", named.stderr


def test_standard_input_needs_a_format_and_whoever_cannot_be_asked_says_yes_beforehand(
    demo_server: ServerProcess,
) -> None:
    text = '[[users]]\nlogin = "input01"\n'
    assert "--format" in sentence_of(seatkeeper("apply", "-", typed=text, data=demo_server.data), 2)
    unasked = seatkeeper("apply", "-", "--format", "toml", typed=text, data=demo_server.data)
    assert unasked.returncode == 2
    applied = seatkeeper("apply", "-", "--format", "toml", "--yes", typed=text, data=demo_server.data)
    assert applied.returncode == 0, applied.stderr


def test_a_file_with_more_changes_than_one_commit_holds_says_how_to_go_on(tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    file.write_text("login\n" + "".join(f"many{number}\n" for number in range(20)))
    env = {"SEATKEEPER_INVENTORY_CHANGES_AT_ONCE": "10"}
    refused = seatkeeper("apply", "--yes", file, data=tmp_path / "data", env=env)
    assert refused.returncode == 1
    assert "--in-steps" in refused.stderr
    done = seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "data", env=env)
    assert done.stdout == f"{file}: new or changed: 20 users.\n", done.stderr


def test_a_file_larger_than_one_request_says_how_to_go_on(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_text("login,display_name\n" + "".join(f"large{number},{'x' * 1000}\n" for number in range(10)))
    env = {"SEATKEEPER_LIMITS_INVENTORY_BODY": "4096"}
    assert "--in-steps" in sentence_of(seatkeeper("apply", "--yes", file, data=tmp_path / "data", env=env), 1)
    done = seatkeeper("apply", "--yes", "--in-steps", file, data=tmp_path / "data", env=env)
    assert done.stdout == f"{file}: new or changed: 10 users.\n", done.stderr


def test_a_token_that_the_server_does_not_take_puts_it_out_of_reach(demo_server: ServerProcess, file: Path) -> None:
    token = demo_server.data / "admin-token"
    right = token.read_text()
    token.write_text(right.swapcase())
    try:
        assert "The admin token is wrong" in sentence_of(seatkeeper("apply", "--yes", file, data=demo_server.data), 3)
    finally:
        token.write_text(right)
