"""Passwords: argon2id with 19 MiB, 2 passes and 1 lane, off the event loop (decision 26)."""

import asyncio
import functools
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import Argon2Error, InvalidHashError

MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1

_LEAST_MEMORY_KIB: Final = 8

_NICER: Final = 10  # steps of niceness: a tenth of the share of whoever else wants the same core

# A hash that somebody brings along may be costlier than ours, but not so costly that checking it stops the server.
_MOST_MEMORY_KIB: Final = 256 * 1024
_MOST_PASSES: Final = 16
_MOST_LANES: Final = 16

T = TypeVar("T")


def is_password_hash(text: str) -> bool:
    """Whether `text` is an argon2 hash that this server can and will check (at most 256 MiB, 16 passes, 16 lanes)."""
    try:
        parameters = extract_parameters(text)
    except InvalidHashError:
        return False
    return (
        parameters.memory_cost <= _MOST_MEMORY_KIB
        and parameters.time_cost <= _MOST_PASSES
        and parameters.parallelism <= _MOST_LANES
    )


class Passwords:
    """Hashes and verifies passwords in a pool of `threads` threads; each busy one takes 19 MiB.

    They get what the rest of the process leaves of the machine, so that who has a session hardly notices how many log
    on. Work that finds all threads busy waits; when its waiter is cancelled before it began, it is never done. Hashes
    that are not `lasting`, since they never reach a disk, are made with the least work that there is.
    """

    def __init__(self, threads: int, *, lasting: bool = True) -> None:
        self._hasher = _hasher(lasting=lasting)
        self._lasting = lasting
        self._dummy = _hash_of_nobody(lasting=lasting)
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords", initializer=step_back)

    async def hash(self, password: str) -> str:
        """The hash to store for `password`."""
        return await self._off_loop(lambda: self._hasher.hash(_encoded(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one that `stored` is the hash of.

        With `stored` None, for a user who does not exist or has no password, the same time is spent and the answer
        is False. A hash that cannot be checked (see `is_password_hash`) fits no password.
        """
        known = stored is not None and is_password_hash(stored)
        against = stored if known and stored is not None else self._dummy
        fits = await self._off_loop(lambda: self._fits(against, password))
        return fits and known

    def outdated(self, stored: str) -> bool:
        """Whether `stored` was made with other parameters than are used now, and should be made anew."""
        try:
            return self._lasting and self._hasher.check_needs_rehash(stored)
        except InvalidHashError:
            return False

    def close(self) -> None:
        """Take no more work, drop what waits, and return when the running work is done."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, _encoded(password))
        except (Argon2Error, InvalidHashError):
            return False

    async def _off_loop(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._pool.submit(work))


def step_back() -> None:
    """Let other threads go first. Linux alone keeps niceness by thread; elsewhere the whole process would be nicer."""
    if sys.platform == "linux":
        with suppress(OSError):  # some containers forbid even this
            os.nice(_NICER)


def _encoded(password: str) -> bytes:
    # JSON can carry half a surrogate pair, which plain UTF-8 would refuse.
    return password.encode("utf-8", "surrogatepass")


def _hasher(*, lasting: bool) -> PasswordHasher:
    passes, memory = (PASSES, MEMORY_KIB) if lasting else (1, _LEAST_MEMORY_KIB)
    return PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=LANES, type=Type.ID)


@functools.cache
def _hash_of_nobody(*, lasting: bool) -> str:
    """What the password of a user is compared with who has none; made once in a process."""
    return _hasher(lasting=lasting).hash("nobody's password")
