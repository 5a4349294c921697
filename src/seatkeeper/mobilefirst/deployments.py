"""Changes of a runtime's applications, each carried out as a transaction (seed; mobilefirst contract 2, 3)."""

from functools import partial
from typing import Final

from seatkeeper.ledger.door import Ledger
from seatkeeper.licensing.deployment import Change
from seatkeeper.licensing.deployment_commands import BeginTransaction
from seatkeeper.licensing.deployment_sentences import sentence_of
from seatkeeper.mobilefirst.calls import Asked
from seatkeeper.mobilefirst.errors import no_runtime
from seatkeeper.mobilefirst.message_codes import CODE_OF
from seatkeeper.mobilefirst.rendering import Document
from seatkeeper.mobilefirst.transaction_shapes import Result, transaction_told
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.transactions import TransactionView, transaction_view
from seatkeeper.settings import MobileFirstSettings
from seatkeeper.transport.record import record_of

_TO_ANSWER: Final = 30
"""Seconds that a request may last beyond the longest wait for its transaction."""


class Deployments:
    """Begins transactions, and waits for them where the caller does."""

    def __init__(self, ledger: Ledger, reads: Reads, settings: MobileFirstSettings) -> None:
        self._ledger = ledger
        self._reads = reads
        self._settings = settings
        self._longest = settings.lock_wait + settings.prepare_timeout + settings.commit_timeout + _TO_ANSWER

    async def carry_out(self, asked: Asked, change: Change, root: str) -> Document:
        """The result of a change of the runtime in the path; `root` is the name of its element in XML.

        With the parameter `async` it is told at once, else when the transaction is over. Raises Failure for a
        parameter that cannot be, Refusal for what makes no transaction, and Unavailable.
        """
        queued = asked.flag("async")
        runtime = asked.path["runtime"]
        asked.take(self._longest)
        step_by_step = self._ledger.transactions.pauses.expects(runtime, change.application)
        begun = await self._ledger.submit(
            BeginTransaction(
                runtime=runtime,
                change=change,
                user_id=asked.user.id,
                server=self._settings.server_id,
                queued=queued or step_by_step,
            )
        )
        view = TransactionView(
            id=begun.id,
            runtime=runtime,
            user=asked.user.login,
            server=begun.server,
            type=begun.type,
            change=begun.change,
            status=begun.status,
            errors=begun.errors,
            created_at=begun.created_at,
            updated_at=begun.updated_at,
        )
        if not (queued or begun.status.over):
            await self._ledger.transactions.ended(begun.id)
            view = await self._recorded(runtime, begun.runtime_id, begun.id)
        _note(asked, view)
        return Document(root, Result.of(transaction_told(view, asked.language), self._settings.product_version))

    async def _recorded(self, runtime: str, runtime_id: int, transaction_id: int) -> TransactionView:
        view = await self._reads.run(partial(transaction_view, runtime_id=runtime_id, transaction_id=transaction_id))
        if view is None:  # the runtime was removed as soon as its transactions were over
            raise no_runtime(runtime)
        return view


def _note(asked: Asked, view: TransactionView) -> None:
    """Have the access log tell why a transaction failed, in English: its status does not."""
    if view.errors:
        record = record_of(asked.request.scope)
        record.outcome = CODE_OF[view.errors[0].fault]
        record.why = " ".join(str(sentence_of(error)) for error in view.errors)
