"""Applications of runtimes: what an administrator makes of them, and how what they are comes into force.

Decisions 21 and 23; docs/decisions/mobilefirst-transactions.md.
"""

from collections import Counter
from typing import Final

from msgspec.structs import replace

from seatkeeper.licensing.changes import in_order
from seatkeeper.licensing.deployment import Application, ApplicationVersion, Fault, Runtime, TransactionError
from seatkeeper.licensing.deployment_commands import DefineApplication, RemoveApplication
from seatkeeper.licensing.deployment_events import ApplicationDefined, ApplicationRemoved
from seatkeeper.licensing.deployment_sentences import sentence_of
from seatkeeper.licensing.limits import require_line, require_text
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import say
from seatkeeper.licensing.tokens import asks_for_token, give_back_others, lacks_token, take_token, why_no_token
from seatkeeper.licensing.turn import Turn

_CODES: Final = {
    Fault.TOKENS_NOT_BOUGHT: Code.UNKNOWN_LICENSE,
    Fault.TOKENS_SHORT: Code.SEATS_EXHAUSTED,
    Fault.TOKENS_EXPIRED: Code.LICENSE_EXPIRED,
}


def define_application(turn: Turn, command: DefineApplication) -> bool:
    """Make an application what is said: what is registered already keeps the time of its registration."""
    runtime = turn.runtime(command.runtime)
    require_application_name(command.name)
    _require_something(command)
    _require_versions(command)
    require_at_rest(turn, runtime, command.name)
    before = turn.application_named(runtime, command.name)
    stood = before or new_application(turn, runtime, command.name)
    known = {each.key: each for each in stood.versions}
    versions = (
        ApplicationVersion(each.platform, each.version, each.display_name, turn.now) for each in command.versions
    )
    after = replace(
        stood,
        configuration=command.configuration,
        versions=in_order(_unless_changed(known.get(each.key), each) for each in versions),
    )
    if before == after:
        return False
    reserved = reserve_token(turn, stood, after, None)
    if isinstance(reserved, TransactionError):
        raise _no_token(after, reserved)
    come_into_force(turn, after, None)
    return True


def remove_application(turn: Turn, command: RemoveApplication) -> None:
    """Remove an application with all that it has."""
    runtime = turn.runtime(command.runtime)
    require_at_rest(turn, runtime, command.name)
    _remove(turn, turn.application(runtime, command.name))


def remove_all(turn: Turn, runtime: Runtime) -> None:
    """Remove every application of a runtime."""
    for number in turn.state.applications_of.get(runtime.id) or ():
        _remove(turn, turn.state.applications[number])


def new_application(turn: Turn, runtime: Runtime, name: str) -> Application:
    """An application that is not there yet, with nothing."""
    return Application(id=turn.state.next_number("application"), runtime_id=runtime.id, name=name)


def reserve_token(
    turn: Turn, before: Application, after: Application, transaction_id: int | None
) -> int | TransactionError | None:
    """Take the token that a change asks for; the license of one that is new, or why there is none.

    An application that is not there yet is defined with nothing, to hold it.
    """
    if not asks_for_token(turn.policy.deployment, before, after):
        return None
    error = why_no_token(turn, after)
    if error is not None:
        return error
    if turn.state.applications.get(before.id) is None:
        define(turn, before, transaction_id)
    return take_token(turn, after)


def come_into_force(turn: Turn, application: Application, transaction_id: int | None) -> None:
    """Let an application be this from now on: it keeps no token that it does not need, and is blocked if it lacks its.

    One without configuration and versions is no more. A token that it needs and can have must have been taken before.
    """
    give_back_others(turn, application)
    before = turn.state.applications.get(application.id)
    after = replace(application, blocked=lacks_token(turn, application))
    if is_nothing(after):
        if before is not None:
            remove(turn, before, transaction_id)
    elif after != before:
        define(turn, after, transaction_id)


def is_nothing(application: Application) -> bool:
    """Whether nothing is left of an application: neither a configuration nor a version."""
    return application.configuration is None and not application.versions


def define(turn: Turn, application: Application, transaction_id: int | None) -> None:
    """Record what an application is."""
    turn.record(
        ApplicationDefined(
            application_id=application.id,
            runtime_id=application.runtime_id,
            name=application.name,
            configuration=application.configuration,
            versions=application.versions,
            blocked=application.blocked,
            transaction_id=transaction_id,
            blocked_because=why_no_token(turn, application) if application.blocked else None,
        )
    )


def remove(turn: Turn, application: Application, transaction_id: int | None) -> None:
    """Record that nothing is left of an application."""
    turn.record(
        ApplicationRemoved(
            application_id=application.id,
            runtime_id=application.runtime_id,
            name=application.name,
            transaction_id=transaction_id,
        )
    )


def require_application_name(name: str) -> None:
    """Refuse what cannot name an application."""
    require_line(say("The name of the application"), name)


def require_version(platform: str, version: str, display_name: str) -> None:
    """Refuse what cannot name a version of an application."""
    require_line(say("The platform"), platform)
    require_line(say("The version"), version)
    require_text(say("The display name"), display_name)


def require_at_rest(turn: Turn, runtime: Runtime, name: str) -> None:
    """Refuse to touch an application while a transaction that has the runtime's lock is at work on it."""
    for number in turn.state.unfinished.get(runtime.id) or ():
        transaction = turn.state.transactions[number]
        if transaction.status.locks and transaction.change.application == name:
            raise Refusal(
                Code.TRANSACTION_UNFINISHED,
                "Application {application} of runtime {runtime} is being changed by transaction {transaction}. Wait for"
                " its end.",
                application=name,
                runtime=runtime.name,
                transaction=number,
            )


def _remove(turn: Turn, application: Application) -> None:
    come_into_force(turn, replace(application, configuration=None, versions=()), None)


def _unless_changed(known: ApplicationVersion | None, said: ApplicationVersion) -> ApplicationVersion:
    return known if known is not None and known.display_name == said.display_name else said


def _require_something(command: DefineApplication) -> None:
    if command.configuration is None and not command.versions:
        raise Refusal(
            Code.INVALID_VALUE,
            "Application {application} would have neither a license configuration nor a version. Give it one of them,"
            " or remove it.",
            application=command.name,
        )


def _require_versions(command: DefineApplication) -> None:
    for each in command.versions:
        require_version(each.platform, each.version, each.display_name)
    for (platform, version), times in Counter((each.platform, each.version) for each in command.versions).items():
        if times > 1:
            raise Refusal(
                Code.INVALID_VALUE,
                "Application {application} has version {version} for {platform} more than once.",
                application=command.name,
                version=version,
                platform=platform,
            )


def _no_token(application: Application, error: TransactionError) -> Refusal:
    return Refusal(
        _CODES[error.fault],
        "Application {application} cannot have its token. {why}",
        application=application.name,
        why=sentence_of(error),
    )
