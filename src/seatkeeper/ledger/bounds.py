"""How much a ledger takes on."""

from msgspec import Struct


class Bounds(Struct, frozen=True):
    """How much the ledger takes on (rules L2, L7).

    `queue`: commands that may wait. `batch`: commands decided under one commit. `batch_milliseconds`: time spent
    deciding one batch. `cached_users`: users kept in memory. `keep_ended`: milliseconds for which an ended session
    is remembered, so that its client can be told why.
    """

    queue: int = 10_000
    batch: int = 512
    batch_milliseconds: int = 50
    cached_users: int = 200_000
    keep_ended: int = 10 * 60 * 1000
