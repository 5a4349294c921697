"""What the body of a license configuration must be, and what is said of one that is not."""

import pytest

from seatkeeper.licensing.deployment import Category, Configuration, LicenseType, SetConfiguration
from seatkeeper.mobilefirst.errors import Failure
from seatkeeper.mobilefirst.license import change_of

BODY: dict[str, object] = {"appID": "com.package.id", "category": "B2C", "licenseType": "APPLICATION"}


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("license_type", LicenseType)
def test_every_category_and_license_type_is_taken(category: Category, license_type: LicenseType) -> None:
    body = {**BODY, "category": category.value, "licenseType": license_type.value}
    assert change_of(body) == SetConfiguration("com.package.id", Configuration(category, license_type))


def test_the_license_type_is_application_where_it_is_missing() -> None:
    assert change_of({"appID": "a", "category": "B2E"}).configuration.license_type is LicenseType.APPLICATION


def test_what_no_configuration_has_is_passed_over() -> None:
    assert change_of({**BODY, "color": ["red"]}) == change_of(BODY)


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        ({"category": "b2c"}, "FWLSE3052E", "category must be one of B2C, B2E, UNDEFINED, not b2c."),
        ({"category": " B2C"}, "FWLSE3052E", "category must be one of B2C, B2E, UNDEFINED, not  B2C."),
        ({"category": "{0}" * 100}, "FWLSE3052E", ("{0}" * 100)[:100] + "."),
        ({"category": 7}, "FWLSE3051E", "category must be a text, one of B2C, B2E, UNDEFINED."),
        ({"category": None}, "FWLSE3051E", "category must be a text, one of B2C, B2E, UNDEFINED."),
        (
            {"licenseType": "TOKEN"},
            "FWLSE3052E",
            "licenseType must be one of APPLICATION, ADDITIONAL_BRAND_DEPLOYMENT, NON_PRODUCTION, not TOKEN.",
        ),
        ({"licenseType": None}, "FWLSE3051E", "licenseType must be a text"),
        ({"licenseType": ["APPLICATION"]}, "FWLSE3051E", "licenseType must be a text"),
        ({"appID": None}, "FWLSE3051E", "appID"),
        ({"appID": 5}, "FWLSE3051E", "appID"),
    ],
)
def test_a_member_that_cannot_be_is_named_with_what_it_must_be(wrong: dict[str, object], code: str, said: str) -> None:
    with pytest.raises(Failure) as refused:
        change_of({**BODY, **wrong})
    assert (refused.value.status, refused.value.code) == (400, code)
    assert said in str(refused.value)


@pytest.mark.parametrize("member", ["appID", "category"])
def test_a_member_that_is_missing_is_named(member: str) -> None:
    with pytest.raises(Failure, match=member) as refused:
        change_of({name: value for name, value in BODY.items() if name != member})
    assert (refused.value.status, refused.value.code) == (400, "FWLSE3051E")
