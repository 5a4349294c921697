"""Live sessions with what they hold."""

from functools import partial

import pytest

from seatkeeper.licensing.entities import HolderKind, Method, StationSetting
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.sessions import HoldView, SessionView, live_sessions
from tests.queries.plans import asked

pytestmark = pytest.mark.anyio


async def test_a_session_is_told_with_its_user_station_activity_and_holds(reads: Reads) -> None:
    first, *_ = await reads.run(live_sessions)
    assert first == SessionView(
        session_id=10,
        user_id=2,
        login="Agent01",
        display_name="Agent01",
        application="desk",
        machine="127.0.0.1",
        language="en-US",
        setting=StationSetting.WORKSTATION,
        station="Station01",
        remote_number=None,
        connected_at=1010,
        last_seen=5000,
        holds=(
            HoldView("ININ", "Alpha", Method.ASSIGNABLE, HolderKind.STATION, 2000),
            HoldView("ININ", "Beta", Method.CONCURRENT, HolderKind.USER, 2000),
        ),
    )


async def test_a_session_without_a_station_was_last_seen_when_it_connected(reads: Reads) -> None:
    second = (await reads.run(live_sessions))[1]
    assert (second.station, second.setting, second.last_seen, second.holds) == (None, StationSetting.NONE, 1011, ())


@pytest.mark.parametrize(
    ("login", "sessions"), [("agent01", [10, 11]), ("AGENT02", [12]), ("agent03", []), ("agent01\0", [])]
)
async def test_sessions_of_one_user_are_found_in_any_case(reads: Reads, login: str, sessions: list[int]) -> None:
    found = await reads.run(partial(live_sessions, login=login))
    assert [each.session_id for each in found] == sessions


async def test_the_number_of_statements_does_not_grow_with_the_sessions(reads: Reads) -> None:
    assert len(await reads.run(live_sessions)) == 3
    assert len(await reads.run(partial(asked, read=live_sessions))) == 2
