"""Imports all of Seatkeeper: for the process that commands are forked from (`tests.forked`), and for nothing else."""

import gc
import pkgutil
from importlib import import_module
from typing import Final

import seatkeeper

_RUN_OR_FOR_OTHERS: Final = ("seatkeeper.__main__", "seatkeeper.pytest_plugin", "seatkeeper.ledger.migrations.")

for _module in pkgutil.walk_packages(seatkeeper.__path__, "seatkeeper."):
    if not _module.name.startswith(_RUN_OR_FOR_OTHERS):
        import_module(_module.name)

# A process that is forked from here need not look all of this over whenever it looks for garbage of its own.
gc.collect()
gc.freeze()
