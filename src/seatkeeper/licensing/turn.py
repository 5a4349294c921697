"""One command's turn at the state."""

from collections.abc import Iterator
from contextlib import contextmanager

from seatkeeper.licensing.deployment import Application, Runtime
from seatkeeper.licensing.entities import (
    Holder,
    HolderKind,
    HolderName,
    License,
    LicenseName,
    Owner,
    Profile,
    Session,
    Station,
    User,
    fold,
)
from seatkeeper.licensing.event import Event
from seatkeeper.licensing.fold import fold as fold_event
from seatkeeper.licensing.policy import Policy
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import NO_SUCH_LICENSE
from seatkeeper.licensing.state import State


class Turn:
    """What a rule may see and do: the state, the time of the batch, the policy, and recording what happens."""

    __slots__ = ("events", "now", "policy", "state")

    def __init__(self, state: State, now: int, policy: Policy) -> None:
        self.state = state
        self.now = now
        self.policy = policy
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        """Let something happen: it takes effect at once, for the rest of this command and all after it."""
        fold_event(self.state, event, self.now)
        self.events.append(event)

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Whatever happens within is taken back at its end, as if it had not."""
        begun = self.mark()
        try:
            yield
        finally:
            self.rollback(begun)

    def mark(self) -> tuple[int, int]:
        """A point to roll back to."""
        return self.state.mark(), len(self.events)

    def rollback(self, mark: tuple[int, int]) -> None:
        """Take back whatever has happened since the mark."""
        self.state.rollback(mark[0])
        del self.events[mark[1] :]

    def session(self, session_id: int) -> Session:
        """A live session. Raises Refusal (session_ended) where it is not."""
        session = self.state.sessions.get(session_id)
        if session is None:
            raise Refusal(Code.SESSION_ENDED, "Session {session} has ended or never was.", session=session_id)
        return session

    def license_id(self, name: LicenseName) -> int | None:
        """The number of the license of this name, or None."""
        return self.state.license_ids.get(name.key)

    def license(self, name: LicenseName) -> License:
        """The license of this name. Raises Refusal (unknown_license)."""
        number = self.license_id(name)
        if number is None:
            raise Refusal(Code.UNKNOWN_LICENSE, NO_SUCH_LICENSE, license=name.name, owner=name.owner)
        return self.state.licenses[number]

    def user(self, login: str) -> User:
        """The living user of this login. Raises Refusal (unknown_user)."""
        number = self.state.user_ids.get(fold(login))
        if number is None:
            raise Refusal(Code.UNKNOWN_USER, "There is no user with the login {login}.", login=login)
        return self.state.users[number]

    def user_of(self, user_id: int) -> User:
        """The living user of this associate id. Raises Refusal (unknown_user)."""
        user = self.state.users.get(user_id)
        if user is None or user.deleted_at is not None:
            raise Refusal(Code.UNKNOWN_USER, "There is no user with the associate id {id}.", id=user_id)
        return user

    def owner(self, owner_key: str) -> Owner | None:
        """What is said of an owner, folded; None where nothing is."""
        number = self.state.owner_ids.get(owner_key)
        return None if number is None else self.state.owners[number]

    def licenses_of(self, owner_key: str) -> list[License]:
        """Every license of an owner, folded."""
        return [each for each in self.state.licenses.values() if fold(each.owner) == owner_key]

    def station(self, name: str) -> Station:
        """The station of this name. Raises Refusal (unknown_station)."""
        number = self.state.station_ids.get(fold(name))
        if number is None:
            raise Refusal(Code.UNKNOWN_STATION, "There is no station named {station}.", station=name)
        return self.state.stations[number]

    def holder(self, name: HolderName) -> Holder:
        """The holder of this name. Raises Refusal (unknown_user, unknown_station; not_assignable_to)."""
        match name.kind:
            case HolderKind.USER:
                return Holder(HolderKind.USER, self.user(name.name).id)
            case HolderKind.STATION:
                return Holder(HolderKind.STATION, self.station(name.name).id)
            case HolderKind.APPLICATION:
                raise Refusal(
                    Code.NOT_ASSIGNABLE_TO,
                    "Nothing can be assigned to application {application} or taken from it by name: it takes its token"
                    " when a version of it is registered, and gives it back with the last.",
                    application=name.name,
                )

    def runtime(self, name: str) -> Runtime:
        """The runtime of this name. Raises Refusal (unknown_runtime)."""
        number = self.state.runtime_ids.get(name)
        if number is None:
            raise Refusal(Code.UNKNOWN_RUNTIME, "There is no runtime named {runtime}.", runtime=name)
        return self.state.runtimes[number]

    def application_named(self, runtime: Runtime, name: str) -> Application | None:
        """The application of this name in a runtime, or None."""
        number = self.state.application_ids.get((runtime.id, name))
        return None if number is None else self.state.applications[number]

    def application(self, runtime: Runtime, name: str) -> Application:
        """The application of this name in a runtime. Raises Refusal (unknown_application)."""
        application = self.application_named(runtime, name)
        if application is None:
            raise Refusal(
                Code.UNKNOWN_APPLICATION,
                "There is no application {application} in runtime {runtime}.",
                application=name,
                runtime=runtime.name,
            )
        return application

    def profile(self, holder: Holder, owner_key: str) -> Profile:
        """A holder's licensing profile for one owner; unless set otherwise, enabled and assignable."""
        return self.state.profiles.get((holder, owner_key)) or Profile(holder=holder, owner_key=owner_key)
