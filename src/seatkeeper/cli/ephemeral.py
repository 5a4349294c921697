"""`seatkeeper serve --ephemeral`: a server in memory, for the tests of clients and for trying out."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from seatkeeper.cli.documents import source_of
from seatkeeper.cli.failure import ExitCode, Failure, told_plainly

if TYPE_CHECKING:
    from seatkeeper.inventory.document import Document
    from seatkeeper.settings import Settings

_INPUT: Final = 0


def serve_in_memory(settings: "Settings", files: Iterable[Path], *, demo: bool) -> None:
    """Serve until interrupted or terminated; then nothing is left.

    Once clients can connect, one line of JSON on standard output says where, and by which admin token.
    """
    from seatkeeper.identity.secrets import new_secret  # noqa: PLC0415 - see the package: heavy imports wait
    from seatkeeper.inventory.applying import NotApplied  # noqa: PLC0415 - as above
    from seatkeeper.inventory.problems import InvalidInventory  # noqa: PLC0415 - as above
    from seatkeeper.server.ephemeral import Ephemeral  # noqa: PLC0415 - as above
    from seatkeeper.server.running import run  # noqa: PLC0415 - as above

    token = new_secret()

    def listening(urls: tuple[str, ...], _demo_is_there: bool) -> None:
        with suppress(OSError):  # nobody has to read it
            sys.stdout.write(json.dumps({"url": urls[0], "token": token, "pid": os.getpid()}) + "\n")
            sys.stdout.flush()

    ephemeral = Ephemeral(token=token, inventories=tuple(_documents(settings, files, demo=demo)))
    try:
        with told_plainly(settings.data):
            run(
                settings,
                demo=False,
                ephemeral=ephemeral,
                reachable=lambda _urls, _certificate: None,
                listening=listening,
                stopped=lambda: None,
            )
    except InvalidInventory as invalid:
        raise Failure(ExitCode.REFUSED, str(invalid)) from None
    except NotApplied as error:
        raise Failure(ExitCode.REFUSED, ": ".join(filter(None, (str(error.place), str(error))))) from None


def _documents(settings: "Settings", files: Iterable[Path], *, demo: bool) -> "Iterable[Document]":
    from seatkeeper.inventory.demo import DEMO_NAME, demo_text  # noqa: PLC0415 - see the package: heavy imports wait
    from seatkeeper.inventory.document import document_of  # noqa: PLC0415 - as above

    owner = settings.icws.owner
    if demo:
        yield document_of(demo_text().encode(), "application/toml", file=DEMO_NAME, owner=owner)
    for file in files:
        source = source_of(file, None)
        with source.opened() as opened:
            yield document_of(opened.read(), source.format.content_type, file=source.name, owner=owner)


def end_with_input() -> None:
    """Terminate this process when its standard input ends: whoever started it and holds the other end is gone."""
    threading.Thread(target=_await_end, name="seatkeeper-input", daemon=True).start()


def _await_end() -> None:
    with suppress(OSError):  # closed from the beginning: that is an end, too
        while os.read(_INPUT, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
