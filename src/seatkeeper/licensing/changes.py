"""What a change makes of an application, and what of the application itself speaks against it.

Decisions 19 and 21.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from seatkeeper.licensing.deployment import (
    Application,
    ApplicationVersion,
    Change,
    DeleteConfiguration,
    Fault,
    RegisterVersion,
    RemoveVersion,
    Runtime,
    SetConfiguration,
    TransactionError,
)


def changed(application: Application, change: Change, now: int) -> Application:
    """The application after the change, which was found to be possible. Whether it is blocked is not looked at."""
    match change:
        case SetConfiguration():
            return replace(application, configuration=change.configuration)
        case DeleteConfiguration():
            return replace(application, configuration=None)
        case RegisterVersion():
            new = ApplicationVersion(change.platform, change.version, change.display_name, now)
            others = (each for each in application.versions if each.key != new.key)
            return replace(application, versions=in_order((*others, new)))
        case RemoveVersion():
            kept = tuple(each for each in application.versions if each.key != (change.platform, change.version))
            return replace(application, versions=kept)


def fault_of(
    change: Change, runtime: Runtime, application: Application, *, delete_registered: bool
) -> TransactionError | None:
    """What speaks against a change: it is to delete what is not there, or the configuration of what is registered."""
    match change:
        case DeleteConfiguration() if application.configuration is None:
            facts: dict[str, str | int] = {"application": application.name, "runtime": runtime.name}
            return TransactionError(Fault.NO_CONFIGURATION, facts)
        case DeleteConfiguration() if application.versions and not delete_registered:
            facts = {"application": application.name, "versions": len(application.versions)}
            return TransactionError(Fault.STILL_REGISTERED, facts)
        case RemoveVersion() if (change.platform, change.version) not in {each.key for each in application.versions}:
            facts = {"application": application.name, "platform": change.platform, "version": change.version}
            return TransactionError(Fault.NO_VERSION, facts)
        case _:
            return None


def in_order(versions: Iterable[ApplicationVersion]) -> tuple[ApplicationVersion, ...]:
    """Versions in the order of their platforms, then their numbers as text."""
    return tuple(sorted(versions, key=lambda each: each.key))
