"""`licenseProperties` against the plain model: what a body asks for, what the rules make of it, what is then told.

In this process, rules and representation together; tests/icws/test_license_properties.py asks a server.
"""

import random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.icws.configuration.license_properties import MEMBERS, LicenseProperties, properties_of, wish_of
from seatkeeper.licensing.entities import AppliesTo, Holder, HolderKind, HolderName, Profile, fold
from seatkeeper.licensing.inventory_commands import DefineLicense
from seatkeeper.licensing.outcomes import LicenseProblem, ProblemKind
from seatkeeper.queries.holders import AssignedLicense
from seatkeeper.settings import IcwsLicenseSettings
from tests.icws import license_model as plain
from tests.licensing.world import OWNER, World, named, station_named, user_named

TABLE = IcwsLicenseSettings()
HOLDERS: tuple[plain.Holder, ...] = (("users", "agent01"), ("users", "agent02"), ("stations", "desk01"))
WORDS = {
    ProblemKind.UNKNOWN_LICENSE: "unknown",
    ProblemKind.NOT_ASSIGNABLE: "unfit",
    ProblemKind.EXCEEDS_SEATS: "exceeds",
    ProblemKind.MORE_THAN_SEATS: "more",
    ProblemKind.MISSING_PREREQUISITE: "lacks",
}

seats = st.fixed_dictionaries(
    {name: st.builds(plain.Seats, st.integers(0, 3), st.integers(0, 1)) for name in plain.LICENSES}
)


def nested(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Lists and objects of values, objects with an `id` among them."""
    return st.lists(values, max_size=3) | st.dictionaries(st.sampled_from(("id", "displayName")), values)


puts = st.lists(st.tuples(st.sampled_from(HOLDERS), st.randoms(use_true_random=False)), min_size=1, max_size=20)


class Office:
    """The holders and licenses that the model knows, in the rules."""

    def __init__(self, bought: dict[str, plain.Seats]) -> None:
        self.world = World()
        for name, (assignable, concurrent) in bought.items():
            applies_to = AppliesTo(plain.ONLY_FOR.get(name, "both"))
            self.world.license(name, assignable=assignable, concurrent=concurrent, applies_to=applies_to)
        for name, required in plain.REQUIRES.items():
            self.world.do(DefineLicense(owner=OWNER, name=name, display_name=name, prerequisite=named(required)))
        for kind, name in HOLDERS:
            self.world.user(name) if kind == "users" else self.world.station(name)

    def put(self, holder: plain.Holder, body: object) -> tuple[LicenseProblem, ...]:
        """Write properties; what the rules have to say."""
        wish = wish_of(named_holder(holder), body, OWNER, TABLE)
        assert wish.mistakes == ()
        return self.world.do(wish.command).problems

    def get(self, holder: plain.Holder) -> LicenseProperties:
        """Read properties."""
        kind, state = HolderKind.USER if holder[0] == "users" else HolderKind.STATION, self.world.state
        ids = state.user_ids if kind is HolderKind.USER else state.station_ids
        numbered = Holder(kind, ids[fold(holder[1])])
        licenses = [state.licenses[number] for number in state.assigned_to.get(numbered) or ()]
        profile = state.profiles.get((numbered, fold(OWNER))) or Profile(holder=numbered, owner_key=fold(OWNER))
        return properties_of(kind, profile, [AssignedLicense(each.name, each.display_name) for each in licenses], TABLE)


def named_holder(holder: plain.Holder) -> HolderName:
    """The holder as the rules name it."""
    return user_named(holder[1]) if holder[0] == "users" else station_named(holder[1])


def in_words(problems: tuple[LicenseProblem, ...]) -> set[tuple[str, str]]:
    """Problems as the model has them; none is told twice."""
    told = [(WORDS[each.kind], each.name.upper()) for each in problems]
    assert len(told) == len(set(told))
    return set(told)


def as_told(properties: LicenseProperties) -> dict[str, Any]:
    """Properties as the model has them."""
    told: dict[str, Any] = msgspec.to_builtins(properties)
    return {**told, "additionalLicenses": {each["id"] for each in told["additionalLicenses"]}}


@given(seats, puts)
@settings(max_examples=200, deadline=None)
def test_the_rules_make_of_every_body_what_the_model_does(
    bought: dict[str, plain.Seats], writes: list[tuple[plain.Holder, random.Random]]
) -> None:
    office, model = Office(bought), plain.Model(bought, dict.fromkeys(HOLDERS, plain.Account()))
    for holder, chance in writes:
        body = plain.random_body(chance, holder[0])
        assert in_words(office.put(holder, body)) == model.put(holder, body)
        for each in HOLDERS:
            assert as_told(office.get(each)) == model.properties(each)
        for name in plain.LICENSES:
            pool = office.world.pool(name)
            assert (pool.assigned, pool.concurrent_assigned) == (model.assigned(name), model.may_use_concurrently(name))


@given(seats, puts)
@settings(max_examples=100, deadline=None)
def test_to_write_what_was_read_changes_nothing(
    bought: dict[str, plain.Seats], writes: list[tuple[plain.Holder, random.Random]]
) -> None:
    office = Office(bought)
    for holder, chance in writes:
        office.put(holder, plain.random_body(chance, holder[0]))
    for holder in HOLDERS:
        read = msgspec.to_builtins(office.get(holder))
        told = len(office.world.log)
        assert not [problem for problem in office.put(holder, read) if problem.is_error]
        assert len(office.world.log) == told


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), nested))
@settings(max_examples=200, deadline=None)
def test_whatever_stands_in_a_body_is_understood_or_named(value: object) -> None:
    for holder in HOLDERS:
        for member in (*MEMBERS[named_holder(holder).kind], "unknown"):
            wish = wish_of(named_holder(holder), {member: value}, OWNER, TABLE)
            assert all(each.error.property_name.startswith(f"licenseProperties.{member}") for each in wish.mistakes)
            assert wish.command.rehearsed is bool(wish.mistakes)
            msgspec.json.encode([each.error for each in wish.mistakes])
