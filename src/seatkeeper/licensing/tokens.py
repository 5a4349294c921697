"""The tokens of applications: seats of licenses that apply to applications, assigned to these as their holders.

Mobilefirst contract 9; decision 23. Where tokens are counted, an application with a version needs one of the license
that its license type calls for; without, it is blocked. A token's license may cover the whole installation: then every
application has it. What a license requires or brings along is of no concern to applications.
"""

from seatkeeper.licensing.assignments import withdraw
from seatkeeper.licensing.deployment import Application, Fault, LicenseType, TransactionError
from seatkeeper.licensing.entities import (
    AppliesTo,
    Holder,
    HolderKind,
    License,
    LicenseKind,
    LicenseName,
    Method,
    Owner,
    Pool,
    fold,
)
from seatkeeper.licensing.events import Assigned
from seatkeeper.licensing.policy import DeploymentPolicy
from seatkeeper.licensing.terms import assignable_until, day, usable_until
from seatkeeper.licensing.turn import Turn


def holder_of(application: Application) -> Holder:
    """An application as a holder of its tokens."""
    return Holder(HolderKind.APPLICATION, application.id)


def needed_token(policy: DeploymentPolicy, application: Application) -> LicenseName | None:
    """The license whose token an application is to have.

    None where it needs none: tokens are not counted, it has no version, or it is not for production.
    """
    if not policy.count_tokens or not application.versions:
        return None
    match application.license_type:
        case LicenseType.APPLICATION:
            return LicenseName(policy.feature_owner, policy.application_feature)
        case LicenseType.ADDITIONAL_BRAND_DEPLOYMENT:
            return LicenseName(policy.feature_owner, policy.brand_feature)
        case LicenseType.NON_PRODUCTION:
            return None


def asks_for_token(policy: DeploymentPolicy, before: Application, after: Application) -> bool:
    """Whether a change must find a token: it registers a version, or calls for another license than before.

    A blocked application may change otherwise, and stays blocked.
    """
    needed = needed_token(policy, after)
    if needed is None:
        return False
    new = {each.key for each in after.versions} - {each.key for each in before.versions}
    return bool(new) or needed != needed_token(policy, before)


def lacks_token(turn: Turn, application: Application) -> bool:
    """Whether an application needs a token that it does not have."""
    name = needed_token(turn.policy.deployment, application)
    if name is None:
        return False
    license_ = _token_license(turn, name)
    return license_ is None or not _has(turn, application, license_)


def why_no_token(turn: Turn, application: Application) -> TransactionError | None:
    """Why an application cannot have the token that it needs; None where it can, or has it, or needs none."""
    name = needed_token(turn.policy.deployment, application)
    if name is None:
        return None
    license_ = _token_license(turn, name)
    if license_ is None or not _has(turn, application, license_):
        pool = None if license_ is None else turn.state.pools[license_.id]
        return why_none_is_left(name, license_, pool, turn.owner(fold(name.owner)), turn.now)
    return None


def why_none_is_left(
    name: LicenseName, license_: License | None, pool: Pool | None, owner: Owner | None, now: int
) -> TransactionError | None:
    """Why no further application can have a token of this name; None where one can.

    `license_` is None where there is no such license that applies to applications. `now`: in milliseconds.
    """
    if license_ is None or pool is None:
        return TransactionError(Fault.TOKENS_NOT_BOUGHT, {"feature": name.name, "owner": name.owner})
    feature = f"{license_.owner}:{license_.name}"  # as the commands that buy more want it spelled
    ends = (assignable_until(license_, owner), usable_until(license_, owner))  # a grace may be set to end earlier
    until = min((each for each in ends if each is not None), default=None)
    if until is not None and now >= until:
        return TransactionError(Fault.TOKENS_EXPIRED, {"feature": feature, "date": day(until)})
    if license_.kind is LicenseKind.USER and not pool.unrestricted and pool.assigned >= pool.assignable_seats:
        facts: dict[str, str | int] = {
            "feature": feature,
            "taken": pool.assigned,
            "bought": pool.assignable_seats,
        }
        return TransactionError(Fault.TOKENS_SHORT, facts)
    return None


def take_token(turn: Turn, application: Application) -> int | None:
    """Assign an application the token that it needs, where nothing speaks against it; the license, if it was new."""
    name = needed_token(turn.policy.deployment, application)
    license_ = None if name is None else _token_license(turn, name)
    if license_ is None or _has(turn, application, license_):
        return None
    turn.record(
        Assigned(
            assignment_id=turn.state.next_number("assignment"),
            license_id=license_.id,
            holder=holder_of(application),
            method=Method.ASSIGNABLE,
        )
    )
    return license_.id


def give_back_others(turn: Turn, application: Application) -> None:
    """Take all tokens from an application but the one that it needs."""
    name = needed_token(turn.policy.deployment, application)
    needed = None if name is None else _token_license(turn, name)
    for license_id in turn.state.assigned_to.get(holder_of(application)) or ():
        if needed is None or license_id != needed.id:
            give_back(turn, application, license_id)


def give_back(turn: Turn, application: Application, license_id: int) -> None:
    """Take one token from an application, where it still has it: removing its license takes it too."""
    assignment = turn.state.assignments.get((holder_of(application), license_id))
    if assignment is not None:
        withdraw(turn, assignment)


def give_back_void(turn: Turn, application: Application) -> None:
    """Take from an application a token that counts no more: past its grace, or not reached by the seats installed."""
    for license_id in turn.state.assigned_to.get(holder_of(application)) or ():
        assignment = turn.state.assignments[holder_of(application), license_id]
        uncovered = assignment.id in turn.state.pools[license_id].uncovered
        if uncovered or not _is_usable(turn, turn.state.licenses[license_id]):
            withdraw(turn, assignment)


def _token_license(turn: Turn, name: LicenseName) -> License | None:
    """The license of this name, where its seats are for applications."""
    license_id = turn.license_id(name)
    license_ = None if license_id is None else turn.state.licenses[license_id]
    return license_ if license_ is not None and license_.applies_to is AppliesTo.APPLICATIONS else None


def _has(turn: Turn, application: Application, license_: License) -> bool:
    """Whether an application has a token of a license. What covers the whole installation is assigned to nobody."""
    if license_.kind is not LicenseKind.USER:
        return _is_usable(turn, license_)
    return turn.state.assignments.get((holder_of(application), license_.id)) is not None


def _is_usable(turn: Turn, license_: License) -> bool:
    """Whether a license is not past its grace."""
    until = usable_until(license_, turn.owner(fold(license_.owner)))
    return until is None or turn.now < until
