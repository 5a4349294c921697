"""`seatkeeper serve`: the server."""

import logging
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatkeeper.cli.address import forget_address, read_address, write_address
from seatkeeper.cli.ephemeral import end_with_input, serve_in_memory
from seatkeeper.cli.failure import ExitCode, Failure, told_plainly
from seatkeeper.cli.options import Config, Data, read_settings
from seatkeeper.cli.version import version
from seatkeeper.settings.addresses import DEFAULT_HTTP, HostPort, spelled

if TYPE_CHECKING:
    from seatkeeper.settings import Settings


def serve(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...", help="Inventories that an ephemeral server begins with.", show_default=False
        ),
    ] = None,
    *,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Listen for HTTP there only. Default: 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="NUMBER", help="The port for HTTP; 0 takes a free one. Default: 8018."),
    ] = None,
    https: Annotated[
        list[str] | None,
        typer.Option("--https", metavar="ADDRESS:PORT", help="Listen for HTTPS too, there; can be repeated."),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", metavar="FILE", help="The certificate for HTTPS and its chain (PEM)."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Its private key (PEM), unless in the same file.")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option("--database", metavar="URL", help="A PostgreSQL database that several nodes use, as its URL."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="NUMBER", help="Processes that serve; with --database.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Apply the demo inventory if the database is empty.")] = False,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Keep everything in memory, take a free port, print both as JSON.")
    ] = False,
    testing: Annotated[
        bool, typer.Option("--testing", help="Let tests set the clock, order errors and more (/v1/testing).")
    ] = False,
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="End when standard input ends, that is with whoever holds it open.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Serve until interrupted or terminated.

    The data stays, unless it is --ephemeral.
    """
    if hasattr(signal, "SIGHUP"):  # before it is listened to it would end the process; running.py lets it through
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    _require_fitting(files, data, ephemeral=ephemeral, shared=database is not None or workers is not None)
    if ephemeral and port is None:
        port = 0
    flags: dict[str, object] = {
        "data": data,
        "database": "" if ephemeral else database,
        "workers": 1 if ephemeral else workers,
        "testing": testing or None,
        "listen.http": _http_address(host, port),
        "listen.https": tuple(https) if https else () if ephemeral else None,
        "listen.certificate": certificate,
        "listen.key": key,
    }
    settings = read_settings(config, flags)
    _configure_logs(settings)  # before the imports, of which one may have something to say
    if settings.workers > 1:
        _serve_by_workers(settings, demo=demo, until_eof=until_eof)
        return
    if until_eof:
        # Imports may have something to say, and an input that has ended already would end everything before.
        import_module("seatkeeper.server.running")
        end_with_input()
    if ephemeral:
        serve_in_memory(settings, files or [], demo=demo)
    else:
        _serve(settings, demo=demo)


def _serve(settings: "Settings", *, demo: bool) -> None:
    from seatkeeper.server.running import run  # noqa: PLC0415 - see the package: heavy imports wait

    with _told(settings):
        run(
            settings,
            demo=demo,
            reachable=partial(write_address, settings.data, _connected_by(settings)),
            listening=partial(_say_that_it_serves, settings, demo),
            stopped=partial(forget_address, settings.data),
        )


def _serve_by_workers(settings: "Settings", *, demo: bool, until_eof: bool) -> None:
    from seatkeeper.server.running import run  # noqa: PLC0415 - see the package: heavy imports wait
    from seatkeeper.server.share import Worker  # noqa: PLC0415 - as above
    from seatkeeper.server.workers import WorkersFailed, run_workers  # noqa: PLC0415 - as above

    def serve(worker: Worker) -> None:
        """In a process of its own."""
        _configure_logs(settings, worker.number)
        try:
            with _told(settings):
                run(
                    settings,
                    demo=demo,
                    share=worker.share,
                    reachable=lambda _urls, certificate: worker.shows(certificate),
                    listening=lambda _urls, demo_is_there: worker.serves(demo_is_there=demo_is_there),
                    stopped=lambda: None,
                )
        except Failure as failure:
            worker.fails(failure.exit_code, str(failure))

    try:
        with _told(settings):
            run_workers(
                settings,
                serve,
                until_eof=until_eof,
                reachable=partial(write_address, settings.data, _connected_by(settings)),
                listening=partial(_say_that_it_serves, settings, demo),
                stopped=partial(forget_address, settings.data),
            )
    except WorkersFailed as failed:
        raise Failure(ExitCode(failed.exit_code), str(failed)) from None


@contextmanager
def _told(settings: "Settings") -> Iterator[None]:
    """Turn what can keep a server from starting into a Failure with its sentence."""
    from seatkeeper.ledger.door import DataDirectoryInUse  # noqa: PLC0415 - see the package: heavy imports wait
    from seatkeeper.transport.listener import CannotListen  # noqa: PLC0415 - as above

    try:
        with told_plainly(settings.data, database=settings.database):
            yield
    except DataDirectoryInUse:
        raise Failure(ExitCode.UNREACHABLE, _taken(settings.data)) from None
    except CannotListen as error:
        raise Failure(ExitCode.UNREACHABLE, str(error)) from None


def _say_that_it_serves(settings: "Settings", demo: bool, urls: tuple[str, ...], demo_is_there: bool) -> None:
    from structlog import get_logger  # noqa: PLC0415 - see the package: heavy imports wait

    if settings.log.format == "json":  # whoever reads that collects lines, often of both outputs
        told: dict[str, object] = {"url": urls[0], "urls": urls, "data": str(settings.data), "version": version()}
        if settings.database:
            told |= {"database": _inventory(settings), "workers": settings.workers}
        get_logger(__name__).info("serving", **told)
        return
    with suppress(OSError):  # nobody has to read it
        typer.echo(_welcome(settings, urls, demo=demo, demo_is_there=demo_is_there))


def _inventory(settings: "Settings") -> str:
    """Where it is, as it may be shown."""
    if not settings.database:
        return str(settings.data)
    from seatkeeper.ledger.door import DatabaseServer  # noqa: PLC0415 - see the package: heavy imports wait

    return DatabaseServer(settings.database).name


def _connected_by(settings: "Settings") -> str:
    """What a command of the same data directory connects to the inventory by; empty where it lies there."""
    if not settings.database:
        return ""
    from seatkeeper.ledger.door import DatabaseServer  # noqa: PLC0415 - see the package: heavy imports wait

    return DatabaseServer(settings.database).without_passwords


def _configure_logs(settings: "Settings", worker: int | None = None) -> None:
    from seatkeeper.transport.logs import configure_logs  # noqa: PLC0415 - see the package: heavy imports wait

    configure_logs(settings.log.format, settings.log.level, worker=worker)
    for library in ("alembic", "uvicorn"):  # what they tell of every start and stop is told here already
        logging.getLogger(library).setLevel(logging.WARNING)
    # It warns of what it finds broken as it closes a lost connection; that it is lost is told here.
    logging.getLogger("psycopg").setLevel(logging.ERROR)


def _require_fitting(files: list[Path] | None, data: Path | None, *, ephemeral: bool, shared: bool) -> None:
    if ephemeral and data is not None:
        raise Failure(ExitCode.USAGE, "An ephemeral server has no data directory: leave out --ephemeral or --data.")
    if ephemeral and shared:
        raise Failure(
            ExitCode.USAGE,
            "An ephemeral server keeps everything in its own memory: leave out --ephemeral, or --database and"
            " --workers.",
        )
    if files and not ephemeral:
        raise Failure(
            ExitCode.USAGE,
            f"A server is given files only with --ephemeral; 'seatkeeper apply {shlex.quote(str(files[0]))}' applies"
            " one to a data directory.",
        )


def _http_address(host: str | None, port: int | None) -> tuple[str, ...] | None:
    """The one address that these flags mean; None where neither is given."""
    if host is None and port is None:
        return None
    named = HostPort(
        DEFAULT_HTTP.host if host is None else host,
        DEFAULT_HTTP.port if port is None else port,
    )
    return (spelled(named),)


def _taken(data: Path) -> str:
    address = read_address(data)
    if address is None:
        return f"Another process has the data directory {data}; stop it, or name another directory with --data."
    return (
        f"The data directory {data} is served already, by process {address.pid} at {address.url};"
        " stop that one, or name another directory with --data."
    )


def _welcome(settings: "Settings", urls: tuple[str, ...], *, demo: bool, demo_is_there: bool) -> str:
    from seatkeeper.identity.secrets import ADMIN_TOKEN  # noqa: PLC0415 - see the package: heavy imports wait

    url = urls[0]
    by = f" by {settings.workers} workers" if settings.workers > 1 else ""
    crm = max(settings.superoffice.paths, key=len, default=None)  # rather than `/`, which has no name
    where = f"{_inventory(settings)} at {' and '.join(urls)}{by}"
    lines = [
        f"Seatkeeper {version()} serves {where} (Ctrl-C stops it; the data stays).",
        "",
        f"  ICWS clients         {url}/icws/connection",
        *([f"  SuperOffice clients  {url}{crm.rstrip('/')}/api"] if crm is not None else []),
        *(f"  MobileFirst clients  {url}/{root}/management-apis/2.0" for root in settings.mobilefirst.contexts[:1]),
        f"  administration       {url}/v1/docs (the token stands in {settings.data / ADMIN_TOKEN})",
        f"  health               {url}/healthz and {url}/readyz",
        "",
    ]
    if settings.testing:
        lines += [
            "The setting testing is on: clients' tests may set the clock, order errors and more (/v1/testing).",
            "A server in production never has it on.",
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
        show = "-i" if url.startswith("http:") else "-ik"  # the certificate need not be one for this machine's address
        lines += [
            "Try, in another terminal:",
            "",
            f"  curl {show} {url}/icws/connection -H 'Accept-Language: en-us' -d '{log_on}'",
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
