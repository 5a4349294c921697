"""Tokens of applications: who takes one, who gives one back, and who is blocked (contract 9; decision 23)."""

import pytest

from seatkeeper.licensing.commands import Assign, Unassign
from seatkeeper.licensing.deployment import Change, Fault, LicenseType
from seatkeeper.licensing.deployment_commands import DefineRuntime, RemoveApplication, RemoveRuntime
from seatkeeper.licensing.deployment_sentences import sentence_of
from seatkeeper.licensing.entities import AppliesTo, HolderKind, HolderName, LicenseKind, LicenseName, OwnerDetails
from seatkeeper.licensing.inventory_commands import (
    ActivateDocument,
    DefineLicense,
    DefineOwner,
    LicenseDocument,
    RemoveLicenses,
)
from seatkeeper.licensing.policy import DeploymentPolicy, Policy
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.seen import Seen, SeenKind, present
from tests.licensing.deployed import (
    APPLICATION,
    BRAND,
    BRANDED,
    COMMITTING,
    COUNTING,
    FAILURE,
    FOUNDATION,
    NON_PRODUCTION,
    PREPARING,
    SUCCESS,
    TOKENS,
    Deployed,
    configure,
    deconfigure,
    register,
    unregister,
)
from tests.licensing.world import NOON

APP = "com.package.id"


@pytest.fixture
def world() -> Deployed:
    """Tokens are counted: one of each feature."""
    world = Deployed(COUNTING)
    world.tokens(FOUNDATION, 1)
    world.tokens(BRAND, 1)
    return world


def _fails(world: Deployed, change: Change, fault: Fault, runtime: str = "mfp") -> str:
    """What is said where a change fails, and nothing has happened."""
    before = world.deployment()
    transaction = world.begin(change, runtime=runtime)
    assert (transaction.status, [each.fault for each in transaction.errors]) == (FAILURE, [fault])
    assert world.deployment() == before
    return str(sentence_of(transaction.errors[0]))


# Taken and given back.


def test_an_application_takes_one_token_with_its_first_version_and_gives_it_back_with_its_last(world: Deployed) -> None:
    world.succeed(configure(APP))
    assert world.has_tokens(APP) == set()
    world.succeed(register(APP), register(APP, "2.0"), register(APP, "1.0", "ios"))
    assert world.has_tokens(APP) == {FOUNDATION}
    assert world.token_pool(FOUNDATION).assigned_applications == 1
    world.succeed(unregister(APP), unregister(APP, "2.0"))
    assert world.has_tokens(APP) == {FOUNDATION}
    world.succeed(unregister(APP, "1.0", "ios"))
    assert world.has_tokens(APP) == set()
    assert world.token_pool(FOUNDATION).assigned == 0


def test_where_tokens_are_not_counted_none_is_taken() -> None:
    world = Deployed()
    world.tokens(FOUNDATION, 5)
    world.succeed(register(APP))
    world.define("other", "1.0")
    assert world.settle() == 0
    assert world.token_pool(FOUNDATION).assigned == 0


def test_the_owner_and_the_features_are_settings() -> None:
    policy = DeploymentPolicy(count_tokens=True, feature_owner="Vendor", application_feature="core", brand_feature="b")
    world = Deployed(Policy(deployment=policy))
    world.do(DefineLicense(owner="VENDOR", name="Core", display_name="", applies_to=AppliesTo.APPLICATIONS))
    assert "No token of VENDOR:Core is left: 0 of 0" in _fails(world, register(APP), Fault.TOKENS_SHORT)


@pytest.mark.parametrize(
    ("license_type", "tokens"), [(APPLICATION, {FOUNDATION}), (BRANDED, {BRAND}), (NON_PRODUCTION, set())]
)
def test_the_type_says_which_token(world: Deployed, license_type: LicenseType, tokens: set[str]) -> None:
    world.succeed(configure(APP, license_type), register(APP))
    assert world.has_tokens(APP) == tokens


@pytest.mark.parametrize("runtime", ["mfp", "other"])
def test_too_few_tokens_fail_a_first_registration_in_whatever_runtime(world: Deployed, runtime: str) -> None:
    world.do(DefineRuntime(name="other"))
    world.succeed(register("first"))
    assert _fails(world, register("second"), Fault.TOKENS_SHORT, runtime) == (
        "No token of MOBILEFIRST:ibmmfpfa is left: 1 of 1 are taken. Buy more, or remove an application that has one."
    )
    assert world.application("second", runtime) is None
    world.succeed(configure("second", BRANDED), register("second"))


def test_tokens_that_were_never_bought_or_are_not_for_applications_or_have_expired_fail_it_too() -> None:
    world = Deployed(COUNTING)
    assert _fails(world, register(APP), Fault.TOKENS_NOT_BOUGHT) == (
        "No tokens of ibmmfpfa were bought: MOBILEFIRST has no license of that name that applies to applications."
    )
    world.tokens(FOUNDATION, 3, applies_to=AppliesTo.BOTH)
    _fails(world, register(APP), Fault.TOKENS_NOT_BOUGHT)
    world.tokens(FOUNDATION, 3, expires=NOON + 1, grace_until=NOON + 9)
    world.succeed(register(APP))
    world.now += 1
    assert _fails(world, register("late"), Fault.TOKENS_EXPIRED) == (
        "The tokens of MOBILEFIRST:ibmmfpfa expired on 2027-01-15. Renew them."
    )
    world.succeed(register(APP, "2.0"))


def test_any_number_of_applications_has_an_unrestricted_token_or_one_of_the_installation(world: Deployed) -> None:
    world.tokens(FOUNDATION, 0, kind=LicenseKind.SITE)
    world.succeed(register("a"), register("b"))
    assert world.has_tokens("a") == set()
    assert world.settle() == 0
    world.tokens(FOUNDATION, 0, kind=LicenseKind.SITE, expires=NOON)
    _fails(world, register("c"), Fault.TOKENS_EXPIRED)
    assert world.settle() == 2
    assert world.blocked("a")


def test_a_change_of_type_swaps_the_tokens_in_one_commit(world: Deployed) -> None:
    world.succeed(register(APP))
    transaction = world.queue(configure(APP, BRANDED), COMMITTING)
    assert world.has_tokens(APP) == {FOUNDATION, BRAND}
    assert world.finish(transaction).status is SUCCESS
    assert world.has_tokens(APP) == {BRAND}
    world.succeed(configure(APP, NON_PRODUCTION))
    assert world.has_tokens(APP) == set()
    world.succeed(configure(APP))
    assert world.has_tokens(APP) == {FOUNDATION}


def test_a_change_of_type_without_a_token_leaves_the_old_type_and_the_old_token(world: Deployed) -> None:
    world.succeed(configure("brand", BRANDED), register("brand"), register(APP))
    assert "ibmmfpabd" in _fails(world, configure(APP, BRANDED), Fault.TOKENS_SHORT)
    assert world.has_tokens(APP) == {FOUNDATION}


def test_taking_a_configuration_away_leaves_the_default_type_and_takes_its_token() -> None:
    world = Deployed(Policy(deployment=DeploymentPolicy(count_tokens=True, delete_registered=True)))
    world.tokens(FOUNDATION, 0)
    world.succeed(configure(APP, NON_PRODUCTION), register(APP))
    _fails(world, deconfigure(APP), Fault.TOKENS_SHORT)
    world.tokens(FOUNDATION, 1)
    world.succeed(deconfigure(APP))
    assert world.has_tokens(APP) == {FOUNDATION}


def test_a_token_whose_license_is_removed_and_added_again_meanwhile_is_taken_again(world: Deployed) -> None:
    transaction = world.queue(register(APP), COMMITTING)
    world.do(RemoveLicenses(licenses=(LicenseName(TOKENS, FOUNDATION),)))
    world.tokens(FOUNDATION, 1)
    assert world.finish(transaction).status is SUCCESS
    assert world.has_tokens(APP) == {FOUNDATION}


def test_a_token_whose_license_is_removed_meanwhile_fails_the_transaction(world: Deployed) -> None:
    world.succeed(configure(APP, BRANDED), register(APP))
    transaction = world.queue(configure(APP), COMMITTING)
    world.do(RemoveLicenses(licenses=(LicenseName(TOKENS, FOUNDATION),)))
    ended = world.finish(transaction)
    assert (ended.status, [each.fault for each in ended.errors]) == (FAILURE, [Fault.TOKENS_NOT_BOUGHT])
    assert world.has_tokens(APP) == {BRAND}


def test_an_application_or_a_runtime_that_an_administrator_removes_gives_its_tokens_back(world: Deployed) -> None:
    world.succeed(register("a"), configure("b", BRANDED), register("b"))
    world.do(RemoveApplication(runtime="mfp", name="a"))
    assert world.token_pool(FOUNDATION).assigned == 0
    world.do(RemoveRuntime(name="mfp"))
    assert world.token_pool(BRAND).assigned == 0
    assert not list(world.state.applications.items())


def test_an_administrator_defines_no_application_without_its_token(world: Deployed) -> None:
    world.define("first", "1.0")
    assert world.has_tokens("first") == {FOUNDATION}
    before = world.picture()
    with pytest.raises(Refusal) as refused:
        world.define("second", "1.0")
    assert (refused.value.code, refused.value.sentence) == (
        Code.SEATS_EXHAUSTED,
        (
            "Application second cannot have its token. No token of MOBILEFIRST:ibmmfpfa is left: 1 of 1 are taken. Buy"
            " more, or remove an application that has one."
        ),
    )
    assert world.picture() == before
    assert world.define("second", "1.0", license_type=BRANDED)
    assert world.define("first", license_type=BRANDED)
    assert world.has_tokens("first") == set()


# Blocked and unblocked.


@pytest.fixture
def full() -> Deployed:
    """Three applications, a, b and c, with a token each, and no token left."""
    world = Deployed(COUNTING)
    world.tokens(FOUNDATION, 3)
    world.succeed(register("a"), register("b"), register("c"))
    return world


def _blocked(world: Deployed) -> str:
    return "".join(each.name for each in world.state.applications.values() if each.blocked)


def test_seats_that_an_overcommit_took_away_block_the_latest_and_their_return_unblocks_the_oldest(
    full: Deployed,
) -> None:
    assert full.settle() == 0
    full.tokens(FOUNDATION, 1, overcommit=True)
    assert full.settle() == 2
    assert _blocked(full) == "bc"
    pool = full.token_pool(FOUNDATION)
    assert (pool.assigned, pool.assignable_excess, pool.uncovered) == (1, 0, ())
    full.tokens(FOUNDATION, 2)
    assert full.settle() == 1
    assert _blocked(full) == "c"
    full.succeed(unregister("a"))
    assert full.settle() == 1
    assert _blocked(full) == ""


def test_tokens_that_are_past_their_grace_block_and_renewed_ones_unblock(full: Deployed) -> None:
    full.tokens(FOUNDATION, 3, expires=NOON + 10, grace_until=NOON + 20)
    full.now += 19
    assert full.settle() == 0
    full.now += 1
    assert full.settle() == 3
    assert _blocked(full) == "abc"
    assert full.token_pool(FOUNDATION).assigned == 0
    full.tokens(FOUNDATION, 3, expires=NOON + 100)
    assert full.settle() == 3
    assert _blocked(full) == ""
    full.do(DefineOwner(name=TOKENS, details=OwnerDetails(expires=NOON)))
    assert full.settle() == 3
    full.do(DefineOwner(name=TOKENS, details=OwnerDetails()))
    assert full.settle() == 3


def test_a_grace_that_ends_before_the_license_does_blocks_once(full: Deployed) -> None:
    full.tokens(FOUNDATION, 3, expires=NOON + 50, grace_until=NOON)
    assert full.settle() == 3
    assert full.settle() == 0


def test_a_license_that_is_removed_or_turned_to_others_blocks(full: Deployed) -> None:
    full.tokens(FOUNDATION, 3, applies_to=AppliesTo.USERS)
    assert full.settle() == 3
    assert full.token_pool(FOUNDATION).assigned == 0
    full.tokens(FOUNDATION, 3)
    assert full.settle() == 3
    full.do(RemoveLicenses(licenses=(LicenseName(TOKENS, FOUNDATION),)))
    assert full.settle() == 3
    assert _blocked(full) == "abc"


def test_accounting_that_is_switched_on_gives_tokens_to_the_oldest_and_off_takes_all_back() -> None:
    world = Deployed()
    world.tokens(FOUNDATION, 2)
    world.tokens(BRAND, 1)
    world.succeed(register("a"), configure("b", BRANDED), register("b"), register("c"), register("d"), configure("e"))
    world.policy = COUNTING
    assert world.settle() == 1
    assert [world.has_tokens(name) for name in "abcde"] == [{FOUNDATION}, {BRAND}, {FOUNDATION}, set(), set()]
    assert _blocked(world) == "d"
    world.policy = Policy()
    assert world.settle() == 1
    assert _blocked(world) == ""
    assert (world.token_pool(FOUNDATION).assigned, world.token_pool(BRAND).assigned) == (0, 0)


def test_another_feature_of_the_settings_swaps_the_tokens(full: Deployed) -> None:
    full.tokens("other", 2)
    full.policy = Policy(deployment=DeploymentPolicy(count_tokens=True, application_feature="other"))
    assert full.settle() == 1
    assert (full.has_tokens("a"), full.has_tokens("c")) == ({"other"}, set())
    assert full.token_pool(FOUNDATION).assigned == 0


def test_features_that_change_places_leave_nobody_without_a_token(world: Deployed) -> None:
    world.succeed(register("a"), configure("b", BRANDED), register("b"))
    policy = DeploymentPolicy(count_tokens=True, application_feature=BRAND, brand_feature=FOUNDATION)
    world.policy = Policy(deployment=policy)
    assert world.settle() == 0
    assert (world.has_tokens("a"), world.has_tokens("b"), _blocked(world)) == ({BRAND}, {FOUNDATION}, "")


def test_a_blocked_application_can_be_described_anew_and_can_leave_but_gets_no_new_version(full: Deployed) -> None:
    full.tokens(BRAND, 1)
    full.tokens(FOUNDATION, 2, overcommit=True)
    full.settle()
    assert _blocked(full) == "c"
    full.succeed(configure("c"), register("c"))
    assert _blocked(full) == "c"
    _fails(full, register("c", "2.0"), Fault.TOKENS_SHORT)
    full.define("c", "1.0", license_type=None, display_name="renamed")
    assert _blocked(full) == "c"
    full.succeed(configure("c", BRANDED))
    assert (_blocked(full), full.has_tokens("c")) == ("", {BRAND})
    full.tokens(FOUNDATION, 1, overcommit=True)
    full.settle()
    assert _blocked(full) == "b"
    full.succeed(configure("b"), unregister("b"))
    assert _blocked(full) == ""


def test_a_blocked_application_takes_a_token_that_is_free_as_soon_as_it_registers_a_version(full: Deployed) -> None:
    full.tokens(FOUNDATION, 2, overcommit=True)
    full.settle()
    full.tokens(FOUNDATION, 3)
    transaction = full.queue(register("c", "2.0"), PREPARING)
    assert _blocked(full) == "c"
    assert full.finish(transaction).status is SUCCESS
    assert _blocked(full) == ""


def test_one_that_a_transaction_is_about_to_make_is_not_seen_before_it_is_made(world: Deployed) -> None:
    seen = Seen(kind=SeenKind.APPLICATION, key=("mfp", APP), row=None, what=APP)
    transaction = world.queue(register(APP), PREPARING)
    assert present(world.state, seen) is None
    world.finish(transaction)
    assert present(world.state, seen) is not None


def test_settling_leaves_alone_what_a_transaction_is_at_work_on(full: Deployed) -> None:
    full.tokens(FOUNDATION, 4)
    transaction = full.queue(register("d"), PREPARING)
    full.tokens(FOUNDATION, 2, overcommit=True)
    assert full.settle() == 1
    assert (_blocked(full), full.has_tokens("d")) == ("c", {FOUNDATION})
    assert full.finish(transaction).status is SUCCESS
    assert full.settle() == 1
    assert (_blocked(full), full.has_tokens("d")) == ("cd", set())


# Nobody else has to do with tokens.


@pytest.mark.parametrize("holder", [HolderName(HolderKind.USER, "deployer"), HolderName(HolderKind.STATION, "desk1")])
def test_tokens_are_assigned_to_no_user_and_no_station(world: Deployed, holder: HolderName) -> None:
    world.station("desk1")
    before = world.picture()
    with pytest.raises(Refusal) as refused:
        world.do(Assign(holder=holder, licenses=(LicenseName(TOKENS, BRAND),)))
    assert (refused.value.code, refused.value.sentence) == (
        Code.NOT_ASSIGNABLE_TO,
        "ibmmfpabd applies to applications, which take it as their token, and is assigned to nobody and nothing else.",
    )
    assert world.picture() == before


def test_a_token_is_not_taken_from_an_application_by_name(world: Deployed) -> None:
    world.succeed(register(APP))
    named = HolderName(HolderKind.APPLICATION, APP)
    for command in (
        Assign(holder=named, licenses=(LicenseName(TOKENS, BRAND),)),
        Unassign(holder=named, licenses=(LicenseName(TOKENS, FOUNDATION),)),
    ):
        with pytest.raises(Refusal) as refused:
            world.do(command)
        assert refused.value.code is Code.NOT_ASSIGNABLE_TO
    assert world.has_tokens(APP) == {FOUNDATION}


def test_tokens_that_are_taken_do_not_come_to_cover_the_whole_installation(world: Deployed) -> None:
    world.succeed(register(APP))
    with pytest.raises(Refusal, match=r"0 to users, 0 to stations, 1 to applications") as refused:
        world.tokens(FOUNDATION, 1, kind=LicenseKind.SITE)
    assert refused.value.code is Code.STILL_ASSIGNED


def test_a_crm_document_of_the_same_owner_leaves_the_tokens_that_it_does_not_name(world: Deployed) -> None:
    world.succeed(register(APP))
    world.do(DefineLicense(owner=TOKENS, name="CRM", display_name="CRM"))
    activation = world.do(ActivateDocument(document=LicenseDocument(owner=TOKENS, details=OwnerDetails(), modules=())))
    assert activation.reasons == ()
    assert world.has_tokens(APP) == {FOUNDATION}
    assert world.state.license_ids.get((TOKENS.casefold(), "crm")) is None
