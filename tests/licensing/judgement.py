"""What must be true of a state whatever has happened, counted anew from its rows."""

from collections import Counter, defaultdict

from seatkeeper.licensing.entities import Holder, HolderKind, Method
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import (
    Assigned,
    Ended,
    LicenseDefined,
    ProfileChanged,
    Subscribed,
    Unassigned,
    Unsubscribed,
)
from seatkeeper.licensing.state import State


def counts_are_what_the_rows_come_to(state: State) -> None:
    """Every count of every pool."""
    taken: Counter[tuple[int, str]] = Counter()
    orders: dict[int, list[int]] = defaultdict(list)
    profiles = {row.holder: row for row in state.profiles.values()}
    for assignment in state.assignments.values():
        profile = profiles.get(assignment.holder)
        if profile is not None and not profile.enabled:
            continue
        if profile is not None and profile.method is Method.CONCURRENT:
            taken[assignment.license_id, "concurrent"] += 1
        else:
            taken[assignment.license_id, assignment.holder.kind.name] += 1
            orders[assignment.license_id].append(assignment.id)
    users = {(hold.license_id, hold.user_id) for hold in state.holds.values() if hold.method is Method.CONCURRENT}
    in_use = Counter(license_id for license_id, _ in users)
    for pool in state.pools.values():
        number = pool.license_id
        assert pool.assigned_users == taken[number, "USER"]
        assert pool.assigned_stations == taken[number, "STATION"]
        assert pool.assigned_applications == taken[number, "APPLICATION"]
        assert pool.concurrent_assigned == taken[number, "concurrent"]
        assert pool.concurrent_in_use == in_use[number]
        over = 0 if pool.unrestricted else max(0, pool.assigned - pool.assignable_seats)
        assert pool.assignable_excess == over
        assert pool.uncovered == (tuple(sorted(orders[number])[-over:]) if over else ())
        assert pool.concurrent_excess == (
            0 if pool.unrestricted else max(0, pool.concurrent_in_use - pool.concurrent_seats)
        )


def an_assignable_seat_serves_one_user_in_one_place(state: State) -> None:
    """However many sessions he has."""
    living = {row.id: row for row in state.assignments.values()}
    served: dict[int, set[tuple[int, str | None]]] = defaultdict(set)
    for hold in state.holds.values():
        if hold.method is Method.ASSIGNABLE:
            assert living[hold.assignment_id].license_id == hold.license_id
            at_station = hold.ground is HolderKind.STATION
            machine = state.sessions[hold.session_id].machine if at_station else None
            served[hold.assignment_id].add((hold.user_id, machine))
    assert all(len(served_by) == 1 for served_by in served.values())


class Listener:
    """Every subscribed session, and what it knows by its first message and those since. It hears all from the start."""

    def __init__(self) -> None:
        self.heard: dict[int, dict[str, bool]] = {}
        self._names: dict[int, str] = {}

    def hear(self, state: State, events: list[Event]) -> None:
        """Tell each subscribed session what new events mean for it."""
        owners: dict[int, int] = {row.id: row.user_id for row in state.sessions.values()}
        for event in events:
            match event:
                case LicenseDefined():
                    self._names[event.license_id] = event.name
                case Subscribed():
                    self.heard[event.session_id] = dict(zip(event.names, event.assigned, strict=True))
                case Unsubscribed() | Ended():
                    self.heard.pop(event.session_id, None)
                case Assigned():
                    self._tell(owners, event.holder, event.license_id, assigned=event.method is not None)
                case Unassigned():
                    self._tell(owners, event.holder, event.license_id, assigned=False)
                case ProfileChanged():
                    for move in event.moves:
                        self._tell(owners, event.holder, move.license_id, assigned=event.enabled)

    def _tell(self, owners: dict[int, int], holder: Holder, license_id: int, *, assigned: bool) -> None:
        for session, known in self.heard.items():
            if holder == (HolderKind.USER, owners.get(session)):
                known[self._names[license_id]] = assigned
