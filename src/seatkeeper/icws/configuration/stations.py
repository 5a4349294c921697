"""`/configuration/stations`: which stations there are, and which licenses they have (contract 5.6)."""

from seatkeeper.icws.configuration.licensed import LicensedCollection, askable_of
from seatkeeper.icws.configuration.objects import STATIONS
from seatkeeper.icws.configuration.parameters import ADMIN, VIEW
from seatkeeper.licensing.entities import HolderKind
from seatkeeper.licensing.sentences import say
from seatkeeper.queries import stations


class Stations(LicensedCollection):
    """Every station."""

    path = STATIONS
    noun = say("station")
    kind = HolderKind.STATION
    all_of_them = stations.STATIONS
    askable = askable_of(HolderKind.STATION, stations.STATIONS, (ADMIN, VIEW))
