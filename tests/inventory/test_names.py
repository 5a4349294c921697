"""Names of licenses with and without their owner."""

import pytest

from seatkeeper.inventory.names import license_name, spelled
from seatkeeper.inventory.problems import nearest
from seatkeeper.licensing.entities import LicenseName


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A", LicenseName("ININ", "A")),
        (" A ", LicenseName("ININ", "A")),
        ("CRM:A", LicenseName("CRM", "A")),
        ("CRM: A:B", LicenseName("CRM", "A:B")),
    ],
)
def test_a_bare_name_is_of_the_configured_owner(text: str, name: LicenseName) -> None:
    assert license_name(text, "ININ") == name


@pytest.mark.parametrize("name", [LicenseName("inin", "A"), LicenseName("CRM", "A"), LicenseName("ININ", "A:B")])
def test_a_spelling_reads_back_as_the_same_license(name: LicenseName) -> None:
    back = license_name(spelled(name, "ININ"), "ININ")
    assert (back.owner.casefold(), back.name) == (name.owner.casefold(), name.name)


def test_the_nearest_name_is_offered_in_any_case() -> None:
    assert (
        nearest("i3_acess_client", ["I3_ACCESS_CLIENT", "I3_ACCESS_RECORDER"]) == '; did you mean "I3_ACCESS_CLIENT"?'
    )


def test_nothing_is_offered_for_a_name_like_no_other() -> None:
    assert nearest("zzz", ["I3_ACCESS_CLIENT"]) == ""
