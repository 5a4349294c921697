"""Acquiring licenses in stages, at once or as a replacement; releasing them.

Contract section 4; decisions 2, 6 and 7. The verdict on one license is reached in `grounds`.
"""

from seatkeeper.licensing.commands import (
    AcquireInStages,
    AcquireLicenses,
    ReleaseLicenses,
    ReplaceLicenses,
    StageFailureAction,
)
from seatkeeper.licensing.entities import LicenseName
from seatkeeper.licensing.events import Denied, ReleaseReason
from seatkeeper.licensing.grounds import Claimant, check_anew, claimant_of, held_already
from seatkeeper.licensing.holds import release, release_all, take
from seatkeeper.licensing.turn import Turn
from seatkeeper.licensing.verdicts import StageVerdict, Verdict


def acquire_in_stages(turn: Turn, command: AcquireInStages) -> tuple[StageVerdict, ...]:
    """Acquire stage by stage; a failed stage whose action is abort ends the sequence (decision 2)."""
    claimant = claimant_of(turn, turn.session(command.session_id))
    results: list[StageVerdict] = []
    for stage in command.stages:
        verdicts = tuple([_acquire(turn, claimant, name) for name in stage.licenses])
        results.append(StageVerdict(stage.name, verdicts))
        if stage.on_failure is StageFailureAction.ABORT and not all(verdict.granted for verdict in verdicts):
            break
    return tuple(results)


def acquire_licenses(turn: Turn, command: AcquireLicenses) -> tuple[Verdict, ...]:
    """Acquire licenses beside those already held."""
    claimant = claimant_of(turn, turn.session(command.session_id))
    return tuple(_acquire(turn, claimant, name) for name in command.licenses)


def replace_licenses(turn: Turn, command: ReplaceLicenses) -> tuple[Verdict, ...]:
    """Hold exactly the named licenses; one that is in both sets is never let go (decision 6)."""
    claimant = claimant_of(turn, turn.session(command.session_id))
    verdicts = tuple(_acquire(turn, claimant, name) for name in command.licenses)
    kept = {turn.license_id(name) for name in command.licenses}
    for license_id in turn.state.held_by.get(command.session_id) or ():
        if license_id not in kept:
            release(turn, turn.state.holds[command.session_id, license_id], ReleaseReason.CLIENT)
    return verdicts


def release_licenses(turn: Turn, command: ReleaseLicenses) -> None:
    """Release everything the session holds."""
    turn.session(command.session_id)
    release_all(turn, command.session_id, ReleaseReason.CLIENT)


def _acquire(turn: Turn, claimant: Claimant, name: LicenseName) -> Verdict:
    """Check one license and record what the verdict means: a hold, a denial, or nothing where it is held already."""
    session = claimant.session
    license_id = turn.license_id(name)
    held = held_already(turn, claimant, name, license_id)
    if held is not None:
        return held
    verdict = check_anew(turn, claimant, name, license_id)
    if verdict.reason is not None:
        turn.record(
            Denied(
                session_id=session.id,
                user_id=session.user_id,
                license=name.name,
                license_id=license_id,
                reason=verdict.reason,
            )
        )
    elif license_id is not None and verdict.ground is not None:
        take(turn, session.id, session.user_id, license_id, verdict.ground)
    return verdict
