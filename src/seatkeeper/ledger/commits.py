"""How transactions begin and end on a database that may be lost between any two words (rule L5)."""

import time
from typing import Final

import structlog

from seatkeeper.ledger.activity import Activity
from seatkeeper.ledger.engines.engine import Disconnected, Engine, FateUnknown, SaveFailed
from seatkeeper.ledger.replica import Replica
from seatkeeper.ledger.tally import Tally

_log = structlog.get_logger("seatkeeper.ledger")

_NO_BATCH: Final = -1
_FATE_PAUSE: Final = 0.1
_FATE_SECONDS: Final = 10.0
"""For so long it is tried to find out what became of a commit, and whoever waits for it waits."""


class Commits:
    """Begins and commits what the writer writes, and knows whether the database answers.

    Where it is `shared` a lost connection is made anew, and a commit that was not confirmed is looked for.
    """

    def __init__(self, engine: Engine, activity: Activity, replica: Replica, tally: Tally, *, shared: bool) -> None:
        self._engine = engine
        self._activity = activity
        self._replica = replica
        self._tally = tally
        self._shared = shared
        self.connected = True
        """Whether the database answered when it was last asked, and confirmed what was last committed."""
        self._unconfirmed = False

    def begin(self, *, at_once: bool = False) -> None:
        """Begin a transaction that keeps other writers out; `at_once`: wait for nobody. Raises SaveFailed."""
        try:
            if at_once:
                self._engine.begin_at_once()
            else:
                self._engine.begin()
        except Disconnected:
            self.connected = False
            raise
        self._found()

    def begin_reading(self) -> None:
        """Begin a transaction that keeps nobody out. Raises SaveFailed, also while no commit is confirmed."""
        try:
            if self._unconfirmed:
                self._confirm()
            self._engine.begin_reading()
        except Disconnected:
            self.connected = False
            raise
        self._found()

    def commit(self, batch: int | None = None) -> None:
        """Commit. Where that is not confirmed the batch is looked for; without a number there is nothing to look for,
        and what was written may be written again.

        Raises SaveFailed where it is not saved, and FateUnknown where that cannot be found out in time.
        """
        try:
            self._engine.commit()
        except FateUnknown as unknown:
            if not self._shared:
                raise
            if batch is None:
                raise Disconnected(str(unknown)) from unknown
            saved = self._was_saved(batch)
            with self._tally.lock:
                self._tally.fates["saved" if saved else "unsaved"] += 1
            if not saved:
                raise Disconnected("the database lost a batch before it was committed") from unknown
            _log.warning("commit_found", batch=batch, why=str(unknown))

    def _found(self) -> None:
        """The database answers. Where it did not before, every session gets a full time-out (rule L9): nobody could be
        heard meanwhile."""
        if not self.connected and not self._unconfirmed:
            self._activity.begin_anew(self._engine.live_sessions(), self._engine.now())
            with self._tally.lock:
                self._tally.reconnects += 1
            self.connected = True

    def _confirm(self) -> None:
        """See whether commits are confirmed again. Raises SaveFailed."""
        try:
            self._engine.was_saved(_NO_BATCH, self._replica.head.seq)
        except FateUnknown as unknown:
            raise Disconnected(str(unknown)) from unknown
        self._unconfirmed = False

    def _was_saved(self, batch: int) -> bool:
        """Whether a batch is in the journal. Raises FateUnknown where that cannot be found out in time."""
        until = time.monotonic() + _FATE_SECONDS
        while True:
            try:
                return self._engine.was_saved(batch, self._replica.head.seq)
            except SaveFailed as error:
                self.connected = False
                if time.monotonic() > until:
                    self._unconfirmed = True
                    raise FateUnknown(f"the database did not say in time what became of a commit: {error}") from error
                time.sleep(_FATE_PAUSE)
            except Exception as error:
                self.connected, self._unconfirmed = False, True
                raise FateUnknown(f"what became of a commit cannot be found out now: {error}") from error
