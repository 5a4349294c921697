"""The ICWS face as one application: its resources and where they are found (contract 1.1)."""

from collections.abc import Awaitable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from starlette.types import Receive, Scope, Send

from seatkeeper.icws.auth import Gate, Handler, SessionHandler
from seatkeeper.icws.configuration.allocations import LicenseAllocations
from seatkeeper.icws.configuration.collection import Collection
from seatkeeper.icws.configuration.feature_licenses import FeatureLicenses
from seatkeeper.icws.configuration.stations import Stations as ConfiguredStations
from seatkeeper.icws.configuration.updates import Updates
from seatkeeper.icws.configuration.users import Users as ConfiguredUsers
from seatkeeper.icws.connection import Connections
from seatkeeper.icws.cross_origin import not_for_foreign_pages
from seatkeeper.icws.directory import Directory
from seatkeeper.icws.errors import not_found
from seatkeeper.icws.faults import face_faults
from seatkeeper.icws.licenses import Licenses
from seatkeeper.icws.log_on import LogOns
from seatkeeper.icws.messaging import Messaging
from seatkeeper.icws.resource import Resource
from seatkeeper.icws.retirement import Retirement
from seatkeeper.icws.server_info import Server
from seatkeeper.icws.stations import Stations
from seatkeeper.identity.auth_tokens import AuthTokens, TokensInMemory
from seatkeeper.identity.logon import Authenticator
from seatkeeper.identity.openid import SingleSignOn
from seatkeeper.ledger.door import Ledger
from seatkeeper.queries.reads import Reads
from seatkeeper.settings import Settings
from seatkeeper.transport.availability import Availability
from seatkeeper.transport.faults import Faults, Operation

PREFIX: Final = "/icws/"


class Place(NamedTuple):
    """A resource: the feature it belongs to, its path after `/icws` (and the session id), and its methods.

    A path may end with a blank: `{id}`, which takes the rest whatever it is, or `{feature_id}`, one segment of it.
    """

    feature: str
    path: str
    methods: Mapping[str, Handler]
    sessionless: bool = False


def create_app(
    ledger: Ledger,
    reads: Reads,
    authenticator: Authenticator,
    *,
    single_sign_on: SingleSignOn | None,
    settings: Settings,
    availability: Availability,
    ordered: Faults | None,
) -> "Icws":
    """The application. `ordered`: the faults that tests order, None where they may not.

    Raises ValueError where `icws.retired` names something that there is not.
    """
    retirement = Retirement()
    places = _places(
        ledger,
        reads,
        authenticator,
        single_sign_on=single_sign_on,
        settings=settings,
        availability=availability,
        retirement=retirement,
    )
    retirement.know((place.feature for place in places), (place.path for place in places))
    try:
        retirement.retire(settings.icws.retired)
    except ValueError as error:
        raise ValueError(f"icws.retired: {error}") from None
    faults = None if ordered is None else face_faults(ordered, _operations(places), availability)
    directory = Directory()
    for place in places:
        resource = Resource(
            place.path,
            _pattern(place),
            place.methods,
            retired=partial(retirement.covers, place.feature, place.path),
            faults=faults,
        )
        directory.add(place.path, resource, sessionless=place.sessionless)
    return Icws(directory, retirement)


class Icws:
    """The face as one application. It is given whole paths, beginning with `/icws` in any case.

    `retirement`: what answers 410 now.
    """

    def __init__(self, directory: Directory, retirement: Retirement) -> None:
        self.retirement: Final = retirement
        self._directory = directory

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request."""
        found = self._directory.find(scope["path"][len(PREFIX) :])
        if found is None:
            return not_found(scope["path"]).render(scope)(scope, receive, send)
        scope["path_params"] = found.parameters
        return found.resource(scope, receive, send)


def _places(
    ledger: Ledger,
    reads: Reads,
    authenticator: Authenticator,
    *,
    single_sign_on: SingleSignOn | None,
    settings: Settings,
    availability: Availability,
    retirement: Retirement,
) -> list[Place]:
    """Every resource."""
    gate = Gate(ledger)
    server = Server(settings.icws, availability, retirement, ledger.now)
    licenses = Licenses(ledger, settings.icws)
    messaging = Messaging(ledger, settings.icws, gate)
    tokens = AuthTokens(ledger.now, ledger.auth_tokens or TokensInMemory())
    log_ons = LogOns(
        ledger,
        authenticator,
        tokens=tokens,
        single_sign_on=single_sign_on,
        settings=settings.icws,
        server=server,
        availability=availability,
    )
    connections = Connections(ledger, gate, tokens)
    stations = Stations(ledger)
    signed, decided = gate.signed, partial(gate.signed, decided=True)
    return [
        Place("licenses", "licenses/license-stages", {"POST": decided(licenses.acquire_in_stages)}),
        Place(
            "messaging",
            "messaging/messages",
            {"GET": not_for_foreign_pages(messaging.messages, settings.icws.allowed_origins)},
        ),
        Place(
            "licenses",
            "licenses",
            {
                "POST": decided(licenses.acquire),
                "PUT": decided(licenses.replace),
                "DELETE": decided(licenses.release),
            },
        ),
        Place("messaging", "messaging/heartbeat", {"POST": signed(messaging.heartbeat)}),
        Place("connection", "connection", {"POST": log_ons.log_on}, sessionless=True),
        Place("connection", "connection", {"GET": connections.state, "DELETE": decided(connections.log_off)}),
        Place("connection", "connection/unique-auth-token", {"POST": signed(connections.unique_auth_token)}),
        Place("connection", "connection/switchover-status", {"GET": signed(server.switchover)}),
        Place(
            "connection",
            "connection/station",
            {"GET": signed(stations.look), "PUT": decided(stations.sit_down), "DELETE": decided(stations.get_up)},
        ),
        Place(
            "licenses",
            "messaging/subscriptions/licenses",
            {"PUT": decided(messaging.subscribe), "DELETE": decided(messaging.unsubscribe)},
        ),
        *_configuration(ledger, reads, settings, gate),
        *_self_description(server),
    ]


def _configuration(ledger: Ledger, reads: Reads, settings: Settings, gate: Gate) -> list[Place]:
    """What was bought, who is known, and who has which licenses."""
    owner, table = settings.icws.owner, settings.icws_licenses
    updates = Updates(ledger, settings.icws, table)
    return [
        *_collection(gate, LicenseAllocations(ledger, reads, owner)),
        *_collection(gate, FeatureLicenses(reads, owner)),
        *_collection(gate, ConfiguredUsers(reads, owner, table), put=updates.user),
        *_collection(gate, ConfiguredStations(reads, owner, table), put=updates.station),
    ]


def _collection(gate: Gate, objects: Collection[Any], put: SessionHandler | None = None) -> list[Place]:
    """Objects of one kind, as a list and singly; with `put`, each can be changed."""
    place = f"configuration/{objects.path}"
    single = {"GET": gate.signed(objects.get_one)}
    if put is not None:
        single["PUT"] = gate.signed(put)
    return [
        Place("configuration", place, {"GET": gate.signed(objects.get_list)}),
        Place("configuration", f"{place}/{{id}}", single),
    ]


def _self_description(server: Server) -> list[Place]:
    """What the server says of itself, with and without a session: clients append these to their session's Location
    too, without credentials (contract 1.6)."""
    handlers = {
        "connection/version": server.version,
        "connection/features": server.features,
        "connection/features/{feature_id}": server.feature,
        "connection/server-time": server.time,
        "connection/server-info": server.information,
    }
    return [
        Place("connection", path, {"GET": handler}, sessionless=sessionless)
        for path, handler in handlers.items()
        for sessionless in (True, False)
    ]


def _pattern(place: Place) -> str:
    """As what it is counted: its path, with `{session}` for any session."""
    return PREFIX + (place.path if place.sessionless else "{session}/" + place.path)


def _operations(places: list[Place]) -> frozenset[Operation]:
    """All that can be asked of this face."""
    return frozenset(Operation(method, _pattern(place)) for place in places for method in place.methods)
