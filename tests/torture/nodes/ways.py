"""How a client reaches several nodes: any of them for each request, as behind a balancer without sticky sessions."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from random import Random
from typing import Final

from tests.torture.wire import Address, Answer, Line, NoAnswer, NotSent

PATIENCE_SECONDS: Final = 4.0
_SHUNNED_SECONDS: Final = 0.5
_IN_A_HURRY: Final = 1.0


class Balancer:
    """Which nodes take requests: one that refused or did not answer is left alone for a moment, as balancers do."""

    def __init__(self, addresses: list[Address]) -> None:
        self.addresses: Final = addresses
        self._shunned: dict[int, float] = {}

    def shun(self, node: int) -> None:
        """Leave a node alone for a moment."""
        self._shunned[node] = asyncio.get_running_loop().time() + _SHUNNED_SECONDS

    def candidates(self) -> list[int]:
        """The nodes that may be asked, by number from 1; all of them where none would be left."""
        now = asyncio.get_running_loop().time()
        numbers = range(1, len(self.addresses) + 1)
        return [each for each in numbers if self._shunned.get(each, 0) <= now] or [*numbers]


class Ways:
    """One client's lines, one to each node."""

    def __init__(self, balancer: Balancer, random: Random) -> None:
        self.patience = PATIENCE_SECONDS
        self.node = 0
        self._balancer = balancer
        self._random = random
        self._lines = {number: Line(each, node=number) for number, each in enumerate(balancer.addresses, 1)}

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Send a request to a node at random; to another where nobody took it. Raises NoAnswer."""
        for line in self._chosen():
            line.patience, self.node = self.patience, line.node
            try:
                answer = await line.ask(method, path, headers, body)
            except NotSent:
                self._balancer.shun(line.node)
                continue
            except NoAnswer:
                if self.patience > _IN_A_HURRY:
                    self._balancer.shun(line.node)
                raise
            if answer.status == 503:
                self._balancer.shun(line.node)
            return answer
        raise NotSent("no node took the connection")

    async def listen(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The data of each event of a stream from a node at random, until it ends. Raises NoAnswer."""
        line = self._chosen()[0]
        line.patience, self.node = self.patience, line.node
        try:
            async for data in line.listen(path, headers):
                yield data
        except NoAnswer:
            self._balancer.shun(line.node)
            raise

    def hang_up(self) -> None:
        """Close all lines."""
        for line in self._lines.values():
            line.hang_up()

    def _chosen(self) -> list[Line]:
        numbers = self._balancer.candidates()
        self._random.shuffle(numbers)
        return [self._lines[number] for number in numbers]
