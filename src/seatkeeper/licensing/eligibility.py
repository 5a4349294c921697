"""Whether a user could be assigned a license now, told without trying (superoffice contract 3, "CanAssign").

It says what `AssignModules` with this license alone would come to, a user plan without what it implies (decisions 15
and 17). Of a license that he has it says whether it would still be given to him, were there a seat.
"""

from seatkeeper.licensing.entities import AppliesTo, License, LicenseKind, Method, Owner, Pool, Profile, User
from seatkeeper.licensing.terms import is_past


def can_assign(
    license_: License,
    pool: Pool,
    *,
    owner: Owner | None,
    user: User,
    profile: Profile,
    assigned: bool,
    lacks_prerequisite: bool,
    now: int,
) -> bool:
    """Whether it could.

    `profile`: his for the owner; one that is disabled takes no seat. `lacks_prerequisite`: it requires a license that
    he does not have.
    """
    return (
        license_.kind is LicenseKind.USER
        and license_.applies_to in {AppliesTo.USERS, AppliesTo.BOTH}
        and license_.details.user_type in {None, user.user_type}
        and not is_past(license_, owner, now)
        and not lacks_prerequisite
        and profile.method is Method.ASSIGNABLE
        and not is_concurrent_only(pool)
        and (assigned or pool.unrestricted or not profile.enabled or pool.assigned < pool.assignable_seats)
    )


def is_concurrent_only(pool: Pool) -> bool:
    """Whether it can only be used by so many at once: a CRM, which counts what is assigned, cannot give it out."""
    return not pool.unrestricted and not pool.assignable_seats and pool.concurrent_seats > 0
