"""A machine that gives every command to the rules and to a plain model, and holds them to each other."""

import hypothesis.strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from seatkeeper.licensing.commands import (
    AcquireInStages,
    EndReason,
    EndSession,
    LeaveStation,
    ReleaseLicenses,
    ReplaceLicenses,
    SetStation,
    Subscribe,
    Unsubscribe,
)
from seatkeeper.licensing.entities import Method, StationSetting
from seatkeeper.licensing.fold import fold
from seatkeeper.licensing.state import JOURNALLED, Image, State
from tests.licensing.judgement import (
    Listener,
    an_assignable_seat_serves_one_user_in_one_place,
    counts_are_what_the_rows_come_to,
)
from tests.licensing.machine_inventory import LICENSES, LOGINS, STATIONS, InventoryRules, licenses, logins, stations
from tests.licensing.model import Client, Place, Seats
from tests.licensing.world import ABORT, CONTINUE, OWNER, named, picture, stage

INDEXES = (
    "license_ids",
    "owner_ids",
    "station_ids",
    "user_ids",
    "assigned_to",
    "profiled",
    "sessions_of",
    "held_by",
    "present",
)

places: st.SearchStrategy[Place] = st.sampled_from(
    [*(("station", station) for station in STATIONS), ("number", "5550100")]
)
machines = st.sampled_from(("10.0.0.1", "10.0.0.2"))
applications = st.sampled_from(("desktop", "browser"))
numbers = st.integers(0, 99)
wishes = st.lists(st.sampled_from((*LICENSES, *LICENSES, "NONSENSE")), min_size=1, max_size=3)


class Rules(InventoryRules):
    """Every command is given to the rules and to the model, which must agree on it."""

    def __init__(self) -> None:
        super().__init__()
        self.listener = Listener()
        self.told = 0
        self.in_use: dict[int, tuple[int, int]] = {}

    @initialize(seats=st.integers(1, 4), concurrent=st.sets(logins))
    def begin(self, seats: int, concurrent: set[str]) -> None:
        """Pools small enough that every refusal comes up; everybody is assigned what there is, as far as it goes."""
        for name in LICENSES:
            self.world.license(name, assignable=seats, concurrent=1, shared=name != "UNSHARED")
            self.model.seats[name] = Seats(seats, 1, unlimited=False)
        self.model.unshared.add("UNSHARED")
        for station in STATIONS:
            self.define_station(station)
        for login in LOGINS:
            self.world.user(login)
            self.change_profile(("user", login), enabled=True, concurrent=login in concurrent)
        for login in LOGINS:
            self.assign(("user", login), ["SHARED"])
            self.assign(("user", login), ["UNSHARED"])
        for station in STATIONS:
            self.assign(("station", station), ["DESK"])
            self.assign(("station", station), ["SHARED"])

    # Sessions come, sit, and go.

    @rule(login=logins, machine=machines, application=applications, place=st.none() | places)
    def connect(self, login: str, machine: str, application: str, place: Place | None) -> None:
        """Open a session, and perhaps sit down."""
        session = self.world.connect(login, machine=machine, application=application)
        self.model.connect(session, Client(login, machine, application))
        if place is not None:
            self._sit(session, place)

    @precondition(lambda self: self.model.clients)
    @rule(number=numbers)
    def end(self, number: int) -> None:
        """End a session."""
        session = self._session(number)
        self.world.do(EndSession(session_id=session, reason=EndReason.LOGGED_OFF))
        self.model.end(session)

    @precondition(lambda self: self.model.clients)
    @rule(number=numbers, place=places)
    def sit(self, number: int, place: Place) -> None:
        """Sit down at a station or a remote number."""
        self._sit(self._session(number), place)

    @precondition(lambda self: self.model.places)
    @rule(number=numbers)
    def leave(self, number: int) -> None:
        """Get up."""
        session = self._session(number, among=list(self.model.places))
        self.world.do(LeaveStation(session_id=session))
        self.model.leave(session)

    # Licenses are used.

    @precondition(lambda self: self.model.clients)
    @rule(number=numbers, stages=st.lists(st.tuples(st.booleans(), wishes), max_size=3))
    def acquire(self, number: int, stages: list[tuple[bool, list[str]]]) -> None:
        """Acquire in stages; doing it again changes nothing."""
        session = self._session(number)
        command = AcquireInStages(
            session_id=session,
            stages=tuple(stage("", ABORT if aborts else CONTINUE, *names) for aborts, names in stages),
        )
        results = self.world.do(command)
        expected = self.model.in_stages(session, stages)
        assert [[int(verdict.status) for verdict in each.verdicts] for each in results] == expected
        before = self.world.picture()
        assert self.world.do(command) == results
        assert self.world.picture() == before

    @precondition(lambda self: self.model.clients)
    @rule(number=numbers, names=st.lists(st.sampled_from((*LICENSES, "NONSENSE")), max_size=3))
    def replace(self, number: int, names: list[str]) -> None:
        """Hold exactly this set."""
        session = self._session(number)
        verdicts = self.world.do(ReplaceLicenses(session_id=session, licenses=tuple(map(named, names))))
        assert [int(verdict.status) for verdict in verdicts] == self.model.replace(session, names)

    @precondition(lambda self: self.model.uses)
    @rule(number=numbers)
    def release(self, number: int) -> None:
        """Release exactly what the session held."""
        session = self._session(number, among=[session for session, _ in self.model.uses])
        self.world.do(ReleaseLicenses(session_id=session))
        self.model.release(session)

    @rule(login=logins, name=licenses, station=st.none() | stations, machine=machines)
    def explain(self, login: str, name: str, station: str | None, machine: str) -> None:
        """What is explained is what then comes to pass."""
        station = station if station in self.model.stations else None
        before = self.world.picture()
        explained = self.world.explain(login, name, station, machine).verdict
        assert self.world.picture() == before
        application = f"another{len(self.world.log)}"
        session = self.world.connect(login, station, machine=machine, application=application)
        self.model.connect(session, Client(login, machine, application))
        if station is not None:
            self.model.sit(session, ("station", station))
        acquired = self.world.acquire(session, name)
        assert acquired == explained
        assert int(acquired.status) == self.model.acquire(session, name)

    # Assignments are heard of.

    @precondition(lambda self: self.model.clients)
    @rule(number=numbers)
    def subscribe(self, number: int) -> None:
        """Hear of every license and of one that nobody knows."""
        session = self._session(number)
        self.world.do(Subscribe(session_id=session, owner=OWNER, names=(*LICENSES, "NONSENSE")))

    @precondition(lambda self: self.listener.heard)
    @rule(number=numbers)
    def unsubscribe(self, number: int) -> None:
        """Hear of nothing."""
        self.world.do(Unsubscribe(session_id=self._session(number, among=list(self.listener.heard))))

    @rule()
    def commit(self) -> None:
        """A batch ends."""
        self.world.commit()

    # What holds at all times.

    @invariant()
    def the_same_licenses_are_held(self) -> None:
        """On the same grounds."""
        state = self.world.state
        held = {
            (hold.session_id, state.licenses[hold.license_id].name): (
                hold.ground.name.lower(),
                hold.method is Method.CONCURRENT,
            )
            for hold in state.holds.values()
        }
        assert held == self.model.uses

    @invariant()
    def the_rows_bear_each_other_out(self) -> None:
        """Counts, and whom each seat serves."""
        counts_are_what_the_rows_come_to(self.world.state)
        an_assignable_seat_serves_one_user_in_one_place(self.world.state)

    @invariant()
    def no_command_raises_use_above_the_seats(self) -> None:
        """Rule L12."""
        for pool in self.world.state.pools.values():
            assigned, in_use = self.in_use.get(pool.license_id, (0, 0))
            if not pool.unrestricted:
                assert pool.assigned <= max(assigned, pool.assignable_seats)
                assert pool.concurrent_in_use <= max(in_use, pool.concurrent_seats)
            self.in_use[pool.license_id] = (pool.assigned, pool.concurrent_in_use)

    @invariant()
    def a_first_message_and_those_since_equal_a_fresh_read(self) -> None:
        """Of each subscribed session."""
        self.listener.hear(self.world.state, [event for event, _ in self.world.log[self.told :]])
        self.told = len(self.world.log)
        assert self.listener.heard.keys() == {row.session_id for row in self.world.state.subscriptions.values()}
        for session, known in self.listener.heard.items():
            login = self.model.clients[session].login
            assert known == {name: self.model.entitled(login, name) for name in (*LICENSES, "NONSENSE")}

    def judge(self) -> None:
        """All of that, for who drives the machine by hand."""
        self.the_same_licenses_are_held()
        self.the_rows_bear_each_other_out()
        self.no_command_raises_use_above_the_seats()
        self.a_first_message_and_those_since_equal_a_fresh_read()

    def teardown(self) -> None:
        """The journal alone comes to the same tables and indexes; all subscriptions say what fresh ones would."""
        image = Image()
        state = State(image)
        for event, at in self.world.log:
            fold(state, event, at)
        assert picture(state, JOURNALLED) == picture(self.world.state, JOURNALLED)
        self.world.commit()
        state.merge()
        for index in INDEXES:
            assert getattr(image, index) == getattr(self.world.image, index)
        for session, known in dict(self.listener.heard).items():
            fresh = self.world.do(Subscribe(session_id=session, owner=OWNER, names=tuple(known)))
            assert fresh == tuple(known.items())

    # The way there.

    def _session(self, number: int, *, among: list[int] | None = None) -> int:
        choice = sorted(set(self.model.clients if among is None else among))
        return choice[number % len(choice)]

    def _sit(self, session: int, place: Place) -> None:
        at_station = place[0] == "station"
        command = SetStation(
            session_id=session,
            setting=StationSetting.WORKSTATION if at_station else StationSetting.REMOTE_NUMBER,
            station=place[1] if at_station else None,
            remote_number=None if at_station else place[1],
        )
        self.agree(command, lambda: self.model.sit(session, place))
