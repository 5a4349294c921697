"""What goes on by itself beside commands: transactions are carried on, tokens settled, sessions expire. Where several
nodes use the database, at the one that leads."""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.clockwork import Clockwork
from seatkeeper.ledger.database import Database
from seatkeeper.ledger.feed import Feed
from seatkeeper.ledger.happened import Happened
from seatkeeper.ledger.leading import Leading
from seatkeeper.ledger.presence import Presence
from seatkeeper.ledger.tokens import TokenWork
from seatkeeper.ledger.transactions import TransactionWork
from seatkeeper.licensing.commands import Command
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.state import Image

T = TypeVar("T")


class Submit(Protocol):
    """How a command is handed in."""

    def __call__(self, command: Command[T]) -> Awaitable[T]:
        """Its outcome."""


class Background:
    """The tasks of a ledger. Used in the event loop.

    `able`: whether the writer's database answers. `save_memoranda` has the writer save what stands outside the journal.
    """

    def __init__(
        self,
        *,
        database: Database,
        presence: Presence,
        policy: Policy,
        submit: Submit,
        image: Callable[[], Image],
        clock: Callable[[], int],
        activity: Activity,
        feed: Feed,
        able: Callable[[], bool],
        save_memoranda: Callable[[], None],
    ) -> None:
        self._shared = database.shared
        deployment = policy.deployment
        self.leading: Final = Leading(
            presence,
            submit,
            image,
            able=able,
            renew=lambda: activity.renew(clock()),
            begin=self._begin_to_lead,
            end=lambda: self.transactions.let_go(),  # noqa: PLW0108 - which is made below
        )
        self.transactions: Final = TransactionWork(
            submit, image, clock, leads=self._leads, resign=presence.resign, lock_wait=deployment.lock_wait
        )
        self._tokens = TokenWork(submit, image, leads=self._leads, counted=deployment.count_tokens)
        self._clockwork = Clockwork(
            submit,
            save_memoranda,
            activity,
            feed,
            clock,
            leads=self._leads,
            idle_timeout=policy.idle_timeout,
            checkpoint=database.checkpoint,
        )

    def start(self) -> None:
        """Start all."""
        if self._shared:
            self.leading.start()
        self.transactions.start()
        self._tokens.start()
        self._clockwork.start()

    async def end_what_began(self) -> None:
        """Bring begun transactions to their end, and leave the lead to another. Commands are taken still."""
        await self.transactions.stop()
        await self.leading.stop()

    async def stop(self) -> None:
        """Stop the rest."""
        await self._tokens.stop()
        await self._clockwork.stop()

    def notice(self, happened: Happened) -> None:
        """Something has happened."""
        self.transactions.notice(happened)
        self._tokens.notice(happened)

    async def catch_up(self) -> None:
        """Do what is due by now, and return when it is done."""
        await self._clockwork.expire()
        await self.transactions.catch_up()
        await self._tokens.settle()

    def _leads(self) -> bool:
        return self.leading.leads

    def _begin_to_lead(self) -> None:
        """Take on what another node left."""
        self.transactions.start()
        self._tokens.take_over()
