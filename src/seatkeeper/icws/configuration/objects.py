"""How the objects of the configuration are named on the wire (contract 5.1)."""

from typing import Final
from urllib.parse import quote

from msgspec import Struct

ALLOCATIONS: Final = "license-allocations"
FEATURE_LICENSES: Final = "feature-licenses"
USERS: Final = "users"
STATIONS: Final = "stations"


class ConfigurationId(Struct, rename="camel"):
    """The identity of an object. `uri` begins after the session, as that of real servers does."""

    id: str
    display_name: str
    uri: str


def configuration_id(path: str, name: str, display_name: str) -> ConfigurationId:
    """The identity of the object of this name among those at `path`, e.g. `USERS`."""
    return ConfigurationId(name, display_name, f"/configuration/{path}/{quote(name, safe='')}")
