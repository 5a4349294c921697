"""The settings that change a rule."""

from msgspec import Struct


class Policy(Struct, frozen=True):
    """`idle_timeout`: milliseconds without activity after which a session expires.

    `revoke_on_unassign`: unassigning, or disabling a profile, also ends holds on a concurrent ground (decision 7).
    """

    idle_timeout: int = 15 * 60 * 1000
    revoke_on_unassign: bool = False
