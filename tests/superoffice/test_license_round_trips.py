"""What of a license goes to a client and back is what is stored: in any language, through any zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from seatkeeper.licensing.entities import (
    AppliesTo,
    License,
    LicenseDetails,
    LicenseKind,
    Owner,
    OwnerDetails,
    Pool,
    UserType,
)
from seatkeeper.licensing.inventory_commands import LicenseDocument, ModuleDocument
from seatkeeper.queries.modules import Bought, OwnerModules
from seatkeeper.superoffice.documents import file as license_file
from seatkeeper.superoffice.documents.days import day
from seatkeeper.superoffice.documents.mapping import license_info, told
from seatkeeper.superoffice.documents.proposals import proposed
from seatkeeper.superoffice.wire.carriers import LicenseInfo, SignedPublicKey
from seatkeeper.superoffice.wire.cultures import Spoken
from tests.superoffice.paper import document, module

DAY = 24 * 60 * 60 * 1000

names = st.text("ABCäß日 -_.", min_size=1, max_size=12).map(str.strip).filter(bool)
texts = st.one_of(st.text("Planner äß日", max_size=20), st.just('US:"Planner";NO:"Planlegger";GE:"Planung"'))
numbers = st.integers(-(2**31), 2**31 - 1)
days = st.none() | st.integers(0, 80 * 366).map(lambda number: number * DAY)
keys = st.builds(SignedPublicKey, owner_name=names, signature=names).map(lambda key: json.encode(key).decode())

license_details = st.builds(
    LicenseDetails,
    tooltip=texts,
    version=texts,
    hidden=st.booleans(),
    sort_order=numbers,
    user_type=st.none() | st.sampled_from(UserType),
    extra_flags=numbers,
    extra_info=texts,
    signature=texts,
)
owner_details = st.builds(
    OwnerDetails,
    description=texts,
    company=texts,
    serial_number=texts,
    version=texts,
    product_type=texts,
    product_description=texts,
    license_url=texts,
    extra_info=texts,
    signature=texts,
    deployment_type=numbers,
    extra_flags=numbers,
    next_check=days,
    warn_from=days,
    maintenance_until=days,
    expires=days,
    grace_until=days,
    public_key=st.just("") | keys | st.just("no key at all"),
)
spoken = st.builds(
    Spoken,
    languages=st.sampled_from([(), ("no",), ("de", "en"), ("zu",)]),
    zone=st.none()
    | st.sampled_from(["Europe/Oslo", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"]).map(ZoneInfo),
    with_offset=st.booleans(),
)


@st.composite
def owners(draw: st.DrawFn) -> OwnerModules:
    owner = draw(names.filter(lambda name: ":" not in name))
    bought: list[Bought] = []
    for number, name in enumerate(draw(st.lists(names, min_size=1, max_size=4, unique_by=str.casefold)), 1):
        license_ = License(
            id=number,
            owner=owner,
            name=name,
            display_name=draw(texts),
            description="",
            applies_to=AppliesTo.BOTH,
            kind=draw(st.sampled_from(LicenseKind)),
            shared=True,
            expires=None,
            grace_until=None,
            details=draw(license_details),
        )
        required = bought[-1].license.name if draw(st.booleans()) and bought else None
        pool = Pool(number, draw(st.integers(0, 1_000_000_000)), 3, draw(st.booleans()))
        bought.append(Bought(license_, pool, required))
    return OwnerModules(Owner(1, owner, draw(owner_details)), tuple(bought))


def document_of(owned: OwnerModules) -> LicenseDocument:
    """What is stored, as the document that would store it."""
    return LicenseDocument(
        owned.owner.name,
        owned.owner.details,
        tuple(
            ModuleDocument(
                name=each.license.name,
                display_name=each.license.display_name,
                kind=each.license.kind,
                seats=each.pool.assignable_seats,
                unrestricted=each.pool.unrestricted,
                prerequisite=each.required,
                details=each.license.details,
            )
            for each in owned.modules
        ),
    )


@given(owners(), spoken)
def test_what_a_client_was_told_and_sends_back_is_what_is_stored(owned: OwnerModules, spoken: Spoken) -> None:
    proposal = proposed(license_info(owned, spoken), owned, spoken)

    assert proposal.reasons == ()
    assert proposal.document == document_of(owned)


@given(owners(), spoken)
def test_a_document_that_went_to_a_client_and_back_before_it_was_stored_is_the_same(
    owned: OwnerModules, spoken: Spoken
) -> None:
    plain = Spoken()
    info = license_info(owned, plain)
    direct = proposed(info, None, plain).document

    assert proposed(told(info, plain, spoken), None, spoken).document == direct


@given(st.integers(0, 80 * 366), st.integers(-12 * 60, 14 * 60))
def test_a_stored_day_comes_back_from_every_zone(number: int, minutes: int) -> None:
    stored = number * DAY

    assert day(stored - minutes * 60_000, stored) == stored


@given(st.integers(0, 80 * 366), st.integers(-12 * 60 + 1, 12 * 60), st.none() | st.integers(0, 80 * 366))
def test_another_day_comes_from_every_zone_but_the_farthest_east(number: int, minutes: int, before: int | None) -> None:
    """Of the zones beyond twelve hours a day is told from the one before only by naming the zone."""
    stored = None if before is None or abs(before - number) < 2 else before * DAY

    assert day(number * DAY - minutes * 60_000, stored) == number * DAY


@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_the_last_year_there_is_means_never(hours: int) -> None:
    for moment in (datetime(9999, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)):
        utc = int(moment.timestamp() * 1000)
        assert day(utc - hours * 3_600_000) is None


def test_a_key_keeps_its_dates_whatever_its_client_made_of_them() -> None:
    key = SignedPublicKey("A", "2026-01-02T03:04:05", "2036-01-02T03:04:05", None, "c2ln")
    details = OwnerDetails(public_key=json.encode(key).decode())
    license_ = License(1, "A", "ONE", "", "", AppliesTo.BOTH, LicenseKind.USER, True, None, None)
    owned = OwnerModules(Owner(1, "A", details), (Bought(license_, Pool(1, 5, 0, False), None),))
    sent = license_info(owned, Spoken())
    shifted = replace(sent, public_key=replace(key, sign_date="2026-01-02T02:04:05.000Z"))
    another = replace(sent, public_key=replace(key, signature="b3RoZXI="))

    assert kept_key(shifted, owned) == details.public_key
    assert "b3RoZXI=" in kept_key(another, owned)
    assert kept_key(replace(sent, public_key=None), owned) == ""


def kept_key(info: LicenseInfo, owned: OwnerModules) -> str:
    proposal = proposed(info, owned, Spoken())
    assert proposal.document is not None, proposal.reasons
    return proposal.document.details.public_key


def test_a_file_is_read_as_it_is_written() -> None:
    info = license_file.read(
        document("A", module("ONE", ModuleTooltip="<&> \n 'x' "), ExpiryDate="2099-01-31T00:00:00Z")
    )

    assert info.expiry_date == "2099-01-31T00:00:00"
    assert info.module_licenses[0].module_tooltip == "<&> \n 'x'"
