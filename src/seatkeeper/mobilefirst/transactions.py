"""`/transactions`: one, a page of all, or all of them as a file (mobilefirst contract 3.2, 3.3)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from seatkeeper.identity.rights import Right
from seatkeeper.licensing.sentences import say
from seatkeeper.mobilefirst.calls import Asked, Resource
from seatkeeper.mobilefirst.errors import not_found
from seatkeeper.mobilefirst.negotiation import STRUCTURED, ZIP
from seatkeeper.mobilefirst.paging import descending, number_in, paged, paging_of
from seatkeeper.mobilefirst.reading import begun, read_of_runtime
from seatkeeper.mobilefirst.rendering import Answer, Document, Download, json_in_pieces
from seatkeeper.mobilefirst.transaction_shapes import transaction_told
from seatkeeper.mobilefirst.zipping import zipped
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.transactions import (
    TransactionOrder,
    TransactionView,
    every_transaction,
    transaction_page,
    transaction_view,
)
from seatkeeper.settings import MobileFirstSettings

_NOBODYS: Final = 0
"""The number of no transaction."""

_ORDERS: Final = {order.value: order for order in TransactionOrder}


class _Sorted(NamedTuple):
    order: TransactionOrder
    descending: bool


class Transactions:
    """What is recorded of the transactions of a runtime, running or not."""

    def __init__(self, reads: Reads, settings: MobileFirstSettings) -> None:
        self._reads = reads
        self._product_version = settings.product_version

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Where they are."""
        place = "runtimes/{runtime}/transactions"
        return (
            Resource("GET", place, Right.APPLICATIONS_READ, self._list, (*STRUCTURED, ZIP)),
            Resource("GET", f"{place}/{{id}}", Right.APPLICATIONS_READ, self._one),
        )

    async def _one(self, asked: Asked) -> Document:
        runtime, named = asked.path["runtime"], asked.path["id"]
        number = number_in(named) or _NOBODYS
        view = await read_of_runtime(
            self._reads, runtime, lambda connection, there: transaction_view(connection, there.id, number)
        )
        if view is None:
            raise not_found(say("There is no transaction {id} of the runtime {runtime}.", id=named, runtime=runtime))
        return Document("transaction", transaction_told(view, asked.language, self._product_version))

    async def _list(self, asked: Asked) -> Answer:
        """A page; all as a file for a caller who says `file=true`, or accepts nothing else."""
        by = _order_of(asked)
        if asked.query("file") == "true" or asked.media_type == ZIP:
            return await self._file(asked, by)
        paging = paging_of(asked.query)
        only_errors = asked.query("mode") == "errors"
        page = await read_of_runtime(
            self._reads,
            asked.path["runtime"],
            lambda connection, runtime: transaction_page(
                connection,
                runtime.id,
                order=by.order,
                descending=by.descending,
                only_errors=only_errors,
                first=paging.first,
                limit=paging.size,
            ),
        )
        items = [transaction_told(view, asked.language) for view in page.items]
        return Document("transactions", paged(paging, items, page.total, self._product_version))

    async def _file(self, asked: Asked, by: _Sorted) -> Download:
        runtime_id = await read_of_runtime(self._reads, asked.path["runtime"], lambda _, runtime: runtime.id)
        pieces = self._reads.stream(
            lambda connection: _zipped(
                every_transaction(connection, runtime_id, order=by.order, descending=by.descending),
                asked.language,
                self._product_version,
            )
        )
        return Download(await begun(pieces), ZIP, "transactions.zip")


def _order_of(asked: Asked) -> _Sorted:
    """The order that is asked for; that of creation where it is none that there is (contract 3.3)."""
    name, reversed_order = descending(asked.query("orderBy"))
    order = _ORDERS.get(name)
    return _Sorted(TransactionOrder.CREATED, descending=False) if order is None else _Sorted(order, reversed_order)


def _zipped(everything: Iterator[list[TransactionView]], language: str, product_version: str) -> Iterator[bytes]:
    """All transactions as one JSON document in a zip; it has the members of a list that is not cut into pages."""
    items = ([transaction_told(view, language) for view in some] for some in everything)
    return zipped("transactions.json", json_in_pieces("items", items, productVersion=product_version))
