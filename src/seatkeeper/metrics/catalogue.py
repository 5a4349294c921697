"""Every metric of this server's own: its name, kind, labels and meaning. docs/metrics.md is written from here.

Names and units are as Prometheus advises: seconds, `_total` for what only rises. Counters begin at zero with the
server's start. No label takes a value that a client can make up.
"""

from typing import Final, Literal, NamedTuple

UNKNOWN: Final = "(unknown)"
"""The one label of all licenses that nobody knows, and of all paths where nothing is."""


class Metric(NamedTuple):
    """One metric. A counter's name is without `_total`, as the library takes it.

    `shared`: it is told of the inventory, and is the same at every node.
    """

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    shared: bool = False

    @property
    def exposed(self) -> str:
        """The name by which Prometheus knows it; a histogram's series add `_bucket`, `_sum` and `_count`."""
        return f"{self.name}_total" if self.kind == "counter" else self.name


LABELS: Final = {
    "owner": f"who issued the license, as in the inventory; `{UNKNOWN}` where the license is",
    "license": f"the license's name, as in the inventory; `{UNKNOWN}` for all names that are not there",
    "method": "of pools: `assignable` or `concurrent`; of requests: the HTTP method, `other` for uncommon ones",
    "reason": "why: of a denial as `seatkeeper explain` says it, of an ended session who or what ended it",
    "outcome": "what it came to",
    "runtime": "the name of the runtime of applications, as in the inventory",
    "cause": "`no_space`: the disk is full; `busy`: another process keeps the database; `disconnected`: it did not"
    " answer; `unknown`: the connection died at the commit; `fault`: anything else",
    "kind": "what was shown: `password`, `token` or `single_sign_on`",
    "state": "`serving`, `draining`, `standby` or `stopping`",
    "face": "the API: `icws`, `superoffice`, `mobilefirst`, `admin`, `metrics`; `server` for what belongs to none",
    "route": f"the pattern of the path, as `/icws/{{session}}/licenses`; `{UNKNOWN}` where nothing is",
    "status": "the class of the status, as `2xx`; `left` where the client did not wait for the answer",
    "version": "the version that runs",
    "worker": "the number of the process, from 1, where `workers` is more than one; no metric has it else",
}
"""What the values of each label mean."""

_POOL: Final = ("owner", "license", "method")
_LICENSE: Final = ("owner", "license")
_DENIAL: Final = ("owner", "license", "reason")
_RUNTIME: Final = ("runtime",)

SEATS: Final = Metric(
    "seatkeeper_pool_seats",
    "gauge",
    "Seats that were bought. Absent for a license that is unrestricted.",
    _POOL,
    shared=True,
)
IN_USE: Final = Metric(
    "seatkeeper_pool_seats_in_use",
    "gauge",
    "Seats that are taken: assignable ones by assignments that count, concurrent ones by users who hold the license.",
    _POOL,
    shared=True,
)
ASSIGNED: Final = Metric(
    "seatkeeper_pool_assigned",
    "gauge",
    "Assignments that count, to users, stations and applications. By the concurrent method they take no seat until they"
    " are used.",
    _POOL,
    shared=True,
)
UNRESTRICTED: Final = Metric(
    "seatkeeper_pool_unrestricted",
    "gauge",
    "1 for a license of which any number may be used; absent else.",
    _LICENSE,
    shared=True,
)
EXPIRES: Final = Metric(
    "seatkeeper_license_expires_timestamp_seconds",
    "gauge",
    "From when on the license cannot be assigned. Absent where it does not expire.",
    _LICENSE,
    shared=True,
)
USABLE_UNTIL: Final = Metric(
    "seatkeeper_license_usable_until_timestamp_seconds",
    "gauge",
    "From when on the license cannot be acquired. Absent where it does not expire.",
    _LICENSE,
    shared=True,
)
DENIALS: Final = Metric(
    "seatkeeper_denials",
    "counter",
    "Refused acquisitions, each once: the same session, license and reason within a minute is a retry. A pool of"
    " concurrent seats has its count of all_in_use from the start, other counts appear with their first denial.",
    _DENIAL,
)
RETRIES: Final = Metric(
    "seatkeeper_denial_retries",
    "counter",
    "Refusals that only repeated one of the last minute: same session, license and reason.",
    _DENIAL,
)
SESSIONS: Final = Metric("seatkeeper_sessions", "gauge", "Sessions that live.", shared=True)
SESSIONS_STARTED: Final = Metric("seatkeeper_sessions_started", "counter", "Sessions that began.")
SESSIONS_ENDED: Final = Metric(
    "seatkeeper_sessions_ended", "counter", "Sessions that ended. Reason idle: they expired.", ("reason",)
)
STREAMS: Final = Metric("seatkeeper_event_streams", "gauge", "Event streams that are open.")
LOG_ONS: Final = Metric(
    "seatkeeper_logons",
    "counter",
    "Credentials that were checked: of log-ons, and of each request with a login and password to the admin API, to"
    " the CRM's API, to the MobileFirst API or to /metrics. Outcome: succeeded or failed.",
    ("kind", "outcome"),
)
RUNTIME_RUNNING: Final = Metric(
    "seatkeeper_runtime_running", "gauge", "1 for a runtime that runs, 0 for one that does not.", _RUNTIME, shared=True
)
RUNTIME_APPLICATIONS: Final = Metric(
    "seatkeeper_runtime_applications", "gauge", "Applications that have a version.", _RUNTIME, shared=True
)
RUNTIME_BLOCKED: Final = Metric(
    "seatkeeper_runtime_blocked_applications", "gauge", "Applications that lack their token.", _RUNTIME, shared=True
)
RUNTIME_UNFINISHED: Final = Metric(
    "seatkeeper_runtime_unfinished_transactions",
    "gauge",
    "Transactions that wait or are being carried out.",
    _RUNTIME,
    shared=True,
)
RUNTIME_OLDEST: Final = Metric(
    "seatkeeper_runtime_oldest_transaction_seconds",
    "gauge",
    "How long ago the oldest transaction that is not over was accepted; 0 where all are over.",
    _RUNTIME,
    shared=True,
)
TRANSACTIONS_ENDED: Final = Metric(
    "seatkeeper_transactions_ended",
    "counter",
    "Transactions that ended, of all runtimes. Outcome: success, failure, or canceled, as those are that a start of"
    " the server finds waiting.",
    ("outcome",),
)
COMMANDS: Final = Metric(
    "seatkeeper_ledger_commands",
    "counter",
    "Commands that were decided. Outcome: done (a refused license is an answer, too), refused by a rule, failed.",
    ("outcome",),
)
TURNED_AWAY: Final = Metric(
    "seatkeeper_ledger_commands_turned_away", "counter", "Commands that were answered 503 because the queue was full."
)
WAITING: Final = Metric("seatkeeper_ledger_commands_waiting", "gauge", "Commands that wait for their batch.")
QUEUE: Final = Metric("seatkeeper_ledger_queue_size", "gauge", "How many commands may wait (setting ledger.queue).")
BATCH_COMMANDS: Final = Metric("seatkeeper_ledger_batch_commands", "histogram", "Commands that were decided together.")
BATCH_SECONDS: Final = Metric(
    "seatkeeper_ledger_batch_duration_seconds", "histogram", "From the beginning of a batch to the end of its commit."
)
COMMIT_SECONDS: Final = Metric(
    "seatkeeper_ledger_commit_duration_seconds",
    "histogram",
    "The commit alone, which waits for the disk. Its count is the number of commits.",
)
UNSAVED: Final = Metric(
    "seatkeeper_ledger_batches_unsaved",
    "counter",
    "Batches that could not be saved; nothing of them was done.",
    ("cause",),
)
HEALTHY: Final = Metric("seatkeeper_ledger_healthy", "gauge", "1 while the ledger takes and commits commands, else 0.")
CONNECTED: Final = Metric(
    "seatkeeper_database_connected",
    "gauge",
    "1 while the database answers, else 0. Always 1 for the one in the data directory.",
)
RECONNECTS: Final = Metric(
    "seatkeeper_database_reconnects", "counter", "How often the database answered again after it had not."
)
NODE: Final = Metric(
    "seatkeeper_node", "gauge", "The number of this node among all that ever used the database; 0 where it is alone."
)
LEADS: Final = Metric(
    "seatkeeper_node_leads",
    "gauge",
    "1 for the node that expires sessions and carries transactions on for all, 0 for the others.",
)
FOLLOWED: Final = Metric(
    "seatkeeper_journal_followed_events", "counter", "Events of other nodes that this one has taken in."
)
BEHIND: Final = Metric(
    "seatkeeper_journal_behind_seconds",
    "gauge",
    "How long ago this node last knew that it had all of the journal; it looks once a second.",
)
FATES: Final = Metric(
    "seatkeeper_ledger_unknown_commits",
    "counter",
    "Commits whose end was not known because the connection died. Outcome: saved or unsaved, as was found out in time,"
    " or unanswered.",
    ("outcome",),
)
WORKER_UP: Final = Metric(
    "seatkeeper_worker_up",
    "gauge",
    "0 for a worker that did not tell its figures to the one that was asked, 1 for the others. 1 where there is but one"
    " process.",
)
HEAD: Final = Metric("seatkeeper_journal_head", "gauge", "The number of the journal's last event.")
STATE: Final = Metric(
    "seatkeeper_state", "gauge", "1 for the state that the server is in, 0 for the others.", ("state",)
)
BUILD: Final = Metric("seatkeeper_build_info", "gauge", "Always 1; the label says what runs.", ("version",))
REQUESTS: Final = Metric(
    "seatkeeper_http_request_duration_seconds",
    "histogram",
    "From a request's arrival to the beginning of its answer.",
    ("face", "route", "method", "status"),
)
SLOW_CALLS: Final = Metric(
    "seatkeeper_slow_calls",
    "counter",
    "Calls of SuperOffice methods that took longer than 5 seconds, which the vendor's documentation calls slow.",
    ("route",),
)

CATALOGUE: Final = (
    SEATS,
    IN_USE,
    ASSIGNED,
    UNRESTRICTED,
    EXPIRES,
    USABLE_UNTIL,
    DENIALS,
    RETRIES,
    SESSIONS,
    SESSIONS_STARTED,
    SESSIONS_ENDED,
    STREAMS,
    LOG_ONS,
    RUNTIME_RUNNING,
    RUNTIME_APPLICATIONS,
    RUNTIME_BLOCKED,
    RUNTIME_UNFINISHED,
    RUNTIME_OLDEST,
    TRANSACTIONS_ENDED,
    COMMANDS,
    TURNED_AWAY,
    WAITING,
    QUEUE,
    BATCH_COMMANDS,
    BATCH_SECONDS,
    COMMIT_SECONDS,
    UNSAVED,
    HEALTHY,
    CONNECTED,
    RECONNECTS,
    NODE,
    LEADS,
    FOLLOWED,
    BEHIND,
    FATES,
    WORKER_UP,
    HEAD,
    STATE,
    BUILD,
    REQUESTS,
    SLOW_CALLS,
)
"""All of them, in the order of the page."""
