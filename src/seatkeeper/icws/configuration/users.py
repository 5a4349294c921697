"""`/configuration/users`: who is known, and which licenses they have (contract 5.5)."""

from typing import Final

from seatkeeper.icws.configuration.licensed import LicensedCollection, askable_of
from seatkeeper.icws.configuration.objects import USERS
from seatkeeper.icws.configuration.parameters import ADMIN, VIEW
from seatkeeper.licensing.entities import HolderKind, User
from seatkeeper.licensing.sentences import say
from seatkeeper.queries import users

LOGGED_IN_USER: Final = "loggedInUser"


class Users(LicensedCollection):
    """Every living user. `actualValues`, `inheritedValues` and `singlePropertyInheritedFrom` change nothing, since
    nothing is inherited."""

    path = USERS
    noun = say("user")
    kind = HolderKind.USER
    all_of_them = users.USERS
    askable = askable_of(HolderKind.USER, users.USERS, (ADMIN, VIEW, LOGGED_IN_USER))

    def among(self, user: User, rights: str) -> frozenset[int] | None:
        """Everybody may see himself, as the logged-in user."""
        return frozenset({user.id}) if rights == LOGGED_IN_USER else super().among(user, rights)
