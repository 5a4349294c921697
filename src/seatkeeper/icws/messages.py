"""What a session hears, as its client reads it (contract 3.4, 3.5)."""

from enum import IntEnum
from typing import Final

from msgspec import Struct

from seatkeeper.ledger.feed import ConnectionDown, Message
from seatkeeper.licensing.commands import EndReason


class ConnectionStateValue(IntEnum):
    """Whether a session is up (contract 2.3)."""

    NONE = 0
    UP = 1
    DOWN = 2


REASONS: Final = {
    EndReason.LOGGED_OFF: "The user logged off.",
    EndReason.IDLE: "The session was idle for too long.",
    EndReason.LOGGED_ON_ELSEWHERE: "The user logged on at another station on another machine.",
    EndReason.ADMINISTRATOR: "An administrator ended the session.",
    EndReason.USER_DELETED: "The user was deleted.",
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


def told(message: Message) -> LicenseMessage | ConnectionStateChangeMessage:
    """A message of the feed in the words of this face."""
    if isinstance(message, ConnectionDown):
        return ConnectionStateChangeMessage(
            previous_connection_state=ConnectionStateValue.UP,
            new_connection_state=ConnectionStateValue.DOWN,
            reason=REASONS[message.reason],
            should_reconnect=should_reconnect(message.reason),
        )
    return LicenseMessage(
        is_delta=not message.full,
        license_assigned_status_list=[LicenseAssignedStatus(name, assigned) for name, assigned in message.statuses],
    )
