"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from seatkeeper.cli.address import read_address
from seatkeeper.cli.failure import ExitCode, Failure, told_plainly, unusable
from seatkeeper.cli.ways import is_held
from seatkeeper.ledger.files import DATABASE, moved_away

if TYPE_CHECKING:
    from seatkeeper.ledger.database import Database
    from seatkeeper.settings import Settings

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIRECTORY",
        readable=False,  # that it can be read is looked into where it is used, also if it is the settings' own
        help="The data directory. Default: as the settings say, else ./data.",
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="The PostgreSQL database. Default: as the settings say, else the one in the data directory.",
    ),
]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="A settings file (TOML).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]
InSteps = Annotated[
    bool, typer.Option("--in-steps", help="Part by part instead of all or nothing; running it again goes on.")
]
Overcommit = Annotated[
    bool, typer.Option("--allow-overcommit", help="Let seats fall below what is assigned or in use.")
]


def read_settings(config: Path | None, flags: dict[str, object]) -> "Settings":
    """The settings from file, environment and flags; a flag that was not given is None. Failure where one is wrong."""
    from seatkeeper.settings import SettingsError  # noqa: PLC0415 - see the package: heavy imports wait
    from seatkeeper.settings.lookup import load  # noqa: PLC0415 - as above

    try:
        return load(config, flags=flags)
    except SettingsError as error:
        raise Failure(ExitCode.USAGE, str(error)) from None


def settings_of(data: Path | None, config: Path | None, url: str | None = None) -> "Settings":
    """The settings, of a command that works on the data directory.

    Failure where this user may not look into it, and where its inventory was moved to a database that is not named.
    """
    settings = read_settings(config, {"data": data, "database": url})
    try:
        (settings.data / DATABASE).stat()
    except PermissionError as error:
        raise unusable(settings.data, error) from None
    except (OSError, ValueError):
        pass  # it need not be there yet; else whatever uses it says what is wrong
    elsewhere = None if settings.database else moved_away(settings.data)
    if elsewhere is not None and not is_held(settings.data):
        raise Failure(ExitCode.UNREACHABLE, elsewhere)
    return settings


class Existing(NamedTuple):
    """A database that is there: `name` as people may see it, `data` the data directory, `url` empty without one."""

    database: "Database"
    name: str
    data: Path
    url: str


def existing_database(data: Path | None, config: Path | None, url: str | None = None) -> Existing:
    """The database that these options and the settings name, or a server that has the data directory.

    Failure where there is none.
    """
    settings = settings_of(data, config, url)
    place = settings.database or database_served(settings.data)
    if place:
        from seatkeeper.ledger.engines.postgres_database import DatabaseServer  # noqa: PLC0415 - heavy imports wait

        with told_plainly(settings.data, database=place):
            server = DatabaseServer(place)
            server.take()
        return Existing(server, server.name, settings.data, place)
    from seatkeeper.ledger.engines.sqlite_database import DatabaseFile  # noqa: PLC0415 - as above

    file = existing_file(settings.data / DATABASE, "If it is in PostgreSQL, name that by --database or --config.")
    return Existing(DatabaseFile(file), str(file), settings.data, "")


def database_served(data: Path) -> str:
    """The PostgreSQL database of the server that has this data directory, without passwords; empty where it has none.

    Whatever lies in the directory then is not what is served.
    """
    address = read_address(data)
    return address.database if address is not None and is_held(data) else ""


def existing_file(database: Path, elsewhere: str = "") -> Path:
    """This file. Failure where there is none; `elsewhere` says what is to be done where it was never to be one."""
    if not database.exists():
        why = f"There is no database at {database}. (A server that was started with --ephemeral has none.) {elsewhere}"
        raise Failure(ExitCode.UNREACHABLE, why.rstrip())
    return database
