"""The judge, where there are several nodes: sessions that expire, a database that is put back, a journal to compare."""

from collections.abc import Iterable

import pytest
from msgspec import structs

from tests.torture.judge import judge
from tests.torture.judge.findings import Kind, Verdict
from tests.torture.log import Deaf, Entry, Fault, Move, Recorded, Rewound, Snapshot, Truth, Use
from tests.torture.test_judge import (
    LOGGED_ON,
    PLAN,
    acquire,
    connect,
    end,
    message,
    move,
    release,
    snapshot,
    subscribe,
)

PATIENCE = 100
ALL_LIVE: dict[str, Iterable[str]] = {"a1": [], "a2": [], "b1": [], "c1": [], "d1": []}


def verdict(*entries: Entry, patience: int | None = None) -> Verdict:
    return judge(PLAN, [*LOGGED_ON, *entries], patience=patience)


def kinds(*entries: Entry, patience: int | None = None) -> list[Kind]:
    return [finding.kind for finding in verdict(*entries, patience=patience).findings]


def used(session: str, at: int, status: int = 200) -> Use:
    return Use(user="ann", sent=at, received=at + 1, status=status, session=session, up=True)


def test_a_session_that_was_not_used_for_long_may_be_gone_with_what_it_held() -> None:
    log: list[Entry] = [acquire("a1", 10, 11), used("a1", 150, 401), acquire("b1", 160, 161)]
    assert kinds(*log) == [Kind.SESSION_LOST, Kind.OVER_ALLOCATION]
    assert kinds(*log, patience=PATIENCE) == []


def test_a_session_that_was_used_lately_must_be_there() -> None:
    log: list[Entry] = [acquire("a1", 10, 11), used("a1", 90), used("a1", 150, 401)]
    assert kinds(*log, patience=PATIENCE) == [Kind.SESSION_LOST]


def test_a_session_that_was_used_too_late_may_still_go_for_a_while() -> None:
    late = used("a1", 250)
    assert kinds(late, used("a1", 260, 401), patience=PATIENCE) == []
    kept = [used("a1", at) for at in (300, 340, 380)]
    assert kinds(late, *kept, used("a1", 390, 401), patience=PATIENCE) == [Kind.SESSION_LOST]


def test_a_subscription_that_was_answered_with_503_may_have_been_made_or_not() -> None:
    unavailable = structs.replace(subscribe("c1", sent=10), status=503)
    log: list[Entry] = [
        subscribe("c1"),
        message("c1", 5, full=True, assigned=True),
        unavailable,
        Truth(user="cat", received=20, statuses=(("CHAIR", True),)),
    ]
    assert kinds(*log) == []


def test_a_session_that_is_found_live_after_long_may_still_go() -> None:
    shown, gone = snapshot(300, **ALL_LIVE | {"a1": ["LINE"]}), snapshot(301, a2=[], b1=[], c1=[], d1=[])
    assert kinds(acquire("a1", 10, 11), shown, gone, patience=PATIENCE) == []
    lost = [finding.kind for finding in verdict(acquire("a1", 10, 11), shown, gone).findings]
    assert lost == [Kind.SESSION_LOST, Kind.LOST]


def test_what_was_acknowledged_before_a_rewinding_may_be_gone() -> None:
    log: list[Entry] = [
        acquire("b1", 3, 4),
        acquire("c1", 3, 4, "CHAIR"),
        end("b1", 6, 7),
        acquire("a1", 10, 11),
        move("cat", 14, 15, assigned=False),
        Rewound(received=20, back_to=5),
        snapshot(30, a2=[], b1=["LINE"], c1=["CHAIR"], d1=[]),
        Truth(user="cat", received=31, statuses=(("CHAIR", True),)),
    ]
    assert kinds(*log) == []
    without = [entry for entry in log if not isinstance(entry, Rewound)]
    assert set(kinds(*without)) == {Kind.SESSION_LOST, Kind.LOST, Kind.REVIVED}


def test_nothing_is_made_of_an_answer_to_what_was_asked_before_a_rewinding() -> None:
    log: list[Entry] = [
        acquire("a1", 19, 21),
        replace_session(connect("ben", "b2", at=19), received=22),
        Rewound(received=20, back_to=5),
        snapshot(30, **ALL_LIVE),
    ]
    assert kinds(*log) == []


def test_what_a_node_still_says_that_has_not_noticed_a_rewinding_is_found() -> None:
    rewound = Rewound(received=20, back_to=5)
    first, stale = snapshot(30, **ALL_LIVE), snapshot(31, **ALL_LIVE | {"a1": ["LINE"]})
    assert kinds(acquire("a1", 10, 11), rewound, first, stale) == [Kind.REVIVED]


def test_a_subscription_must_begin_with_a_full_message_after_a_rewinding() -> None:
    log: list[Entry] = [
        subscribe("c1"),
        message("c1", 5, full=True, assigned=True),
        Rewound(received=20, back_to=10),
        snapshot(30, **ALL_LIVE),
        Truth(user="cat", received=31, statuses=(("CHAIR", True),)),
    ]
    assert kinds(*log) == [Kind.MESSAGE]
    assert kinds(*log, message("c1", 25, full=False, assigned=False)) == [Kind.MESSAGE, Kind.MESSAGE]
    assert kinds(*log, message("c1", 25, full=True, assigned=True)) == []


def test_a_subscription_that_was_made_since_may_be_gone_after_a_rewinding() -> None:
    log: list[Entry] = [
        subscribe("c1", sent=12),
        message("c1", 15, full=True, assigned=True),
        Rewound(received=20, back_to=10),
        snapshot(30, **ALL_LIVE),
        Truth(user="cat", received=31, statuses=(("CHAIR", True),)),
    ]
    assert kinds(*log) == []


@pytest.mark.parametrize("gone", [Deaf(session="c1", received=8), structs.replace(end("c1", 8, 9), status=503)])
def test_nothing_is_expected_of_a_client_that_listens_no_more(gone: Entry) -> None:
    log: list[Entry] = [
        subscribe("c1"),
        message("c1", 5, full=True, assigned=True),
        gone,
        move("cat", 10, 11, assigned=False),
        Truth(user="cat", received=20, statuses=(("CHAIR", False),)),
    ]
    assert kinds(*log) == []


@pytest.mark.parametrize(("counted", "found"), [(1, []), (2, [Kind.LOST]), (3, [Kind.LOST])])
def test_each_acquisition_of_something_free_must_stand_in_the_journal(counted: int, found: list[Kind]) -> None:
    log: list[Entry] = []
    for number in range(counted):
        log += [acquire("a1", 10 + number * 10, 11 + number * 10), release("a1", 12 + number * 10, 13 + number * 10)]
    recorded = Recorded(received=90, acquired=(("a1", "LINE", 1),))
    assert kinds(*log, recorded) == found


def test_what_is_acquired_again_while_it_is_held_need_not_stand_in_the_journal_twice() -> None:
    recorded = Recorded(received=90, acquired=(("a1", "LINE", 1),))
    judged = verdict(acquire("a1", 10, 11), acquire("a1", 12, 13), recorded)
    assert judged.findings == []
    assert judged.recorded == 1


def test_the_truth_settles_what_was_not_known() -> None:
    unanswered = Move(user="cat", sent=10, received=None, status=None, license="CHAIR", assigned=False)
    settled = Truth(user="cat", received=20, statuses=(("CHAIR", False),))
    log: list[Entry] = [unanswered, settled, snapshot(21, **ALL_LIVE), acquire("c1", 30, 31, "CHAIR")]
    assert kinds(*log) == [Kind.OVER_ALLOCATION]


def test_how_long_nobody_was_served_is_measured_from_answer_to_answer() -> None:
    answers = [structs.replace(used("a1", at), node=node) for at, node in ((10, 1), (20, 2), (50, 2), (60, 1), (70, 2))]
    judged = verdict(*answers, Fault(kind="node killed", node=1, began=15, received=90))
    assert judged.faults == {"node killed": 1}
    assert judged.unserved == {"node killed": 30}
    assert judged.node_unserved == {"node killed": 50}


def test_a_node_that_answered_nobody_before_a_fault_did_not_serve_from_its_beginning_on() -> None:
    judged = verdict(structs.replace(used("a1", 50), node=1), Fault(kind="node killed", node=1, began=15, received=60))
    assert judged.node_unserved == {"node killed": 36}


def replace_session(entry: Entry, received: int) -> Entry:
    return structs.replace(entry, received=received)


def test_the_word_that_a_session_went_down_may_arrive_before_the_answer_to_its_end() -> None:
    down = Use(user="ann", sent=12, received=12, status=200, session="a1", up=False)
    assert kinds(end("a1", 10, 14), down) == []
    assert kinds(down) == [Kind.SESSION_LOST]


def test_a_session_that_was_asked_for_before_a_rewinding_and_lives_is_as_any_other() -> None:
    log: list[Entry] = [
        replace_session(connect("ben", "b2", at=19), received=22),
        Rewound(received=20, back_to=5),
        structs.replace(acquire("a1", 30, 31), session="b2", user="ben"),
        structs.replace(release("a1", 32, 33), session="b2", user="ben"),
        Snapshot(received=40, sessions=(*snapshot(40, **ALL_LIVE).sessions, ("b2", "ben", ()))),
        Recorded(received=41, acquired=()),
    ]
    assert kinds(*log) == [Kind.LOST]
    assert kinds(*log[:-1], Recorded(received=41, acquired=(("b2", "LINE", 1),))) == []
