"""`/audit`: who changed what of the runtimes and their applications, as a table in a zip (mobilefirst contract 8.4)."""

import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Final

from seatkeeper.identity.rights import Right
from seatkeeper.languages.catalogues import said
from seatkeeper.licensing.deployment import TransactionStatus
from seatkeeper.licensing.deployment_sentences import sentence_of
from seatkeeper.licensing.sentences import say
from seatkeeper.mobilefirst import csv_writing
from seatkeeper.mobilefirst.calls import Asked, Resource
from seatkeeper.mobilefirst.errors import invalid_parameter, not_found
from seatkeeper.mobilefirst.message_codes import CODE_OF
from seatkeeper.mobilefirst.negotiation import ZIP
from seatkeeper.mobilefirst.reading import begun
from seatkeeper.mobilefirst.rendering import Download, time_of
from seatkeeper.mobilefirst.zipping import zipped
from seatkeeper.queries.audit import AuditRecord, audit_trail
from seatkeeper.queries.reads import Reads
from seatkeeper.settings import MobileFirstSettings

_DAY: Final = 24 * 60 * 60 * 1000  # milliseconds
_EPOCH: Final = date(1970, 1, 1)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_COLUMNS: Final = (
    "Timestamp",
    "Type",
    "User",
    "Outcome",
    "ErrorCode",
    "Runtime",
    "Message",
    "ErrorMessage",
    "Transaction",
)


class Audit:
    """The audit trail, from the journal."""

    def __init__(self, reads: Reads, settings: MobileFirstSettings) -> None:
        self._reads = reads
        self._kept = settings.audit

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Where it is."""
        return (Resource("GET", "audit", Right.APPLICATIONS_READ, self._get, (ZIP,)),)

    async def _get(self, asked: Asked) -> Download:
        """The trail of the days from `fromDate` to `toDate`, both of them too (UTC); without one, as far as it goes."""
        if not self._kept:
            why = say("The setting {setting} keeps the audit trail back; switch it on.", setting="mobilefirst.audit")
            raise not_found(why)
        since, until = _day(asked, "fromDate", "0001-01-01"), _day(asked, "toDate", "9999-12-31") + _DAY
        if since >= until:
            raise invalid_parameter("{first} must not be after {last}.", first="fromDate", last="toDate")
        pieces = self._reads.stream(audit_trail(since, until, partial(_zipped, language=asked.language)))
        return Download(await begun(pieces), ZIP, "audit.zip")


def _day(asked: Asked, parameter: str, otherwise: str) -> int:
    """When the day of a parameter begins, in milliseconds since 1970-01-01T00:00Z. Raises Failure 400 for none."""
    text = asked.query(parameter) or otherwise
    day = _date(text)
    if day is None:
        raise invalid_parameter(
            "{parameter} must be a day, as in {example}, not {value}.",
            parameter=parameter,
            example="2026-11-21",
            value=text,
        )
    return (day - _EPOCH).days * _DAY


def _date(text: str) -> date | None:
    if _DATE.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None  # no month has so many days, no year so many months


def _zipped(records: Iterator[list[AuditRecord]], language: str) -> Iterator[bytes]:
    def table() -> Iterator[bytes]:
        yield csv_writing.lines([_COLUMNS])
        for some in records:
            yield csv_writing.lines(_row(record, language) for record in some)

    return zipped("audit.csv", table())


def _row(record: AuditRecord, language: str) -> tuple[csv_writing.Cell, ...]:
    return (
        time_of(record.at),
        record.operation,
        record.user,
        _outcome(record.status),
        ", ".join(CODE_OF[error.fault] for error in record.errors),
        record.runtime,
        record.what,
        " ".join(said(sentence_of(error), language) for error in record.errors),
        record.transaction_id,
    )


def _outcome(status: TransactionStatus) -> str:
    """As the vendor has it: three outcomes."""
    if not status.over:
        return "PENDING"
    return "SUCCESS" if status is TransactionStatus.SUCCESS else "ERROR"
