"""How folding an event keeps up the state's indexes and counters."""

from typing import Any

from seatkeeper.licensing.state import State


def count_up(state: State, counter: str, number: int) -> None:
    """Remember that numbers up to this one are taken."""
    if number >= (state.counters.get(counter) or 0):
        state.counters.put(counter, number + 1)


def add(index: Any, key: Any, value: Any) -> None:  # noqa: ANN401 - an index of any key and what it finds
    """Let an index find one more by this key, behind those that it finds already."""
    index.put(key, (*(index.get(key) or ()), value))


def remove(index: Any, key: Any, value: int) -> None:  # noqa: ANN401 - an index of any key
    """Let an index find this one no more; a key that finds nothing goes."""
    index.put(key, tuple(each for each in index.get(key) or () if each != value) or None)
