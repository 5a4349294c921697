"""Lists of allocations as they were answered last. What names decide of a list changes seldom, and most counts are as
they were: what has been written out is sent again, but for the items whose pools have changed.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

from msgspec import Raw

from seatkeeper.ledger.door import Ledger
from seatkeeper.licensing.entities import Pool
from seatkeeper.queries.allocations import Allocation, Found, counted

_CAPACITY: Final = 64
"""Lists that are kept. One of 200 items takes some 200 kB."""


class KeptList:
    """A list that was read when `mark` was the licenses' mark. `write` makes the bytes of an item."""

    def __init__(self, mark: object, found: Found, write: Callable[[Allocation], bytes]) -> None:
        self.mark: Final = mark
        self.head: Final = found.head
        self.total: Final = found.page.total
        self.numbers: Final = tuple(item.number for item in found.page.items)
        self._write = write
        self._items = list(found.page.items)
        self._pools: tuple[Pool | None, ...] = (None,) * len(self._items)
        self._pieces = [write(item) for item in self._items]
        self._written = _joined(self._pieces)

    def __len__(self) -> int:
        """How many items it has."""
        return len(self.numbers)

    @property
    def written(self) -> Raw:
        """The list as it is sent."""
        return self._written

    def turn_to(self, pools: tuple[Pool | None, ...]) -> None:
        """The pools of its items are these now."""
        if pools == self._pools:
            return
        for place, pool in enumerate(pools):
            if pool is None or pool is self._pools[place]:
                continue
            item = counted(self._items[place], pool)
            if item != self._items[place]:
                self._items[place], self._pieces[place] = item, self._write(item)
        self._pools = pools
        self._written = _joined(self._pieces)


class KeptLists:
    """The lists that were asked for last, by whatever makes two of them the same list."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lists: OrderedDict[Hashable, KeptList] = OrderedDict()

    @property
    def mark(self) -> object:
        """That of the licenses, as they are in memory now."""
        return self._ledger.image.licenses_mark

    def get(self, key: Hashable) -> KeptList | None:
        """The list as it stands after the last commit; None where it is to be read.

        It holds while no license has changed since it was read, once what was read is in memory too.
        """
        kept = self._lists.get(key)
        if kept is None:
            return None
        with self._ledger.still:
            image, head = self._ledger.image, self._ledger.head
            pools = tuple(map(image.pools.get, kept.numbers))
            mark = image.licenses_mark
        if kept.mark is not mark or head < kept.head:
            return None
        kept.turn_to(pools)
        self._lists.move_to_end(key)
        return kept

    def keep(self, key: Hashable, kept: KeptList) -> None:
        """Keep a list that has been read, instead of the one that was asked for least lately."""
        self._lists[key] = kept
        self._lists.move_to_end(key)
        if len(self._lists) > _CAPACITY:
            self._lists.popitem(last=False)


def _joined(pieces: list[bytes]) -> Raw:
    return Raw(b'{"items":[' + b",".join(pieces) + b"]}")
