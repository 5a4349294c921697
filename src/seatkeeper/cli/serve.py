"""`seatkeeper serve`: the server."""

import logging
import shlex
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatkeeper.cli.address import forget_address, read_address, write_address
from seatkeeper.cli.failure import ExitCode, Failure, told_plainly
from seatkeeper.cli.options import Config, Data, read_settings
from seatkeeper.cli.version import version

if TYPE_CHECKING:
    from seatkeeper.settings import Settings


def serve(
    *,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="The address to listen on. Default: 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="NUMBER", help="The port; 0 takes a free one. Default: 8018.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Apply the demo inventory if the database is empty.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Serve until interrupted or terminated.

    The data stays.
    """
    settings = read_settings(config, {"data": data, "listen.host": host, "listen.port": port})

    from structlog import get_logger  # noqa: PLC0415 - see the package: heavy imports wait

    from seatkeeper.ledger.door import DataDirectoryInUse  # noqa: PLC0415 - as above
    from seatkeeper.server.running import run  # noqa: PLC0415 - as above
    from seatkeeper.transport.listener import CannotListen  # noqa: PLC0415 - as above
    from seatkeeper.transport.logs import configure_logs  # noqa: PLC0415 - as above

    configure_logs(settings.log.format, settings.log.level)
    log = get_logger(__name__)
    for library in ("alembic", "uvicorn"):  # what they tell of every start and stop is told here already
        logging.getLogger(library).setLevel(logging.WARNING)

    def listening(url: str, demo_is_there: bool) -> None:
        write_address(settings.data, url)
        if settings.log.format == "json":  # whoever reads that collects lines, often of both outputs
            log.info("serving", url=url, data=str(settings.data), version=version())
            return
        with suppress(OSError):  # nobody has to read it
            typer.echo(_welcome(settings, url, demo=demo, demo_is_there=demo_is_there))

    try:
        with told_plainly(settings.data):
            run(settings, demo=demo, listening=listening, stopped=lambda: forget_address(settings.data))
    except DataDirectoryInUse:
        raise Failure(ExitCode.UNREACHABLE, _taken(settings.data)) from None
    except CannotListen as error:
        raise Failure(ExitCode.UNREACHABLE, str(error)) from None


def _taken(data: Path) -> str:
    address = read_address(data)
    if address is None:
        return f"Another process has the data directory {data}; stop it, or name another directory with --data."
    return (
        f"The data directory {data} is served already, by process {address.pid} at {address.url};"
        " stop that one, or name another directory with --data."
    )


def _welcome(settings: "Settings", url: str, *, demo: bool, demo_is_there: bool) -> str:
    from seatkeeper.identity.secrets import ADMIN_TOKEN  # noqa: PLC0415 - see the package: heavy imports wait

    lines = [
        f"Seatkeeper {version()} serves {settings.data} at {url} (Ctrl-C stops it; the data stays).",
        "",
        f"  ICWS clients     {url}/icws/connection",
        f"  administration   {url}/v1/docs (the token stands in {settings.data / ADMIN_TOKEN})",
        f"  health           {url}/healthz and {url}/readyz",
        "",
    ]
    if demo and not demo_is_there:
        lines += ["The database is not empty, so the demo inventory was not applied.", ""]
    if demo_is_there:
        command = "seatkeeper" if shutil.which("seatkeeper") else _typed()
        option = f" --data {shlex.quote(str(settings.data))}"
        log_on = (
            '{"__type":"urn:inin.com:connection:icAuthConnectionRequestSettings",'
            '"applicationName":"tour","userID":"agent01","password":"demo-agent01"}'
        )
        lines += [
            "Try, in another terminal:",
            "",
            f"  curl -i {url}/icws/connection -H 'Accept-Language: en-us' -d '{log_on}'",
            f"  {command} sessions list{option}",
            f"  {command} explain agent01 I3_ACCESS_RECORDER{option}",
            f"  {command} assign agent01 I3_ACCESS_RECORDER{option}",
            "",
            "The tour in README.md goes on from there.",
            "",
        ]
    return "\n".join(lines)


def _typed() -> str:
    """How this process was called, so that it can be typed again."""
    called = Path(sys.argv[0])
    return f"{sys.executable} -m seatkeeper" if called.name == "__main__.py" else str(called)
