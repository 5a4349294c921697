"""`seatkeeper top` on a real terminal, before a real server."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatkeeper.cli.top import POLL_SECONDS
from tests.cli.command import seatkeeper, sentence_of
from tests.cli.terminal import Terminal
from tests.icws.world import World
from tests.server_process import ServerProcess, start_server

# A refusal is to be on the screen within a second. A machine that does eight things at once gets more.
SHOWN_SECONDS = 5.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with start_server(tmp_path_factory.mktemp("top") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def world(server: ServerProcess) -> Iterator[World]:
    world = World(server)
    yield world
    world.close()


def test_a_refusal_is_on_the_screen_within_a_second(world: World, server: ServerProcess) -> None:
    license_ = world.license(concurrent_seats=1, assignable_seats=0)
    holder, other = (world.user(license_, method="concurrent") for _ in range(2))
    with world.log_on(holder) as first, world.log_on(other) as second, Terminal("top", data=server.data) as top:
        assert first.status(license_) == 2
        top.until(f"newest {other} (Shift Desk)")
        top.until("1/1")
        began = time.monotonic()
        assert second.status(license_) == 4
        top.until(f"{other}  {license_}  All concurrent seats of {license_} were in use.")
        assert time.monotonic() - began < SHOWN_SECONDS
        for _ in range(3):
            second.status(license_)
        top.until("3x")
        top.interrupt()
        assert top.process.returncode == 0


def test_it_asks_often_enough_to_show_a_refusal_within_a_second() -> None:
    assert POLL_SECONDS <= 0.5


def test_it_outlives_the_server_and_finds_it_again(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server, Terminal("top", data=server.data) as top:
        top.until("serving since")
        server.kill()
        top.until("unreachable since")
        top.until("What is shown is what there was.")
        server.start()
        top.until("serving since")
        assert seatkeeper("drain", data=server.data).returncode == 0
        top.until("draining since")
        top.interrupt()
        assert top.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_gives_the_terminal_back_as_it_was(server: ServerProcess, number: signal.Signals) -> None:
    with Terminal("top", data=server.data) as top:
        top.until("serving")  # in the midst of its first drawing
        top.process.send_signal(number)
        assert top.end() == 0
        assert top.written.count("\x1b[?1049h") == top.written.count("\x1b[?1049l") == 1
        assert top.written.rindex("\x1b[?25h") > top.written.rindex("\x1b[?25l")


def test_without_colours_nothing_is_coloured(server: ServerProcess) -> None:
    with Terminal("top", data=server.data, env={"NO_COLOR": "1"}) as top:
        top.until("serving")
        top.interrupt()
        assert "\x1b[32m" not in top.written
        assert "\x1b[1;32m" not in top.written


def test_once_prints_one_frame_of_plain_text(world: World, server: ServerProcess) -> None:
    license_ = world.license()
    with world.log_on(world.user()) as session:
        assert session.status(license_) == 3
        printed = seatkeeper("top", "--once", data=server.data)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert "\x1b" not in printed.stdout
    assert " UTC  serving since " in printed.stdout
    assert f"{license_} was assigned neither to" in printed.stdout
    assert all(line == line.rstrip() for line in printed.stdout.splitlines())


def test_a_server_that_does_not_answer_a_question_is_told_without_a_word_about_changes(server: ServerProcess) -> None:
    server.process.send_signal(signal.SIGSTOP)
    try:
        said = sentence_of(seatkeeper("top", "--once", data=server.data), 3)
    finally:
        server.process.send_signal(signal.SIGCONT)
    assert said == f"seatkeeper: The server of {server.data} did not answer (ReadTimeout).\n"


def test_where_it_cannot_draw_it_says_how_to_print(server: ServerProcess) -> None:
    assert "add --once" in sentence_of(seatkeeper("top", data=server.data), 2)


@pytest.mark.parametrize("option", [[], ["--once"]])
def test_without_a_server_there_is_nothing_to_watch(tmp_path: Path, option: list[str]) -> None:
    said = sentence_of(seatkeeper("top", *option, data=tmp_path), 3)
    assert said == (
        f"seatkeeper: No server serves {tmp_path}; 'seatkeeper serve' starts one."
        " Is it another directory? --data names it.\n"
    )
