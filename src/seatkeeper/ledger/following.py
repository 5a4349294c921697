"""Taking in what other nodes have written (rule L4): their events change this node's image as its own do.

Events carry results, so that whoever folds them needs no rule; but some of what they come to is in the tables only: the
secrets of a session, a password, a name. Users to whom that happens leave the image, and are loaded again when they are
needed. Of users who are not in the image, only what changes what is whole is taken in: counts, stations, numbers.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from seatkeeper.ledger.eviction import drop
from seatkeeper.ledger.happened import Happened, what_happened
from seatkeeper.ledger.journal import Entry, Head, read, verify
from seatkeeper.licensing.deployment_events import TransactionBegun
from seatkeeper.licensing.entities import Holder, HolderKind, Session
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.events import (
    Connected,
    Denied,
    PasswordChanged,
    Pseudonymised,
    StationSet,
    UserDefined,
    UserDeleted,
)
from seatkeeper.licensing.fold import fold
from seatkeeper.licensing.state import Image, State

# The secrets of a session and a password; and what named somebody when it happened may be a pseudonym by now.
_IN_TABLES_ONLY: Final = (Connected, PasswordChanged, UserDefined, UserDeleted, Pseudonymised)


class Diverged(Exception):
    """These events do not follow upon what is in memory. The message says why."""


class Followed(NamedTuple):
    """What events of others come to: the state to be merged, and what happened.

    `ats`: when each happened. `unplaced`: sessions whose place has to be looked up in the tables after the merge.
    """

    state: State
    happened: Happened
    head: Head
    ats: list[int]
    unplaced: set[int]


def follow(image: Image, entries: Iterable[Entry], head: Head) -> Followed:
    """Fold what follows upon `head`. Users leave `image` at once where they must; all else changes with the merge.

    Raises Diverged where the events follow upon something else, and JournalError for a kind that is not known (L11).
    """
    events: list[Event] = []
    ats: list[int] = []
    for entry in entries:
        wrong = verify(entry, head)
        if wrong is not None:
            raise Diverged(wrong)
        events.append(read(entry))
        ats.append(entry.at)
        head = Head(entry.seq, entry.at, entry.hash)
    for user_id in {event.user_id for event in events if isinstance(event, _IN_TABLES_ONLY)}:
        if user_id in image.users:
            drop(image, user_id)
    state = State(image)
    unplaced = _fold(state, events, ats)
    happened = what_happened(head, events, image, state, own=False)
    _leave_out_strangers(state, events)
    return Followed(state, happened, head, ats, unplaced)


def _fold(state: State, events: list[Event], ats: list[int]) -> set[int]:
    """Fold all; the sessions of which is not known where they sit."""
    unplaced: set[int] = set()
    for event, at in zip(events, ats, strict=True):
        match event:
            case UserDeleted() | Pseudonymised() if state.users.get(event.user_id) is None:
                continue  # nobody here knows him
            case StationSet() if state.sessions.get(event.session_id) is None:
                unplaced.add(event.session_id)
                state.sessions.put(event.session_id, _unknown_session(event))
            case _:
                pass
        try:
            fold(state, event, at)
        except (KeyError, TypeError, ValueError) as error:
            raise Diverged(f"an event of the kind {type(event).__name__} cannot be folded: {error!r}") from error
    return unplaced


def _unknown_session(event: StationSet) -> Session:
    """In the place of a session that is not in memory, for as long as folding takes."""
    return Session(event.session_id, event.user_id, "", "", "", 0)


def _leave_out_strangers(state: State, events: list[Event]) -> None:
    """Take out of the changes what belongs to users who are not in the image: half a user must never be there."""
    known = state.users.below
    users = {number for event in events if (number := _user(event)) is not None and number not in known}
    holders = {Holder(HolderKind.USER, number) for number in users}
    sessions = {event.session_id for event in events if hasattr(event, "session_id") and _user(event) in users}
    for table in (state.users, state.credentials, state.sessions_of):
        _leave_out(table.changed, users)
    for by_holder in (state.assigned_to, state.profiled):
        _leave_out(by_holder.changed, holders)
    for by_pair in (state.assignments, state.profiles):
        _leave_out(by_pair.changed, {key for key in by_pair.changed if key[0] in holders})
    for by_session in (state.sessions, state.session_keys, state.subscriptions, state.held_by):
        _leave_out(by_session.changed, sessions)
    _leave_out(state.holds.changed, {key for key in state.holds.changed if key[0] in sessions})
    for login, number in state.user_ids.changed.items():
        if number in users:
            state.user_ids.changed[login] = None  # whose it was before, it is no more


def _leave_out(changed: dict[Any, Any], keys: Iterable[Any]) -> None:
    for key in keys:
        changed.pop(key, None)


def _user(event: Event) -> int | None:
    """The user whose rows an event changes."""
    if isinstance(event, TransactionBegun | Denied):
        return None
    holder = getattr(event, "holder", None)
    if holder is not None:
        return holder.id if holder.kind is HolderKind.USER else None
    number: int | None = getattr(event, "user_id", None)
    return number
