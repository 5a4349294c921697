"""The verdict on one license for one claimant, reached by trying every ground it could rest on, cheapest first.

Contract sections 4.2 and 6; decisions 1, 3, 4, 5 and 10. Only if no ground grants is a refusal reported.
"""

from collections.abc import Iterator

from msgspec import Struct

from seatkeeper.licensing.entities import (
    AppliesTo,
    Assignment,
    Holder,
    HolderKind,
    License,
    LicenseKind,
    LicenseName,
    Method,
    Pool,
    Session,
    Station,
    User,
    fold,
)
from seatkeeper.licensing.holds import uses_concurrently
from seatkeeper.licensing.occupancy import Conflict, conflict_at
from seatkeeper.licensing.sentences import Fact, Sentence, say
from seatkeeper.licensing.terms import date, usable_until
from seatkeeper.licensing.turn import Turn
from seatkeeper.licensing.verdicts import KINDS, Ground, Reason, Verdict

_NO_FACTS: dict[str, Fact] = {}


class Claimant(Struct, frozen=True):
    """On whose behalf a license is checked: a session, its user, who is a `holder`, and the station where it sits."""

    user: User
    holder: Holder
    session: Session
    station: Station | None


def claimant_of(turn: Turn, session: Session) -> Claimant:
    """The claimant that a live session is."""
    logon = turn.state.logons.get(session.id)
    station_id = None if logon is None else logon.station_id
    return Claimant(
        user=turn.state.users[session.user_id],
        holder=Holder(HolderKind.USER, session.user_id),
        session=session,
        station=None if station_id is None else turn.state.stations[station_id],
    )


def check(turn: Turn, claimant: Claimant, name: LicenseName) -> Verdict:
    """The verdict on one license, without effect."""
    license_id = turn.license_id(name)
    return held_already(turn, claimant, name, license_id) or check_anew(turn, claimant, name, license_id)


def held_already(turn: Turn, claimant: Claimant, name: LicenseName, license_id: int | None) -> Verdict | None:
    """The verdict on a license that the session holds, on the ground on which it does; None where it does not."""
    held = None if license_id is None else turn.state.holds.get((claimant.session.id, license_id))
    return None if held is None else _granted(name.name, Ground(held.ground, held.assignment_id, held.method))


def check_anew(turn: Turn, claimant: Claimant, name: LicenseName, license_id: int | None) -> Verdict:
    """The verdict on one license that the session does not hold, without effect."""
    inquiry = _inquiry(turn, claimant, name, license_id)
    if isinstance(inquiry, Verdict):
        return inquiry
    first_refusal: Verdict | None = None
    for verdict in _tried(inquiry):
        if verdict.granted:
            return verdict
        first_refusal = first_refusal or verdict
    return first_refusal or _refused(name.name, Reason.NOT_ASSIGNED, user=claimant.user.login, station=_place(claimant))


def try_each(turn: Turn, claimant: Claimant, name: LicenseName) -> tuple[Verdict, ...]:
    """What each ground alone comes to, in the order in which they count; empty where none is tried."""
    inquiry = _inquiry(turn, claimant, name, turn.license_id(name))
    return () if isinstance(inquiry, Verdict) else tuple(_tried(inquiry))


class Inquiry(Struct, frozen=True):
    """One license looked at for one claimant.

    `name` is the license's name as the client spelled it, `owner_key` its owner, folded.
    """

    turn: Turn
    claimant: Claimant
    license: License
    pool: Pool
    name: str
    owner_key: str


def _inquiry(turn: Turn, claimant: Claimant, license_name: LicenseName, license_id: int | None) -> Inquiry | Verdict:
    """What the grounds are tried with, or the refusal of a license of which none is."""
    name = license_name.name
    if license_id is None:
        return _refused(
            name,
            Reason.UNKNOWN_LICENSE,
            owner=license_name.owner,
            user=claimant.user.login,  # these two for a face that tells it as not assigned
            station=_place(claimant),
        )
    license_ = turn.state.licenses[license_id]
    if license_.kind is not LicenseKind.USER:
        return _refused(name, Reason.SITE_LICENSE, kind=KINDS[license_.kind])
    if license_.applies_to is AppliesTo.APPLICATIONS:
        return _refused(name, Reason.FOR_APPLICATIONS)
    pool = turn.state.pools.get(license_id)
    if pool is None or not _consistent(pool):
        return _inconsistent(name, pool)
    return Inquiry(turn, claimant, license_, pool, name, fold(license_.owner))


def _tried(inquiry: Inquiry) -> Iterator[Verdict]:
    """What each ground comes to: the user's assignable, the station's, the user's concurrent (decision 4).

    A refusal of the user's own ground comes first, since it is the one to be reported; a concurrent seat that would
    be granted comes last, since a free ground of the station spares it.
    """
    turn, claimant = inquiry.turn, inquiry.claimant
    own = turn.state.assignments.get((claimant.holder, inquiry.license.id))
    own_verdict = None if own is None else _try_own(inquiry, own)
    ground = None if own_verdict is None else own_verdict.ground
    spared = ground is not None and ground.method is Method.CONCURRENT
    if own_verdict is not None and not spared:
        yield own_verdict
    if claimant.station is not None:
        station = Holder(HolderKind.STATION, claimant.station.id)
        assignment = turn.state.assignments.get((station, inquiry.license.id))
        if assignment is not None:
            yield _try_station(inquiry, claimant.station, assignment)
    if own_verdict is not None and spared:
        yield own_verdict


def _try_own(inquiry: Inquiry, assignment: Assignment) -> Verdict:
    user, pool, name = inquiry.claimant.user, inquiry.pool, inquiry.name
    profile = inquiry.turn.profile(assignment.holder, inquiry.owner_key)
    if not profile.enabled:
        return _refused(name, Reason.USER_NOT_ENABLED, user=user.login)
    common = _common_refusal(inquiry)
    if common is not None:
        return common
    if profile.method is Method.ASSIGNABLE:
        return _try_seat(inquiry, assignment, user.login)
    free = pool.unrestricted or pool.concurrent_in_use < pool.concurrent_seats
    if free or uses_concurrently(inquiry.turn, user.id, inquiry.license.id, besides=None):
        return _granted(name, Ground(HolderKind.USER, assignment.id, Method.CONCURRENT))
    return _refused(name, Reason.ALL_IN_USE, seats=pool.concurrent_seats, in_use=pool.concurrent_in_use)


def _try_station(inquiry: Inquiry, station: Station, assignment: Assignment) -> Verdict:
    if not inquiry.turn.profile(assignment.holder, inquiry.owner_key).enabled:
        return _refused(inquiry.name, Reason.STATION_NOT_ENABLED, station=station.name)
    common = _common_refusal(inquiry)
    if common is not None:
        return common
    claimant = inquiry.claimant
    conflict = conflict_at(inquiry.turn, station, claimant.session, inquiry.license.id)
    if conflict is not None:
        return _station_refused(inquiry.name, station, claimant.user, conflict)
    return _try_seat(inquiry, assignment, _station(station))


def _try_seat(inquiry: Inquiry, assignment: Assignment, holder: Fact) -> Verdict:
    """An assignable ground costs nothing, unless fewer seats are installed than are assigned (decision 4)."""
    pool = inquiry.pool
    if assignment.id in pool.uncovered and not pool.unrestricted:
        return _refused(
            inquiry.name, Reason.NOT_COVERED, assigned=pool.assigned, seats=pool.assignable_seats, holder=holder
        )
    return _granted(inquiry.name, Ground(assignment.holder.kind, assignment.id, Method.ASSIGNABLE))


def _common_refusal(inquiry: Inquiry) -> Verdict | None:
    """What stands against a license on any ground: its date has passed, or another application has it."""
    license_ = inquiry.license
    until = usable_until(license_, inquiry.turn.owner(inquiry.owner_key))
    if until is not None and inquiry.turn.now >= until:
        return _refused(inquiry.name, Reason.EXPIRED, until=date(until))
    other = None if license_.shared else _other_application(inquiry)
    if other is not None:
        user = inquiry.claimant.user.login
        return _refused(inquiry.name, Reason.OTHER_APPLICATION, user=user, other_application=other)
    return None


def _other_application(inquiry: Inquiry) -> str | None:
    """The application, other than the claimant's, in which the user holds this license."""
    claimant, state = inquiry.claimant, inquiry.turn.state
    mine = fold(claimant.session.application)
    for session_id in state.sessions_of.get(claimant.user.id) or ():
        if state.holds.get((session_id, inquiry.license.id)) is not None:
            application = state.sessions[session_id].application
            if fold(application) != mine:
                return application
    return None


def _station_refused(name: str, station: Station, user: User, conflict: Conflict) -> Verdict:
    return _refused(
        name,
        conflict.reason,
        station=station.name,
        user=user.login,
        other_station=conflict.other_station,
        other_machine=conflict.other_machine,
        other_user=conflict.other_user,
    )


def _consistent(pool: Pool) -> bool:
    """Whether the counts of a pool can be: a wrong one must not hand out anything."""
    if pool.unrestricted:
        return pool.concurrent_in_use >= 0 and pool.assigned >= 0
    return (
        0 <= pool.concurrent_in_use <= pool.concurrent_seats + pool.concurrent_excess
        and 0 <= pool.assigned <= pool.assignable_seats + pool.assignable_excess
    )


def _inconsistent(name: str, pool: Pool | None) -> Verdict:
    if pool is None:
        pool = Pool(license_id=0, assignable_seats=0, concurrent_seats=0, unrestricted=False)
    return _refused(
        name,
        Reason.POOL_INCONSISTENT,
        in_use=pool.concurrent_in_use,
        concurrent_seats=pool.concurrent_seats,
        assigned=pool.assigned,
        assignable_seats=pool.assignable_seats,
    )


def _granted(name: str, ground: Ground) -> Verdict:
    return Verdict(name, None, _NO_FACTS, ground)


def _refused(name: str, reason: Reason, **facts: Fact) -> Verdict:
    return Verdict(license=name, reason=reason, facts={"license": name, **facts}, ground=None)


def _place(claimant: Claimant) -> Sentence:
    return say("a station (none is set)") if claimant.station is None else _station(claimant.station)


def _station(station: Station) -> Sentence:
    return say("station {station}", station=station.name)
