"""How the counts of a pool follow from what happens: seats taken and freed, and the excess that shrinks with them.

Decisions 4 and 25. `change` is 1, 0 or -1 throughout.
"""

from typing import Final

from msgspec.structs import replace

from seatkeeper.licensing.entities import HolderKind
from seatkeeper.licensing.state import State

COUNTED: Final = {
    HolderKind.USER: "assigned_users",
    HolderKind.STATION: "assigned_stations",
    HolderKind.APPLICATION: "assigned_applications",
}
"""By which count of a pool the assignable seats of such holders go."""


def count_assignable(state: State, license_id: int, kind: HolderKind, assignment_id: int, change: int) -> None:
    """An assignment takes an assignable seat, or frees the one that it took."""
    if not change:
        return
    pool = state.pools[license_id]
    counted = COUNTED[kind]
    pool = replace(pool, **{counted: getattr(pool, counted) + change})
    state.seated.put(assignment_id, license_id if change > 0 else None)
    if change < 0 and pool.uncovered:
        left = tuple(each for each in pool.uncovered if each != assignment_id)
        # A covered one went: the earliest of the uncovered takes its seat.
        pool = replace(pool, uncovered=left if len(left) < len(pool.uncovered) else left[1:])
    if pool.assignable_excess:
        excess = min(pool.assignable_excess, max(0, pool.assigned - pool.assignable_seats))
        pool = replace(pool, assignable_excess=excess)
    state.pools.put(license_id, pool)


def count_concurrent(state: State, license_id: int, change: int) -> None:
    """A license is assigned by the concurrent method, or not any more; that takes no seat."""
    pool = state.pools[license_id]
    state.pools.put(license_id, replace(pool, concurrent_assigned=pool.concurrent_assigned + change))


def count_use(state: State, license_id: int, change: int) -> None:
    """A user takes a concurrent seat, or frees it."""
    pool = state.pools[license_id]
    pool = replace(pool, concurrent_in_use=pool.concurrent_in_use + change)
    if pool.concurrent_excess:
        excess = min(pool.concurrent_excess, max(0, pool.concurrent_in_use - pool.concurrent_seats))
        pool = replace(pool, concurrent_excess=excess)
    state.pools.put(license_id, pool)
