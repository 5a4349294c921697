"""The server of a test run: `seatkeeper serve --ephemeral`, a process that lives no longer than the run."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from seatkeeper.pytest_plugin.failure import SeatkeeperError

# Generous: a loaded machine may take long to import everything. A request lasts milliseconds, or as long as a test
# has the server wait.
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0
_ANSWER_SECONDS: Final = 60.0
_LOG_TAIL: Final = 8_000


class Server:
    """A running server: its root URL, the token of its admin API, and its log in a file."""

    def __init__(self, url: str, token: str, log: Path, http: httpx.Client) -> None:
        self.url = url
        self.token = token
        self._log = log
        self._http = http

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        toml: str | None = None,
        params: dict[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """The JSON of an answer of the admin API; None where it is empty.

        `body` is sent as JSON, `toml` as it is. Raises SeatkeeperError where the answer is no success, or none comes.
        """
        headers = None if toml is None else {"Content-Type": "application/toml"}
        content = None if toml is None else toml.encode()
        try:
            answer = self._http.request(method, path, json=body, content=content, headers=headers, params=params)
        except httpx.TransportError as error:
            message = f"{method} {path}: no answer ({error!r}). The server's log ends:\n{self.log()}"
            raise SeatkeeperError(message) from error
        if answer.is_success:
            return answer.json() if answer.content else None
        raise SeatkeeperError(f"{method} {path}: {answer.status_code}, {_message(answer)}")

    def log(self, since: int = 0) -> str:
        """The end of what it has logged from this byte on."""
        with self._log.open("rb") as file:
            file.seek(max(since, self.logged() - _LOG_TAIL))
            return file.read().decode(errors="replace")

    def logged(self) -> int:
        """How many bytes it has logged."""
        return self._log.stat().st_size


@contextmanager
def started(folder: Path, *, config: Path | None) -> Iterator[Server]:
    """A server on a free port with nothing in it, run in `folder`; it has stopped in the end.

    It ends with this process even where this one is killed: its standard input ends then. `config` names a file of
    settings; the environment has no effect on it. Raises SeatkeeperError with its log where it does not start.
    """
    command = [sys.executable, "-m", "seatkeeper", "serve", "--ephemeral", "--testing", "--until-eof"]
    if config is not None:
        command += ["--config", str(config)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEATKEEPER_")}
    path = folder / "server.log"
    with (
        path.open("wb") as log,
        subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=folder,
            env=environment,
            start_new_session=True,  # Ctrl-C at a debugger's prompt is not meant for it
        ) as process,
    ):
        try:
            said = _first_line(process, path)
            headers = {"Authorization": f"Bearer {said['token']}"}
            # trust_env: a proxy of the environment is not for a server on this machine.
            with httpx.Client(base_url=said["url"], headers=headers, timeout=_ANSWER_SECONDS, trust_env=False) as http:
                yield Server(said["url"], said["token"], path, http)
        finally:
            _stop(process)


def _first_line(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """What it says of itself once clients can connect."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    timer = threading.Timer(_START_SECONDS, process.kill)
    timer.start()
    line = process.stdout.readline()
    timer.cancel()
    if line:
        said: dict[str, Any] = json.loads(line)
        return said
    process.wait()
    told = log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:]
    raise SeatkeeperError(f"The server did not start: it ended with {process.returncode}. Its log:\n{told}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _message(answer: httpx.Response) -> str:
    """What is wrong, in the words of the admin API where it was it that answered."""
    try:
        said = answer.json()
        return f"{said['error']}: {said['message']}"
    except (ValueError, KeyError, TypeError):
        return answer.text
