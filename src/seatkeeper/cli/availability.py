"""`seatkeeper drain`, `standby` and `resume`: whether the running server takes log-ons."""

import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from seatkeeper.cli.client import reached_server
from seatkeeper.cli.failure import ExitCode, Failure, interruptible
from seatkeeper.cli.options import Config, Data
from seatkeeper.cli.printing import counted

if TYPE_CHECKING:
    from seatkeeper.cli.client import Api

_LOOK_SECONDS: Final = 1.0
_TELL_SECONDS: Final = 10.0


def drain(
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Return when no session is left.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Take no more log-ons, and let the sessions that live go on until they end.

    Clients that log on are told which servers to try instead (setting icws.alternate_hosts). It holds until resume, or
    until the server starts anew.
    """
    with reached_server(data, config) as api:
        server = _set(api, "draining")
        with interruptible("the server goes on draining; 'seatkeeper resume' lets it take log-ons again"):
            typer.echo(f"Draining: {_left(server)}; log-ons are {_sent(server)}.")
            if wait:
                _wait_until_empty(api)


def standby(*, data: Data = None, config: Config = None) -> None:
    """Take no log-ons, because another server has the clients.

    Sessions that live go on. It holds until resume, or until the server starts anew; the setting standby makes it start
    so.
    """
    with reached_server(data, config) as api:
        server = _set(api, "standby")
    typer.echo(f"Standing by: {_left(server)}; log-ons are {_sent(server)}.")


def resume(*, data: Data = None, config: Config = None) -> None:
    """Take log-ons again."""
    with reached_server(data, config) as api:
        server = _set(api, "serving")
    typer.echo(f"Serving: {counted(server['sessions'], 'session', 'sessions')}.")


def _set(api: "Api", state: str) -> dict[str, Any]:
    server: dict[str, Any] = api.ask("PUT", "/server", body={"state": state}, again=True)
    return server


def _wait_until_empty(api: "Api") -> None:
    told_at = time.monotonic()
    while True:
        server = api.ask("GET", "/server")
        if server["state"] != "draining":
            raise Failure(ExitCode.REFUSED, f"The server drains no more: it is {server['state']} now.")
        if server["sessions"] == 0:
            typer.echo("No session is left.")
            return
        if time.monotonic() - told_at >= _TELL_SECONDS:
            told_at = time.monotonic()
            typer.echo(f"{_left(server)}.")
        time.sleep(_LOOK_SECONDS)


def _left(server: dict[str, Any]) -> str:
    return f"{counted(server['sessions'], 'session is', 'sessions are')} left"


def _sent(server: dict[str, Any]) -> str:
    hosts = ", ".join(server["alternate_hosts"])
    return f"sent to {hosts}" if hosts else "refused (icws.alternate_hosts names no other server)"
