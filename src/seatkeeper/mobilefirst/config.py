"""`/config`: what holds for the whole installation (mobilefirst contract 7)."""

from typing import Final

from msgspec import Struct

from seatkeeper.identity.rights import Right
from seatkeeper.mobilefirst.calls import Asked, Resource
from seatkeeper.mobilefirst.rendering import Document
from seatkeeper.settings import MobileFirstSettings


class _GlobalConfig(Struct, frozen=True, rename="camel"):
    """As the vendor has it, less the addresses of services that there are none of here."""

    audit_enabled: bool
    product_version: str
    analytics_console_url: tuple[()] = ()
    ios_edition: bool = False
    push_enabled: bool = False
    topology: str = "STANDALONE"


_ARRAYS: Final = {"analyticsConsoleUrl": ("analyticsConsoleUrls", "analyticsConsoleUrl")}


class GlobalConfiguration:
    """The configuration as it is, which only the settings change."""

    def __init__(self, settings: MobileFirstSettings) -> None:
        self._config = _GlobalConfig(audit_enabled=settings.audit, product_version=settings.product_version)

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Where it is."""
        return (Resource("GET", "config", Right.APPLICATIONS_READ, self._get),)

    async def _get(self, _asked: Asked) -> Document:
        return Document("global-config", self._config, _ARRAYS)
