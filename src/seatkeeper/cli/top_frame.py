"""What `seatkeeper top` draws: the server, its pools by how full they are, and its denials, newest first."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.table import Table
from rich.text import Text

from seatkeeper.cli.printing import counted, plain

_BAR: Final = 20
_ROOM_FOR_BAR: Final = 80
"""Columns from which on there is room for bars beside the numbers."""
_FULL: Final = 1.0
_NEARLY_FULL: Final = 0.9
_FEWEST_ROWS: Final = 4
"""Below so many rows for both tables there is room for the denials alone."""
_WIDE: Final = 120
"""Columns from which on a denial also tells its license, and from where it was asked for."""

_STATE_STYLES: Final = {"serving": "bold green", "draining": "bold yellow", "standby": "bold yellow"}


class View(NamedTuple):
    """What the server answered last.

    `trouble`: why there is nothing newer, and `since` when, in seconds since 1970-01-01T00:00Z.
    """

    overview: dict[str, Any]
    denials: list[dict[str, Any]]
    trouble: str | None = None
    since: float | None = None


class Frame:
    """A view, drawn to fit the terminal; `whole` draws everything, however long."""

    def __init__(self, view: View, *, whole: bool = False) -> None:
        self._view = view
        self._whole = whole

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        heads = list(_head(self._view))
        pools = sorted(self._view.overview["pools"], key=_by_fullness)
        denials = self._view.denials
        shown_pools, shown_denials = len(pools), len(denials)
        if not self._whole:
            # A blank line and a head above each table, and a line that says what was left out.
            rows = options.size.height - len(heads) - 5
            shown_pools, shown_denials = _shared(rows, len(pools), len(denials))
        marks = "█░" if "utf" in options.encoding else "#-"
        yield Group(*heads)
        if shown_pools:
            yield Text()
            yield _pools(pools[:shown_pools], marks if options.max_width >= _ROOM_FOR_BAR else "", whole=self._whole)
            if shown_pools < len(pools):
                yield _line(f"and {counted(len(pools) - shown_pools, 'license', 'licenses')} less full", "dim")
        yield Text()
        yield _denials(self._view.denials[:shown_denials], options.max_width, whole=self._whole)


def _shared(rows: int, pools: int, denials: int) -> tuple[int, int]:
    """How many rows of each table there is room for: half for each, and what one does not need for the other."""
    if rows < _FEWEST_ROWS:
        return 0, max(1, rows + 2)
    for_pools = min(pools, max(rows // 2, rows - denials))
    return for_pools, rows - for_pools


def _head(view: View) -> Iterator[Text]:
    """The server and its sessions, and what is out of the ordinary about them."""
    overview, server = view.overview, view.overview["server"]
    line = _line(f"{_clock(overview['at'])} UTC  ")
    if view.trouble is None:
        line.append(server["state"], _STATE_STYLES.get(server["state"], "bold red"))
        line.append(f" since {_clock(server['since'])}")
    else:
        line.append("unreachable", "bold red")
        line.append(f" since {datetime.fromtimestamp(view.since or 0, UTC):%H:%M:%S}")
    line.append(f"  {counted(server['sessions'], 'session', 'sessions')}")
    line.append(f"  {overview['log_ons_a_minute']:g} log-ons a minute")
    if (newest := overview["newest"]) is not None:
        line.append(
            f"  newest {plain(newest['user'])} ({plain(newest['application'])}) {_clock(newest['connected_at'])}"
        )
    yield line
    if view.trouble is not None:
        yield _line(f"{plain(view.trouble)} What is shown is what there was.", "red")
    elif server["state"] != "serving":
        hosts = plain(", ".join(server["alternate_hosts"])) or "no other server"
        yield _line(f"Takes no log-ons; clients are sent to {hosts}.", "yellow")
    yield from _deployment(overview["runtimes"])


def _deployment(runtimes: list[dict[str, Any]]) -> Iterator[Text]:
    """What of the runtimes asks for somebody: applications that lack their token, transactions that are not over."""
    blocked, there = _by_runtime(runtimes, "blocked_applications")
    if blocked:
        lacking = "application lacks its token" if blocked == 1 else "applications lack their tokens"
        yield _line(f"{blocked:,} {lacking}: {there}.", "red")
    waiting, there = _by_runtime(runtimes, "unfinished_transactions")
    if waiting:
        oldest = min(each["oldest_transaction_at"] for each in runtimes if each["oldest_transaction_at"] is not None)
        wait = "transaction is not over" if waiting == 1 else "transactions are not over"
        yield _line(f"{waiting:,} {wait}, the oldest since {_clock(oldest)}: {there}.", "yellow")


def _by_runtime(runtimes: list[dict[str, Any]], member: str) -> tuple[int, str]:
    """How many there are of something, and how many in which runtime, the most first."""
    there = sorted((each for each in runtimes if each[member]), key=lambda each: -int(each[member]))
    told = ", ".join(f"{plain(each['name'])} {each[member]:,}" for each in there)
    return sum(each[member] for each in there), told


def _line(text: str, style: str = "") -> Text:
    """A text that takes one line of any terminal."""
    return Text(text, style, no_wrap=True, overflow="ellipsis")


def _pools(pools: list[dict[str, Any]], marks: str, *, whole: bool) -> Table:
    """The seats of each license; `marks`: what bars are drawn with, the taken part and the free one, if any."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("license", no_wrap=not whole, overflow="fold" if whole else "ellipsis")
    if marks:
        table.add_column("", no_wrap=True)
    table.add_column("used", justify="right", no_wrap=True)
    for name in ("assigned", "in use", "refused"):
        table.add_column(name, justify="right", no_wrap=True)
    for pool in pools:
        full = _fullness(pool)
        style = "red" if full >= _FULL else "yellow" if full >= _NEARLY_FULL else "green"
        row = [Text(plain(pool["license"]))]
        if marks:
            row.append(Text() if pool["unrestricted"] else Text(_bar(full, marks), style))
        row += [
            Text("no bound", "dim") if pool["unrestricted"] else Text(f"{min(full, 9.99):.0%}", style),
            Text(_of(pool["assigned"], pool["assignable_seats"], pool)),
            Text(_of(pool["concurrent_in_use"], pool["concurrent_seats"], pool)),
            Text(str(pool["refused"]), "bold red") if pool["refused"] else Text("-", "dim"),
        ]
        table.add_row(*row)
    return table


def _denials(denials: list[dict[str, Any]], width: int, *, whole: bool) -> Table:
    """Newest first. On a narrow terminal the sentence, which names the license, stands for it."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False, expand=not whole)
    table.add_column("refused", no_wrap=True, min_width=8)
    table.add_column("user", no_wrap=True, overflow="ellipsis", max_width=24)
    if width >= _WIDE:
        table.add_column("license", no_wrap=True, overflow="ellipsis", max_width=32)
    table.add_column("why", no_wrap=not whole, overflow="fold" if whole else "ellipsis", ratio=0 if whole else 1)
    table.add_column("again", justify="right", no_wrap=True)
    if width >= _WIDE:
        table.add_column("from", no_wrap=True, overflow="ellipsis", max_width=40)
    for each in denials:
        row = [Text(_clock(each["at"])), Text(plain(each["user"]))]
        if width >= _WIDE:
            row.append(Text(plain(each["license"])))
        row.append(Text(plain(each["sentence"])))
        row.append(Text(f"{each['repeats']}x", "bold") if each["repeats"] else Text("-", "dim"))
        if width >= _WIDE:
            row.append(Text(_from(each)))
        table.add_row(*row)
    if not denials:
        table.add_row(Text("nobody", "dim"))
    return table


def _by_fullness(pool: dict[str, Any]) -> tuple[float, int, str]:
    return -_fullness(pool), -pool["refused"], pool["license"].casefold()


def _fullness(pool: dict[str, Any]) -> float:
    """How much of the fuller half of a pool is taken: 1 is full, more is overcommitted; below 0 what has no bound."""
    if pool["unrestricted"]:
        return -1.0
    return max(
        _taken(pool["assigned"], pool["assignable_seats"]), _taken(pool["concurrent_in_use"], pool["concurrent_seats"])
    )


def _taken(used: int, seats: int) -> float:
    if seats == 0:
        return math.inf if used else 0.0
    return used / seats


def _bar(full: float, marks: str) -> str:
    """A bar that is empty only where nothing is taken, and full only where nothing is left."""
    filled = _BAR if full >= _FULL else max(1, min(_BAR - 1, round(full * _BAR))) if full else 0
    return (marks[0] * filled).ljust(_BAR, marks[1])


def _of(used: int, seats: int, pool: dict[str, Any]) -> str:
    return f"{used:,}" if pool["unrestricted"] else f"{used:,}/{seats:,}"


def _from(denial: dict[str, Any]) -> str:
    """From where it was asked for, as far as the session still tells."""
    if denial["machine"] is None:
        return "(session ended)"
    return plain(" ".join(filter(None, (denial["application"], denial["machine"], denial["station"]))))


def _clock(moment: str) -> str:
    """The time of day of an ISO time."""
    return moment[11:19]
