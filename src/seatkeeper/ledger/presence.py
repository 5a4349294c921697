"""Which nodes use a database, and which of them does what only one is to do (docs/decisions/nodes.md)."""

import hashlib
from typing import Protocol

import msgspec

from seatkeeper.licensing.policy import Policy


class Presence(Protocol):
    """This node among the others. Everything may be called in any thread, and touches no disk."""

    @property
    def node(self) -> int:
        """The number of this node, which no other has had; 0 where there can be only one."""

    @property
    def hears(self) -> bool:
        """Whether the database has answered to this within the last seconds."""

    @property
    def leads(self) -> bool:
        """Whether this node is the one that expires sessions, carries transactions on and settles tokens.

        For a moment two may think so, or none: what they do is decided under the lock, and done once.
        """

    @property
    def inherits(self) -> bool:
        """Whether the node that led before this one is not there now, for all that is known.

        It may have lost its connection for a moment only.
        """

    @property
    def alone(self) -> bool:
        """Whether no other node lives; False while nobody can tell."""

    @property
    def losses(self) -> int:
        """How often another was seen to be gone that had not said that all it heard is in the tables."""

    def alone_now(self) -> bool:
        """Whether no other node lives, looked at since this was called; False where that cannot be told in time.

        Blocks for some seconds at most.
        """

    def lives(self, node: int) -> bool:
        """Whether this node, or another, is there; True while nobody can tell."""

    def start(self) -> None:
        """Be there. Returns when the others can know, and when it is known who is there and who leads.

        Raises DatabaseUnreachable.
        """

    def resign(self) -> None:
        """Lead no more: this node is about to stop, and another shall begin. It is there still."""

    def stand_aside(self, aside: bool) -> None:
        """Leave the lead to others for as long as this is so; afterwards this node may lead again."""

    def stop(self, *, lost: bool = False) -> None:
        """Be there no more. `lost`: what this node has heard may not be in the tables. May be called twice."""


class OnlyNode:
    """The presence of a server whose database nobody else can use."""

    node = 0
    hears = True
    leads = True
    inherits = False
    alone = True
    losses = 0

    def alone_now(self) -> bool:
        """It is."""
        return True

    def lives(self, node: int) -> bool:
        """Whether it is this one."""
        return node == self.node

    def start(self) -> None:
        """Nothing: nobody else is there to know."""

    def resign(self) -> None:
        """Nothing: nobody else could lead."""

    def stand_aside(self, aside: bool) -> None:
        """Nothing, likewise."""

    def stop(self, *, lost: bool = False) -> None:
        """Nothing, likewise."""


def likeness(policy: Policy) -> str:
    """What two nodes must have in common, in eight characters: the settings that the rules go by."""
    return hashlib.blake2s(msgspec.json.encode(policy), digest_size=4).hexdigest()
