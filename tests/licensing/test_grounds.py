"""The decision for one license (decisions 1, 3, 4 and 5; contract sections 4.2 and 6)."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from seatkeeper.licensing.commands import ReleaseLicenses
from seatkeeper.licensing.entities import AppliesTo, HolderKind, LicenseKind, Method
from seatkeeper.licensing.events import Denied
from seatkeeper.licensing.verdicts import SENTENCES, STATUS_OF, Reason, Status, Verdict
from tests.licensing.world import NOON, World

DAY = 86_400_000
AGENT, OTHER = "agent01", "agent02"


def _granted() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=1)
    world.user(AGENT, "CLIENT")
    return world.acquire(world.connect(AGENT), "CLIENT")


def _pool_inconsistent() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=2, concurrent=1)
    world.concurrent_user(AGENT, "CLIENT")
    world.commit()
    pool = world.pool("CLIENT")
    world.image.pools[pool.license_id] = replace(pool, concurrent_in_use=2)
    return world.acquire(world.connect(AGENT), "CLIENT")


def _site_license() -> Verdict:
    world = World()
    world.license("SERVER", kind=LicenseKind.SITE)
    world.user(AGENT)
    return world.acquire(world.connect(AGENT), "server")


def _for_applications() -> Verdict:
    world = World()
    world.license("TOKEN", applies_to=AppliesTo.APPLICATIONS)
    world.user(AGENT)
    return world.acquire(world.connect(AGENT), "token")


def _not_assigned() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=1)
    world.user(AGENT)
    return world.acquire(world.connect(AGENT), "CLIENT")


def _not_assigned_at_a_station() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=1)
    world.station("desk1")
    world.user(AGENT)
    return world.acquire(world.connect(AGENT, "desk1"), "CLIENT")


def _user_not_enabled() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=1)
    world.user(AGENT, "CLIENT")
    world.profile(AGENT, enabled=False)
    return world.acquire(world.connect(AGENT), "CLIENT")


def _station_not_enabled() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=1)
    world.station("desk1", "CLIENT")
    world.station_profile("desk1", enabled=False)
    world.user(AGENT)
    return world.acquire(world.connect(AGENT, "desk1"), "CLIENT")


def _all_in_use() -> Verdict:
    world = World()
    world.license("CLIENT", concurrent=1)
    world.concurrent_user(AGENT, "CLIENT")
    world.concurrent_user(OTHER, "CLIENT")
    world.acquire(world.connect(OTHER), "CLIENT")
    return world.acquire(world.connect(AGENT), "CLIENT")


def _not_covered() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=2)
    world.user(OTHER, "CLIENT")
    world.user(AGENT, "CLIENT")
    world.seats("CLIENT", 1, overcommit=True)
    return world.acquire(world.connect(AGENT), "CLIENT")


def _station_not_covered() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=2)
    world.user(OTHER, "CLIENT")
    world.station("desk1", "CLIENT")
    world.user(AGENT)
    world.seats("CLIENT", 1, overcommit=True)
    return world.acquire(world.connect(AGENT, "desk1"), "CLIENT")


def _expired() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=1, expires=NOON + DAY, grace_until=NOON + 2 * DAY)
    world.user(AGENT, "CLIENT")
    world.now += 2 * DAY
    return world.acquire(world.connect(AGENT), "CLIENT")


def _on_another_station() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=1)
    world.station("desk1")
    world.station("desk2", "CLIENT")
    world.user(AGENT)
    world.connect(AGENT, "desk1")
    return world.acquire(world.connect(AGENT, "desk2"), "CLIENT")


def _on_another_machine() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=1)
    world.station("desk1", "CLIENT")
    world.user(AGENT)
    world.connect(AGENT, "desk1", machine="10.0.0.1")
    return world.acquire(world.connect(AGENT, "desk1", machine="10.0.0.2"), "CLIENT")


def _station_taken() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=1)
    world.station("desk1", "CLIENT")
    world.user(OTHER)
    world.user(AGENT)
    world.connect(OTHER, "desk1")
    return world.acquire(world.connect(AGENT, "desk1"), "CLIENT")


def _other_application() -> Verdict:
    world = World()
    world.license("CLIENT", assignable=1, shared=False)
    world.user(AGENT, "CLIENT")
    world.acquire(world.connect(AGENT, application="desktop"), "CLIENT")
    return world.acquire(world.connect(AGENT, application="browser"), "CLIENT")


def _unknown_license() -> Verdict:
    world = World()
    world.user(AGENT)
    return world.acquire(world.connect(AGENT), "Nonsense")


Case = tuple[Callable[[], Verdict], Status, Reason | None, str]

CASES: list[Case] = [
    (_granted, Status.AVAILABLE, None, "none"),
    (
        _pool_inconsistent,
        Status.UNKNOWN_ERROR,
        Reason.POOL_INCONSISTENT,
        (
            "CLIENT could not be checked: its pool records 2 concurrent of 1 and 0 assigned of 2 seats, which cannot"
            " be; ask the operator to run 'seatkeeper check'."
        ),
    ),
    (
        _site_license,
        Status.NONE,
        Reason.SITE_LICENSE,
        "server is a site license: it covers the whole installation and no user acquires it.",
    ),
    (
        _for_applications,
        Status.NOT_ASSIGNED,
        Reason.FOR_APPLICATIONS,
        "token is a token, which applications of a runtime take and no user acquires.",
    ),
    (
        _not_assigned,
        Status.NOT_ASSIGNED,
        Reason.NOT_ASSIGNED,
        "CLIENT is assigned neither to agent01 nor to a station (none is set).",
    ),
    (
        _not_assigned_at_a_station,
        Status.NOT_ASSIGNED,
        Reason.NOT_ASSIGNED,
        "CLIENT is assigned neither to agent01 nor to station desk1.",
    ),
    (
        _user_not_enabled,
        Status.NOT_ASSIGNED,
        Reason.USER_NOT_ENABLED,
        "CLIENT is assigned to agent01, but licensing is not enabled for agent01.",
    ),
    (
        _station_not_enabled,
        Status.NOT_ASSIGNED,
        Reason.STATION_NOT_ENABLED,
        "CLIENT is assigned to station desk1, but licensing is not enabled for it.",
    ),
    (
        _all_in_use,
        Status.LICENSE_UNAVAILABLE,
        Reason.ALL_IN_USE,
        "All 1 concurrent seats of CLIENT are in use (1 users hold one).",
    ),
    (
        _not_covered,
        Status.LICENSE_UNAVAILABLE,
        Reason.NOT_COVERED,
        "2 assignable seats of CLIENT are assigned but only 1 are installed, and agent01 is not among the first 1.",
    ),
    (
        _station_not_covered,
        Status.LICENSE_UNAVAILABLE,
        Reason.NOT_COVERED,
        (
            "2 assignable seats of CLIENT are assigned but only 1 are installed, and station desk1 is not among the"
            " first 1."
        ),
    ),
    (
        _expired,
        Status.LICENSE_UNAVAILABLE,
        Reason.EXPIRED,
        "CLIENT could be used until 2027-01-17 08:00 UTC and has expired.",
    ),
    (
        _on_another_station,
        Status.USER_ON_ANOTHER_STATION,
        Reason.ON_ANOTHER_STATION,
        "CLIENT belongs to station desk2, but agent01 is logged on to station desk1 as well.",
    ),
    (
        _on_another_machine,
        Status.STATION_ALREADY_IN_USE_ON_ANOTHER_MACHINE,
        Reason.ON_ANOTHER_MACHINE,
        "CLIENT belongs to station desk1, which agent01 already uses on another machine (10.0.0.1).",
    ),
    (
        _station_taken,
        Status.STATION_ALREADY_IN_USE_BY_ANOTHER_USER,
        Reason.STATION_TAKEN,
        "CLIENT belongs to station desk1, which agent02 is using.",
    ),
    (
        _other_application,
        Status.OTHER_APPLICATION_USING_LICENSE,
        Reason.OTHER_APPLICATION,
        "CLIENT is not shared between applications, and agent01 holds it in desktop.",
    ),
    (
        _unknown_license,
        Status.LICENSE_UNKNOWN,
        Reason.UNKNOWN_LICENSE,
        "There is no license named Nonsense of owner ININ.",
    ),
]


@pytest.mark.parametrize(("ask", "status", "reason", "sentence"), CASES, ids=[case[0].__name__[1:] for case in CASES])
def test_each_verdict_has_its_status_and_its_sentence(
    ask: Callable[[], Verdict], status: Status, reason: Reason | None, sentence: str
) -> None:
    verdict = ask()
    assert (verdict.status, verdict.reason, verdict.sentence) == (status, reason, sentence)


def test_the_cases_reach_every_reason_and_every_status() -> None:
    assert {case[2] for case in CASES} == {*Reason, None}
    assert {case[1] for case in CASES} == set(Status)
    assert set(STATUS_OF) == set(SENTENCES) == set(Reason)


def test_available_is_told_exactly_of_what_was_granted() -> None:
    """Decision 3."""
    for case in CASES:
        verdict = case[0]()
        assert verdict.granted == (verdict.status is Status.AVAILABLE) == (verdict.sentence == "none")


def test_an_unknown_name_is_a_verdict_and_a_denial_without_a_number() -> None:
    """Decision 1."""
    world = World()
    world.user(AGENT)
    world.acquire(world.connect(AGENT), "Nonsense")
    denied = world.log[-1][0]
    assert isinstance(denied, Denied)
    assert (denied.license, denied.license_id, denied.reason) == ("Nonsense", None, Reason.UNKNOWN_LICENSE)


def test_a_name_is_found_without_case_and_told_as_spelled() -> None:
    world = World()
    world.license("I3_ACCESS_CLIENT", assignable=1)
    world.user(AGENT, "i3_access_client")
    verdict = world.acquire(world.connect(AGENT), " I3_Access_Client ")
    assert (verdict.license, verdict.granted) == (" I3_Access_Client ", True)


def test_an_own_assignable_ground_comes_before_the_stations() -> None:
    """Decision 4."""
    world = World()
    world.license("CLIENT", assignable=2)
    world.station("desk1", "CLIENT")
    world.user(AGENT, "CLIENT")
    session = world.connect(AGENT, "desk1")
    world.acquire(session, "CLIENT")
    hold = world.hold(session, "CLIENT")
    assert hold is not None
    assert (hold.ground, hold.method) == (HolderKind.USER, Method.ASSIGNABLE)


def test_a_stations_ground_spares_the_users_concurrent_seat() -> None:
    """Decision 4."""
    world = World()
    world.license("CLIENT", assignable=1, concurrent=1)
    world.station("desk1", "CLIENT")
    world.concurrent_user(AGENT, "CLIENT")
    session = world.connect(AGENT, "desk1")
    world.acquire(session, "CLIENT")
    hold = world.hold(session, "CLIENT")
    assert hold is not None
    assert (hold.ground, world.pool("CLIENT").concurrent_in_use) == (HolderKind.STATION, 0)


def test_a_concurrent_seat_grants_where_the_station_is_taken() -> None:
    """Decision 4: every ground is tried."""
    world = World()
    world.license("CLIENT", assignable=1, concurrent=1)
    world.station("desk1", "CLIENT")
    world.user(OTHER)
    world.connect(OTHER, "desk1")
    world.concurrent_user(AGENT, "CLIENT")
    assert world.acquire(world.connect(AGENT, "desk1"), "CLIENT").granted


def test_a_stations_ground_grants_where_the_users_own_is_refused() -> None:
    """Decision 4: every ground is tried."""
    world = World()
    world.license("CLIENT", assignable=2)
    world.station("desk1", "CLIENT")
    world.user(AGENT, "CLIENT")
    world.profile(AGENT, enabled=False)
    assert world.acquire(world.connect(AGENT, "desk1"), "CLIENT").granted


def test_the_users_own_refusal_is_told_before_the_stations() -> None:
    """Decision 4."""
    world = World()
    world.license("CLIENT", assignable=2)
    world.station("desk1", "CLIENT")
    world.user(OTHER)
    world.connect(OTHER, "desk1")
    world.user(AGENT, "CLIENT")
    world.profile(AGENT, enabled=False)
    assert world.acquire(world.connect(AGENT, "desk1"), "CLIENT").reason is Reason.USER_NOT_ENABLED


def test_what_is_held_is_granted_again_whatever_has_changed() -> None:
    """Decision 4: one already held comes first."""
    world = World()
    world.license("CLIENT", concurrent=1)
    world.concurrent_user(AGENT, "CLIENT")
    session = world.connect(AGENT)
    first = world.acquire(session, "CLIENT")
    world.unassign(AGENT, "CLIENT")
    before = world.picture()
    assert world.acquire(session, "CLIENT") == first
    assert world.picture() == before


def test_a_user_takes_one_concurrent_seat_however_often_he_connects() -> None:
    """Decision 5."""
    world = World()
    world.license("CLIENT", concurrent=1)
    world.concurrent_user(AGENT, "CLIENT")
    assert all(world.acquire(world.connect(AGENT), "CLIENT").granted for _ in range(3))
    assert world.pool("CLIENT").concurrent_in_use == 1


def test_the_earliest_assigned_are_covered_and_others_move_up() -> None:
    """Decision 4: fewer seats installed than assigned."""
    world = World()
    world.license("CLIENT", assignable=3)
    sessions = []
    for login in ("agent01", "agent02", "agent03"):
        world.user(login, "CLIENT")
        sessions.append(world.connect(login))
    world.seats("CLIENT", 1, overcommit=True)
    assert [world.acquire(session, "CLIENT").granted for session in sessions] == [True, False, False]
    world.unassign("agent01", "CLIENT")
    assert [world.acquire(session, "CLIENT").granted for session in sessions] == [False, True, False]


def test_a_license_without_limit_never_runs_out() -> None:
    world = World()
    world.license("CLIENT", unrestricted=True)
    for login in ("agent01", "agent02"):
        world.concurrent_user(login, "CLIENT")
        assert world.acquire(world.connect(login), "CLIENT").granted
    world.user("agent03", "CLIENT")
    assert world.acquire(world.connect("agent03"), "CLIENT").granted


def test_without_a_grace_date_the_expiry_counts_and_live_holds_stay() -> None:
    """Decision 4."""
    world = World()
    world.license("CLIENT", assignable=1, expires=NOON + DAY)
    world.user(AGENT, "CLIENT")
    session, late = world.connect(AGENT), world.connect(AGENT)
    world.acquire(session, "CLIENT")
    world.now += DAY
    assert world.acquire(session, "CLIENT").granted
    assert world.acquire(late, "CLIENT").reason is Reason.EXPIRED


def test_a_license_in_its_grace_is_still_acquired() -> None:
    world = World()
    world.license("CLIENT", assignable=1, expires=NOON + DAY, grace_until=NOON + 2 * DAY)
    world.user(AGENT, "CLIENT")
    world.now += 2 * DAY - 1
    assert world.acquire(world.connect(AGENT), "CLIENT").granted


def test_one_application_may_hold_an_unshared_license_in_two_sessions() -> None:
    """Decision 4: 8 speaks of another application."""
    world = World()
    world.license("CLIENT", assignable=1, shared=False)
    world.user(AGENT, "CLIENT")
    world.acquire(world.connect(AGENT, application="desktop"), "CLIENT")
    assert world.acquire(world.connect(AGENT, application="Desktop"), "CLIENT").granted


def test_an_unshared_license_is_free_when_the_other_application_let_go() -> None:
    world = World()
    world.license("CLIENT", assignable=1, shared=False)
    world.user(AGENT, "CLIENT")
    desktop, browser = (world.connect(AGENT, application=each) for each in ("desktop", "browser"))
    world.acquire(desktop, "CLIENT")
    assert not world.acquire(browser, "CLIENT").granted
    world.do(ReleaseLicenses(session_id=desktop))
    assert world.acquire(browser, "CLIENT").granted
