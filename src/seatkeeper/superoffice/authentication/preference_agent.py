"""The Preference agent, as far as it is about the XSRF value of a browser's session (contract 5)."""

from msgspec import Struct

from seatkeeper.ledger.door import Ledger
from seatkeeper.settings import SuperOfficeSettings
from seatkeeper.superoffice.calls import Caller, Method
from seatkeeper.superoffice.wire.carriers import UNSET_DATE, Date
from seatkeeper.superoffice.wire.cultures import stamp


class XsrfValue(Struct, frozen=True, rename="pascal"):
    """An XSRF value, and since when it is that (UTC)."""

    value: str = ""
    last_updated: Date = UNSET_DATE


class GetXsrfPathsRequest(Struct, frozen=True, rename="pascal"):
    """The host's name says nothing here: the paths are the same on every one."""

    hostname: str = ""


class PreferenceAgent:
    """`methods`: those of the agent that are here. The values are the sessions' own and the paths are settings, so that
    nothing can be set."""

    def __init__(self, ledger: Ledger, settings: SuperOfficeSettings) -> None:
        self._ledger = ledger
        self._paths = settings.paths
        self.methods = (
            Method("GetXsrfValue", None, self.get_xsrf_value),
            Method("GetXsrfPaths", GetXsrfPathsRequest, self.get_xsrf_paths),
        )

    async def get_xsrf_value(self, caller: Caller, _request: None) -> XsrfValue | None:
        """The XSRF value of the caller's session; null where he has shown none that a browser could have."""
        if caller.session_id is None or caller.xsrf_value is None:
            return None
        live = await self._ledger.live_session(caller.session_id)
        since = None if live is None else live.session.connected_at
        return XsrfValue(caller.xsrf_value, stamp(since))

    async def get_xsrf_paths(self, _caller: Caller, _request: GetXsrfPathsRequest) -> tuple[str, ...]:
        """The paths of the XSRF cookies: those of the application."""
        return self._paths
