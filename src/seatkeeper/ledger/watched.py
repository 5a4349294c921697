"""The lists of licenses that sessions are subscribed to, and where each license of a list stands."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from seatkeeper.ledger.messages import LicensesChanged
from seatkeeper.licensing.entities import LicenseKey, fold
from seatkeeper.licensing.events import Subscribed

if TYPE_CHECKING:
    from seatkeeper.ledger.mailbox import Mailbox


class Watched:
    """One list of one user: by name as the client spelled it, whether each license is assigned to him.

    `readers`: his sessions that subscribed to it, with their mailboxes. They hear the same, so that a message is made
    and written once for all.
    """

    __slots__ = ("_names", "_owner", "_spellings", "_statuses", "readers")

    def __init__(self, event: Subscribed) -> None:
        self.readers: Final[dict[int, Mailbox]] = {}
        self._owner = event.owner
        self._names = event.names
        self._statuses = dict(zip(event.names, event.assigned, strict=True))
        self._spellings: dict[LicenseKey, tuple[str, ...]] = {}
        for name in self._statuses:
            key = fold(event.owner), fold(name)
            self._spellings[key] = (*self._spellings.get(key, ()), name)

    def __len__(self) -> int:
        """How many names it has."""
        return len(self._statuses)

    def is_of(self, event: Subscribed) -> bool:
        """Whether a subscription asks for this list."""
        return (self._owner, self._names) == (event.owner, event.names)

    def all(self) -> LicensesChanged:
        """Where all of them stand."""
        return LicensesChanged(full=True, statuses=tuple(self._statuses.items()))

    def change(self, licenses: Iterable[LicenseKey], *, assigned: bool) -> LicensesChanged | None:
        """Licenses are now assigned to the user, or not; what of that is news."""
        spellings = (name for each in licenses for name in self._spellings.get(each, ()))
        changed = tuple((name, assigned) for name in spellings if self._statuses[name] != assigned)
        if not changed:
            return None
        self._statuses.update(changed)
        return LicensesChanged(full=False, statuses=changed)


class WatchedLists:
    """All lists that somebody is subscribed to."""

    def __init__(self) -> None:
        self._of_user: dict[int, tuple[Watched, ...]] = {}

    def __len__(self) -> int:
        """How many users have any."""
        return len(self._of_user)

    def of_user(self, user_id: int) -> tuple[Watched, ...]:
        """Those of a user's sessions."""
        return self._of_user.get(user_id, ())

    def join(self, event: Subscribed, mailbox: "Mailbox") -> Watched:
        """The list that a session subscribes to, with its mailbox among the readers. It has left its former one."""
        lists = self.of_user(event.user_id)
        watched = next((each for each in lists if each.is_of(event)), None)
        if watched is None:
            watched = Watched(event)
            self._of_user[event.user_id] = (*lists, watched)
        watched.readers[event.session_id] = mailbox
        return watched

    def leave(self, session_id: int, user_id: int) -> None:
        """A session is not subscribed any more, if it was. A list without readers hears of nothing, and is dropped."""
        lists = self.of_user(user_id)
        for watched in lists:
            watched.readers.pop(session_id, None)
        left = tuple(each for each in lists if each.readers)
        if left:
            self._of_user[user_id] = left
        else:
            self._of_user.pop(user_id, None)

    def clear(self) -> None:
        """Forget all."""
        self._of_user.clear()
