"""What a ledger asks of the database that its tables are in, whichever engine that is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection

if TYPE_CHECKING:
    from seatkeeper.ledger.deliveries import Deliveries
    from seatkeeper.ledger.engines.engine import Engine, Reading
    from seatkeeper.ledger.presence import Presence


class DataDirectoryInUse(Exception):
    """Another process holds the data directory."""


class DatabaseUnreachable(Exception):
    """The database could not be connected to, or is none that can be used. The message says which and why."""


class Database(Protocol):
    """Where tables are. Connections are made by whoever uses them, in any thread.

    `shared`: several servers, the nodes, may use it at once. `drivername`: what SQLAlchemy calls its driver.
    """

    @property
    def shared(self) -> bool:
        """Whether several nodes may use it."""

    @property
    def drivername(self) -> str:
        """As in the URLs of SQLAlchemy."""

    @property
    def clock(self) -> Callable[[], int]:
        """The time that all who use it go by, in milliseconds (rule L8)."""

    def take(self) -> None:
        """Have it, to oneself if it is not shared, made if it does not exist.

        Raises DataDirectoryInUse, DatabaseUnreachable, and OSError where it cannot be.
        """

    def let_go(self) -> None:
        """Leave it to others. May be called twice."""

    def migrating(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction that keeps every batch out; committed in the end (rule L13)."""

    def engine(self, clock: Callable[[], int]) -> "Engine":
        """The writer's connection, whose batches have the time of this clock (rule L8)."""

    def reading(self, timeout: float, *, at_one_point: bool = False) -> "Reading":
        """The journal, to be read beside the writer: page by page as it is by then, or all of it `at_one_point`."""

    def presence(self, wake: Callable[[], None], like: str = "") -> "Presence":
        """This node among those that use the database. In any thread, `wake` is called when others may have written.

        Nodes that are not `like` it are warned of.
        """

    def deliveries(self) -> "Deliveries | None":
        """How far sessions have been told, for all nodes; None where one process has it to itself."""

    def connect_reading(self, timeout: float) -> Any:  # noqa: ANN401 - a connection of whichever driver
        """A connection that cannot write; it waits for `timeout` seconds where somebody is in the way."""

    def connect_apart(self, timeout: float) -> Any:  # noqa: ANN401 - as above
        """As `connect_reading`, for a read that may take minutes: no writer ever waits for its end."""

    def breaking_off(
        self,
        connection: Any,  # noqa: ANN401 - as above
        past: Callable[[], bool],
    ) -> AbstractContextManager[None]:
        """Within it, what a reading connection does is broken off when `past` says so. It is asked in any thread.

        Once `past`, it stays so; where the database is shared the connection is closed then and not used again.
        """

    def checkpoint(self) -> None:
        """Do what is to be done off the commit path, on a connection of its own (rule L14)."""
