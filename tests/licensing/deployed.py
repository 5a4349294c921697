"""A world with runtimes, their applications and tokens, tried by real commands through `decide`."""

from typing import Any

from seatkeeper.licensing.deployment import (
    Application,
    Category,
    Change,
    Configuration,
    DeleteConfiguration,
    LicenseType,
    RegisterVersion,
    RemoveVersion,
    SetConfiguration,
    Transaction,
    TransactionStatus,
)
from seatkeeper.licensing.deployment_commands import (
    AdvanceTransaction,
    BeginTransaction,
    DefineApplication,
    DefineRuntime,
    RecoverTransactions,
    ReleaseRuntimeLock,
    SettleTokens,
    VersionNamed,
)
from seatkeeper.licensing.entities import AppliesTo, Holder, HolderKind, LicenseKind, LicenseName, Pool
from seatkeeper.licensing.inventory_commands import ChangeSeats, DefineLicense
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from tests.licensing.world import World

TOKENS = "MOBILEFIRST"
FOUNDATION, BRAND = "ibmmfpfa", "ibmmfpabd"
COUNTING = Policy(deployment=DeploymentPolicy(count_tokens=True))
APPLICATION = LicenseType.APPLICATION
BRANDED = LicenseType.ADDITIONAL_BRAND_DEPLOYMENT
NON_PRODUCTION = LicenseType.NON_PRODUCTION
PENDING, PREPARING = TransactionStatus.PENDING, TransactionStatus.PREPARING
COMMITTING, REJECTING = TransactionStatus.COMMITTING, TransactionStatus.REJECTING
SUCCESS, FAILURE, CANCELED = TransactionStatus.SUCCESS, TransactionStatus.FAILURE, TransactionStatus.CANCELED


def configure(
    application: str, license_type: LicenseType = APPLICATION, category: Category = Category.B2C
) -> SetConfiguration:
    """Set a configuration."""
    return SetConfiguration(application, Configuration(category, license_type))


def deconfigure(application: str) -> DeleteConfiguration:
    """Delete a configuration."""
    return DeleteConfiguration(application)


def register(application: str, version: str = "1.0", platform: str = "android") -> RegisterVersion:
    """Register a version."""
    return RegisterVersion(application, platform, version, application)


def unregister(application: str, version: str = "1.0", platform: str = "android") -> RemoveVersion:
    """Remove a version."""
    return RemoveVersion(application, platform, version)


class Deployed(World):
    """A world with the runtime `mfp` and a user who may deploy there."""

    def __init__(self, policy: Policy | None = None) -> None:
        super().__init__(policy)
        self.deployer = self.user("deployer")
        self.do(DefineRuntime(name="mfp"))

    def tokens(self, feature: str, seats: int, **said: Any) -> None:  # noqa: ANN401 - members of the command
        """So many tokens of a feature."""
        applies_to = said.pop("applies_to", AppliesTo.APPLICATIONS)
        overcommit = said.pop("overcommit", False)
        kind = said.get("kind", LicenseKind.USER)
        self.do(
            DefineLicense(
                owner=TOKENS, name=feature, display_name=feature, applies_to=applies_to, **{**said, "kind": kind}
            )
        )
        self.do(ChangeSeats(license=LicenseName(TOKENS, feature), assignable=seats, allow_overcommit=overcommit))

    def begin(self, change: Change, *, runtime: str = "mfp", queued: bool = False) -> Transaction:
        """Begin a transaction."""
        return self.do(
            BeginTransaction(runtime=runtime, change=change, user_id=self.deployer, server="node-1", queued=queued)
        )

    def succeed(self, *changes: Change) -> None:
        """Carry out changes, all of which succeed."""
        for change in changes:
            assert self.begin(change).status is SUCCESS

    def queue(self, change: Change, until: TransactionStatus = PENDING) -> Transaction:
        """Begin a transaction that waits, and take it on to a status."""
        transaction = self.begin(change, queued=True)
        while transaction.status is not until:
            moved = self.advance(transaction)
            assert moved is not None
            transaction = moved
        return transaction

    def advance(self, transaction: Transaction, status: TransactionStatus | None = None) -> Transaction | None:
        """Take a transaction one step on from where it was seen."""
        return self.do(AdvanceTransaction(transaction_id=transaction.id, status=status or transaction.status))

    def finish(self, transaction: Transaction) -> Transaction:
        """Take a transaction to its end."""
        while not transaction.status.over:
            moved = self.advance(transaction)
            assert moved is not None
            transaction = moved
        return transaction

    def now_of(self, transaction: Transaction) -> Transaction:
        """A transaction as it is now."""
        return self.state.transactions[transaction.id]

    def define(
        self,
        name: str,
        *versions: str,
        license_type: LicenseType | None = None,
        runtime: str = "mfp",
        display_name: str = "",
    ) -> bool:
        """Make an application what an administrator says."""
        configuration = None if license_type is None else Configuration(Category.B2C, license_type)
        named = tuple(VersionNamed("android", version, display_name) for version in versions)
        return self.do(DefineApplication(runtime=runtime, name=name, configuration=configuration, versions=named))

    def release(self, runtime: str = "mfp") -> bool:
        """Take the lock of a runtime away."""
        return self.do(ReleaseRuntimeLock(runtime=runtime, user_id=self.deployer))

    def recover(self, *, cancel: bool = True, until: int | None = None) -> int:
        """What the start of the only node does, up to the transaction that it has seen; without `cancel`, what a node
        does that takes over from one that is gone."""
        return self.do(RecoverTransactions(cancel=cancel, until=until))

    def settle(self) -> int:
        """Let every application have its token or be blocked; asked again, nothing is left to do."""
        changed = self.do(SettleTokens())
        before = len(self.log)
        assert self.do(SettleTokens()) == 0
        assert len(self.log) == before
        return changed

    def application(self, name: str, runtime: str = "mfp") -> Application | None:
        """An application as it is."""
        number = self.state.application_ids.get((self.state.runtime_ids[runtime], name))
        return None if number is None else self.state.applications[number]

    def blocked(self, name: str) -> bool:
        """Whether an application is blocked."""
        application = self.application(name)
        assert application is not None
        return application.blocked

    def has_tokens(self, name: str) -> set[str]:
        """The features of which an application has a token."""
        application = self.application(name)
        if application is None:
            return set()
        had = self.state.assigned_to.get(Holder(HolderKind.APPLICATION, application.id)) or ()
        return {self.state.licenses[number].name for number in had}

    def token_pool(self, feature: str) -> Pool:
        """The pool of a feature's tokens."""
        return self.state.pools[self.state.license_ids[TOKENS.casefold(), feature]]

    def deployment(self) -> dict[str, list[bytes]]:
        """All that a failed transaction leaves as it was."""
        pictured = self.picture()
        return {name: pictured[name] for name in ("applications", "assignments", "pools", "licenses", "runtimes")}
