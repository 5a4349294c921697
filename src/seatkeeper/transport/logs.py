"""Structured logs: one line for each thing that happens, on standard error.

structlog's loggers write directly; what uvicorn and other libraries log through the standard library takes the same
way and has the same shape. Tracebacks show no local variables: those may hold a password.

Every request writes a line, so what a line costs counts. Measured on one core, with a write to a file for each: 8 µs as
JSON, 9 µs as plain text, 27 µs as structlog draws it in colours, which is kept for terminals.
"""

import logging
import sys
import time
from collections.abc import Callable, Collection
from typing import Final, Literal, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from seatkeeper.transport.log_lines import Lines

Format = Literal["console", "json"]

_SIMPLE: Final = frozenset({str, int, float, bool, type(None)})
"""Types of values of which `str` and `repr` differ by quotes at most."""

_encode = msgspec.json.Encoder(enc_hook=repr).encode


def configure_logs(
    format: Format = "console",  # noqa: A002 - the setting's own name
    level: str = "info",
    stream: TextIO | None = None,
    *,
    worker: int | None = None,
) -> None:
    """Send all logs of `level` and above to `stream`, standard error by default, in this format.

    Of several processes that log to it, each says by `worker` which it is.
    """
    stream = stream or sys.stderr
    lines = Lines(stream)
    least = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [structlog.processors.add_log_level, _stamping()]
    if worker is not None:
        shared.append(_naming(worker))
    if format == "console" and stream.isatty():
        renderer: Processor = structlog.dev.ConsoleRenderer(
            exception_formatter=structlog.dev.plain_traceback, timestamp_key="at"
        )
    else:
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer(serializer=_json_line) if format == "json" else _plain_line
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(least, logging.INFO))


def _naming(worker: int) -> Processor:
    def name(_logger: object, _method: str, event: EventDict) -> EventDict:
        event["worker"] = worker
        return event

    return name


def _stamping(clock: Callable[[], float] = time.time) -> Processor:
    """Stamps a line with UTC to the millisecond; the part up to the second is made once a second."""
    second, text = -1, ""

    def stamp(_logger: object, _method: str, event: EventDict) -> EventDict:
        nonlocal second, text
        now = clock()
        if int(now) != second:
            second = int(now)
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        event["at"] = f"{text}.{int(now * 1000) % 1000:03d}Z"
        return event

    return stamp


def _json_line(event: object, **_options: object) -> str:
    return _encode(event).decode("utf-8")


def _plain_line(_logger: object, _method: str, event: EventDict) -> str:
    exception = event.pop("exception", None)
    head = f"{event.pop('at')} {event.pop('level'):<8} {_on_one_line(str(event.pop('event')))}"
    said = " ".join([f"{name}={value}" for name, value in event.items()])
    if not _are_words(said, event.values()):
        said = " ".join([f"{name}={_shown(value)}" for name, value in event.items()])
    line = f"{head} {said}" if said else head
    return f"{line}\n{exception}" if exception else line


def _are_words(said: str, values: Collection[object]) -> bool:
    """Whether each value can stand as it is, as in nearly all lines: that is seen at once, sooner than one by one."""
    return (
        said.isprintable()
        and said.count(" ") == len(values) - 1
        and "" not in values
        and _SIMPLE.issuperset(map(type, values))
    )


def _shown(value: object) -> str:
    if isinstance(value, str) and value and value.isprintable() and " " not in value:
        return value
    return _on_one_line(repr(value))


def _on_one_line(text: str) -> str:
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
