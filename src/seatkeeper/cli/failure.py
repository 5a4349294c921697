"""How a command ends other than well."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What every command's exit code means."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    INTERRUPTED = 130


class Failure(Exception):
    """The command cannot be done. Its sentence goes to standard error, without a traceback."""

    def __init__(self, exit_code: ExitCode, sentence: str) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def unusable(path: object, error: OSError) -> Failure:
    """The Failure of a command that cannot use this file or directory."""
    advice = " Run it as root or as the server's user." if isinstance(error, PermissionError) else ""
    return Failure(ExitCode.UNREACHABLE, f"{path} cannot be used: {error.strerror or error}.{advice}")


@contextmanager
def interruptible(outcome: str) -> Iterator[None]:
    """Turn an interruption into a Failure that says what has become of the command: `outcome`, as in "nothing was
    changed".
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Failure(ExitCode.INTERRUPTED, f"Interrupted; {outcome}.") from None


@contextmanager
def told_plainly(data: Path, *, database: str = "") -> Iterator[None]:
    """Turn what can be wrong with a data directory, once it is opened, into a Failure with its sentence.

    `database`: the URL of the inventory, where that is elsewhere.
    """
    # Here because `--help` is to be answered without loading a database.
    from sqlite3 import Error  # noqa: PLC0415 - see above

    from psycopg import Error as PostgresError  # noqa: PLC0415 - as above
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - as above

    from seatkeeper.identity.secrets import UnusableToken  # noqa: PLC0415 - as above
    from seatkeeper.ledger.batch import ImageLost  # noqa: PLC0415 - as above
    from seatkeeper.ledger.database import DatabaseUnreachable  # noqa: PLC0415 - as above
    from seatkeeper.ledger.engines.engine import FateUnknown, SaveFailed  # noqa: PLC0415 - as above
    from seatkeeper.ledger.engines.postgres_connection import plain  # noqa: PLC0415 - as above
    from seatkeeper.ledger.journal import JournalError  # noqa: PLC0415 - as above
    from seatkeeper.ledger.schema import SchemaTooNew, SchemaTooOld  # noqa: PLC0415 - as above
    from seatkeeper.ledger.unavailable import Unavailable  # noqa: PLC0415 - as above
    from seatkeeper.settings import SettingsError  # noqa: PLC0415 - as above

    try:
        yield
    except SettingsError as error:
        raise Failure(ExitCode.USAGE, str(error)) from None
    except (DatabaseUnreachable, SchemaTooNew, SchemaTooOld, UnusableToken) as error:
        raise Failure(ExitCode.UNREACHABLE, str(error)) from None
    except JournalError as error:
        raise Failure(ExitCode.UNREACHABLE, f"{_named(data, database)} cannot be used: {error}.") from None
    except (SaveFailed, FateUnknown, ImageLost) as error:
        raise Failure(ExitCode.UNREACHABLE, f"{_named(data, database)} cannot be written now: {error}.") from None
    except Unavailable as error:
        raise Failure(ExitCode.UNREACHABLE, f"{_named(data, database)} cannot be used now. {error}") from None
    except (Error, PostgresError, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise Failure(ExitCode.UNREACHABLE, f"{_named(data, database)} cannot be used: {plain(cause)}.") from None
    except OSError as error:
        raise unusable(error.filename or data, error) from None


def _named(data: Path, database: str) -> str:
    if not database:
        return f"The database in {data}"
    from seatkeeper.ledger.door import DatabaseServer  # noqa: PLC0415 - see the package: heavy imports wait

    return f"The database {DatabaseServer(database).name}"
