"""Entries in an order in which each finds what it needs above it."""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")


def needed_first(needs: Mapping[K, Collection[K]]) -> Iterator[K]:
    """Each of the keys below those that it needs, else as they stand. Of a circle, the one met first comes last."""
    met: set[K] = set()
    for key in needs:
        due = [(key, False)]
        while due:
            each, is_next = due.pop()
            if is_next:
                yield each
            elif each in needs and each not in met:
                met.add(each)
                due.append((each, True))
                due += [(needed, False) for needed in reversed([*needs[each]])]
