"""What the workers of one server have in common, and what each of them tells their parent."""

import json
import os
from contextlib import suppress
from typing import Final, NamedTuple

from seatkeeper.metrics.siblings import Siblings
from seatkeeper.transport.availability import SharedState
from seatkeeper.transport.listener import Listeners


class Share(NamedTuple):
    """The part of one worker. The parent has the data directory, and has made the admin token, `token`.

    `listeners`: sockets that all of them accept from. `state`: whether they take log-ons. `siblings`: how each asks the
    others for their metrics.
    """

    listeners: Listeners
    token: str
    state: SharedState
    siblings: Siblings


class Worker:
    """What a worker is given by its parent, and tells it. `number` is from 1."""

    def __init__(self, number: int, share: Share, pipe: int) -> None:
        self.number: Final = number
        self.share: Final = share
        self._pipe = pipe

    def shows(self, certificate: str | None) -> None:
        """Over HTTPS it shows this certificate from now on."""
        self._report(certificate=certificate)

    def serves(self, *, demo_is_there: bool) -> None:
        """It is ready, for the first time."""
        self._report(serves=demo_is_there)

    def fails(self, exit_code: int, sentence: str) -> None:
        """It cannot start; the sentence says why."""
        self._report(fails=[exit_code, sentence])

    def _report(self, **said: object) -> None:
        line = json.dumps(said).encode() + b"\n"
        with suppress(BrokenPipeError):  # the parent is gone, as this process will be
            while line:
                line = line[os.write(self._pipe, line) :]
