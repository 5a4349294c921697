"""What a change would mean to applications that need tokens, told before it is made (docs/mobilefirst.md)."""

from pydantic import BaseModel, Field

from seatkeeper.licensing.outcomes import Foreseen


class Unblocked(BaseModel):
    """An application that would have its token again."""

    runtime: str
    name: str


class Blocked(BaseModel):
    """An application that would lack its token."""

    runtime: str
    name: str
    why: str = Field(description="In one sentence.")


class Foretold(BaseModel):
    """Which applications a change would block, and which would be so no more."""

    blocks: list[Blocked] = Field(description="Tokens are counted, and these would lack their own, but do not now.")
    unblocks: list[Unblocked] = Field(description="These lack their tokens now, and would have them.")


def foretold(foreseen: Foreseen) -> Foretold:
    """What the rules foresee, as it is told."""
    return Foretold(
        blocks=[Blocked(runtime=each.runtime, name=each.name, why=str(each.why)) for each in foreseen.blocked],
        unblocks=[Unblocked(runtime=runtime, name=name) for runtime, name in foreseen.unblocked],
    )
