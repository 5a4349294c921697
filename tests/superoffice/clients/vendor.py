"""The vendor's own client, `@superoffice/webapi` as npm has it, driven from here.

Two versions of it are installed below `build/`, as `package-lock.json` pins them; nothing of them is kept in the
repository. They are under the ISC license.
"""

import itertools
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock

HERE = Path(__file__).parent
FOLDER = HERE.parents[2] / "build" / "superoffice-clients"
NEWEST = "webapi-12"  # 12.4.1514
OLDER = "webapi-10"  # 10.2.9
PACKAGES = (NEWEST, OLDER)

_DRIVER = HERE / "vendor.cjs"
_INSTALLED_BY = ("package.json", "package-lock.json")
_INSTALL_SECONDS = 300.0
DEADLINE = 30.0


class NotInstalled(Exception):
    """The packages cannot be had on this machine; the text says why."""


def install() -> Path:
    """Have npm install the packages, unless they are, and say where. Raises NotInstalled."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise NotInstalled("node and npm are needed, and are not on the PATH")
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = sha256(b"".join((HERE / name).read_bytes() for name in _INSTALLED_BY)).hexdigest()
    mark = FOLDER / "installed"
    with FileLock(FOLDER.with_suffix(".lock")):
        if mark.exists() and mark.read_text() == wanted:
            return FOLDER
        for name in _INSTALLED_BY:
            shutil.copy(HERE / name, FOLDER)
        # The packages need no scripts of theirs to be run.
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
        if done.returncode != 0:
            raise NotInstalled(f"npm could not install them: {done.stderr.strip()[-500:]}")
        mark.write_text(wanted)
    return FOLDER


class Refused(Exception):
    """The server refused a call: status, media type, WWW-Authenticate and body, as the package handed them on."""

    def __init__(self, refused: Mapping[str, Any]) -> None:
        super().__init__(str(refused))
        self.status: int = refused["status"]
        self.type: str = refused.get("type", "")
        self.challenge: str | None = refused.get("challenge")
        self.body: Any = refused["body"]


class Vendor:
    """A process of Node with the package in it. Calls may be made from many threads, and wait for no other.

    What a call returns is what the package returned, as JSON writes it: members in camelCase, flags as numbers.
    """

    def __init__(self, url: str, package: str = NEWEST, *, zone: str = "UTC", **how: object) -> None:
        """`how`: options of the package and how to authenticate, as vendor.cjs has them."""
        options = {"baseUrl": url, **(how.pop("options", None) or {})}  # type: ignore[dict-item]
        settings = {"folder": str(install()), "package": package, "options": options, **how}
        self.called: set[str] = set()
        self._waiting: dict[int, Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._writing = threading.Lock()
        node = shutil.which("node")
        assert node is not None
        self._process = subprocess.Popen(
            [node, str(_DRIVER), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TZ": zone, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, method: str, *args: object, agent: str = "License") -> Future[Any]:
        """Make a call without waiting for it."""
        self.called.add(method)
        return self._send({"agent": agent, "method": f"{method}Async", "args": args})

    def methods(self, agent: str = "License") -> set[str]:
        """Which methods an agent of the package has."""
        names: list[str] = self._send({"agent": agent}).result(DEADLINE)
        return {name.removesuffix("Async") for name in names}

    def call(self, method: str, *args: object, agent: str = "License") -> Any:  # noqa: ANN401 - whatever JSON holds
        """What a call returned; `method` as the package has it, without its Async. Raises Refused."""
        return self.start(method, *args, agent=agent).result(DEADLINE)

    def refused(self, method: str, *args: object, agent: str = "License") -> Refused:
        """The refusal of a call. Raises AssertionError where it succeeded."""
        try:
            value = self.call(method, *args, agent=agent)
        except Refused as refused:
            return refused
        raise AssertionError(f"{method} was to be refused and returned {value}")

    def _send(self, call: dict[str, object]) -> Future[Any]:
        number, outcome = next(self._numbers), Future[Any]()
        self._waiting[number] = outcome
        assert self._process.stdin is not None
        with self._writing:
            self._process.stdin.write(json.dumps({"id": number, **call}) + "\n")
            self._process.stdin.flush()
        return outcome

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answered = json.loads(line)
            waiting = self._waiting.pop(answered["id"])
            if "refused" in answered:
                waiting.set_exception(Refused(answered["refused"]))
            elif "crashed" in answered:
                waiting.set_exception(AssertionError(f"the package itself failed: {answered['crashed']}"))
            else:
                waiting.set_result(answered.get("value"))  # undefined is no member in JSON
        for waiting in self._waiting.values():
            waiting.set_exception(AssertionError("the process of Node has ended"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        assert self._process.stdout is not None
        self._process.stdout.close()
