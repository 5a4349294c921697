"""An inventory in steps: rows sent chunk by chunk, each one request and one commit.

What is done already is no change. So a run that was cut off, wherever it was, is gone on with by running it again.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from seatkeeper.cli.client import Answered, Api, Document
from seatkeeper.cli.documents import Chunk, Format
from seatkeeper.cli.failure import ExitCode, Failure
from seatkeeper.cli.plans import added_up, total_of
from seatkeeper.cli.toml_rows import TomlRows

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PLAN: Final = "/inventory/plan"
APPLY: Final = "/inventory"


class Rows(Protocol):
    """What can be sent in steps."""

    @property
    def name(self) -> str:
        """By which messages call it."""

    @property
    def format(self) -> Format:
        """Of the chunks."""

    def chunks(self, rows: int, limit: int) -> Iterator[Chunk]:
        """Its rows in order."""

    def size(self) -> int | None:
        """How many bytes all chunks have, where that is known."""


class Stepped(NamedTuple):
    """What the steps came to. `stopped` says why not all rows could be looked at, else it is empty."""

    counts: dict[str, dict[str, int]]
    position: int
    stopped: str = ""

    @property
    def total(self) -> int:
        """How many changes."""
        return total_of(self.counts)


def step_through(api: Api, rows: Rows, params: Mapping[str, str], limits: Mapping[str, int], path: str) -> Stepped:
    """Plan or apply all rows, chunk by chunk, with a progress bar on a terminal.

    A server that goes away is waited for. Raises Failure where a chunk is refused, the server does not come back, or
    somebody interrupts; its sentence says what is done and how to go on. Only planning may end before the last row:
    what a chunk names may be what those above it would add.
    """
    steps = _Steps(api, rows, params, path)
    with _progress(rows, "Planning" if path == PLAN else "Applying") as bar:
        try:
            for chunk in rows.chunks(limits["step"], limits["body"]):
                steps.take(chunk)
                bar.show(chunk.size, len(chunk.rows), total_of(steps.counts))
        except Answered as answered:
            if path == PLAN and answered.error == "invalid_inventory" and _adds(steps.counts):
                return Stepped(steps.counts, steps.position, steps.told(answered))
            raise Failure(answered.exit_code, steps.told(answered) + steps.how_to_go_on()) from None
        except Failure as failure:
            raise Failure(failure.exit_code, f"{failure}{steps.how_to_go_on()}") from None
        except KeyboardInterrupt:
            if path == PLAN:
                raise  # whoever plans tells that nothing was changed
            raise Failure(ExitCode.INTERRUPTED, f"Interrupted.{steps.how_to_go_on()}") from None
    return Stepped(steps.counts, steps.position)


class _Steps:
    """The chunks that have been taken so far."""

    def __init__(self, api: Api, rows: Rows, params: Mapping[str, str], path: str) -> None:
        self.counts: dict[str, dict[str, int]] = added_up(())
        self.position = 0
        self._api = api
        self._rows = rows
        self._params = params
        self._path = path
        self._rows_done = 0

    def take(self, chunk: Chunk) -> None:
        """One chunk; in halves where its changes are more than may be made at once."""
        params = {**self._params, "file": self._rows.name, "first_line": str(chunk.first_line)}
        if self._path == PLAN:
            params["rehearse"] = "false"  # the rules may refuse a chunk for lack of seats that one above it buys
        document = Document(chunk.content, self._rows.format.content_type)
        try:
            answer = self._api.ask("POST", self._path, params=params, document=document, again=True)
        except Answered as answered:
            if answered.error != "too_many_changes" or len(chunk.rows) == 1:
                raise
            for half in chunk.halves():
                self.take(half)
            return
        self.counts = added_up((self.counts, answer["counts"]))
        self.position = answer["position"]
        self._rows_done += len(chunk.rows)

    def told(self, answered: Answered) -> str:
        """The sentence of a refusal, with places as the file itself has them."""
        if not isinstance(self._rows, TomlRows):
            return str(answered)
        detail = answered.detail if isinstance(answered.detail, list) else [answered.detail]
        sentence = str(answered)
        for each in detail:
            if isinstance(each, dict) and each.get("line"):
                place = self._rows.place_of(each["line"])
                sentence = sentence.replace(f"{self._rows.name}: {each['place']}:", f"{self._rows.name}: {place}:", 1)
        return sentence

    def how_to_go_on(self) -> str:
        """What follows the reason why the steps ended."""
        if self._path == PLAN:
            return ""
        done = f"The first {self._rows_done:,} rows are done and stay so" if self._rows_done else "No row is done yet"
        return f"\n{done}; the same command goes on from there."


class _Bar:
    """A line on the terminal that says how far it is."""

    def __init__(self, progress: "Progress", task: "TaskID") -> None:
        self._progress = progress
        self._task = task
        self._rows = 0

    def show(self, size: int, rows: int, changes: int) -> None:
        """So many more bytes and rows, and so many changes in all."""
        self._rows += rows
        self._progress.update(self._task, advance=size, rows=self._rows, changes=changes)


@contextmanager
def _progress(rows: Rows, what: str) -> Iterator[_Bar]:
    from rich.console import Console  # noqa: PLC0415 - see the package: heavy imports wait
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[changes]:,} changes"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        yield _Bar(progress, progress.add_task(what, total=rows.size(), rows=0, changes=0))


def _adds(counts: Mapping[str, Mapping[str, Any]]) -> bool:
    return any(of_kind.get("added") for of_kind in counts.values())
