"""`/license-report`: which applications there are, what they need, and how that came to be.

No vendor documents it: the vendor's own report has no operation of this API (mobilefirst contract 8.1). It is of all
runtimes or of one, in JSON or as a table, and tells the moment at which it is asked for. It may be long: what can be is
written in a thread, so that others need not wait, and the history while it is read.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from msgspec import Struct
from msgspec.structs import astuple, fields

from seatkeeper.identity.rights import Right
from seatkeeper.ledger.door import Ledger
from seatkeeper.licensing.deployment import LicenseType
from seatkeeper.mobilefirst import csv_writing
from seatkeeper.mobilefirst.calls import Asked, Resource
from seatkeeper.mobilefirst.errors import no_runtime
from seatkeeper.mobilefirst.license_report_shapes import (
    ApplicationTold,
    ChangeTold,
    TokensTold,
    change_told,
    reasons,
    runtime_told,
    tokens_told,
)
from seatkeeper.mobilefirst.negotiation import CSV, JSON
from seatkeeper.mobilefirst.reading import begun, read_of_runtime
from seatkeeper.mobilefirst.rendering import Download, json_in_pieces, json_of, time_of
from seatkeeper.queries.application_history import ApplicationChange, ApplicationHistory, application_history
from seatkeeper.queries.license_report import Counting, LicenseReport, license_report
from seatkeeper.queries.reads import Reads
from seatkeeper.settings import MobileFirstSettings

_ROOT: Final = "license-report"
_PRODUCES: Final = (JSON, CSV)


class LicenseReports:
    """The report, and the history behind it."""

    def __init__(self, ledger: Ledger, reads: Reads, settings: MobileFirstSettings) -> None:
        self._ledger = ledger
        self._reads = reads
        self._product_version = settings.product_version
        self._counting = Counting(
            on=settings.count_tokens,
            owner=settings.feature_owner,
            features={
                LicenseType.APPLICATION: settings.application_feature,
                LicenseType.ADDITIONAL_BRAND_DEPLOYMENT: settings.brand_feature,
            },
        )

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Where they are."""
        of_runtime = f"runtimes/{{runtime}}/{_ROOT}"
        return (
            Resource("GET", _ROOT, Right.APPLICATIONS_READ, self._report, _PRODUCES),
            Resource("GET", f"{_ROOT}/history", Right.APPLICATIONS_READ, self._history, _PRODUCES),
            Resource("GET", f"{_ROOT}/tokens", Right.APPLICATIONS_READ, self._tokens, _PRODUCES),
            Resource("GET", of_runtime, Right.APPLICATIONS_READ, self._report, _PRODUCES),
            Resource("GET", f"{of_runtime}/history", Right.APPLICATIONS_READ, self._history, _PRODUCES),
        )

    async def _report(self, asked: Asked) -> Download:
        """Applications and tokens; as a table, applications alone."""
        name = asked.path.get("runtime")
        now, report = await self._read()
        chosen = [each for each in report.runtimes if name in {None, each.runtime.name}]
        if name is not None and not chosen:
            raise no_runtime(name)

        def written() -> Download:
            why = reasons(report.tokens, asked.language)
            runtimes = [runtime_told(each, why) for each in chosen]
            if asked.media_type == CSV:
                rows = ((each.name, each.running, *astuple(one)) for each in runtimes for one in each.applications)
                return _table(_ROOT, ("runtime", "running", *_names(ApplicationTold)), rows)
            tokens = [tokens_told(each, asked.language) for each in report.tokens]
            return self._json(now, runtimes=runtimes, tokens=tokens, tokensCounted=self._counting.on)

        return await asyncio.to_thread(written)

    async def _tokens(self, asked: Asked) -> Download:
        """Tokens alone."""
        now, report = await self._read()
        tokens = [tokens_told(each, asked.language) for each in report.tokens]
        if asked.media_type == CSV:
            rows = ((*astuple(each), self._counting.on) for each in tokens)
            return _table(f"{_ROOT}-tokens", (*_names(TokensTold), "tokensCounted"), rows)
        return self._json(now, tokens=tokens, tokensCounted=self._counting.on)

    async def _history(self, asked: Asked) -> Download:
        """Every change of the applications that there are and were, oldest first."""
        runtime, now = asked.path.get("runtime"), self._ledger.now()
        runtime_id = None if runtime is None else await read_of_runtime(self._reads, runtime, lambda _, found: found.id)
        written = _history_table if asked.media_type == CSV else partial(self._history_in_json, now)
        pieces = self._reads.stream(lambda connection: written(application_history(connection, runtime_id)))
        filename = f"{_ROOT}-history.csv" if asked.media_type == CSV else None
        return Download(await begun(pieces), asked.media_type, filename)

    def _history_in_json(self, now: int, history: ApplicationHistory) -> Iterator[bytes]:
        archived = history.archived_until
        return json_in_pieces(
            "changes",
            map(_told, history.changes),
            archivedUntil=None if archived is None else time_of(archived),
            generated=time_of(now),
            productVersion=self._product_version,
        )

    async def _read(self) -> tuple[int, LicenseReport]:
        """The report, and the time for which it is."""
        now = self._ledger.now()
        return now, await self._reads.run(partial(license_report, counting=self._counting, now=now))

    def _json(self, now: int, **members: object) -> Download:
        told = {"generated": time_of(now), "productVersion": self._product_version, **members}
        return Download(json_of(told), JSON)


def _names(row: type[Struct]) -> tuple[str, ...]:
    """The names of the columns of such rows: those that the members have in JSON."""
    return tuple(each.encode_name for each in fields(row))


def _table(name: str, columns: Sequence[str], rows: Iterable[Sequence[csv_writing.Cell]]) -> Download:
    return Download(csv_writing.lines([columns, *rows]), CSV, f"{name}.csv")


def _history_table(history: ApplicationHistory) -> Iterator[bytes]:
    """Where an archive has the beginning, a row says up to when, before all others."""
    names = _names(ChangeTold)
    yield csv_writing.lines([(*names, "archivedUntil")])
    if history.archived_until is not None:
        yield csv_writing.lines([(*(None for _ in names), time_of(history.archived_until))])
    for some in history.changes:
        yield csv_writing.lines((*astuple(each), None) for each in _told(some))


def _told(changes: Iterable[ApplicationChange]) -> list[ChangeTold]:
    return [change_told(each) for each in changes]
