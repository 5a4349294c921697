"""Sealing and forgetting in processes that are killed: `python -m tests.ledger.killed ACT DATA FOLDER NOW`.

ACT is done to copies of DATA in FOLDER, named 0, 1, 2, …. The process that works on copy N is ended by SIGKILL before
its Nth step: each commit, each rename, each wait for the disk is one, and a second one when it has been done. The copy
that outlives its act is the last.
"""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from seatkeeper.ledger import retention
from seatkeeper.ledger.engines.sqlite import SqliteEngine
from tests.ledger.keeping import FAR, archive_of, forget, seal
from tests.ledger.world import Clock, WatchedLedger, running

FORGOTTEN = 5
MOST_STEPS = 200


class Fuse:
    """Ends the process when so many steps have been made."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.lit = False

    def burn(self) -> None:
        """One step."""
        if self.lit:
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1

    def around(self, owner: Any, name: str) -> None:  # noqa: ANN401 - a class or a module
        """Let a function be two steps: before it and after."""
        function = getattr(owner, name)

        def stepped(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - of any function
            self.burn()
            outcome = function(*args, **kwargs)
            self.burn()
            return outcome

        setattr(owner, name, stepped)


async def _do(act: str, data: Path, now: int, fuse: Fuse) -> None:
    async with running(data, clock=Clock(now)) as ledger:
        fuse.lit = True
        await _act(act, ledger)
        fuse.lit = False


async def _act(act: str, ledger: WatchedLedger) -> None:
    if act == "seal":
        assert await seal(ledger, FAR, archive_of(ledger)) is not None
    else:
        await forget(ledger, FORGOTTEN)


def _outlives(act: str, data: Path, now: int, steps: int) -> bool:
    """Act in a process of its own; whether it came to its end."""
    child = os.fork()
    if child == 0:
        fuse = Fuse(steps)
        for owner, name in ((SqliteEngine, "commit"), (SqliteEngine, "rebuild"), (Path, "replace"), (os, "fsync")):
            fuse.around(owner, name)
        setattr(retention, "STEP", 8)  # noqa: B010 - it is final; so there are several commits of each kind
        asyncio.run(_do(act, data, now, fuse))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False
    assert status == 0, status
    return True


def main(act: str, data: str, folder: str, now: str) -> None:
    """Kill it at every step."""
    for steps in range(MOST_STEPS):
        copy = Path(folder) / str(steps)
        shutil.copytree(data, copy)
        if _outlives(act, copy, int(now), steps):
            return
    raise AssertionError("it makes more steps than anybody would have thought")


if __name__ == "__main__":
    main(*sys.argv[1:])
