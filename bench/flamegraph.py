"""Draws a flame graph of the main case: where the server's time goes while everybody acquires.

py-spy looks at the server some hundred times a second from outside, at the thread that has the interpreter's lock, so
what is seen is what keeps others waiting: the commit's wait for the disk is not.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.cases.acquire import SECONDS, WORLD, acquire, warm
from bench.place import Place
from bench.servers import copied, seatkeeper

_FOLDER: Final = Path(__file__).parents[1] / "build" / "bench"
_LOOKS: Final = 500  # a second
_TITLE: Final = re.compile(r'(<text id="title"[^>]*>)[^<]*(</text>)')
_SHOWS: Final = "Who has the interpreter while 32 connections acquire, each request for another session"


def main() -> int:
    """0; or py-spy's own exit code where it may not look at another process, of which it says what to do."""
    parser = argparse.ArgumentParser(prog="make flamegraph", description=__doc__)
    parser.add_argument("drawn", type=Path, help="where the SVG is to be")
    drawn: Path = parser.parse_args().drawn
    place = Place(shelf=_FOLDER / "worlds", work=_FOLDER / "work")
    data = copied(place.world(WORLD), place.work / "flamegraph")
    try:
        with seatkeeper(data) as served:
            warm(served)
            with _looking(served.process.pid, drawn) as looking:
                acquire(served, WORLD)
    finally:
        shutil.rmtree(place.work)
    if looking.returncode == 0:
        drawn.write_text(titled(drawn.read_text(encoding="utf-8")), encoding="utf-8")
    return looking.returncode


def titled(svg: str) -> str:
    """A flame graph that says what it shows, instead of how py-spy was called."""
    return _TITLE.sub(rf"\g<1>{_SHOWS}\g<2>", svg, count=1)


def _looking(pid: int, drawn: Path) -> "subprocess.Popen[bytes]":
    """py-spy, which looks a second longer than everybody acquires: who only waits is not seen."""
    command = [str(Path(sys.executable).with_name("py-spy")), "record", "--gil", "--threads", "--function"]
    command += ["--rate", str(_LOOKS), "--duration", str(SECONDS + 1), "--pid", str(pid), "--output", str(drawn)]
    return subprocess.Popen(command)  # noqa: S603 - ours


if __name__ == "__main__":
    sys.exit(main())
