"""The settings that change a rule."""

from msgspec import Struct


class DeploymentPolicy(Struct, frozen=True):
    """What holds for the transactions of applications, and for their tokens (mobilefirst contract 3.1, 4, 9).

    `longest_line`: so many transactions of a runtime may be unfinished. In milliseconds: `lock_wait`: a transaction
    waits so long for its runtime's lock. `prepare` and `commit`: so long it may stay in these steps. `longest_lock`:
    one that has had the lock for so long loses it to the next.

    `delete_registered`: the configuration of an application can be deleted while versions of it are registered
    (decision 21). `count_tokens`: every application with a version takes a token: a seat of
    the license of `feature_owner` that its license type calls for, `application_feature` or `brand_feature`
    (decision 23).
    """

    longest_line: int = 1_000
    lock_wait: int = 1_200_000
    longest_lock: int = 1_800_000
    prepare: int = 1_800_000
    commit: int = 120_000
    delete_registered: bool = False
    count_tokens: bool = False
    feature_owner: str = "MOBILEFIRST"
    application_feature: str = "ibmmfpfa"
    brand_feature: str = "ibmmfpabd"


class Policy(Struct, frozen=True):
    """`idle_timeout`: milliseconds without activity after which a session expires.

    `revoke_on_unassign`: unassigning, or disabling a profile, also ends holds on a concurrent ground (decision 7).
    """

    idle_timeout: int = 15 * 60 * 1000
    revoke_on_unassign: bool = False
    deployment: DeploymentPolicy = DeploymentPolicy()
