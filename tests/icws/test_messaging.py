"""The one channel of a session, polled and streamed: contract 3."""

import time

import pytest

from tests.icws.client import DEADLINE, Session
from tests.icws.world import World

STREAM = {"Accept": "text/event-stream"}
DOWN = {
    "__type": "urn:inin.com:connection:connectionStateChangeMessage",
    "isDelta": False,
    "previousConnectionState": 1,
    "newConnectionState": 2,
    "reason": "An administrator ended the session.",
    "shouldReconnect": False,
}


def changed(license_: str, *, assigned: bool, delta: bool = True) -> dict[str, object]:
    return {
        "__type": "urn:inin.com:licenses:licenseMessage",
        "isDelta": delta,
        "licenseAssignedStatusList": [{"name": license_, "isAssigned": assigned}],
    }


def await_assigned(session: Session, license_: str) -> None:
    """Poll until the license is told as assigned: a stream's end is noticed a moment after its client left."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        for message in session.poll():
            if message["licenseAssignedStatusList"] == [{"name": license_, "isAssigned": True}]:
                return
        time.sleep(0.01)
    raise AssertionError(f"{license_} was not told as assigned.")


@pytest.mark.icws(
    "3.1 reading takes what was read",
    "3.2 GET messaging/messages",
    "3.2 the answer is an array, empty where nothing is queued",
)
def test_a_poll_takes_what_is_queued_and_is_empty_otherwise(world: World) -> None:
    license_ = world.license()
    with world.log_on(world.user()) as session:
        assert session.poll() == []
        session.subscribe(license_)
        assert session.poll() == [changed(license_, assigned=False, delta=False)]
        assert session.poll() == []


@pytest.mark.icws("2.5 POST messaging/heartbeat")
def test_a_heartbeat_has_no_body_either_way(session: Session) -> None:
    answer = session.call("POST", "messaging/heartbeat")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.icws(
    "3.1 the first message of a subscription is full, later ones are deltas",
    "3.3 GET messaging/messages, with Accept: text/event-stream",
    "3.3 Content-Type: text/event-stream",
    "3.3 data:",
    "3.3 one message an event, as an object",
)
def test_a_stream_begins_at_once_and_carries_one_message_an_event(world: World) -> None:
    one, two = world.license(), world.license()
    login = world.user()
    with world.log_on(login) as session:
        session.subscribe(one, two)
        with session.stream() as events:
            assert events.response.status_code == 200
            assert events.response.headers["content-type"] == "text/event-stream"
            assert events.message()["isDelta"] is False
            world.assign(login, one)
            world.assign(login, two)
            assert [events.message() for _ in range(2)] == [changed(each, assigned=True) for each in (one, two)]


@pytest.mark.icws(
    "3.3 events have neither name nor id", "3.3 :ping keeps the stream alive, and no blank line follows it"
)
def test_a_stream_has_no_event_names_no_ids_and_no_blank_line_after_a_ping(world: World, session: Session) -> None:
    with session.stream() as events:
        lines = events.lines()
        assert next(lines) == ":ping"
        world.end_session(session)
        data, blank = next(lines), next(lines)
        assert data.startswith("data:")
        assert blank == ""
        assert list(lines) == []


@pytest.mark.icws("3.3 only the cookie is demanded, and without it the answer is 401")
def test_a_stream_needs_only_the_cookie_and_without_it_is_401(session: Session) -> None:
    answer = session.call("GET", "messaging/messages", headers=STREAM)
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 4)


@pytest.mark.icws("3.3 a message arrives while the stream is open")
def test_an_assignment_reaches_an_open_stream_within_its_deadline(world: World) -> None:
    license_ = world.license()
    login = world.user()
    with world.log_on(login) as session:
        session.subscribe(license_)
        with session.stream() as events:
            events.message()
            began = time.monotonic()
            world.assign(login, license_)
            assert events.message() == changed(license_, assigned=True)
            assert time.monotonic() - began < 5, "meant to take 0.1 s; this machine may be busy with other tests"


@pytest.mark.icws("3.3 the newest stream takes the queue and ends the older")
def test_the_newest_stream_takes_the_queue_and_ends_the_older(world: World) -> None:
    license_ = world.license()
    login = world.user()
    with world.log_on(login) as session:
        session.subscribe(license_)
        with session.stream() as old:
            old.message()
            with session.stream() as new:
                assert new.message() == changed(license_, assigned=False, delta=False), "the old one may be dead"
                world.assign(login, license_)
                assert new.message() == changed(license_, assigned=True)
                assert not any(line.startswith("data:") for line in old.rest())


@pytest.mark.icws(
    "3.3 a poll while a stream is open is empty", "3.3 polling takes over when the stream is gone, and nothing is lost"
)
def test_polling_while_a_stream_is_open_is_empty_and_takes_over_when_it_is_gone(world: World) -> None:
    license_ = world.license()
    login = world.user()
    with world.log_on(login) as session:
        with session.stream() as events:
            session.subscribe(license_)
            assert session.poll() == []
            assert events.message() == changed(license_, assigned=False, delta=False)
        world.assign(login, license_)
        await_assigned(session, license_)


@pytest.mark.icws("3.3 what was queued before arrives on the stream")
def test_what_is_queued_before_a_stream_opens_arrives_on_it(world: World) -> None:
    license_ = world.license()
    login = world.user()
    with world.log_on(login) as session:
        session.subscribe(license_)
        world.assign(login, license_)
        with session.stream() as events:
            assert events.message() == changed(license_, assigned=False, delta=False)
            assert events.message() == changed(license_, assigned=True)


@pytest.mark.icws(
    "3.4 a stream ends with the message that its session went down",
    "3.1 every message has isDelta",
    "3.4 connectionStateChangeMessage.__type",
    "3.4 connectionStateChangeMessage.isDelta",
    "3.4 connectionStateChangeMessage.previousConnectionState",
    "3.4 connectionStateChangeMessage.newConnectionState",
    "3.4 connectionStateChangeMessage.reason",
    "3.4 connectionStateChangeMessage.shouldReconnect",
)
def test_a_stream_ends_with_the_message_that_the_session_went_down(world: World, session: Session) -> None:
    with session.stream() as events:
        world.end_session(session)
        assert events.message() == DOWN
        assert events.rest() == []


@pytest.mark.icws(
    "3.4 a poll finds that message once, then 401",
    "1.2 a message has its __type",
    "3.4 connectionStateChangeMessage.__type",
    "3.4 connectionStateChangeMessage.isDelta",
    "3.4 connectionStateChangeMessage.previousConnectionState",
    "3.4 connectionStateChangeMessage.newConnectionState",
    "3.4 connectionStateChangeMessage.reason",
    "3.4 connectionStateChangeMessage.shouldReconnect",
)
def test_a_polling_client_of_an_ended_session_gets_one_more_poll_then_401(world: World, session: Session) -> None:
    world.end_session(session)
    assert session.poll() == [DOWN]
    answer = session.call("GET", "messaging/messages")
    assert (answer.status_code, answer.json()["errorCode"]) == (401, -2147221499)


@pytest.mark.icws("3.4 what was queued comes before it", "3.1 every message has isDelta")
def test_messages_queued_before_the_session_went_down_come_before_it(world: World) -> None:
    license_ = world.license()
    with world.log_on(world.user()) as session:
        session.subscribe(license_)
        world.end_session(session)
        assert session.poll() == [changed(license_, assigned=False, delta=False), DOWN]


@pytest.mark.icws("3.4 a stream ends with the message that its session went down")
def test_a_session_that_logs_itself_off_hears_of_it_on_its_stream(session: Session) -> None:
    with session.stream() as events:
        session.log_off()
        told = events.message()
        assert (told["newConnectionState"], told["reason"]) == (2, "The user logged off.")
