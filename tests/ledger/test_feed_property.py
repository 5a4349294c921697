"""The property of the feed: an old snapshot plus the messages since equals a fresh read, whatever happens."""

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatkeeper.ledger.feed import LicensesChanged, Message, StationChanged
from seatkeeper.licensing.commands import (
    AcquireLicenses,
    ChangeProfile,
    Command,
    ConfigureLicenses,
    EndReason,
    EndSession,
    ExpireSession,
    LeaveStation,
    ReleaseLicenses,
    SetStation,
    Subscribe,
    Together,
    Unsubscribe,
)
from seatkeeper.licensing.deployment import Category, Configuration, SetConfiguration
from seatkeeper.licensing.deployment_commands import BeginTransaction, DefineRuntime, RemoveApplication, RemoveRuntime
from seatkeeper.licensing.entities import Holder, HolderKind, LicenseName, Method, OwnerDetails, StationSetting, fold
from seatkeeper.licensing.events import AnyEvent, JournalSealed
from seatkeeper.licensing.inventory_commands import (
    ChangeSeats,
    DefineLicense,
    DefineOwner,
    DefineStation,
    DefineUser,
    DeleteUser,
    ForgetUser,
    RemoveLicenses,
    RemoveOwner,
    RemoveStation,
)
from seatkeeper.licensing.refusals import Refusal
from tests.ledger.world import (
    LICENSES,
    OWNER,
    WatchedLedger,
    agent,
    assign,
    connect,
    inventory,
    named,
    rows,
    running,
    unassign,
)

NAMES = ("agent", "Recorder", "Later")
"""What the sessions subscribe to; the last is a license that is defined only later."""

licenses = st.sampled_from((*LICENSES, "later"))
Step = Callable[[int], Command[Any]]
"""A command, given a session of the first user."""


def _profile(*, enabled: bool, method: Method) -> Step:
    return lambda _session: ChangeProfile(holder=agent(1), owner=OWNER, enabled=enabled, method=method)


def _station(session: int) -> Command[Any]:
    return SetStation(session_id=session, setting=StationSetting.WORKSTATION, station="desk1")


def _remote_station(session: int) -> Command[Any]:
    setting = StationSetting.REMOTE_WORKSTATION
    return SetStation(session_id=session, setting=setting, station="desk2", remote_number="555")


def _remote_number(session: int) -> Command[Any]:
    return SetStation(session_id=session, setting=StationSetting.REMOTE_NUMBER, remote_number="556")


def _stationless(session: int) -> Command[Any]:
    return SetStation(session_id=session, setting=StationSetting.NONE)


def _leave(session: int) -> Command[Any]:
    return LeaveStation(session_id=session)


def _subscribe(names: tuple[str, ...]) -> Step:
    return lambda session: Subscribe(session_id=session, owner=OWNER, names=names)


def _moved(name: str) -> Step:
    return lambda _session: Together(commands=(unassign(1, name), assign(2, name)))


def _seats(assignable: int, concurrent: int) -> Step:
    return lambda _session: ChangeSeats(
        license=LicenseName(OWNER, "Agent"), assignable=assignable, concurrent=concurrent, allow_overcommit=True
    )


def _configured(wanted: tuple[str, ...], *, beyond: bool, enabled: bool | None) -> Step:
    return lambda _session: ConfigureLicenses(
        holder=agent(1), owner=OWNER, wanted=named(*wanted), beyond=beyond, enabled=enabled
    )


def _replaced(name: str) -> Step:
    """Removed and defined anew in one command, and assigned to the other user."""
    define = DefineLicense(owner=OWNER, name=name, display_name="")
    seats = ChangeSeats(license=LicenseName(OWNER, name), assignable=2, concurrent=2)
    return lambda _session: Together(
        commands=(RemoveLicenses(licenses=named(name)), define, seats, assign(2, name), assign(1, name))
    )


def _fixed(command: Command[Any]) -> Step:
    return lambda _session: command


seats = st.integers(0, 3)
steps = st.one_of(
    st.builds(lambda number, name: _fixed(assign(number, name)), st.sampled_from((1, 1, 2)), licenses),
    st.builds(lambda number, name: _fixed(unassign(number, name)), st.sampled_from((1, 1, 2)), licenses),
    st.builds(_moved, licenses),
    st.builds(_profile, enabled=st.booleans(), method=st.sampled_from(Method)),
    st.builds(lambda name: lambda session: AcquireLicenses(session_id=session, licenses=named(name)), licenses),
    st.sampled_from(
        [
            lambda session: ReleaseLicenses(session_id=session),
            lambda session: Unsubscribe(session_id=session),
            lambda session: ExpireSession(session_id=session),
            lambda session: EndSession(session_id=session, reason=EndReason.LOGGED_OFF),
            lambda _session: connect(1),
            lambda _session: DeleteUser(login="agent01"),
            lambda _session: DefineUser(login="agent01", display_name="another", password_hash="$another"),
            lambda _session: DefineLicense(owner=OWNER, name="Later", display_name=""),
            lambda _session: RemoveStation(name="desk1"),
            lambda _session: DefineStation(name="desk1", display_name=""),
            _leave,
        ]
    ),
    st.sampled_from([_station, _remote_station, _remote_number, _stationless, _leave]),
    st.builds(_seats, seats, seats),
    st.builds(lambda name: _fixed(RemoveLicenses(licenses=named(name))), licenses),
    st.builds(_replaced, licenses),
    st.builds(
        _configured,
        st.lists(licenses, max_size=2).map(tuple),
        beyond=st.booleans(),
        enabled=st.none() | st.booleans(),
    ),
    st.builds(_subscribe, st.lists(st.sampled_from(NAMES), unique=True, min_size=1).map(tuple)),
)


class Client:
    """What a client knows who reads his messages from the first full one on. `hears`: also of where he sits."""

    def __init__(self, session_id: int, *, hears: bool) -> None:
        self.session_id = session_id
        self.hears = hears
        self.known: dict[str, bool] = {}
        self.place = StationChanged()

    def read(self, messages: list[Message]) -> None:
        """Take in what has come."""
        for message in messages:
            if isinstance(message, LicensesChanged):
                self.known = dict(message.statuses) if message.full else self.known | dict(message.statuses)
            elif isinstance(message, StationChanged):
                assert self.hears
                self.place = message


def fresh_read(ledger: WatchedLedger, session_id: int) -> dict[str, bool] | None:
    """Where the subscribed licenses stand, read from the tables of the state; None without a subscription."""
    image = ledger.image
    session, subscription = image.sessions.get(session_id), image.subscriptions.get(session_id)
    if session is None or subscription is None:
        return None
    holder = Holder(HolderKind.USER, session.user_id)
    profile = image.profiles.get((holder, fold(OWNER)))
    enabled = profile is None or profile.enabled
    ids = {name: image.license_ids.get((fold(OWNER), fold(name))) for name in subscription.names}
    return {name: enabled and (holder, number) in image.assignments for name, number in ids.items() if number} | {
        name: False for name, number in ids.items() if number is None
    }


def fresh_place(ledger: WatchedLedger, session_id: int) -> StationChanged | None:
    """Where the session sits, read from the tables of the state; None for one that has ended."""
    image = ledger.image
    if session_id not in image.sessions:
        return None
    logon = image.logons.get(session_id)
    if logon is None:
        return StationChanged()
    return StationChanged(None if logon.station_id is None else image.stations[logon.station_id], logon.remote_number)


async def _follow(data: Path, plan: list[tuple[Step, bool, int]]) -> None:
    async with running(data) as ledger:
        await ledger.submit(inventory(users=2, seats=2))
        clients = [
            Client((await ledger.submit(connect(1, hears_of_stations=hears))).session_id, hears=hears)
            for hears in (True, False)
        ]
        for client in clients:
            await ledger.submit(Subscribe(session_id=client.session_id, owner=OWNER, names=NAMES))
        for step, reads, which in plan:
            with suppress(Refusal):
                await ledger.submit(step(clients[which].session_id))
            for client in clients:
                expected, place = fresh_read(ledger, client.session_id), fresh_place(ledger, client.session_id)
                if expected is None:
                    client.known = {}
                if reads and place is not None:
                    client.read(await ledger.feed.poll(client.session_id))
                    assert client.place == (place if client.hears else StationChanged())
                    assert expected is None or client.known == expected


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=st.lists(st.tuples(steps, st.booleans(), st.integers(0, 1)), min_size=10, max_size=25))
def test_an_old_snapshot_plus_the_messages_since_equals_a_fresh_read(plan: list[tuple[Step, bool, int]]) -> None:
    with tempfile.TemporaryDirectory() as data:
        asyncio.run(_follow(Path(data), plan))


_CONFIGURE = SetConfiguration("com.package.id", Configuration(Category.B2C))


async def _every_kind(data: Path) -> set[str]:
    plan: list[Step] = [
        _fixed(assign(1, "Agent")),
        _profile(enabled=True, method=Method.CONCURRENT),
        _station,
        lambda session: AcquireLicenses(session_id=session, licenses=named("Agent", "Nothing")),
        _leave,
        lambda session: ReleaseLicenses(session_id=session),
        _profile(enabled=False, method=Method.CONCURRENT),
        _profile(enabled=True, method=Method.ASSIGNABLE),
        _fixed(DefineLicense(owner=OWNER, name="Later", display_name="")),
        _seats(1, 1),
        _fixed(unassign(1, "Agent")),
        lambda session: Unsubscribe(session_id=session),
        _subscribe(NAMES),
        _configured(("Recorder", "Later"), beyond=True, enabled=True),
        _fixed(assign(1, "Agent")),
        _replaced("Agent"),
        _fixed(DefineOwner(name="Another", details=OwnerDetails(company="A company"))),
        _fixed(RemoveOwner(name="Another")),
        _fixed(RemoveLicenses(licenses=named("Agent", "Recorder"))),
        _fixed(RemoveStation(name="desk1")),
        _fixed(DefineUser(login="agent01", display_name="another", password_hash="$another")),
        lambda session: EndSession(session_id=session, reason=EndReason.LOGGED_OFF),
        _fixed(DeleteUser(login="agent01")),
        _fixed(ForgetUser(user_id=1)),
        _fixed(DefineRuntime(name="mfp")),
        _fixed(BeginTransaction(runtime="mfp", change=_CONFIGURE, user_id=2, server="node-1")),
        _fixed(RemoveApplication(runtime="mfp", name=_CONFIGURE.application)),
        _fixed(RemoveRuntime(name="mfp")),
    ]
    await _follow(data, [(step, True, 0) for step in plan])
    return {kind for (kind,) in rows(data / "seatkeeper.db", "SELECT DISTINCT kind FROM journal")}


def test_the_property_holds_for_an_event_of_every_kind(tmp_path: Path) -> None:
    every = {kind.__struct_config__.tag for kind in AnyEvent.__args__ if kind is not JournalSealed}  # of no command
    assert asyncio.run(_every_kind(tmp_path)) == every
