"""A plain model of pools, desks and sessions, to judge the rules by.

Dictionaries and sets only; nothing is counted in advance and nothing of the rules is used. Whatever a count is needed
for is counted anew from who has what.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tests.licensing.model_plans import implied, left_over

Holder = tuple[Literal["user", "station"], str]
Place = tuple[Literal["station", "number"], str]


class Seats(NamedTuple):
    """What was bought of a license."""

    assignable: int
    concurrent: int
    unlimited: bool


class Client(NamedTuple):
    """Who is connected, from where, and in what."""

    login: str
    machine: str
    application: str


class Use(NamedTuple):
    """On whose assignment a license is used, and whether that takes a concurrent seat."""

    ground: Literal["user", "station"]
    concurrent: bool


@dataclass
class Model:
    """Who has what."""

    seats: dict[str, Seats] = field(default_factory=dict)
    unshared: set[str] = field(default_factory=set)
    requires: dict[str, str] = field(default_factory=dict)
    implies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    only_external: set[str] = field(default_factory=set)
    external: set[str] = field(default_factory=set)
    expired: bool = False
    ended: bool = False
    stations: set[str] = field(default_factory=set)
    given: dict[tuple[Holder, str], int] = field(default_factory=dict)
    disabled: set[Holder] = field(default_factory=set)
    concurrent: set[Holder] = field(default_factory=set)
    clients: dict[int, Client] = field(default_factory=dict)
    places: dict[int, tuple[int, Place]] = field(default_factory=dict)
    uses: dict[tuple[int, str], Use] = field(default_factory=dict)
    turn: int = 0

    # Counting.

    def takers(self, name: str) -> list[Holder]:
        """Who takes an assignable seat, the earliest first."""
        takers = [
            (order, holder)
            for (holder, license_), order in self.given.items()
            if license_ == name and self.counts(holder)
        ]
        return [holder for _, holder in sorted(takers)]

    def users_of(self, name: str) -> set[str]:
        """Who takes a concurrent seat."""
        return {
            self.clients[session].login
            for (session, license_), use in self.uses.items()
            if license_ == name and use.concurrent
        }

    def entitled(self, login: str, name: str) -> bool:
        """Whether the license is assigned to the user and counts."""
        return (("user", login), name) in self.given and ("user", login) not in self.disabled

    def known(self, holder: Holder, *names: str) -> bool:
        """Whether there are such a holder and such licenses."""
        return (holder[0] == "user" or holder[1] in self.stations) and all(name in self.seats for name in names)

    def counts(self, holder: Holder) -> bool:
        """Whether what the holder is given takes assignable seats."""
        return holder not in self.disabled and holder not in self.concurrent

    def given_to(self, holder: Holder) -> list[str]:
        """The names of what a holder has, the earliest first."""
        return [
            name for _, name in sorted((order, name) for (each, name), order in self.given.items() if each == holder)
        ]

    def lacks(self, holder: Holder, name: str) -> bool:
        """Whether a holder does not have what a license requires."""
        return name in self.requires and (holder, self.requires[name]) not in self.given

    def implied(self, names: Iterable[str]) -> set[str]:
        """What comes with licenses."""
        return implied(self.implies, self.seats, names)

    def may_have(self, holder: Holder, name: str) -> bool:
        """Whether a license is for this holder, now, and whole, whether there is a seat or not."""
        foreign = holder[0] == "user" and name in self.only_external and holder[1] not in self.external
        return not self.expired and not foreign and all(each in self.seats for each in self.implies.get(name, ()))

    def _covered(self, holder: Holder, name: str) -> bool:
        seats = self.seats[name]
        return seats.unlimited or holder in self.takers(name)[: seats.assignable]

    def seat_left(self, name: str) -> bool:
        """Whether one more can take an assignable seat."""
        seats = self.seats[name]
        return seats.unlimited or len(self.takers(name)) < seats.assignable

    def shared_only(self, name: str) -> bool:
        """Whether there are concurrent seats and no others."""
        seats = self.seats[name]
        return not seats.unlimited and seats.assignable == 0 and seats.concurrent > 0

    def use_left(self, login: str, name: str) -> bool:
        """Whether a user can take a concurrent seat, or has one."""
        seats, users = self.seats[name], self.users_of(name)
        return seats.unlimited or login in users or len(users) < seats.concurrent

    def sessions_of(self, login: str) -> list[int]:
        """The sessions of a user."""
        return [session for session, client in self.clients.items() if client.login == login]

    def _at(self, place: Place) -> list[int]:
        return [
            session for _, session in sorted((order, who) for who, (order, at) in self.places.items() if at == place)
        ]

    def next(self) -> int:
        """The order of what happens now."""
        self.turn += 1
        return self.turn

    # Acting. Each says whether it is allowed, or which status it comes to.

    def assign(self, holder: Holder, *names: str) -> bool:
        """Give licenses to a user or a station, all or none."""
        if not self.known(holder, *names):
            return False
        before = dict(self.given)
        new = [name for name in {*names} | self.implied(names) if (holder, name) not in before]
        for name in new:
            if not self.may_have(holder, name) or (self.counts(holder) and not self.seat_left(name)):
                self.given = before
                return False
            self.given[holder, name] = self.next()
        if any(self.lacks(holder, name) for name in new):
            self.given = before
            return False
        return True

    def unassign(self, holder: Holder, *names: str) -> bool:
        """Take licenses away, all or none, with what only went with them."""
        if not self.known(holder, *names):
            return False
        going = set(names) & set(self.given_to(holder))
        going |= self.left_over(holder, going)
        kept = set(self.given_to(holder)) - going
        if going & (self.implied(kept) | {self.requires[name] for name in kept if name in self.requires}):
            return False
        for name in going:
            self.take(holder, name)
        return True

    def left_over(self, holder: Holder, gone: set[str], wanted: Iterable[str] = ()) -> set[str]:
        """What a holder has besides what goes, only because of that."""
        has = set(self.given_to(holder)) - gone
        doubtful = has & self.hidden & self.implied(gone) - set(wanted)
        return left_over(self.implies, self.requires, has=has, doubtful=doubtful)

    def take(self, holder: Holder, name: str) -> None:
        """Take a license away, whatever requires it."""
        if self.given.pop((holder, name), None) is not None:
            for key in [key for key, use in self.uses_on(holder, name) if not use.concurrent]:
                del self.uses[key]

    def change_profile(self, holder: Holder, *, enabled: bool, concurrent: bool) -> bool:
        """Enable or disable, and choose the method."""
        if not self.known(holder):
            return False
        if (holder in self.disabled, holder in self.concurrent) == (not enabled, concurrent):
            return True
        if self.short_of(holder, enabled=enabled, concurrent=concurrent):
            return False
        using = {key: use for name in self.given_to(holder) for key, use in self.uses_on(holder, name)}
        (self.disabled.discard if enabled else self.disabled.add)(holder)
        (self.concurrent.add if concurrent else self.concurrent.discard)(holder)
        for key, use in using.items():
            if enabled:
                self.uses[key] = Use(use.ground, concurrent)
            elif not use.concurrent:
                del self.uses[key]
        return True

    def short_of(self, holder: Holder, *, enabled: bool, concurrent: bool) -> list[str]:
        """What a holder has, and has no seat of by such a profile."""
        seated = enabled and not concurrent and not self.counts(holder)
        sharing = enabled and concurrent
        return [
            name
            for name in self.given_to(holder)
            if (seated and not self.seat_left(name))
            or (sharing and any(self.uses_on(holder, name)) and not self.use_left(holder[1], name))
        ]

    def change_seats(self, name: str, seats: Seats, *, overcommit: bool) -> bool:
        """Buy more or fewer seats."""
        if name not in self.seats:
            return False
        before = self.seats[name]
        lacking = [self._lacking(name, each) for each in (before, seats)]
        worse = any(after > was for was, after in zip(*lacking, strict=True))
        if worse and not overcommit:
            return False
        self.seats[name] = seats
        return True

    def connect(self, session: int, client: Client) -> None:
        """Open a session."""
        self.clients[session] = client

    def end(self, session: int) -> None:
        """End a session."""
        self.release(session)
        self.places.pop(session, None)
        del self.clients[session]

    def release(self, session: int) -> None:
        """Let go of all."""
        self.uses = {key: use for key, use in self.uses.items() if key[0] != session}

    def sit(self, session: int, place: Place) -> bool:
        """Sit down somewhere; at another machine than elsewhere, that ends."""
        if place[0] == "station" and place[1] not in self.stations:
            return False
        if session in self.places and self.places[session][1] == place:
            return True
        self.leave(session)
        self.places[session] = (self.next(), place)
        client = self.clients[session]
        for other in self.sessions_of(client.login):
            elsewhere = other in self.places and self.places[other][1] != place
            if elsewhere and self.clients[other].machine != client.machine:
                self.end(other)
        return True

    def leave(self, session: int) -> None:
        """Get up."""
        self.places.pop(session, None)
        self.uses = {key: use for key, use in self.uses.items() if key[0] != session or use.ground != "station"}

    def acquire(self, session: int, name: str) -> int:
        """Ask for a license: the status, as a number."""
        if name not in self.seats:
            return 9
        if (session, name) in self.uses:
            return 2
        own = self._own(session, name)
        station = self._stations(session, name)
        if own == 2 and ("user", self.clients[session].login) not in self.concurrent:
            self.uses[session, name] = Use("user", concurrent=False)
        elif station == 2:
            self.uses[session, name] = Use("station", concurrent=False)
        elif own == 2:
            self.uses[session, name] = Use("user", concurrent=True)
        else:
            return own or station or 3
        return 2

    def replace(self, session: int, names: list[str]) -> list[int]:
        """Hold exactly these."""
        statuses = [self.acquire(session, name) for name in names]
        self.uses = {key: use for key, use in self.uses.items() if key[0] != session or key[1] in names}
        return statuses

    def in_stages(self, session: int, stages: list[tuple[bool, list[str]]]) -> list[list[int]]:
        """Acquire stage by stage, up to the first that fails and aborts."""
        results = []
        for aborts, names in stages:
            results.append([self.acquire(session, name) for name in names])
            if aborts and results[-1] != [2] * len(names):
                break
        return results

    # Looking closer.

    def _own(self, session: int, name: str) -> int | None:
        client = self.clients[session]
        holder: Holder = ("user", client.login)
        if (holder, name) not in self.given:
            return None
        if holder in self.disabled:
            return 3
        if self.ended:
            return 4
        if self._in_another_application(session, name):
            return 8
        if holder in self.concurrent:
            return 2 if self.use_left(client.login, name) else 4
        return 2 if self._covered(holder, name) else 4

    def _stations(self, session: int, name: str) -> int | None:
        place = self.places.get(session, (0, ("number", "")))[1]
        holder: Holder = ("station", place[1])
        if place[0] != "station" or (holder, name) not in self.given:
            return None
        if holder in self.disabled:
            return 3
        if self.ended:
            return 4
        if self._in_another_application(session, name):
            return 8
        conflict = self._conflict(session, place, name)
        return conflict or (2 if self._covered(holder, name) else 4)

    def _conflict(self, session: int, place: Place, name: str) -> int | None:
        client = self.clients[session]
        for other in self.sessions_of(client.login):
            if other in self.places and self.places[other][1] != place and self.places[other] < self.places[session]:
                return 5
        present = self._at(place)
        in_the_way = [
            each for each in present if self.uses.get((each, name), Use("user", concurrent=False))[0] == "station"
        ]
        for each in sorted({present[0], *in_the_way}, key=lambda each: self.places[each]):
            if self.clients[each].login != client.login:
                return 7
            if self.clients[each].machine != client.machine:
                return 6
        return None

    def _in_another_application(self, session: int, name: str) -> bool:
        client = self.clients[session]
        return name in self.unshared and any(
            (other, name) in self.uses and self.clients[other].application != client.application
            for other in self.sessions_of(client.login)
        )

    def uses_on(self, holder: Holder, name: str) -> Iterator[tuple[tuple[int, str], Use]]:
        """The uses that rest on what a holder was given."""
        sessions = self.sessions_of(holder[1]) if holder[0] == "user" else self._at(("station", holder[1]))
        for session in sessions:
            use = self.uses.get((session, name))
            if use is not None and use.ground == holder[0]:
                yield (session, name), use

    def _lacking(self, name: str, seats: Seats) -> tuple[int, int]:
        if seats.unlimited:
            return 0, 0
        return (
            max(0, len(self.takers(name)) - seats.assignable),
            max(0, len(self.users_of(name)) - seats.concurrent),
        )
