"""Configuring a holder's licenses as a contact centre's administrators do: all of them at once, with his profile.

Contract 5.5: what exceeds the seats or cannot be meant is an error, and nothing is changed; what is only doubtful is a
warning.
"""

from collections.abc import Callable, Collection, Iterator
from functools import partial

from seatkeeper.licensing.assignments import assignments_of_owner, give, lacking, told, withdraw, withdraw_left_over
from seatkeeper.licensing.commands import ChangeProfile, ConfigureLicenses
from seatkeeper.licensing.entities import Holder, HolderKind, License, Method, fold
from seatkeeper.licensing.outcomes import Configured, LicenseProblem, ProblemKind
from seatkeeper.licensing.plans import Wanted, implied_by, with_implied
from seatkeeper.licensing.profiles import change_profile
from seatkeeper.licensing.refusals import Refusal
from seatkeeper.licensing.sentences import Sentence, say
from seatkeeper.licensing.turn import Turn


def configure_licenses(turn: Turn, command: ConfigureLicenses) -> Configured:
    """Carry it out, and take it back where it comes to an error: all errors are told, or else all warnings."""
    holder = turn.holder(command.holder)
    begun = turn.mark()
    problems = tuple(_configure(turn, command, holder))
    if command.rehearsed or any(each.is_error for each in problems):
        turn.rollback(begun)
    return Configured(holder=_name(turn, holder), problems=problems)


def _configure(turn: Turn, command: ConfigureLicenses, holder: Holder) -> list[LicenseProblem]:
    """Take away, then change the profile, then give: what frees seats comes before what takes them."""
    owner_key = fold(command.owner)
    before = turn.profile(holder, owner_key)
    wanted, errors = _wanted(turn, command)
    taken = _take_away(turn, command, holder, wanted)
    exceeding = _change_profile(turn, command, holder)
    errors += exceeding.values()
    for number, each in wanted.items():
        if number not in exceeding and turn.state.assignments.get((holder, number)) is None:
            errors += _give(turn, each, holder)
    if errors:
        return errors
    all_changed = turn.profile(holder, owner_key) != before
    has = [turn.state.licenses[each.license_id] for each in assignments_of_owner(turn, holder, owner_key)]
    touched = (each for each in has if all_changed or each.id in wanted or each.prerequisite in taken)
    return [warning for license_ in touched for warning in _warnings(turn, license_, holder)]


def _wanted(turn: Turn, command: ConfigureLicenses) -> tuple[dict[int, Wanted], list[LicenseProblem]]:
    """The licenses wanted, by number, with what comes with them, and an error for each that there is not."""
    found: list[License] = []
    errors: list[LicenseProblem] = []
    for name in {each.key: each for each in command.wanted}.values():
        try:
            found.append(turn.license(name))
        except Refusal as refusal:
            errors.append(_problem(ProblemKind.UNKNOWN_LICENSE, name.name, name.name, refusal.said))
    return {each.license.id: each for each in with_implied(turn, found)}, errors


def _take_away(turn: Turn, command: ConfigureLicenses, holder: Holder, wanted: Collection[int]) -> set[int]:
    """Withdraw what is spoken of, not wanted and not part of a plan that stays; the licenses that went."""
    scope = {turn.license_id(name) for name in command.scope}
    has = {each.license_id: each for each in assignments_of_owner(turn, holder, fold(command.owner))}
    going = {number for number in has if (number in scope) is not command.beyond and number not in wanted}
    going -= implied_by(turn, [turn.state.licenses[number] for number in has if number not in going]).keys()
    gone = [turn.state.licenses[number] for number in has if number in going]
    for license_ in gone:
        withdraw(turn, has[license_.id])
    return going | {each.id for each in withdraw_left_over(turn, gone, holder, wanted)}


def _change_profile(turn: Turn, command: ConfigureLicenses, holder: Holder) -> dict[int, LicenseProblem]:
    """Change the profile. By license, an error for each that has no seat for what it would become.

    A license that is found so is put aside, to find the next: with an error everything is taken back anyway.
    """
    before = turn.profile(holder, fold(command.owner))
    change = ChangeProfile(
        holder=command.holder,
        owner=command.owner,
        enabled=before.enabled if command.enabled is None else command.enabled,
        method=before.method if command.method is None else command.method,
    )
    errors: dict[int, LicenseProblem] = {}
    while (refusal := _refusal_of(turn, partial(change_profile, turn, change))) is not None:
        if refusal.license_id is None:
            raise refusal
        license_ = turn.state.licenses[refusal.license_id]
        errors[license_.id] = _problem_of(license_, ProblemKind.EXCEEDS_SEATS, refusal.said)
        withdraw(turn, turn.state.assignments[holder, license_.id])
    return errors


def _give(turn: Turn, wanted: Wanted, holder: Holder) -> Iterator[LicenseProblem]:
    """Assign a license; an error where it has no seat left or is not for this holder."""
    refusal = _refusal_of(turn, partial(give, turn, wanted, holder))
    if refusal is not None:
        kind = ProblemKind.NOT_ASSIGNABLE if refusal.license_id is None else ProblemKind.EXCEEDS_SEATS
        yield _problem_of(wanted.license, kind, refusal.said)


def _refusal_of(turn: Turn, act: Callable[[], object]) -> Refusal | None:
    """Act; why not, where it is refused. Nothing of it has happened then."""
    begun = turn.mark()
    try:
        act()
    except Refusal as refusal:
        turn.rollback(begun)
        return refusal
    return None


def _warnings(turn: Turn, license_: License, holder: Holder) -> Iterator[LicenseProblem]:
    pool = turn.state.pools[license_.id]
    profile = turn.profile(holder, fold(license_.owner))
    shares = profile.enabled and profile.method is Method.CONCURRENT
    if shares and not pool.unrestricted and pool.concurrent_assigned > pool.concurrent_seats:
        said = say(
            "{users} may use {license}, but only {seats} at once: so many concurrent seats were bought.",
            users=pool.concurrent_assigned,
            license=license_.name,
            seats=pool.concurrent_seats,
        )
        yield _problem_of(license_, ProblemKind.MORE_THAN_SEATS, said)
    required = lacking(turn, license_, holder)
    if required is not None:
        said = say(
            "{license} requires {required}, which {holder} does not have.",
            license=license_.name,
            required=required.name,
            holder=told(turn, holder),
        )
        yield _problem_of(license_, ProblemKind.MISSING_PREREQUISITE, said)


def _problem_of(license_: License, kind: ProblemKind, said: Sentence) -> LicenseProblem:
    return _problem(kind, license_.name, license_.display_name, said)


def _problem(kind: ProblemKind, name: str, display_name: str, said: Sentence) -> LicenseProblem:
    return LicenseProblem(kind=kind, name=name, display_name=display_name, said=said)


def _name(turn: Turn, holder: Holder) -> str:
    match holder.kind:
        case HolderKind.USER:
            return turn.state.users[holder.id].login
        case HolderKind.STATION:
            return turn.state.stations[holder.id].name
        case HolderKind.APPLICATION:
            return turn.state.applications[holder.id].name
