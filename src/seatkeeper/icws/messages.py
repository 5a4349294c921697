"""What a session hears, as its client reads it (contract 3.4, 3.5)."""

from enum import IntEnum
from typing import Final, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from seatkeeper.icws.configuration.objects import STATIONS, ConfigurationId, configuration_id
from seatkeeper.icws.connection_shapes import EffectiveStation
from seatkeeper.icws.errors import ErrorBody
from seatkeeper.languages.catalogues import said
from seatkeeper.ledger.feed import (
    ConnectionDown,
    LicensesChanged,
    Message,
    StationChanged,
    SubscriptionChanged,
    SubscriptionState,
)
from seatkeeper.licensing.commands import EndReason
from seatkeeper.licensing.sentences import say


class ConnectionStateValue(IntEnum):
    """Whether a session is up (contract 2.3)."""

    NONE = 0
    UP = 1
    DOWN = 2


REASONS: Final = {
    EndReason.LOGGED_OFF: say("The user logged off."),
    EndReason.IDLE: say("The session was idle for too long."),
    EndReason.LOGGED_ON_ELSEWHERE: say("The user logged on at another station on another machine."),
    EndReason.ADMINISTRATOR: say("An administrator ended the session."),
    EndReason.USER_DELETED: say("The user was deleted."),
}
"""Why a session went down, for people."""


def should_reconnect(reason: EndReason) -> bool:
    """Whether a client does well to log on again by itself. Ours: only after being idle, which nobody decided."""
    return reason is EndReason.IDLE


class LicenseAssignedStatus(Struct, rename="camel"):
    """Whether one license is assigned to the session's user; that is not whether it has been acquired."""

    name: str
    is_assigned: bool


class LicenseMessage(Struct, tag_field="__type", tag="urn:inin.com:licenses:licenseMessage", rename="camel"):
    """Where the licenses of a subscription stand: all of them (`isDelta` false) or those that changed (true)."""

    is_delta: bool
    license_assigned_status_list: list[LicenseAssignedStatus]


class ConnectionStateChangeMessage(
    Struct, tag_field="__type", tag="urn:inin.com:connection:connectionStateChangeMessage", rename="camel"
):
    """A session went down. It is complete, so `isDelta` is false."""

    previous_connection_state: ConnectionStateValue
    new_connection_state: ConnectionStateValue
    reason: str
    should_reconnect: bool
    is_delta: bool = False


class EffectiveStationChangeMessage(
    Struct, tag_field="__type", tag="urn:inin.com:connection:effectiveStationChangeMessage", rename="camel"
):
    """The session sits elsewhere now, or nowhere (null). It is complete, so `isDelta` is false."""

    effective_station: EffectiveStation | None
    is_delta: bool = False


class SubscriptionStateMessage(
    Struct, tag_field="__type", tag="urn:inin.com:messaging:subscriptionStateMessage", rename="camel"
):
    """How the license subscription fares. It is complete, so `isDelta` is false."""

    state: SubscriptionState
    error: ErrorBody | UnsetType = UNSET
    is_delta: bool = False


OVERFLOWED: Final = "error.messaging.queueOverflow"  # ours
_OVERFLOWED: Final = say("More messages waited than are kept, and were dropped. Where all licenses stand follows.")

AnyMessage: TypeAlias = (
    LicenseMessage | ConnectionStateChangeMessage | EffectiveStationChangeMessage | SubscriptionStateMessage
)


def told(message: Message, language: str) -> AnyMessage:
    """A message of the feed in the words of this face, its text in the language of this tag."""
    match message:
        case LicensesChanged():
            statuses = [LicenseAssignedStatus(name, assigned) for name, assigned in message.statuses]
            return LicenseMessage(is_delta=not message.full, license_assigned_status_list=statuses)
        case StationChanged():
            return EffectiveStationChangeMessage(_effective_station(message))
        case SubscriptionChanged(SubscriptionState.FAULTED):
            error = ErrorBody(OVERFLOWED, message=said(_OVERFLOWED, language))
            return SubscriptionStateMessage(message.state, error)
        case SubscriptionChanged():
            return SubscriptionStateMessage(message.state)
        case ConnectionDown():
            return ConnectionStateChangeMessage(
                previous_connection_state=ConnectionStateValue.UP,
                new_connection_state=ConnectionStateValue.DOWN,
                reason=said(REASONS[message.reason], language),
                should_reconnect=should_reconnect(message.reason),
            )


def _effective_station(changed: StationChanged) -> EffectiveStation | None:
    """A remote number is its own id, and no object of the configuration: its `uri` is empty."""
    if changed.station is not None:
        name = changed.station.name
        return EffectiveStation(configuration_id(STATIONS, name, changed.station.display_name or name))
    number = changed.remote_number
    return None if number is None else EffectiveStation(ConfigurationId(number, number, ""))
