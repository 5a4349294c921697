"""Which of several patterns a path means. No server is needed for that."""

import pytest

from seatkeeper.superoffice.places import Paths

PATTERNS = (
    "License",
    "License/{ownerName}",
    "License/{moduleOwner}",
    "License/ChangeSerialNumber",
    "License/{ownerName}/ShopUrl",
    "License/{ownerName}/{moduleName}",
    "License/{moduleOwner}/{associateId:int}",
    "License/User/{associateId:int}",
    "License/User/MdoList",
)
PATHS = Paths((f"/{pattern}", pattern) for pattern in PATTERNS)


def found(path: str) -> list[str]:
    return [each.there for each in PATHS.find(path.split("/"))]


def test_the_nearest_is_first_literals_then_digits_then_names() -> None:
    assert found("License/User/MdoList") == ["License/User/MdoList", "License/{ownerName}/{moduleName}"]
    assert found("License/User/12") == [
        "License/User/{associateId:int}",
        "License/{moduleOwner}/{associateId:int}",
        "License/{ownerName}/{moduleName}",
    ]
    assert found("License/ACME/12")[0] == "License/{moduleOwner}/{associateId:int}"
    assert found("License/ACME/12a") == ["License/{ownerName}/{moduleName}"]
    assert found("License/ChangeSerialNumber")[0] == "License/ChangeSerialNumber"


def test_patterns_that_differ_by_the_names_of_their_variables_only_are_all_found() -> None:
    assert found("License/ACME") == ["License/{ownerName}", "License/{moduleOwner}"]


@pytest.mark.parametrize("digits", ["١٢", "1²", "-1", "+1", "1.0"])
def test_digits_are_those_of_ascii(digits: str) -> None:
    assert found(f"License/ACME/{digits}") == ["License/{ownerName}/{moduleName}"]


def test_paths_match_in_any_case_and_variables_come_as_they_were_written() -> None:
    [shop, module] = PATHS.find(["LICENSE", "Acme", "shopURL"])
    assert (shop.there, shop.variables) == ("License/{ownerName}/ShopUrl", {"ownerName": "Acme"})
    assert module.variables == {"ownerName": "Acme", "moduleName": "shopURL"}


def test_a_segment_is_decoded_after_splitting() -> None:
    [module] = PATHS.find(["License", "A%2FB", "C%20D%252F"])
    assert module.variables == {"ownerName": "A/B", "moduleName": "C D%2F"}


@pytest.mark.parametrize("path", ["", "Licenses", "License/", "License//PLANNER", "License/A/B/C", "License/User/1/2"])
def test_what_is_no_pattern_is_not_found(path: str) -> None:
    assert found(path) == []
