"""Starts a node's own command, spoilt on purpose where the harness is to find it: `PLANT serve …`."""

import sys

from seatkeeper.cli.main import main as seatkeeper
from tests.torture.nodes.plants import PLANTS


def launch(plant: str) -> None:
    """Plant what is to be planted, and become the server."""
    if plant != "none":
        PLANTS[plant].spoil()
    seatkeeper()


if __name__ == "__main__":
    launch(sys.argv.pop(1))
