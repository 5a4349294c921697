"""What can be asked of the rules. A face turns its wire shape into one of these; the ledger has it decided.

Each docstring says what the outcome is. A command that cannot be carried out raises `Refusal` and changes nothing.
"""

from enum import IntEnum
from typing import Any, Generic, TypeVar

from msgspec import Struct

from seatkeeper.licensing.entities import (
    HolderName,
    LicenseName,
    Method,
    Session,
    StationLogon,
    StationSetting,
    User,
)
from seatkeeper.licensing.outcomes import Configured, Connected, Explanation, Foreseen, Module
from seatkeeper.licensing.seen import Seen
from seatkeeper.licensing.verdicts import StageVerdict, Verdict

T = TypeVar("T")


class Command(Struct, Generic[T], frozen=True, kw_only=True):
    """Anything that the ledger decides; T is what it comes to."""


class Connect(Command[Connected], frozen=True):
    """Open a session for a user whose credentials have been verified. Outcome: `Connected`.

    The digests are kept beside the session, never in the journal. `source` is the session that vouches for the user;
    where it has ended meanwhile this is refused. `ends_source`: it logs off as the new one begins.
    `hears_of_stations`: the session asks for word of where it sits. `idle_timeout`: in milliseconds; None for the
    policy's. `at_most`: so many of his sessions may live in this application, this one among them; the oldest end.
    """

    user_id: int
    application: str
    machine: str
    language: str
    cookie_digest: bytes
    csrf_digest: bytes
    source: int | None = None
    ends_source: bool = False
    hears_of_stations: bool = False
    idle_timeout: int | None = None
    at_most: int | None = None


class EndReason(IntEnum):
    """Why a session ended."""

    LOGGED_OFF = 1
    IDLE = 2
    LOGGED_ON_ELSEWHERE = 3
    ADMINISTRATOR = 4
    USER_DELETED = 5


class EndSession(Command[None], frozen=True):
    """End a session and release all it held. Outcome: None. Refused where it has ended already."""

    session_id: int
    reason: EndReason


class ExpireSession(Command[bool], frozen=True):
    """End a session if it is still idle for the whole time-out when this is decided. Outcome: whether it ended."""

    session_id: int


class FindSession(Command[Session | None], frozen=True):
    """Look for a live session, which may have to be loaded first. Outcome: the session, or None."""

    session_id: int


class FindUser(Command[User | None], frozen=True):
    """Look for a user, who may have to be loaded first. Outcome: the user, deleted or not, or None."""

    user_id: int


class AcquireLicenses(Command[tuple[Verdict, ...]], frozen=True):
    """Acquire licenses for a session, keeping what it holds. Outcome: a tuple of `Verdict`, one for each mention."""

    session_id: int
    licenses: tuple[LicenseName, ...]


class ReplaceLicenses(Command[tuple[Verdict, ...]], frozen=True):
    """Hold exactly this set: the new is decided before the old is given up. Outcome as `AcquireLicenses`."""

    session_id: int
    licenses: tuple[LicenseName, ...]


class ReleaseLicenses(Command[None], frozen=True):
    """Release everything a session holds. Outcome: None."""

    session_id: int


class StageFailureAction(IntEnum):
    """What a failed stage means for those after it (seed license-stages)."""

    CONTINUE = 0
    ABORT = 1


class Stage(Struct, frozen=True):
    """A named set of licenses that are acquired together."""

    name: str
    on_failure: StageFailureAction
    licenses: tuple[LicenseName, ...]


class AcquireInStages(Command[tuple[StageVerdict, ...]], frozen=True):
    """Acquire stage by stage (decision 2). Outcome: a tuple of `StageVerdict`; stages after an abort are absent."""

    session_id: int
    stages: tuple[Stage, ...]


class SetStation(Command[StationLogon], frozen=True):
    """Sit down at a station, at a remote number, or nowhere (decision 10). Outcome: the `StationLogon`.

    `station` names a known station for the two workstation settings and is None otherwise.
    """

    session_id: int
    setting: StationSetting
    station: str | None = None
    remote_number: str | None = None


class LeaveStation(Command[None], frozen=True):
    """Leave the station, releasing what was held on its ground. Outcome: None. Refused without a station."""

    session_id: int


class Subscribe(Command[tuple[tuple[str, bool], ...]], frozen=True):
    """Hear of assignments of these licenses to the session's user. Outcome: the first full message's content,
    a tuple of (name as spelled, assigned)."""

    session_id: int
    owner: str
    names: tuple[str, ...]


class Unsubscribe(Command[None], frozen=True):
    """Hear of no license any more. Outcome: None."""

    session_id: int


class Assign(Command[tuple[LicenseName, ...]], frozen=True):
    """Assign licenses to a holder, all or none; repeats are no-ops. Outcome: those that were new, as stored."""

    holder: HolderName
    licenses: tuple[LicenseName, ...]


class Unassign(Command[tuple[LicenseName, ...]], frozen=True):
    """Take licenses from a holder. Outcome: those that were assigned, as stored; others are no-ops."""

    holder: HolderName
    licenses: tuple[LicenseName, ...]


class AssignModules(Command[tuple[Module, ...]], frozen=True):
    """Assign an owner's licenses to the user of this number, all or none, as a CRM does (decisions 13, 15, 17).

    Repeats are no-ops. Outcome: every license of that owner that he has afterwards, by sort order, then name.
    """

    user_id: int
    owner: str
    names: tuple[str, ...]


class UnassignModules(Command[tuple[Module, ...]], frozen=True):
    """Take an owner's licenses from the user of this number, all or none; what he does not have is a no-op.

    Outcome as `AssignModules`.
    """

    user_id: int
    owner: str
    names: tuple[str, ...]


class UnassignAll(Command[tuple[LicenseName, ...]], frozen=True):
    """Take all licenses of all owners from the user of this number. Outcome: those that he had, as stored."""

    user_id: int


class ChangeProfile(Command[bool], frozen=True):
    """Enable or disable a holder's licenses of one owner, or change their method. Outcome: whether that was new."""

    holder: HolderName
    owner: str
    enabled: bool
    method: Method


class ConfigureLicenses(Command[Configured], frozen=True):
    """Make a holder's licenses of one owner what an administrator wants, and his profile with them (contract 5.5).

    `wanted` are assigned. Of what he has besides, that goes which this speaks of: the licenses in `scope`, or with
    `beyond` all of the owner's but those in `scope`. `enabled` and `method` None leave the profile as it is. Outcome:
    `Configured`; where one of its problems is an error, nothing has changed. `rehearsed`: nothing changes at all.
    """

    holder: HolderName
    owner: str
    wanted: tuple[LicenseName, ...] = ()
    scope: tuple[LicenseName, ...] = ()
    beyond: bool = False
    enabled: bool | None = None
    method: Method | None = None
    rehearsed: bool = False


class Explain(Command[Explanation], frozen=True):
    """What acquiring would come to, without effect. Outcome: `Explanation`.

    The user is taken to log on at `station` (None: at none) from `machine` (None: from where he already is), in an
    application of no name. Refused where he could not.
    """

    login: str
    license: LicenseName
    station: str | None = None
    machine: str | None = None


class Together(Command[tuple[Any, ...]], frozen=True):
    """Several commands as one: all or none. Outcome: the tuple of their outcomes.

    Refused (changed_since) where anything is not as it was `seen` when they were planned. Another `Refusal` carries
    the index of the command that was refused.
    """

    commands: tuple[Command[Any], ...]
    seen: tuple[Seen, ...] = ()


class Rehearse(Command[Foreseen], frozen=True):
    """What several commands would come to, without effect. Outcome: `Foreseen`. Refused as they would be `Together`."""

    commands: tuple[Command[Any], ...]
    seen: tuple[Seen, ...] = ()
