"""The judge, by logs made for the purpose: he finds what is there, and nothing where nothing is."""

from collections.abc import Iterable

import pytest

from tests.torture.inventory import Plan, Pool
from tests.torture.judge import judge
from tests.torture.judge.findings import Kind
from tests.torture.log import (
    Acquire,
    Connect,
    End,
    Entry,
    How,
    Message,
    Move,
    Release,
    Snapshot,
    Subscribe,
    Truth,
    Use,
)

PLAN = Plan(
    pools=(Pool("LINE", 1, movable=False), Pool("DESK", 2, movable=False), Pool("CHAIR", 1, movable=True)),
    sharers=("ann", "ben"),
    movers=("cat", "dan"),
    assigned=frozenset({("cat", "CHAIR")}),
)
ANSWERED = 200


def connect(user: str, session: str, at: int = 1) -> Connect:
    return Connect(user=user, sent=at, received=at + 1, status=201, session=session)


def acquire(
    session: str, sent: int, received: int | None, name: str = "LINE", *, granted: bool = True, how: How = How.ADD
) -> Acquire:
    return Acquire(
        user=USERS[session],
        sent=sent,
        received=received,
        status=None if received is None else ANSWERED,
        session=session,
        how=how,
        asked=(name,),
        granted=(name,) if granted and received else (),
        refused=(name,) if not granted and received else (),
    )


def release(session: str, sent: int, received: int | None) -> Release:
    return Release(
        user=USERS[session], sent=sent, received=received, status=None if received is None else 204, session=session
    )


def end(session: str, sent: int, received: int | None) -> End:
    return End(
        user=USERS[session], sent=sent, received=received, status=None if received is None else 200, session=session
    )


def move(user: str, sent: int, received: int | None, *, assigned: bool, status: int = ANSWERED) -> Move:
    return Move(
        user=user,
        sent=sent,
        received=received,
        status=None if received is None else status,
        license="CHAIR",
        assigned=assigned,
    )


def snapshot(at: int, **held: Iterable[str]) -> Snapshot:
    sessions = tuple((session, USERS[session], tuple(names)) for session, names in held.items())
    return Snapshot(received=at, sessions=sessions)


def subscribe(session: str, sent: int = 3) -> Subscribe:
    return Subscribe(
        user=USERS[session], sent=sent, received=sent + 1, status=ANSWERED, session=session, names=("CHAIR",)
    )


def message(session: str, at: int, *, full: bool, assigned: bool) -> Message:
    return Message(session=session, received=at, full=full, statuses=(("CHAIR", assigned),))


USERS = {"a1": "ann", "a2": "ann", "b1": "ben", "c1": "cat", "d1": "dan"}
LOGGED_ON: list[Entry] = [connect(user, session) for session, user in USERS.items()]


def kinds(*entries: Entry) -> list[Kind]:
    return [finding.kind for finding in judge(PLAN, [*LOGGED_ON, *entries]).findings]


def test_a_log_in_which_seats_are_passed_on_is_clean() -> None:
    log: list[Entry] = [
        acquire("a1", 10, 11),
        acquire("b1", 12, 13, granted=False),
        acquire("a1", 14, 15, "DESK", how=How.REPLACE),
        acquire("b1", 16, 17),
        release("b1", 18, 19),
        end("a2", 20, 21),
        snapshot(30, a1=["DESK"], b1=[], c1=[], d1=[]),
    ]
    verdict = judge(PLAN, [*LOGGED_ON, *log])
    assert verdict.findings == []
    assert verdict.granted == 3
    assert verdict.confirmed == 1
    assert verdict.fullest == {"LINE": 1, "DESK": 1, "CHAIR": 1}


def test_an_over_allocation_by_one_is_found() -> None:
    assert kinds(acquire("a1", 10, 11), acquire("b1", 12, 13)) == [Kind.OVER_ALLOCATION]


def test_two_sessions_of_one_user_take_one_seat() -> None:
    assert kinds(acquire("a1", 10, 11), acquire("a2", 12, 13)) == []


def test_a_seat_may_be_granted_anew_as_soon_as_its_release_was_sent() -> None:
    assert kinds(acquire("a1", 10, 11), acquire("b1", 12, 14), release("a1", 13, 15)) == []


def test_a_seat_must_not_be_granted_before_its_release_was_sent() -> None:
    assert kinds(acquire("a1", 10, 11), acquire("b1", 12, 13), release("a1", 14, 15)) == [Kind.OVER_ALLOCATION]


def test_an_unanswered_release_proves_nothing() -> None:
    assert kinds(acquire("a1", 10, 11), release("a1", 12, None), acquire("b1", 13, 14)) == []


@pytest.mark.parametrize("held", [["LINE"], []])
def test_an_unanswered_acquisition_may_be_held_or_not_after_a_restart(held: list[str]) -> None:
    assert kinds(acquire("a1", 10, None), snapshot(20, a1=held, a2=[], b1=[], c1=[], d1=[])) == []


def test_what_a_snapshot_shows_counts_from_then_on() -> None:
    shown = snapshot(20, a1=["LINE"], a2=[], b1=[], c1=[], d1=[])
    assert kinds(acquire("a1", 10, None), shown, acquire("b1", 21, 22)) == [Kind.OVER_ALLOCATION]


def test_a_lost_acquisition_is_found() -> None:
    assert kinds(acquire("a1", 10, 11), snapshot(20, a1=[], a2=[], b1=[], c1=[], d1=[])) == [Kind.LOST]


def test_an_acquisition_that_is_refused_though_it_is_held_is_found() -> None:
    assert kinds(acquire("a1", 10, 11), acquire("a1", 12, 13, granted=False)) == [Kind.LOST]


def test_a_release_that_a_restart_undoes_is_found() -> None:
    log: list[Entry] = [
        acquire("a1", 10, 11),
        release("a1", 12, 13),
        snapshot(20, a1=["LINE"], a2=[], b1=[], c1=[], d1=[]),
    ]
    assert kinds(*log) == [Kind.REVIVED]


def test_a_session_that_a_restart_loses_is_found_with_what_it_held() -> None:
    log: list[Entry] = [acquire("a1", 10, 11), snapshot(20, a2=[], b1=[], c1=[], d1=[])]
    assert kinds(*log) == [Kind.SESSION_LOST, Kind.LOST]


def test_a_session_whose_old_cookie_is_refused_is_found() -> None:
    assert kinds(Use(user="ann", sent=10, received=11, status=401, session="a1", up=False)) == [Kind.SESSION_LOST]


def test_a_session_that_was_ended_must_not_come_back() -> None:
    assert kinds(end("a1", 10, 11), snapshot(20, a1=[], a2=[], b1=[], c1=[], d1=[])) == [Kind.REVIVED]


def test_a_session_that_nobody_asked_for_is_found_but_an_unanswered_log_on_may_have_made_one() -> None:
    stranger = Snapshot(received=20, sessions=(*snapshot(20, **dict.fromkeys(USERS, ())).sessions, ("x", "ann", ())))
    unanswered = Connect(user="ann", sent=10, received=None, status=None, session=None)
    assert kinds(stranger) == [Kind.REVIVED]
    assert kinds(unanswered, stranger) == []


def test_one_session_for_two_log_ons_is_found() -> None:
    assert kinds(connect("ben", "a1", at=10)) == [Kind.SESSION_LOST]


def test_an_answer_that_no_client_should_get_is_found() -> None:
    assert kinds(Use(user="ann", sent=10, received=11, status=500, session="a1", up=False)) == [Kind.FAULT]


def test_an_assignable_seat_may_move_with_its_assignment() -> None:
    log: list[Entry] = [
        acquire("c1", 10, 11, "CHAIR"),
        move("cat", 12, 13, assigned=False),
        move("dan", 14, 15, assigned=True),
        acquire("d1", 16, 17, "CHAIR"),
        acquire("c1", 18, 19, "CHAIR", granted=False),
    ]
    assert kinds(*log) == []


def test_an_assignment_beyond_the_seats_is_found() -> None:
    assert kinds(move("dan", 10, 11, assigned=True)) == [Kind.OVER_ALLOCATION]


def test_a_refusal_of_a_seat_is_right_only_while_it_is_taken() -> None:
    assert kinds(move("dan", 10, 11, assigned=True, status=409)) == []
    log: list[Entry] = [move("cat", 10, 11, assigned=False), move("dan", 12, 13, assigned=True, status=409)]
    assert kinds(*log) == [Kind.LOST]


def test_an_acquisition_without_an_assignment_is_found() -> None:
    assert kinds(acquire("d1", 10, 11, "CHAIR")) == [Kind.OVER_ALLOCATION]


@pytest.mark.parametrize(("sent", "received"), [(10, 13), (12, 13), (10, 16), (12, 16)])
def test_an_acquisition_during_a_move_proves_nothing(sent: int, received: int) -> None:
    log: list[Entry] = [
        acquire("c1", sent, received, "CHAIR"),
        move("cat", 11, 15, assigned=False),
        acquire("c1", 17, 18, "CHAIR", granted=False),
    ]
    assert kinds(*log, move("dan", 19, 20, assigned=True), acquire("d1", 21, 22, "CHAIR")) == []


def test_an_acquisition_before_a_move_ends_with_the_sending_of_the_move() -> None:
    taken = acquire("c1", 10, 11, "CHAIR")
    refused = acquire("c1", 12, 13, "CHAIR", granted=False)
    assert kinds(taken, refused, move("cat", 14, 15, assigned=False)) == [Kind.LOST]
    assert kinds(taken, move("cat", 12, 15, assigned=False), acquire("c1", 13, 14, "CHAIR", granted=False)) == []


def test_messages_that_add_up_to_what_is_so_are_clean() -> None:
    log: list[Entry] = [
        subscribe("c1"),
        message("c1", 5, full=True, assigned=True),
        move("cat", 10, 11, assigned=False),
        message("c1", 12, full=False, assigned=False),
        Truth(user="cat", received=20, statuses=(("CHAIR", False),)),
    ]
    assert kinds(*log) == []


def test_a_message_that_is_missing_in_between_is_found() -> None:
    log: list[Entry] = [
        subscribe("c1"),
        message("c1", 5, full=True, assigned=True),
        move("cat", 10, 11, assigned=False),
        move("cat", 12, 13, assigned=True),
        message("c1", 14, full=False, assigned=True),
    ]
    assert kinds(*log) == [Kind.MESSAGE]


def test_a_message_that_is_missing_at_the_end_is_found() -> None:
    log: list[Entry] = [
        subscribe("c1"),
        message("c1", 5, full=True, assigned=True),
        move("cat", 10, 11, assigned=False),
        Truth(user="cat", received=20, statuses=(("CHAIR", False),)),
    ]
    assert kinds(*log) == [Kind.MESSAGE]


def test_a_change_before_any_full_message_is_found() -> None:
    assert kinds(subscribe("c1"), message("c1", 5, full=False, assigned=True)) == [Kind.MESSAGE]


def test_an_acknowledged_assignment_that_is_not_so_in_the_end_is_found() -> None:
    assert kinds(Truth(user="cat", received=20, statuses=(("CHAIR", False),))) == [Kind.LOST]
