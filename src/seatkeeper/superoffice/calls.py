"""One call of a method: who calls, and what the methods of an agent are.

A method is written once. As an agent's it is called with its request in the body (contract section 2), by its REST
twin with what stands in path, query and body (section 4).
"""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, get_origin, get_type_hints

from msgspec import Struct

from seatkeeper.identity.rights import Right, rights_of
from seatkeeper.licensing.entities import User
from seatkeeper.superoffice.wire.cultures import Spoken


class Caller(Struct, frozen=True):
    """An authenticated associate, and how he wants to be spoken to.

    `session_id`: the session whose ticket, token or cookie he showed; None where he showed something else.
    `xsrf_value`: what pages of a browser send along with the cookie of that session; None where it has none.
    `address`: of his machine.
    """

    user: User
    spoken: Spoken
    session_id: int | None = None
    xsrf_value: str | None = None
    address: str = ""

    def may(self, *rights: Right) -> bool:
        """Whether he has one of these rights."""
        return not rights_of(self.user).isdisjoint(rights)


class Method(Struct, frozen=True):
    """A method of an agent: its name, the shape of its request (None: it takes none), and what answers it.

    `answer` is given the caller and the request, and returns a carrier, a tuple of them, a text, or None. It raises
    Missing where it should tell of what is not there.
    """

    name: str
    request: type[Struct] | None
    answer: Callable[[Caller, Any], Awaitable[object]]

    @property
    def response(self) -> Any:  # noqa: ANN401 - any annotation
        """What `answer` returns by its declaration: NoneType where it returns nothing."""
        return _declared(self.answer)

    @property
    def nothing(self) -> tuple[()] | None:
        """What an agent tells of what is not there (contract 7.3)."""
        return () if get_origin(self.response) is tuple else None


@cache
def _declared(answer: Callable[..., object]) -> Any:  # noqa: ANN401
    return get_type_hints(answer)["return"]
