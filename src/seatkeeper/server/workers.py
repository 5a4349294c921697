"""Several processes that serve at the same addresses, each a node, and the parent that looks after them.

The parent opens nothing but the sockets; a worker is forked from it before anything else is opened, runs as a server
alone would, and reports through a pipe, whose end says that it has ended. Whoever stops one stops all, by the parent.
"""

import json
import os
import selectors
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, NoReturn

import structlog

from seatkeeper.identity.secrets import ADMIN_TOKEN, admin_token
from seatkeeper.metrics.siblings import Siblings, sockets
from seatkeeper.server.data_directory import held
from seatkeeper.server.running import STOP_SECONDS, Listening, Reachable, has_terminal, listeners_of
from seatkeeper.server.share import Share, Worker
from seatkeeper.settings import Settings
from seatkeeper.transport.availability import SharedState
from seatkeeper.transport.listener import Listeners

_PASSED_ON: Final = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_BEYOND_STOP_SECONDS: Final = 5.0  # beyond a worker's own bound, until it is killed
_LASTED_SECONDS: Final = 30.0  # who served that long before he ended did not fail at his start
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 15.0
_INPUT: Final = 0

log = structlog.get_logger(__name__)


class WorkersFailed(Exception):
    """A worker could not start, or did not end well. `exit_code` is what it ended with."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class _Child(NamedTuple):
    """A worker as its parent sees it. `said`: the part of a report that has come."""

    number: int
    pid: int
    pipe: int
    started_at: float
    said: bytearray


def run_workers(
    settings: Settings,
    serve: Callable[[Worker], None],
    *,
    until_eof: bool,
    reachable: Reachable,
    listening: Listening,
    stopped: Callable[[], None],
) -> None:
    """Have as many workers as the settings say each run `serve`, until SIGTERM or SIGINT; return when all have ended.

    When every one of them serves, `reachable` and `listening` are told as `running.run` tells them; `stopped` is called
    in the end. Raises WorkersFailed where one cannot start or does not end well, CannotListen, DataDirectoryInUse,
    UnusableToken, and OSError where the data directory cannot be used. One that ends later is started again.
    """
    with ExitStack() as stack:
        stack.enter_context(held(settings.data))
        token = admin_token(settings.data / ADMIN_TOKEN)
        listeners = listeners_of(settings.listen)
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="seatkeeper-")))
        told, paths = sockets(directory, settings.workers)
        state = SharedState()

        def begin(number: int, pipe: int) -> None:
            siblings = Siblings(number, told, paths)
            serve(Worker(number, Share(listeners, token, state, siblings), pipe))

        parent = _Parent(
            settings.workers, listeners, begin, reachable=reachable, listening=listening, directory=directory
        )
        stack.callback(stopped)
        with parent.signals(until_eof=until_eof):
            parent.look_after()


class _Parent:
    """The workers, and what has become of each."""

    def __init__(
        self,
        count: int,
        listeners: Listeners,
        begin: Callable[[int, int], None],
        *,
        reachable: Reachable,
        listening: Listening,
        directory: Path,
    ) -> None:
        self._listeners = listeners
        self._directory = directory
        self._begin = begin
        self._reachable = reachable
        self._listening = listening
        self._selector = selectors.SelectSelector()  # which takes files, too, of which standard input may be one
        self._children: dict[int, _Child] = {}
        self._due: dict[int, float] = dict.fromkeys(range(1, count + 1), 0.0)
        self._failures = dict.fromkeys(self._due, 0)
        self._certificate: str | None = None
        self._starting = set(self._due)
        self._stopping_since: float | None = None
        self._failure: WorkersFailed | None = None
        self._life, self._life_of_parent = os.pipe()

    @contextmanager
    def signals(self, *, until_eof: bool) -> Iterator[None]:
        """Within it, signals are told to `look_after`; and the end of standard input as one, if that is to end it."""
        reading, writing = socket.socketpair()
        with reading, writing:
            writing.setblocking(False)
            ends_with_terminal = has_terminal() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN  # as by nohup
            former = {number: signal.signal(number, lambda *_: None) for number in _PASSED_ON}
            wakeup = signal.set_wakeup_fd(writing.fileno())
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)

            def come() -> None:
                for number in reading.recv(64):
                    self._signalled(number, ends_with_terminal=ends_with_terminal)

            self._selector.register(reading, selectors.EVENT_READ, come)
            if until_eof:
                self._selector.register(_INPUT, selectors.EVENT_READ, self._read_input)
            try:
                yield
            finally:
                signal.set_wakeup_fd(wakeup)
                for number, handler in former.items():
                    signal.signal(number, handler)
                self._selector.close()

    def look_after(self) -> None:
        """Start the workers, and start those again that end, until they are to stop and have ended."""
        while self._children or self._due:
            for number in [number for number, at in self._due.items() if at <= time.monotonic()]:
                del self._due[number]
                self._start(number)
            for key, _ in self._selector.select(self._longest_wait()):
                key.data()
            self._kill_the_late()
        if self._failure is not None:
            raise self._failure

    def _start(self, number: int) -> None:
        reading, writing = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)  # until the child has handlers of its own, or none
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._become(number, writing)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        os.close(writing)
        child = _Child(number, pid, reading, time.monotonic(), bytearray())
        self._children[number] = child
        self._selector.register(reading, selectors.EVENT_READ, lambda: self._hear(child))

    def _become(self, number: int, pipe: int) -> NoReturn:
        """In the child: be a worker, and end as a process does, running nothing of what its parent meant to."""
        code = 1
        try:
            os.setsid()  # what is typed at the parent's terminal reaches it by the parent alone
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})  # running.py does of SIGHUP
            os.close(self._life_of_parent)
            for child in self._children.values():
                os.close(child.pipe)
            threading.Thread(target=self._end_with_parent, name="seatkeeper-parent", daemon=True).start()
            self._begin(number, pipe)
            code = 0
        except BaseException:  # noqa: BLE001 - of whatever kind: it ends here
            traceback.print_exc()
        finally:
            with suppress(OSError):
                sys.stdout.flush()
            os._exit(code)

    def _end_with_parent(self) -> None:
        """In the child: terminate it when the parent is gone, which alone has the other end of this pipe."""
        os.read(self._life, 1)
        shutil.rmtree(self._directory, ignore_errors=True)  # for the parent, which did not come to it
        os.kill(os.getpid(), signal.SIGTERM)

    def _hear(self, child: _Child) -> None:
        part = os.read(child.pipe, 2**16)
        if not part:
            self._ended(child)
            return
        child.said.extend(part)
        *lines, rest = bytes(child.said).split(b"\n")
        child.said[:] = rest
        for line in lines:
            self._told(child, json.loads(line))

    def _told(self, child: _Child, said: dict[str, Any]) -> None:
        match said:
            case {"certificate": certificate}:
                self._certificate = certificate
                if not self._starting:
                    self._reachable(self._listeners.urls, certificate)
            case {"serves": demo_is_there} if child.number in self._starting:
                self._starting.remove(child.number)
                if not self._starting and self._stopping_since is None:
                    self._reachable(self._listeners.urls, self._certificate)
                    self._listening(self._listeners.urls, demo_is_there)
            case {"fails": [int(code), str(sentence)]}:
                if child.number in self._starting:
                    self._fail(sentence, code)
                else:
                    log.error("worker_cannot_start", worker=child.number, why=sentence)

    def _ended(self, child: _Child) -> None:
        self._selector.unregister(child.pipe)
        os.close(child.pipe)
        code = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
        del self._children[child.number]
        if self._stopping_since is not None:
            if code not in {0, -signal.SIGTERM}:  # the latter: it had not begun
                self._fail(f"Worker {child.number} did not end well; the log says more.", 1)
        elif child.number in self._starting:
            self._fail(f"Worker {child.number} ended before it could serve ({_spelled(code)}).", 1)
        else:
            lasted = time.monotonic() - child.started_at > _LASTED_SECONDS
            failures = self._failures[child.number] = 0 if lasted else self._failures[child.number] + 1
            wait = 0.0 if lasted else min(_FIRST_WAIT * 2 ** (failures - 1), _LONGEST_WAIT)
            self._due[child.number] = time.monotonic() + wait
            log.error("worker_ended", worker=child.number, how=_spelled(code), again_in=wait)

    def _signalled(self, number: int, *, ends_with_terminal: bool) -> None:
        if number == signal.SIGHUP and not (ends_with_terminal and not has_terminal()):
            self._send(signal.SIGHUP)
        elif self._stopping_since is None:
            self._stop()
        elif number == signal.SIGINT:  # once more: answer nobody any more
            self._send(signal.SIGINT)

    def _read_input(self) -> None:
        if os.read(_INPUT, 4096):
            return
        self._selector.unregister(_INPUT)
        if self._stopping_since is None:
            self._stop()

    def _fail(self, sentence: str, exit_code: int) -> None:
        """The first to fail is the reason; the others only follow."""
        self._failure = self._failure or WorkersFailed(sentence, exit_code)
        if self._stopping_since is None:
            self._stop()

    def _stop(self) -> None:
        self._stopping_since = time.monotonic()
        self._due.clear()
        for listener in (*self._listeners.http, *self._listeners.https):
            listener.close()
        self._send(signal.SIGTERM)

    def _send(self, number: int) -> None:
        for child in self._children.values():
            os.kill(child.pid, number)  # it is there: nobody else waits for its end

    def _longest_wait(self) -> float | None:
        """Until something is due although nothing is heard."""
        if self._stopping_since is not None:
            return max(self._stopping_since + STOP_SECONDS + _BEYOND_STOP_SECONDS - time.monotonic(), 0.1)
        return max(min(self._due.values()) - time.monotonic(), 0.0) if self._due else None

    def _kill_the_late(self) -> None:
        late = STOP_SECONDS + _BEYOND_STOP_SECONDS
        if self._stopping_since is not None and time.monotonic() > self._stopping_since + late:
            self._send(signal.SIGKILL)


def _spelled(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
