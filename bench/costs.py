"""What an agent costs a server, by what was measured: what a simulation counts with (docs/scale.md)."""

from typing import Any, Final

from msgspec import Struct

from bench.results import Result

EVENT_BYTES: Final = 300
"""Of the database for an event, with its share of indexes and of the rows that it changed: a database of 30,000 users,
each with four licenses, two of which he had acquired, had 63 MB for 210,200 events."""
EVENTS_A_DAY: Final = 7
"""Of an agent who logs on, subscribes, acquires two licenses and logs off again."""


class Costs(Struct, frozen=True):
    """What was measured, and when (`measured`). Every rate is that of all connections, with the load generator on the
    same cores: a server that has its machine for itself does better.

    `hash_seconds`: of one core, to verify a password. `log_ons`: a second, with passwords that the server remembers.
    `acquisitions`: staged, of two licenses, a second; on SQLite, on PostgreSQL with one node, and of two nodes
    together. `polls`: a second, with nothing queued. `message_seconds`: of a process, for one message to one stream.
    `stream_bytes`, `session_bytes`: of memory, for an idle one.
    """

    measured: str
    hash_seconds: float
    log_ons: float
    acquisitions: float
    acquisitions_postgres: float
    acquisitions_two_nodes: float
    polls: float
    message_seconds: float
    stream_bytes: float
    session_bytes: float

    def writer_seconds(self, nodes: int) -> float:
        """Of the writer of a database with so many nodes, for one agent, without the password: he logs on, subscribes,
        acquires, and opens his event stream.

        Subscribing is not measured by itself and counted as a log-on, opening a stream as a poll. One node has SQLite.
        Several have PostgreSQL, on which all is taken to be slower as acquiring is; more than two are taken to be as
        fast as two.
        """
        return self._slower(nodes) * (2 / self.log_ons + 1 / self.acquisitions + 1 / self.polls)

    def log_on_seconds(self, nodes: int) -> float:
        """The part of `writer_seconds` after which an agent is logged on."""
        return self._slower(nodes) / self.log_ons

    def _slower(self, nodes: int) -> float:
        return 1 if nodes == 1 else self.acquisitions / self.acquisitions_two_nodes


STATED: Final = Costs(
    measured="2026-11-23, 2 virtual cores of an AMD EPYC, the generator on them too",
    hash_seconds=0.0295,
    log_ons=2_940,
    acquisitions=3_478,
    acquisitions_postgres=2_327,
    acquisitions_two_nodes=3_757,
    polls=11_031,
    message_seconds=0.000_032_1,
    stream_bytes=17_200,
    session_bytes=1_200,
)
"""What docs/scale.md counts with."""


class NotMeasured(Exception):
    """A run lacks a figure. The message says which."""


def costs_of(result: Result) -> Costs:
    """What a run of all cases has measured. Raises NotMeasured where it lacks some of them."""
    figures = {(case.number, each.name): each.value for case in result.cases for each in case.figures}

    def value(case: int, name: str) -> float:
        if (case, name) not in figures:
            raise NotMeasured(f"The run of {result.at} has no figure “{name}” of case {case}.")
        return figures[case, name]

    machine = result.circumstances.machine
    return Costs(
        measured=f"{result.at}, {machine.cores} cores of {machine.processor}",
        hash_seconds=1 / value(8, "hashes of a plain loop") * _busy(result.circumstances.settings, machine.cores),
        log_ons=value(8, "log-ons, remembered"),
        acquisitions=value(1, "acquisitions"),
        acquisitions_postgres=value(2, "acquisitions"),
        acquisitions_two_nodes=value(3, "two nodes"),
        polls=value(6, "polls with nothing queued"),
        message_seconds=value(6, "a change to the last of 1,000 streams") / 1000 / 1000,
        stream_bytes=value(6, "memory of an idle stream") * 1000,
        session_bytes=value(6, "memory of an idle session") * 1000,
    )


def _busy(settings: dict[str, Any], cores: int) -> int:
    """How many cores the plain loop of hashes had."""
    return min(int(settings["identity"]["hashing_threads"]), cores)
