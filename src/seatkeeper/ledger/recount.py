"""Every count of a pool, counted again from the rows that it counts, and what must never be, looked for."""

from collections import Counter
from collections.abc import Iterator

from seatkeeper.licensing.counts import COUNTED
from seatkeeper.licensing.entities import Holder, HolderKind, Method, Pool, Profile, fold
from seatkeeper.licensing.state import Image


def recount(image: Image) -> Iterator[str]:
    """Each difference between the counts of a whole image and its rows, in a sentence."""
    assigned = {count: Counter[int]() for count in COUNTED.values()}
    concurrent = Counter[int]()
    for assignment in image.assignments.values():
        license_ = image.licenses.get(assignment.license_id)
        if license_ is None:
            continue
        profile = _profile(image, assignment.holder, fold(license_.owner))
        if not profile.enabled:
            continue
        if profile.method is Method.CONCURRENT:
            concurrent[assignment.license_id] += 1
        else:
            assigned[COUNTED[assignment.holder.kind]][assignment.license_id] += 1
    in_use = Counter(
        license_id
        for license_id, _ in {
            (hold.license_id, hold.user_id) for hold in image.holds.values() if hold.method is Method.CONCURRENT
        }
    )
    for pool in image.pools.values():
        for name, counts in (
            *assigned.items(),
            ("concurrent_assigned", concurrent),
            ("concurrent_in_use", in_use),
        ):
            if getattr(pool, name) != counts[pool.license_id]:
                counted = counts[pool.license_id]
                yield f"{_named(image, pool)} has {getattr(pool, name)} as {name}, but there are {counted}"
        yield from _over(image, pool)
    yield from _left_over(image)
    yield from _without_runtime(image)


def _left_over(image: Image) -> Iterator[str]:
    """What rests on something that is not there any more."""
    living = {Holder(HolderKind.USER, user.id) for user in image.users.values() if user.deleted_at is None}
    living |= {Holder(HolderKind.STATION, number) for number in image.stations}
    living |= {Holder(HolderKind.APPLICATION, number) for number in image.applications}
    for holder, license_id in image.assignments:
        if license_id not in image.licenses or holder not in living:
            kind = holder.kind.name.lower()
            yield f"license {license_id} is assigned to {kind} {holder.id}, one of which is not there"
    for session_id, license_id in image.holds:
        if session_id not in image.sessions or license_id not in image.licenses:
            yield f"license {license_id} is held by session {session_id}, one of which is not there"
    for logon in image.logons.values():
        if logon.station_id is not None and logon.station_id not in image.stations:
            yield f"session {logon.session_id} is at station {logon.station_id}, which is not there"
    for license_ in image.licenses.values():
        if license_.prerequisite is not None and license_.prerequisite not in image.licenses:
            yield f"{license_.name} requires license {license_.prerequisite}, which is not there"


def _without_runtime(image: Image) -> Iterator[str]:
    """Applications of a runtime that is not there any more."""
    for application in image.applications.values():
        if application.runtime_id not in image.runtimes:
            yield f"application {application.id} is of runtime {application.runtime_id}, which is not there"


def _over(image: Image, pool: Pool) -> Iterator[str]:
    """Use above the seats that no allowed overcommit accounts for."""
    if pool.unrestricted:
        return
    if pool.assigned > pool.assignable_seats + pool.assignable_excess:
        yield f"{_named(image, pool)} has {pool.assigned} of {pool.assignable_seats} assignable seats assigned"
    if pool.concurrent_in_use > pool.concurrent_seats + pool.concurrent_excess:
        yield f"{_named(image, pool)} has {pool.concurrent_in_use} of {pool.concurrent_seats} concurrent seats in use"
    if len(pool.uncovered) != max(0, pool.assigned - pool.assignable_seats):
        yield f"{_named(image, pool)} lists {len(pool.uncovered)} assignments as not covered by its seats"


def _named(image: Image, pool: Pool) -> str:
    return f"the pool of {image.licenses[pool.license_id].name}"


def _profile(image: Image, holder: Holder, owner_key: str) -> Profile:
    return image.profiles.get((holder, owner_key)) or Profile(holder=holder, owner_key=owner_key)
