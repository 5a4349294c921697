"""A verified credential is remembered for a while, without its password."""

import gc

from seatkeeper.identity.remembered import RememberedCredentials


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _remembering(seconds: float = 60, capacity: int = 10) -> tuple[RememberedCredentials, Clock]:
    clock = Clock()
    return RememberedCredentials(seconds, capacity, clock), clock


def test_a_credential_is_held_until_its_time_is_over() -> None:
    remembered, clock = _remembering(seconds=60)
    mark = remembered.mark_of("agent01", "secret")
    assert not remembered.holds(mark, "hash")
    remembered.remember(mark, "hash")
    clock.now += 59
    assert remembered.holds(mark, "hash")
    clock.now += 1
    assert not remembered.holds(mark, "hash")
    assert len(remembered) == 0


def test_using_a_credential_does_not_prolong_it() -> None:
    remembered, clock = _remembering(seconds=60)
    mark = remembered.mark_of("agent01", "secret")
    remembered.remember(mark, "hash")
    for _ in range(6):
        clock.now += 9
        assert remembered.holds(mark, "hash")
    clock.now += 9
    assert not remembered.holds(mark, "hash")


def test_a_changed_password_forgets_the_old_one() -> None:
    remembered, _ = _remembering()
    mark = remembered.mark_of("agent01", "secret")
    remembered.remember(mark, "old hash")
    assert not remembered.holds(mark, "new hash")
    assert not remembered.holds(mark, "old hash")


def test_the_mark_tells_credentials_apart_and_logins_of_other_case_not() -> None:
    remembered, _ = _remembering()
    marks = {
        remembered.mark_of(login, password)
        for login, password in [("a", "b\0c"), ("a\0b", "c"), ("a", "bc"), ("ab", "c"), ("b", "a"), ("a", "B\0c")]
    }
    assert len(marks) == 6
    assert remembered.mark_of("Agent01", "secret") == remembered.mark_of("AGENT01", "secret")


def test_another_process_makes_other_marks() -> None:
    first, second = _remembering()[0], _remembering()[0]
    assert first.mark_of("agent01", "secret") != second.mark_of("agent01", "secret")


def test_the_oldest_is_forgotten_first_when_there_are_too_many() -> None:
    remembered, _ = _remembering(capacity=2)
    marks = [remembered.mark_of("agent01", str(n)) for n in range(3)]
    for mark in marks:
        remembered.remember(mark, "hash")
    assert [remembered.holds(mark, "hash") for mark in marks] == [False, True, True]


def test_no_time_remembers_nothing() -> None:
    remembered, _ = _remembering(seconds=0)
    remembered.remember(remembered.mark_of("agent01", "secret"), "hash")
    assert len(remembered) == 0


def test_the_password_is_not_kept() -> None:
    remembered, _ = _remembering()
    remembered.remember(remembered.mark_of("agent01", "a very particular password"), "hash")
    kept = [repr(each) for each in gc.get_referents(remembered, *gc.get_referents(remembered))]
    assert kept
    assert not any("particular" in each for each in kept)
