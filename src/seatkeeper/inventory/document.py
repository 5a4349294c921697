"""A file to be applied: what it says, what is wrong with its form, and how it is meant."""

from msgspec import Struct

from seatkeeper.inventory.problems import Problem
from seatkeeper.inventory.reading import read
from seatkeeper.inventory.shapes import Inventory, Kind


class Document(Struct, frozen=True):
    """`file` is the name by which messages call it, `owner` the configured license owner, that of bare names.

    `prune`: what it lacks of the kinds that it has tables for is removed. `allow_overcommit`: seats may fall below
    what is assigned or in use. `create_users`: an assignment to an unknown login adds the user.
    """

    file: str
    owner: str
    inventory: Inventory
    problems: tuple[Problem, ...] = ()
    prune: bool = False
    allow_overcommit: bool = False
    create_users: bool = False

    def prunes(self, kind: Kind) -> bool:
        """Whether what it lacks of this kind is removed."""
        return self.prune and kind in self.inventory.kinds


def document_of(
    body: bytes,
    content_type: str,
    *,
    file: str,
    owner: str,
    first_line: int = 1,
    prune: bool = False,
    allow_overcommit: bool = False,
    create_users: bool = False,
) -> Document:
    """The document that this is the content of. A large one takes seconds."""
    inventory, problems = read(body, content_type, owner, first_line)
    return Document(
        file=file,
        owner=owner,
        inventory=inventory,
        problems=tuple(problems),
        prune=prune,
        allow_overcommit=allow_overcommit,
        create_users=create_users,
    )
