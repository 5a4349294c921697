"""What is said of that which was wrong with a transaction."""

from collections.abc import Mapping
from typing import Final

from seatkeeper.licensing.deployment import Fault, TransactionError
from seatkeeper.licensing.sentences import Sentence, pattern

_PATTERNS: Final[Mapping[Fault, str]] = {
    Fault.RUNTIME_NOT_RUNNING: pattern("Runtime {runtime} does not run. Start it, and try again."),
    Fault.NO_CONFIGURATION: pattern("Application {application} of runtime {runtime} has no license configuration."),
    Fault.STILL_REGISTERED: pattern(
        "The license configuration of {application} cannot be deleted while versions of it are registered"
        " ({versions}). Remove these first."
    ),
    Fault.NO_VERSION: pattern("Application {application} has no version {version} for {platform}."),
    Fault.TOKENS_NOT_BOUGHT: pattern(
        "No tokens of {feature} were bought: {owner} has no license of that name that applies to applications."
    ),
    Fault.TOKENS_SHORT: pattern(
        "No token of {feature} is left: {taken} of {bought} are taken. Buy more, or remove an application that has one."
    ),
    Fault.TOKENS_EXPIRED: pattern("The tokens of {feature} expired on {date}. Renew them."),
    Fault.LOCK_WAIT: pattern(
        "The transaction waited for the lock of runtime {runtime} for more than {seconds} seconds. Try again, or let"
        " transactions wait longer."
    ),
    Fault.STALLED: pattern("The transaction did not get on: it was {status} for more than {seconds} seconds."),
    Fault.LOCK_RELEASED: pattern(
        "The lock of the runtime was taken from the transaction by the user with the number {user_id}."
    ),
    Fault.INTERRUPTED: pattern("The server stopped while the transaction was being prepared. Try again."),
    Fault.CANCELED: pattern("The server stopped before the transaction began. Try again."),
}


def sentence_of(error: TransactionError) -> Sentence:
    """What was wrong, with its facts. In which language is decided where it is read."""
    return Sentence(_PATTERNS[error.fault], error.facts)
