"""Who changed what of the runtimes and their applications, and how that ended: from the journal (contract 8.4)."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import Struct, convert
from sqlalchemy import Connection, Row, select, text

from seatkeeper.ledger import tables
from seatkeeper.licensing.deployment import (
    Change,
    DeleteConfiguration,
    RegisterVersion,
    RemoveVersion,
    SetConfiguration,
    TransactionError,
    TransactionStatus,
)
from seatkeeper.licensing.deployment_events import (
    ApplicationDefined,
    ApplicationRemoved,
    RuntimeDefined,
    RuntimeRemoved,
    TransactionBegun,
)
from seatkeeper.queries.application_history import names_of_runtimes
from seatkeeper.queries.lists import among

T = TypeVar("T")

_j, _s, _t, _u = (each.c for each in (tables.journal, tables.seals, tables.transactions, tables.users))

_IS_TOLD: Final = text(tables.DEPLOYMENT_EVENTS)
_Event: TypeAlias = ApplicationDefined | ApplicationRemoved | RuntimeDefined | RuntimeRemoved | TransactionBegun
_events: Final = msgspec.json.Decoder(_Event)

_STEP: Final = 500
"""Events that are read at a time."""


class Operation(StrEnum):
    """What was done."""

    SET_LICENSE_CONFIG = "SET_LICENSE_CONFIG"
    DELETE_LICENSE_CONFIG = "DELETE_LICENSE_CONFIG"
    REGISTER_APPLICATION_VERSION = "REGISTER_APPLICATION_VERSION"
    DELETE_APPLICATION_VERSION = "DELETE_APPLICATION_VERSION"
    DEFINE_APPLICATION = "DEFINE_APPLICATION"
    REMOVE_APPLICATION = "REMOVE_APPLICATION"
    BLOCK_APPLICATION = "BLOCK_APPLICATION"
    UNBLOCK_APPLICATION = "UNBLOCK_APPLICATION"
    DEFINE_RUNTIME = "DEFINE_RUNTIME"
    REMOVE_RUNTIME = "REMOVE_RUNTIME"
    ARCHIVE_JOURNAL = "ARCHIVE_JOURNAL"


_OF_CHANGE: Final[Mapping[type[Change], Operation]] = {
    SetConfiguration: Operation.SET_LICENSE_CONFIG,
    DeleteConfiguration: Operation.DELETE_LICENSE_CONFIG,
    RegisterVersion: Operation.REGISTER_APPLICATION_VERSION,
    RemoveVersion: Operation.DELETE_APPLICATION_VERSION,
}


class AuditRecord(Struct, frozen=True):
    """Something that was done, when it was begun: in milliseconds since 1970-01-01T00:00Z.

    `user` is None where an administrator did it, or the server itself. `what`: the application and what it was made,
    the state of the runtime, or the archive. A transaction has a number, its status as it is now, and its errors; an
    application that was blocked has for an error why.
    """

    at: int
    operation: Operation
    user: str | None
    runtime: str | None
    what: str
    transaction_id: int | None = None
    status: TransactionStatus = TransactionStatus.SUCCESS
    errors: tuple[TransactionError, ...] = ()


def audit_records(connection: Connection, since: int, until: int) -> Iterator[list[AuditRecord]]:
    """What was done from `since` on and before `until`, oldest first, some hundred at a time.

    What is not in the database any more has a record of its own: that of its archive, at the time of the last event in
    that.
    """
    yield [record for record in _archives(connection) if since <= record.at < until]
    told = _Told(names_of_runtimes(connection))
    after = 0
    while rows := _following(connection, after, until):
        events = [(row.at, _events.decode(row.data)) for row in rows]
        ends = _ends(connection, [event.transaction_id for _, event in events if isinstance(event, TransactionBegun)])
        records = [record for at, event in events for record in told.of(at, event, ends)]
        yield [record for record in records if record.at >= since]
        after = rows[-1].seq


def audit_trail(
    since: int, until: int, make: Callable[[Iterator[list[AuditRecord]]], Iterator[T]]
) -> Callable[[Connection], Iterator[T]]:
    """The read that yields what `make` makes of `audit_records`."""

    def read(connection: Connection) -> Iterator[T]:
        return make(audit_records(connection, since, until))

    return read


class _End(NamedTuple):
    """A transaction's status and errors as they are now, and who began it."""

    status: TransactionStatus
    errors: tuple[TransactionError, ...]
    user: str


class _Told:
    """Makes records of events that come in their order."""

    def __init__(self, runtimes: Mapping[int, str]) -> None:
        self._runtimes = runtimes
        self._before: dict[int, ApplicationDefined] = {}

    def of(self, at: int, event: _Event, ends: Mapping[int, _End]) -> Iterator[AuditRecord]:
        """What an event did by itself; what a transaction did is told where that began."""
        runtime = self._runtimes[event.runtime_id]
        match event:
            case TransactionBegun():
                end = ends[event.transaction_id]
                operation = _OF_CHANGE[type(event.change)]
                yield AuditRecord(
                    at,
                    operation,
                    end.user,
                    runtime,
                    _changed(event.change),
                    event.transaction_id,
                    end.status,
                    end.errors,
                )
            case ApplicationDefined():
                before = self._before.get(event.application_id)
                self._before[event.application_id] = event
                if event.transaction_id is None:
                    operation = _operation(before, event)
                    because = event.blocked_because if operation is Operation.BLOCK_APPLICATION else None
                    errors = () if because is None else (because,)
                    yield AuditRecord(at, operation, None, runtime, _described(event), errors=errors)
            case ApplicationRemoved():
                self._before.pop(event.application_id, None)
                if event.transaction_id is None:
                    yield AuditRecord(at, Operation.REMOVE_APPLICATION, None, runtime, event.name)
            case RuntimeDefined():
                yield AuditRecord(
                    at, Operation.DEFINE_RUNTIME, None, runtime, "running" if event.running else "stopped"
                )
            case RuntimeRemoved():
                yield AuditRecord(at, Operation.REMOVE_RUNTIME, None, runtime, "")


def _operation(before: ApplicationDefined | None, event: ApplicationDefined) -> Operation:
    if before is None or before.blocked == event.blocked:
        return Operation.DEFINE_APPLICATION
    return Operation.BLOCK_APPLICATION if event.blocked else Operation.UNBLOCK_APPLICATION


def _changed(change: Change) -> str:
    match change:
        case SetConfiguration(application, configuration):
            return f"{application} {configuration.category} {configuration.license_type}"
        case DeleteConfiguration(application):
            return application
        case RegisterVersion(application, platform, version) | RemoveVersion(application, platform, version):
            return f"{application}${platform}${version}"


def _described(event: ApplicationDefined) -> str:
    configuration = event.configuration
    said = () if configuration is None else (configuration.category, configuration.license_type)
    return " ".join((event.name, *said, *(f"{each.platform}${each.version}" for each in event.versions)))


def _archives(connection: Connection) -> Iterator[AuditRecord]:
    for at, archive in connection.execute(select(_s.at, _s.archive).order_by(_s.position)):
        yield AuditRecord(at, Operation.ARCHIVE_JOURNAL, None, None, archive)


def _following(connection: Connection, after: int, until: int) -> list[Row[Any]]:
    wanted = select(_j.seq, _j.at, _j.data).where(_IS_TOLD, _j.seq > after, _j.at < until)
    return list(connection.execute(wanted.order_by(_j.seq).limit(_STEP)))


def _ends(connection: Connection, transactions: list[int]) -> dict[int, _End]:
    columns = select(_t.id, _t.status, _t.errors, _u.login).join(tables.users, _u.id == _t.user_id)
    return {
        row.id: _End(TransactionStatus(row.status), convert(row.errors, tuple[TransactionError, ...]), row.login)
        for row in connection.execute(columns.where(among(_t.id, transactions)))
    }
