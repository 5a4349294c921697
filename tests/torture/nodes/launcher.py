"""Starts a node's own command, spoilt on purpose where the harness is to find it: `HARNESS PLANT serve …`.

`HARNESS` is the number of the process that runs the harness: when that has ended, nobody would end the node.
"""

import os
import sys
import threading
import time
from typing import Final

from seatkeeper.cli.main import main as seatkeeper
from tests.postgres.watchdog import still_runs
from tests.torture.nodes.plants import PLANTS

_LOOK_SECONDS: Final = 0.5


def end_with(harness: int) -> None:
    """End this process when the harness has ended."""
    while still_runs(harness):
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


def launch(harness: int, plant: str) -> None:
    """Plant what is to be planted, and become the server."""
    threading.Thread(target=end_with, args=(harness,), daemon=True).start()
    if plant != "none":
        PLANTS[plant].spoil()
    seatkeeper()


if __name__ == "__main__":
    launch(int(sys.argv.pop(1)), sys.argv.pop(1))
