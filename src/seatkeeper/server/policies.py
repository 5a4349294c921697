"""What the settings mean to the rules and to the ledger."""

from seatkeeper.ledger.door import Bounds
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from seatkeeper.settings import MobileFirstSettings, Settings


def policy_of(settings: Settings) -> Policy:
    """The rules' policy."""
    return Policy(
        idle_timeout=settings.icws.idle_timeout * 1000,
        revoke_on_unassign=settings.icws.revoke_on_unassign,
        deployment=_deployment_policy(settings.mobilefirst),
    )


def _deployment_policy(settings: MobileFirstSettings) -> DeploymentPolicy:
    return DeploymentPolicy(
        longest_line=settings.longest_line,
        lock_wait=round(settings.lock_wait * 1000),
        longest_lock=round(settings.longest_lock * 1000),
        prepare=round(settings.prepare_timeout * 1000),
        commit=round(settings.commit_timeout * 1000),
        delete_registered=settings.delete_registered,
        count_tokens=settings.count_tokens,
        feature_owner=settings.feature_owner,
        application_feature=settings.application_feature,
        brand_feature=settings.brand_feature,
    )


def bounds_of(settings: Settings) -> Bounds:
    """How much the ledger takes on."""
    ledger = settings.ledger
    return Bounds(
        queue=ledger.queue,
        batch=ledger.batch,
        batch_milliseconds=ledger.batch_milliseconds,
        cached_users=ledger.cached_users,
        keep_ended=ledger.keep_ended * 1000,
    )
