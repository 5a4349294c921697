"""Where measuring takes place."""

from pathlib import Path

from msgspec import Struct

from bench.worlds import World, prepared


class Place(Struct, frozen=True):
    """Folders: `shelf` keeps what is prepared once, `work` what a run writes. `rounds`: how often each is measured."""

    shelf: Path
    work: Path
    rounds: int = 3

    def world(self, world: World) -> Path:
        """The prepared data directory of a world, of which a copy is served."""
        return prepared(world, self.shelf)
