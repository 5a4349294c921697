"""What a session is told (contract 3): where licenses stand, where it sits, and that it has ended."""

from enum import IntEnum
from typing import Final

from msgspec import Struct

from seatkeeper.licensing.commands import EndReason
from seatkeeper.licensing.entities import Station


class LicensesChanged(Struct, frozen=True):
    """Where licenses stand, by name as the client spelled it. `full`: all that are subscribed, else what changed."""

    full: bool
    statuses: tuple[tuple[str, bool], ...]


class SubscriptionState(IntEnum):
    """How the subscription to licenses fares; the numbers are those of ICWS (contract 3.4)."""

    NORMAL = 1
    """What went missing has been told afresh."""
    FAULTED = 3
    """Messages were dropped: more waited than are kept."""


class SubscriptionChanged(Struct, frozen=True):
    """How the subscription fares now."""

    state: SubscriptionState


class StationChanged(Struct, frozen=True):
    """Where the session sits now: at this station, at this remote number (or both), or nowhere."""

    station: Station | None = None
    remote_number: str | None = None


class ConnectionDown(Struct, frozen=True):
    """The session has ended."""

    reason: EndReason


Message = LicensesChanged | SubscriptionChanged | StationChanged | ConnectionDown

OF_SUBSCRIPTION: Final = (LicensesChanged, SubscriptionChanged)
