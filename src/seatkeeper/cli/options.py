"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from seatkeeper.cli.failure import ExitCode, Failure, told_plainly, unusable
from seatkeeper.ledger.files import DATABASE

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
    """The settings, of a command that works on the data directory. Failure where this user may not look into it."""
    settings = read_settings(config, {"data": data, "database": url})
    try:
        (settings.data / DATABASE).stat()
    except PermissionError as error:
        raise unusable(settings.data, error) from None
    except (OSError, ValueError):
        pass  # it need not be there yet; else whatever uses it says what is wrong
    return settings


class Existing(NamedTuple):
    """A database that is there: `name` as people may see it, `data` the data directory, `url` empty without one."""

    database: "Database"
    name: str
    data: Path
    url: str


def existing_database(data: Path | None, config: Path | None, url: str | None = None) -> Existing:
    """The database that these options and the settings name. Failure where there is none."""
    settings = settings_of(data, config, url)
    if settings.database:
        from seatkeeper.ledger.engines.postgres_database import DatabaseServer  # noqa: PLC0415 - heavy imports wait

        with told_plainly(settings.data, database=settings.database):
            server = DatabaseServer(settings.database)
            server.take()
        return Existing(server, server.name, settings.data, settings.database)
    from seatkeeper.ledger.engines.sqlite_database import DatabaseFile  # noqa: PLC0415 - as above

    return Existing(
        DatabaseFile(existing_file(settings.data / DATABASE)), str(settings.data / DATABASE), settings.data, ""
    )


def existing_file(database: Path) -> Path:
    """This file. Failure where there is none."""
    if not database.exists():
        raise Failure(
            ExitCode.UNREACHABLE,
            f"There is no database at {database}. (A server that was started with --ephemeral has none.)",
        )
    return database
