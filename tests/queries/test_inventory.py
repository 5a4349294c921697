"""The inventory as it is."""

from functools import partial

import pytest

from seatkeeper.licensing.entities import Holder, HolderKind, Method, Pool, Profile
from seatkeeper.queries.inventory import InventoryView, inventory_around, licenses_with_pools
from seatkeeper.queries.reads import Reads

pytestmark = pytest.mark.anyio


async def around(reads: Reads, *logins: str, others: bool = False) -> InventoryView:
    return await reads.run(partial(inventory_around, logins=logins, stations=["station01"], others=others))


async def test_everything_is_found_by_its_folded_name(reads: Reads) -> None:
    view = await around(reads, "agent01", "agent02", "gone01")
    assert sorted(view.licenses) == [("inin", "alpha"), ("inin", "beta")]
    assert view.stations["station01"].id == 5
    assert view.accounts["agent01"].password_hash == "hash of agent01"


async def test_what_can_be_nobodys_name_finds_nobody(reads: Reads) -> None:
    view = await around(reads, "agent01\0", "\ud800", "agent02")
    assert list(view.accounts) == ["agent02"]


async def test_deleted_users_are_left_out(reads: Reads) -> None:
    view = await around(reads, "agent01", "agent02", "gone01")
    assert {login: each.user.id for login, each in view.accounts.items()} == {"agent01": 2, "agent02": 3}


async def test_a_profile_is_found_by_holder_and_owner(reads: Reads) -> None:
    holder = Holder(HolderKind.USER, 3)
    view = await around(reads, "agent01", "agent02", "gone01")
    assert view.profiles == {(holder, "inin"): Profile(holder, "inin", enabled=False, method=Method.CONCURRENT)}


async def test_licenses_come_with_their_pools_by_name(reads: Reads) -> None:
    pairs = await reads.run(licenses_with_pools)
    assert [license_.name for license_, _ in pairs] == ["Alpha", "Beta"]
    assert pairs[0][1] == Pool(
        2, 3, 2, unrestricted=False, assigned_users=1, assigned_stations=1, concurrent_assigned=4, concurrent_in_use=1
    )
