"""What commands come to, where a plain value would not say it."""

from enum import Enum

from msgspec import Struct

from seatkeeper.licensing.entities import License, Pool
from seatkeeper.licensing.sentences import Sentence
from seatkeeper.licensing.verdicts import Verdict


class Connected(Struct, frozen=True):
    """A session was opened for this user."""

    session_id: int
    login: str
    display_name: str


class ProblemKind(Enum):
    """What is wrong with a license that an administrator wants a holder to have (contract 5.5)."""

    EXCEEDS_SEATS = "exceeds_seats"
    """An error: there is no seat for it."""
    MORE_THAN_SEATS = "more_than_seats"
    """A warning: more may use it than can at once."""
    MISSING_PREREQUISITE = "missing_prerequisite"
    """A warning: the holder lacks the license that it requires."""
    UNKNOWN_LICENSE = "unknown_license"
    """An error: there is no such license."""
    NOT_ASSIGNABLE = "not_assignable"
    """An error: it is not for this kind of holder, or for none, or has expired."""


class LicenseProblem(Struct, frozen=True):
    """A license of which a configuration has something to say: what kind, and in one sentence.

    The names are as stored; of a license that there is not, both are as asked for.
    """

    kind: ProblemKind
    name: str
    display_name: str
    said: Sentence

    @property
    def sentence(self) -> str:
        """What is said, in English."""
        return str(self.said)

    @property
    def is_error(self) -> bool:
        """Whether the configuration was not carried out."""
        return self.kind not in {ProblemKind.MORE_THAN_SEATS, ProblemKind.MISSING_PREREQUISITE}


class Configured(Struct, frozen=True):
    """Whose licenses were to be configured, by login or name as stored, and what there is to say of it."""

    holder: str
    problems: tuple[LicenseProblem, ...]


class Explanation(Struct, frozen=True):
    """The verdict on one license and, before it, what each ground alone came to, in the order they were tried."""

    verdict: Verdict
    tried: tuple[Verdict, ...]


class BlockedApplication(Struct, frozen=True):
    """An application that lacks the token it needs, by the name of its runtime and its own, and why it does."""

    runtime: str
    name: str
    why: Sentence


class Foreseen(Struct, frozen=True):
    """What commands would bring about beyond what they say, both by name.

    `blocked`: applications that they would leave without their tokens. `unblocked`: those that would have theirs
    again, each by the name of its runtime and its own.
    """

    blocked: tuple[BlockedApplication, ...] = ()
    unblocked: tuple[tuple[str, str], ...] = ()


class Module(Struct, frozen=True):
    """A license as it is for one user, with its seats and their use over all at that moment.

    `required`: the name of its prerequisite, None for none. `can_assign`: whether he could be assigned it
    (`eligibility.can_assign`).
    """

    license: License
    pool: Pool
    required: str | None
    assigned: bool
    can_assign: bool


class Activation(Struct, frozen=True):
    """Why an owner's license document cannot be activated; empty where it was, or could be."""

    reasons: tuple[Sentence, ...]
