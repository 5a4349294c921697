"""`seatkeeper top`: pools, sessions and denials of a running server, live."""

import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from seatkeeper.cli.client import reached_server
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.options import Config, Data

if TYPE_CHECKING:
    from seatkeeper.cli.client import Api
    from seatkeeper.cli.top_frame import View

POLL_SECONDS: Final = 0.4
"""What happens is on the screen within this and the time of two answers, which are milliseconds."""

_ANSWER_SECONDS: Final = 1.0
_DENIALS: Final = 100  # more rows than any terminal has room for
_PRINTED_DENIALS: Final = 20
_PRINTED_WIDTH: Final = 240


def top(
    *,
    once: Annotated[bool, typer.Option("--once", help="Print what there is now, as plain text, and end.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Watch a running server: how full the pools are, who logs on, and who is refused which license.

    Ctrl-C ends it. Times are UTC. Refusals in the table of licenses are those of the last five minutes; a refusal that
    the same client meets again within a minute is counted at the first.
    """
    try:
        with reached_server(data, config, patience=0) as api:
            if once:
                _print(_look(api, _PRINTED_DENIALS))
            else:
                _watch(api)
    except KeyboardInterrupt:
        return  # before the first drawing; afterwards it is no exception


def _look(api: "Api", denials: int) -> "View":
    """What there is now. Raises Failure where the server does not answer."""
    from seatkeeper.cli.top_frame import View  # noqa: PLC0415 - see the package: heavy imports wait

    overview = api.ask("GET", "/overview", seconds=_ANSWER_SECONDS)
    found = api.ask("GET", "/denials", params={"limit": str(denials)}, seconds=_ANSWER_SECONDS)
    return View(overview, found["denials"])


def _watch(api: "Api") -> None:
    from rich.console import Console  # noqa: PLC0415 - see the package: heavy imports wait
    from rich.live import Live  # noqa: PLC0415 - as above

    from seatkeeper.cli.top_frame import Frame  # noqa: PLC0415 - as above

    console = Console()
    if not console.is_terminal or console.is_dumb_terminal:
        raise Failure(ExitCode.USAGE, "top draws on a terminal, and this is none that can be drawn on; add --once.")
    view = _look(api, _DENIALS)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):  # an exception in the midst of a drawing would leave it there
        signal.signal(number, lambda _number, _frame: stopped.set())
    with Live(Frame(view), console=console, screen=True, auto_refresh=False) as live:
        while not stopped.wait(POLL_SECONDS):
            view = _look_again(api, view)
            live.update(Frame(view), refresh=True)


def _look_again(api: "Api", former: "View") -> "View":
    """What there is now; where the server does not answer, what there was, and why it is not newer."""
    try:
        return _look(api, _DENIALS)
    except Failure as failure:
        return former._replace(trouble=str(failure), since=former.since or time.time())


def _print(view: "View") -> None:
    """One frame without colours, whole, with room for its longest lines."""
    from rich.console import Console  # noqa: PLC0415 - see the package: heavy imports wait

    from seatkeeper.cli.top_frame import Frame  # noqa: PLC0415 - as above

    width = None if sys.stdout.isatty() else _PRINTED_WIDTH
    console = Console(width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(Frame(view, whole=True))
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())
