"""Becomes the server, which can be halted inside a commit.

A file `halt` in the directory of the environment variable `HALTS` says `before STATUS` or `after STATUS`: in the next
commit in which a transaction comes to this status, the writer halts before COMMIT is sent to the database, or after it
has returned. It makes a file `halted`, and waits to be killed. `PLANT` names a defect to be planted, if any.
"""

import json
import os
import time
from pathlib import Path

from seatkeeper.cli.main import main as seatkeeper
from seatkeeper.ledger.engines.engine import Memoranda
from seatkeeper.ledger.engines.sqlite import SqliteEngine
from seatkeeper.ledger.journal import Entry
from seatkeeper.licensing.state import State
from tests.mobilefirst.proof.plants import PLANTS

_HALT_SECONDS = 30.0


def halt(directory: Path) -> None:
    """Let the writer halt where it is told to."""
    save, commit = SqliteEngine.save, SqliteEngine.commit
    reached: set[str] = set()

    def save_and_look(engine: SqliteEngine, entries: list[Entry], state: State, memoranda: Memoranda) -> None:
        reached.clear()
        reached.update(json.loads(each.data).get("status", "PENDING") for each in entries if _is_step(each))
        save(engine, entries, state, memoranda)

    def commit_or_halt(engine: SqliteEngine) -> None:
        halt_if("before")
        commit(engine)
        halt_if("after")

    def halt_if(moment: str) -> None:
        order = directory / "halt"
        ordered, _, status = order.read_text().partition(" ") if order.exists() else ("", "", "")
        if ordered == moment and status in reached:
            (directory / "halted").touch()
            time.sleep(_HALT_SECONDS)

    setattr(SqliteEngine, "save", save_and_look)  # noqa: B010 - mypy refuses to assign to a method
    setattr(SqliteEngine, "commit", commit_or_halt)  # noqa: B010 - as above


def _is_step(entry: Entry) -> bool:
    return entry.kind in ("transaction_begun", "transaction_moved")


if __name__ == "__main__":
    if os.environ["PLANT"]:
        PLANTS[os.environ["PLANT"]]()
    halt(Path(os.environ["HALTS"]))
    seatkeeper()
