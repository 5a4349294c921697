"""`seatkeeper user` and `seatkeeper license`."""

import json

import httpx
import pytest

from tests.cli.command import seatkeeper, sentence_of
from tests.cli.terminal import Terminal
from tests.server_process import ServerProcess


def status_of(server: ServerProcess, login: str, password: str) -> int:
    return httpx.get(f"{server.url}/v1/sessions", auth=(login, password)).status_code


def test_a_user_is_added_given_passwords_and_deleted(demo_server: ServerProcess) -> None:
    options = ("--display-name", "New", "--role", "operator", "--language", "de-DE", "--station", "station01")
    added = seatkeeper("user", "add", "new01", *options, "--password-stdin", typed="first\n", data=demo_server.data)
    assert added.stdout.startswith("Added new01, with the associate id "), added.stderr
    assert status_of(demo_server, "new01", "first") == 200
    assert "first" not in demo_server.tail()

    set_ = seatkeeper("user", "set-password", "NEW01", "--password-stdin", typed="second\r\n", data=demo_server.data)
    assert set_.stdout == "The password of NEW01 is set.\n", set_.stderr
    assert status_of(demo_server, "new01", "second") == 200

    again = seatkeeper("user", "add", "new01", "--no-password", data=demo_server.data)
    assert "There is a user new01 already" in sentence_of(again, 1)
    assert "add --yes" in sentence_of(seatkeeper("user", "delete", "new01", data=demo_server.data), 2)
    deleted = seatkeeper("user", "delete", "--yes", "new01", data=demo_server.data)
    assert deleted.stdout == "Deleted new01.\n", deleted.stderr
    assert "new01" in sentence_of(seatkeeper("user", "delete", "--yes", "new01", data=demo_server.data), 1)


def test_a_password_is_asked_for_twice_and_never_shown(demo_server: ServerProcess) -> None:
    with Terminal("user", "add", "typed01", "--role", "operator", data=demo_server.data) as terminal:
        for first, second in (("one-of-mine", "another"), ("one-of-mine", "one-of-mine")):
            terminal.until("Password: ")
            terminal.enter(first)
            terminal.until("Once more: ")
            terminal.enter(second)
        assert terminal.end() == 0
        assert "do not match" in terminal.shown
        assert "Added typed01" in terminal.shown
        assert "one-of-mine" not in terminal.shown
    assert status_of(demo_server, "typed01", "one-of-mine") == 200


@pytest.mark.parametrize("prompt", ["Password: ", "Once more: "])
def test_whoever_thinks_better_of_a_password_presses_ctrl_c(prompt: str, demo_server: ServerProcess) -> None:
    with Terminal("user", "set-password", "agent01", data=demo_server.data) as terminal:
        terminal.until("Password: ")
        if prompt != "Password: ":
            terminal.enter("one-of-mine")
            terminal.until(prompt)
        terminal.interrupt()
        assert terminal.end() == 130
        assert terminal.shown.endswith("\nseatkeeper: Interrupted; nothing was changed.\n")


def test_a_deletion_is_asked_about(demo_server: ServerProcess) -> None:
    assert seatkeeper("user", "add", "doomed01", "--no-password", data=demo_server.data).returncode == 0
    for answer, code in (("n", 1), ("y", 0)):
        with Terminal("user", "delete", "doomed01", data=demo_server.data) as terminal:
            terminal.until("Delete doomed01, end their sessions and take all their licenses? [y/N]: ")
            terminal.enter(answer)
            assert terminal.end() == code
    assert "doomed01" not in seatkeeper("user", "list", data=demo_server.data).stdout


def test_a_password_comes_from_somewhere_and_is_of_some_length(demo_server: ServerProcess) -> None:
    nobody = seatkeeper("user", "add", "new02", data=demo_server.data)
    assert "add --password-stdin or --no-password" in sentence_of(nobody, 2)
    both = seatkeeper("user", "add", "new02", "--no-password", "--password-stdin", data=demo_server.data)
    assert "not both" in sentence_of(both, 2)
    for typed in ("\n", "x" * 1025):
        refused = seatkeeper("user", "set-password", "agent01", "--password-stdin", typed=typed, data=demo_server.data)
        assert "1 to 1024 characters" in sentence_of(refused, 2)


def test_users_are_listed_in_parts(demo_server: ServerProcess) -> None:
    first = seatkeeper("user", "list", "--limit", "2", data=demo_server.data)
    rows = [line.split("\t") for line in first.stdout.splitlines()]
    assert rows[0] == ["user", "display name", "method", "licenses"]
    assert [row[0] for row in rows[1:]] == ["admin01", "agent01"]
    assert "I3_ACCESS_CLIENT" in rows[2][3]
    assert first.stderr == "There are more; go on with --after agent01.\n"
    second = seatkeeper("user", "list", "--limit", "1", "--after", "agent01", "--json", data=demo_server.data)
    told = json.loads(second.stdout)
    assert ([each["login"] for each in told["users"]], told["next"]) == (["agent02"], "agent02")


def test_seats_are_set_and_listed(demo_server: ServerProcess) -> None:
    name = "I3_ACCESS_RECORDER"
    set_ = seatkeeper("license", "set-seats", name.lower(), "--assignable", "77", data=demo_server.data)
    assert set_.stdout.startswith(f"{name}: 77 assignable and "), set_.stderr
    assert seatkeeper("license", "set-seats", name, "--assignable", "77", data=demo_server.data).stdout.endswith(
        ", as before.\n"
    )
    rows = [line.split("\t") for line in seatkeeper("license", "list", data=demo_server.data).stdout.splitlines()]
    assert rows[0][:4] == ["license", "kind", "assigned", "seats"]
    assert [row[3] for row in rows if row[0] == f"ININ:{name}"] == ["77"]
    told = json.loads(
        seatkeeper("license", "set-seats", name, "--unrestricted", "--json", data=demo_server.data).stdout
    )
    assert (told["changed"], told["license"]["unrestricted"]) == (True, True)
    assert "unrestricted" in seatkeeper("license", "list", data=demo_server.data).stdout
    assert seatkeeper("license", "set-seats", name, "--restricted", data=demo_server.data).returncode == 0


def test_seats_that_cannot_be_set_are_told(demo_server: ServerProcess) -> None:
    nothing = seatkeeper("license", "set-seats", "I3_ACCESS_CLIENT", data=demo_server.data)
    assert "Give --assignable" in sentence_of(nothing, 2)
    unknown = seatkeeper("license", "set-seats", "NO_SUCH", "--assignable", "1", data=demo_server.data)
    assert "NO_SUCH" in sentence_of(unknown, 1)
    used = seatkeeper("license", "set-seats", "I3_ACCESS_CLIENT", "--assignable", "0", data=demo_server.data)
    assert "cannot be lowered" in sentence_of(used, 1)
    negative = seatkeeper("license", "set-seats", "I3_ACCESS_CLIENT", "--assignable", "-1", data=demo_server.data)
    assert negative.returncode == 2


def test_a_license_of_another_owner_is_called_with_him(demo_server: ServerProcess) -> None:
    said = seatkeeper("assign", "agent01", "planning:planner", "I3_ACCESS_DIALER_ADDON", data=demo_server.data)
    assert said.stdout == (
        "Assigned to agent01: PLANNING:PLANNER.\nAssigned to agent01 already: I3_ACCESS_DIALER_ADDON.\n"
    )
    said = seatkeeper("unassign", "agent01", "planning:planner", data=demo_server.data)
    assert said.stdout == "Taken from agent01: PLANNING:PLANNER.\n"


def test_every_command_that_prints_data_prints_json(demo_server: ServerProcess) -> None:
    def told(*args: str) -> dict[str, object]:
        result = seatkeeper(*args, "--json", data=demo_server.data)
        assert result.returncode == 0, result.stderr
        answer = json.loads(result.stdout)
        assert isinstance(answer, dict)
        return answer

    agent = {"kind": "user", "name": "agent01"}
    assert told("assign", "agent01", "I3_ACCESS_DIALER_ADDON", "I3_ACCESS_RECORDER") == {
        "holder": agent,
        "changed": ["I3_ACCESS_RECORDER"],
        "unchanged": ["I3_ACCESS_DIALER_ADDON"],
    }
    assert told("unassign", "agent01", "I3_ACCESS_RECORDER") == {
        "holder": agent,
        "changed": ["I3_ACCESS_RECORDER"],
        "unchanged": [],
    }
    assert set(told("explain", "agent01", "I3_ACCESS_CLIENT")) == {"verdict", "tried"}
    assert set(told("sessions", "list")) == {"sessions"}
    assert set(told("user", "list")) == {"users", "next"}
    assert set(told("license", "list")) == {"licenses"}
    checked = told("check")
    assert (checked["clean"], checked["differences"]) == (True, [])
