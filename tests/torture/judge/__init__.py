"""Says from the clients' own log whether the server kept its promises. Imports nothing of the server's.

Every request and every answer is a moment; the moments are gone through in the order of time. Between them each
(session, license) is either certainly held, certainly free, or unknown. A hold is certain from the receipt of the
answer that granted it until the sending of whatever may end it, so it is one whatever the network and the server's
clock did. A request without an answer leaves unknown what it may have changed, until a snapshot taken after a
restart tells.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from tests.torture.inventory import Plan
from tests.torture.judge.acquiring import Acquiring
from tests.torture.judge.case import Case
from tests.torture.judge.findings import Verdict
from tests.torture.judge.hearing import Hearing
from tests.torture.judge.moving import Moving
from tests.torture.judge.recording import Recording
from tests.torture.judge.rewinding import Rewinding
from tests.torture.judge.serving import Serving
from tests.torture.judge.sitting import Sitting
from tests.torture.log import (
    Acquire,
    Connect,
    Deaf,
    End,
    Entry,
    Fault,
    Kill,
    Message,
    Move,
    Operation,
    Recorded,
    Release,
    Rewound,
    Snapshot,
    Subscribe,
    Truth,
    Use,
)

_Handler = Callable[[Any], None]


def judge(plan: Plan, entries: Iterable[Entry], *, patience: int | None = None) -> Verdict:
    """Go through a log, in whatever order it was written, and say what it proves.

    `patience`: nanoseconds for which a session certainly lives without a request that was answered; None: for ever.
    """
    case = Case(plan, patience)
    for at, _, handle, entry in sorted(_moments(case, entries), key=lambda moment: moment[:2]):
        case.lapse(at)
        handle(entry)
    return case.verdict


def _moments(case: Case, entries: Iterable[Entry]) -> Iterator[tuple[int, int, _Handler, Entry]]:
    """Time, order among moments of one time, who judges it, and the entry. What is sent comes before what arrives."""
    acquiring, moving, sitting, hearing = Acquiring(case), Moving(case), Sitting(case), Hearing(case)
    rewinding, serving = Rewinding(case, hearing), Serving(case.verdict)
    sent: dict[type[Any], _Handler] = {
        Acquire: acquiring.acquire_sent,
        Release: acquiring.give_up_sent,
        End: acquiring.give_up_sent,
        Move: moving.move_sent,
        Subscribe: hearing.subscribed,
    }
    received: dict[type[Any], _Handler] = {
        Connect: sitting.connected,
        Acquire: acquiring.acquired,
        Release: acquiring.released,
        End: acquiring.ended,
        Use: sitting.used,
        Move: moving.moved,
        Subscribe: hearing.subscription_answered,
        Message: hearing.heard,
        Snapshot: sitting.snapshot,
        Truth: hearing.truth,
        Kill: sitting.killed,
        Deaf: hearing.deafened,
        Rewound: rewinding.rewound,
        Recorded: Recording(case).recorded,
        Fault: serving.faulted,
    }
    for entry in entries:
        if isinstance(entry, Operation):
            if type(entry) in sent:
                yield entry.sent, 0, sent[type(entry)], entry
            if isinstance(entry, End):
                yield entry.sent, 0, hearing.deafened, entry
            if entry.received is None:
                yield entry.sent, 1, sitting.unanswered, entry
        if entry.received is not None:
            handle = received[type(entry)]
            if isinstance(entry, Operation):
                yield entry.received, 2, serving.answered, entry
                handle = partial(rewinding.unless_void, handle)
            yield entry.received, 2, handle, entry
