"""What `top` draws of what it was answered, on terminals of any size."""

import io
from typing import Any

import pytest
from rich.console import Console

from seatkeeper.cli.top_frame import Frame, View

SERVER = {"state": "serving", "since": "2026-11-22T08:12:03Z", "sessions": 1412, "alternate_hosts": []}
NEWEST = {"user": "agent29", "application": "desk", "connected_at": "2026-11-22T09:04:58Z"}


def pool(name: str, assigned: int, seats: int, in_use: int = 0, concurrent: int = 0, **more: object) -> dict[str, Any]:
    return {
        "owner": "ININ",
        "name": name,
        "license": name,
        "unrestricted": False,
        "assignable_seats": seats,
        "assigned": assigned,
        "concurrent_seats": concurrent,
        "concurrent_in_use": in_use,
        "refused": 0,
        **more,
    }


def denial(number: int, **more: object) -> dict[str, Any]:
    return {
        "seq": number,
        "at": f"2026-11-22T09:04:{number:02}Z",
        "user": f"agent{number:02}",
        "license": "I3_FULL",
        "sentence": "All concurrent seats of I3_FULL were in use.",
        "repeats": 0,
        "application": "desk",
        "machine": "127.0.0.1",
        "station": None,
        **more,
    }


def view(pools: list[dict[str, Any]], denials: list[dict[str, Any]], **server: object) -> View:
    overview = {
        "at": "2026-11-22T09:05:00Z",
        "server": {**SERVER, **server},
        "newest": NEWEST,
        "log_ons_a_minute": 38.0,
        "pools": pools,
        "runtimes": [],
    }
    return View(overview, denials)


def drawn(view: View, width: int = 140, height: int = 40, *, whole: bool = False) -> list[str]:
    """The lines, as a terminal of this size without colours shows them."""
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None, force_terminal=True)
    with console.capture() as captured:
        console.print(Frame(view, whole=whole))
    return captured.get().splitlines()


FULL = view(
    [pool("I3_EMPTY", 0, 5), pool("I3_FULL", 1, 4, 3, 3, refused=7), pool("I3_OVER", 6, 5), pool("I3_SOME", 19, 20)],
    [denial(9, repeats=4, station="station01"), denial(8)],
)


def test_the_head_tells_state_sessions_and_the_newest() -> None:
    assert drawn(FULL)[0].split("  ") == [
        "09:05:00 UTC",
        "serving since 08:12:03",
        "1,412 sessions",
        "38 log-ons a minute",
        "newest agent29 (desk) 09:04:58",
    ]


def test_pools_come_by_how_full_they_are_with_what_is_taken_and_refused() -> None:
    rows = [" ".join(line.split()) for line in drawn(FULL)[2:7]]
    assert rows == [
        "license used assigned in use refused",
        "I3_OVER ████████████████████ 120% 6/5 0/0 -",
        "I3_FULL ████████████████████ 100% 1/4 3/3 7",
        "I3_SOME ███████████████████░ 95% 19/20 0/0 -",
        "I3_EMPTY ░░░░░░░░░░░░░░░░░░░░ 0% 0/5 0/0 -",
    ]


def test_licenses_of_one_name_are_told_apart_by_their_owner() -> None:
    both = [pool("MOBILE", 1, 2), pool("MOBILE", 1, 2, owner="CRM", license="CRM:MOBILE")]
    assert [line.split()[0] for line in drawn(view(both, []))[3:5]] == ["CRM:MOBILE", "MOBILE"]


def test_denials_tell_who_which_why_how_often_again_and_from_where() -> None:
    assert [line.split("  ")[0] for line in drawn(FULL)[8:11]] == ["refused", "09:04:09", "09:04:08"]
    newest = " ".join(drawn(FULL)[9].split())
    assert newest == "09:04:09 agent09 I3_FULL All concurrent seats of I3_FULL were in use. 4x desk 127.0.0.1 station01"


def test_whose_session_has_ended_is_from_nowhere_known() -> None:
    gone = view([], [denial(1, application=None, machine=None)])
    assert drawn(gone)[-1].rstrip().endswith("(session ended)")


def test_a_pool_without_bound_has_no_bar_and_one_without_seats_is_full_once_taken() -> None:
    told = drawn(view([pool("I3_FREE", 9, 0, unrestricted=True), pool("I3_NONE", 1, 0)], []))
    assert [" ".join(line.split()) for line in told[3:5]] == [
        "I3_NONE ████████████████████ 999% 1/0 0/0 -",
        "I3_FREE no bound 9 0 -",
    ]


def test_a_bar_is_full_only_where_nothing_is_left_and_empty_only_where_nothing_is_taken() -> None:
    told = drawn(view([pool("I3_A", 999, 1000), pool("I3_B", 1, 1000)], []))
    assert ("█" * 19 + "░") in told[3]
    assert ("█" + "░" * 19) in told[4]


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
@pytest.mark.parametrize("height", [2, 6, 10, 24, 60])
def test_it_fits_every_terminal_and_the_newest_denial_has_its_place(width: int, height: int) -> None:
    many = view(
        [pool(f"I3_LICENSE_{number}", number, 60) for number in range(60)],
        [denial(number) for number in range(59, 9, -1)],
        state="draining",
    )
    told = drawn(many, width, height)
    assert max(map(len, told)) <= width
    assert any("09:04:59" in line for line in told)
    if height >= 6:
        assert len(told) <= height


def test_what_one_table_does_not_need_is_the_others() -> None:
    few = view([pool(f"I3_LICENSE_{number}", 1, 60) for number in range(40)], [denial(1)])
    assert sum("I3_LICENSE" in line for line in drawn(few, height=30)) > 20
    assert (
        sum("09:04" in line for line in drawn(view([pool("A", 1, 2)], [denial(n) for n in range(40)]), height=30)) > 20
    )


def test_licenses_without_room_are_counted() -> None:
    told = drawn(view([pool(f"I3_LICENSE_{number}", 1, 60) for number in range(40)], []), height=20)
    shown = sum("I3_LICENSE" in line for line in told)
    assert f"and {40 - shown} licenses less full" in "\n".join(told)


def test_whole_leaves_nothing_out() -> None:
    everything = view([pool(f"I3_LICENSE_{n}", 1, 60) for n in range(70)], [denial(n) for n in range(20)])
    told = "\n".join(drawn(everything, width=100, height=10, whole=True))
    assert all(f"I3_LICENSE_{number} " in told for number in range(70))
    assert all(f"agent{number:02}" in told for number in range(20))


@pytest.mark.parametrize("state", ["draining", "standby"])
def test_a_server_that_takes_no_log_ons_says_where_clients_are_sent(state: str) -> None:
    told = drawn(view([], [], state=state, alternate_hosts=["ic2.example", "ic3.example"]))
    assert f"{state} since 08:12:03" in told[0]
    assert told[1].strip() == "Takes no log-ons; clients are sent to ic2.example, ic3.example."
    assert drawn(view([], [], state=state))[1].strip().endswith("sent to no other server.")


def test_a_server_that_does_not_answer_is_shown_as_it_was_and_said_to_be_gone() -> None:
    told = drawn(FULL._replace(trouble="No server serves data at the moment.", since=0.0))
    assert "unreachable since 00:00:00" in told[0]
    assert told[1].strip() == "No server serves data at the moment. What is shown is what there was."
    assert any("I3_FULL" in line for line in told)


def runtime(name: str, blocked: int = 0, unfinished: int = 0, since: str | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "running": True,
        "applications": 3,
        "blocked_applications": blocked,
        "unfinished_transactions": unfinished,
        "oldest_transaction_at": since,
    }


def test_blocked_applications_and_transactions_that_wait_have_a_line_above_the_pools() -> None:
    at_work = view([pool("I3_A", 1, 2)], [])
    at_work.overview["runtimes"] = [
        runtime("branch", 1, 1, "2026-11-22T09:03:20Z"),
        runtime("idle"),
        runtime("mfp", 2, 40, "2026-11-22T09:01:07Z"),
    ]
    assert [line.strip() for line in drawn(at_work)[1:3]] == [
        "3 applications lack their tokens: mfp 2, branch 1.",
        "41 transactions are not over, the oldest since 09:01:07: mfp 40, branch 1.",
    ]
    at_work.overview["runtimes"] = [runtime("mfp", 1, 1, "2026-11-22T09:01:07Z")]
    assert [line.strip() for line in drawn(at_work)[1:3]] == [
        "1 application lacks its token: mfp 1.",
        "1 transaction is not over, the oldest since 09:01:07: mfp 1.",
    ]
    assert len(drawn(at_work, width=40, height=10)) <= 10
    at_work.overview["runtimes"] = [runtime("idle")]
    assert drawn(at_work)[1].strip() == ""


def test_names_do_nothing_to_the_terminal() -> None:
    evil = "\x1b[2J[red]x[/red]"
    server = view(
        [pool(evil, 1, 2)], [denial(1, user=evil, license=evil, sentence=evil, application=evil, machine=evil)]
    )
    server.overview["newest"]["user"] = evil
    server.overview["runtimes"] = [runtime(evil, blocked=1)]
    told = "\n".join(drawn(server, 200))
    assert "\x1b[2J" not in told
    assert told.count("\\x1b[2J[red]x[/red]") >= 5


def test_a_terminal_without_unicode_gets_bars_all_the_same() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    console = Console(file=file, width=120, height=30, color_system=None)
    console.print(Frame(view([pool("I3_HALF", 1, 2)], [])))
    file.seek(0)
    assert "##########----------" in file.read()
