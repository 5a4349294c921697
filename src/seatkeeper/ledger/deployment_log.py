"""What an operator reads in the log of the deployment of applications: what failed, and what is blocked.

A transaction that nobody waits for has no other line there, and an application is blocked while nobody asks for it.
Users are told by their numbers: a log outlives who is to be forgotten.
"""

import structlog

from seatkeeper.ledger.happened import Happened
from seatkeeper.licensing.deployment_sentences import sentence_of

_log = structlog.get_logger("seatkeeper.ledger")


def log_deployments(happened: Happened) -> None:
    """Tell of a committed batch: once for each transaction and each application, in English."""
    for transaction, runtime in happened.unsuccessful:
        _log.warning(
            "transaction_ended",
            status=transaction.status.value,
            transaction=transaction.id,
            runtime=runtime,
            application=transaction.change.application,
            type=transaction.type.value,
            user_id=transaction.user_id,
            fault=", ".join(error.fault for error in transaction.errors),
            why=" ".join(str(sentence_of(error)) for error in transaction.errors),
        )
    for application, runtime in happened.settled:
        named = {"runtime": runtime, "application": application.name}
        because = application.blocked_because
        if not application.blocked:
            _log.info("application_unblocked", **named)
        elif because is None:
            _log.warning("application_blocked", **named)
        else:
            _log.warning("application_blocked", **named, fault=because.fault.value, why=str(sentence_of(because)))
