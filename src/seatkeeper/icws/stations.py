"""`/connection/station`: where a session sits (contract 2.4, decision 10)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from seatkeeper.icws.connection_shapes import (
    CONNECTION_TYPES,
    StationInformation,
    station_settings,
    variant,
)
from seatkeeper.icws.errors import invalid, no_station
from seatkeeper.icws.representation import empty, represent
from seatkeeper.icws.shapes import name_text, optional_text, read
from seatkeeper.ledger.door import Ledger, LiveSession
from seatkeeper.licensing.commands import LeaveStation, SetStation
from seatkeeper.licensing.entities import StationLogon, StationSetting

_SETTINGS: Final = (
    "workstationSettings",
    "remoteWorkstationSettings",
    "remoteNumberSettings",
    "stationlessSettings",
)


class Stations:
    """Sitting down, looking where one sits, and getting up.

    Of the members common to all settings, `supportedMediaTypes` and `readyForInteractions` concern interactions, which
    this server has none of, and are ignored. So is `stationConnectionMode`: a session always leaves its station when
    it ends, which is that member's default.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def sit_down(self, request: Request, session: LiveSession) -> Response:
        """PUT: 200 with a Location, which clients insist on."""
        session_id = session.session.id
        await self._ledger.submit(wanted(session_id, await request.body()))
        return empty(200, {"Location": f"/icws/{session_id}/connection/station"})

    async def look(self, request: Request, session: LiveSession) -> Response:
        """GET: where the session sits; 404 where it has no station, as one that is stationless has none."""
        information = self._information(self._ledger.image.logons.get(session.session.id))
        if information is None:
            raise no_station()
        return represent(request.scope, information)

    async def get_up(self, _request: Request, session: LiveSession) -> Response:
        """DELETE: what was held on the station's ground is released; 404 where the session is at no station."""
        await self._ledger.submit(LeaveStation(session_id=session.session.id))
        return empty()

    def _information(self, logon: StationLogon | None) -> StationInformation | None:
        """A remote number is its own id and extension, since it is no station of the inventory.

        A station that is not there any more was removed this moment, and whoever sat there is at none.
        """
        if logon is None or logon.setting is StationSetting.NONE:
            return None
        number = logon.remote_number or ""
        if logon.station_id is None:
            return StationInformation(number, number, logon.setting, number)
        station = self._ledger.image.stations.get(logon.station_id)
        if station is None:
            return None
        information = StationInformation(station.name, station.extension, logon.setting)
        if logon.remote_number is not None:
            information.remote_number = number
        return information


def wanted(session_id: int, body: bytes) -> SetStation:
    """The command that a body with one of the four station settings asks for. `__type` is required (contract 1.2)."""
    shape = read(station_settings, body)
    kind = variant(shape.type)
    if kind == "workstationSettings":
        station = name_text(shape.workstation, "workstation")
        return SetStation(session_id=session_id, setting=StationSetting.WORKSTATION, station=station)
    if kind == "remoteWorkstationSettings":
        return SetStation(
            session_id=session_id,
            setting=StationSetting.REMOTE_WORKSTATION,
            station=name_text(shape.workstation, "workstation"),
            remote_number=optional_text(shape.remote_number, "remoteNumber"),
        )
    if kind == "remoteNumberSettings":
        number = name_text(shape.remote_number, "remoteNumber")
        return SetStation(session_id=session_id, setting=StationSetting.REMOTE_NUMBER, remote_number=number)
    if kind == "stationlessSettings":
        return SetStation(session_id=session_id, setting=StationSetting.NONE)
    raise invalid(
        "__type",
        "must be {prefix} followed by one of {types}",
        prefix=CONNECTION_TYPES,
        types=", ".join(_SETTINGS),
    )
