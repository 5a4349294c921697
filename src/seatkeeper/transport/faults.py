"""Faults that tests order: the next requests of a route fail or take longer. Only where the setting `testing` is on."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from itertools import count
from typing import Final, Generic, NamedTuple, TypeVar

from msgspec import Struct

_MOST: Final = 1_000

Failure = TypeVar("Failure", bound=Exception)


class FaultRefused(Exception):
    """The fault cannot be ordered; the text says why, and what can."""


class Operation(NamedTuple):
    """A method of a route, the pattern that a path matches (`/icws/{session}/licenses`)."""

    method: str
    route: str

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


class Told(NamedTuple):
    """How an error is told."""

    status: int
    error_id: str | None
    error_code: int | None


class Fault(Struct):
    """What is to happen to the next requests of an operation, all of them or those of one session.

    `error` None: nothing but the `delay` in seconds. `left`: how many more; None until it is cleared.
    """

    id: int
    operation: Operation
    session: str | None
    error: str | None
    delay: float
    left: int | None


class Faults:
    """The faults that are ordered, of all faces."""

    def __init__(self) -> None:
        self._errors: dict[Operation, Mapping[str, Told]] = {}
        self._ordered: dict[int, Fault] = {}
        self._numbers = count(1)

    def know(self, operations: Collection[Operation], errors: Mapping[str, Told]) -> None:
        """Faults can befall these operations of a face, and let them fail with these errors, by name."""
        self._errors |= dict.fromkeys(operations, errors)

    @property
    def operations(self) -> Collection[Operation]:
        """What a fault can befall."""
        return self._errors.keys()

    @property
    def errors(self) -> Mapping[str, Told]:
        """What requests can fail with, by name; a name means the same in no two faces."""
        return {name: told for errors in self._errors.values() for name, told in errors.items()}

    @property
    def ordered(self) -> list[Fault]:
        """Those that have not come to their end, the oldest first."""
        return list(self._ordered.values())

    def order(
        self, operation: Operation, *, session: str | None, error: str | None, delay: float, times: int | None
    ) -> Fault:
        """Let it happen to the next `times` requests. Raises FaultRefused for what there is not."""
        errors = self._errors.get(operation)
        if errors is None:
            there = sorted(str(each) for each in self.operations)
            [nearest] = get_close_matches(str(operation), there, n=1, cutoff=0.0)
            raise FaultRefused(f"There is no {operation}. The nearest is {nearest}. There are: {', '.join(there)}.")
        if session is not None and "{session}" not in operation.route:
            raise FaultRefused(f"{operation} has no session in its path, so no fault of it can be one session's.")
        if error is not None and error not in errors:
            raise FaultRefused(f"There is no error {error!r} of {operation}. There are: {', '.join(errors)}.")
        if error is None and not delay:
            raise FaultRefused("A fault is an error, a delay, or both; this is neither.")
        if len(self._ordered) >= _MOST:
            raise FaultRefused(f"{_MOST} faults wait already; clear them.")
        fault = Fault(next(self._numbers), operation, session, error, delay, times)
        self._ordered[fault.id] = fault
        return fault

    def clear(self, number: int | None = None) -> bool:
        """Let none happen any more, or not this one; whether there was one."""
        if number is not None:
            return self._ordered.pop(number, None) is not None
        cleared = bool(self._ordered)
        self._ordered.clear()
        return cleared

    def befall(self, operation: Operation, session: str | None) -> Fault | None:
        """What happens to this request: the oldest fault that is meant for it, which is used up by that."""
        for fault in self._ordered.values():
            if fault.operation == operation and fault.session in {None, session}:
                if fault.left is not None:
                    fault.left -= 1
                    if not fault.left:
                        del self._ordered[fault.id]
                return fault
        return None


class FaceFaults(Generic[Failure]):
    """Lets the faults that are `ordered` happen to requests of one face.

    `errors` makes each of the face's errors, by name, as for a real request; `told` says how one is told.
    """

    def __init__(
        self,
        ordered: Faults,
        operations: Collection[Operation],
        errors: Mapping[str, Callable[[], Failure]],
        told: Callable[[Failure], Told],
    ) -> None:
        self._ordered = ordered
        self._errors = errors
        ordered.know(operations, {name: told(error()) for name, error in errors.items()})

    async def befall(self, operation: Operation, session: str | None = None) -> None:
        """Wait as long as a fault says, and raise the error that it says. Before anything is looked at or done."""
        fault = self._ordered.befall(operation, session)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.error is not None:
                failure = self._errors[fault.error]()
                raise failure
