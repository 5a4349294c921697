"""The rules of the inventory file, by example."""

import time

import pytest
from msgspec import UNSET

from seatkeeper.inventory.demo import demo_text
from seatkeeper.inventory.file import read_inventory
from seatkeeper.inventory.problems import InvalidInventory, Problem
from seatkeeper.inventory.shapes import Inventory

HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY$PsTpMr1vC0RPzGfQ1mB7bSSUUmJ3FmyaZDcAiUCsG2w"


def read(text: str) -> Inventory:
    inventory, problems = read_inventory(text, "ININ")
    assert problems == []
    return inventory


def problems_of(text: str) -> list[str]:
    return [str(each) for each in read_inventory(text, "ININ")[1]]


def user(lines: str) -> str:
    return f'[[users]]\nlogin = "agent01"\n{lines}'


def test_the_demo_inventory_has_no_problems() -> None:
    inventory = read(demo_text())
    assert (len(inventory.users), len(inventory.stations)) == (45, 25)
    assert (len(inventory.owners), len(inventory.licenses)) == (1, 38)
    assert (len(inventory.runtimes), len(inventory.applications)) == (2, 7)


def test_a_key_that_is_left_out_is_left_open() -> None:
    [entry] = read('[[licenses]]\nname = "A"').licenses
    assert entry.value.owner is UNSET
    assert entry.value.assignable_seats is UNSET


def test_a_date_counts_from_its_beginning_in_utc() -> None:
    [entry] = read('[[licenses]]\nname = "A"\nexpires = 1970-01-03').licenses
    assert entry.value.expires
    assert entry.value.expires.at == 2 * 24 * 60 * 60 * 1000


def test_never_takes_a_date_away() -> None:
    [entry] = read('[[licenses]]\nname = "A"\nexpires = "never"').licenses
    assert entry.value.expires
    assert entry.value.expires.at is None


def test_simple_keys_are_the_profile_of_the_configured_owner() -> None:
    [entry] = read(user('method = "concurrent"\nprofiles.CRM.enabled = false')).users
    assert entry.profiles["ININ"].method == "concurrent"
    assert entry.profiles["CRM"].enabled is False


def test_a_user_may_be_given_every_station() -> None:
    [entry] = read(user('stations = "all"')).users
    assert entry.value.stations == "all"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[license]]", '"license": is not a key here; did you mean "licenses"?'),
        ("users = 1", "users: must be tables, each begun by [[users]]"),
        ("[licenses]", "licenses: must be tables, each begun by [[licenses]]"),
        ("[[licenses]]", "licenses[1]: name: is missing; add it"),
        (
            user('[[users]]\nlogin = "agent02"\ndisplayname = "A"'),
            'users[2] "agent02": "displayname": is not a key here; did you mean "display_name"?',
        ),
        (
            '[[licenses]]\nname = "A"\nassignable_seats = -1',
            'licenses[1] "A": assignable_seats: must be a whole number from 0 to 1,000,000,000, without quotes',
        ),
        (
            '[[licenses]]\nname = "A"\nconcurrent_seats = true',
            'licenses[1] "A": concurrent_seats: must be a whole number from 0 to 1,000,000,000, without quotes',
        ),
        (
            '[[licenses]]\nname = "A"\nkind = "sight"',
            'licenses[1] "A": kind: must be one of "site", "satellite", "user"',
        ),
        (
            '[[licenses]]\nname = "A"\nexpires = "31.12.2030"',
            'licenses[1] "A": expires: must be a date from 1970 to 9998, as in 2030-12-31, or "never"',
        ),
        (
            '[[licenses]]\nname = "A"\nexpires = 2030-12-31T10:00:00Z',
            'licenses[1] "A": expires: must be a date from 1970 to 9998, as in 2030-12-31, or "never"',
        ),
        (
            '[[licenses]]\nname = "A"\nexpires = 2030-12-31\ngrace_until = 2030-12-30',
            'licenses[1] "A": grace_until: is before expires; it must be the later of the two',
        ),
        (
            '[[licenses]]\nname = "A"\nowner = "X:Y"',
            (
                'licenses[1] "A": owner: must be a text of 1 to 239 characters on one line, without a colon or blanks'
                " around it"
            ),
        ),
        (
            '[[licenses]]\nname = "A"\n[[licenses]]\nname = "a"\nowner = "inin"',
            'licenses[2] "a": name: is also that of licenses[1] "A"; keep one of the two',
        ),
        (
            '[[stations]]\nname = "s1 "',
            'stations[1] "s1 ": name: must be a text of 1 to 200 characters on one line, without blanks around it',
        ),
        (
            '[[stations]]\nname = "s1"\n[[stations]]\nname = "S1"',
            'stations[2] "S1": name: is also that of stations[1] "s1"; keep one of the two',
        ),
        (
            '[[stations]]\nname = "s1"\nmethod = "concurrent"',
            (
                'stations[1] "s1": method: a station\'s licenses are always assignable; remove the key, or assign'
                " them to users instead"
            ),
        ),
        (
            '[[stations]]\nname = "s1"\nprofiles.CRM.method = "concurrent"',
            (
                'stations[1] "s1": profiles.CRM.method: a station\'s licenses are always assignable; remove the key, or'
                " assign them to users instead"
            ),
        ),
        (
            user('[[users]]\nlogin = "AGENT01"'),
            'users[2] "AGENT01": login: is also that of users[1] "agent01"; keep one of the two',
        ),
        (
            user('user_id = 7\n[[users]]\nlogin = "agent02"\nuser_id = 7'),
            'users[2] "agent02": user_id: is also that of users[1] "agent01"; keep one of the two',
        ),
        (
            user('licenses = ["A", "inin:a"]'),
            'users[1] "agent01": licenses: "inin:a" is listed twice; list it once',
        ),
        (
            user('licenses = "A"'),
            'users[1] "agent01": licenses: must be a list of names, as in ["I3_ACCESS_CLIENT", "OWNER:MODULE"]',
        ),
        (
            user('roles = ["operator", "operator"]'),
            'users[1] "agent01": roles: "operator" is listed twice; list it once',
        ),
        (user('language = "english please"'), 'users[1] "agent01": language: must be a language tag, as in "en-US"'),
        (
            user('method = "shared"'),
            'users[1] "agent01": method: must be one of "assignable", "concurrent"',
        ),
        (
            user("enabled = true\nprofiles.inin.enabled = false"),
            'users[1] "agent01": profiles.inin: stands twice; say it once for inin',
        ),
        (
            user("profiles.CRM = true"),
            'users[1] "agent01": profiles.CRM: must be a table with the keys enabled and method',
        ),
        (
            user("profiles.CRM.enabeld = true"),
            'users[1] "agent01": profiles.CRM."enabeld": is not a key here; did you mean "enabled"?',
        ),
    ],
)
def test_a_problem_names_place_and_key_and_what_to_do(text: str, problem: str) -> None:
    assert problems_of(text) == [problem]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            f'password = "hunter2"\npassword_hash = "{HASH}"',
            "password_hash: stands beside password; keep one of the two",
        ),
        ("password = 4242", "password: must be a text of 1 to 1024 characters"),
        ('password = ""', "password: must be a text of 1 to 1024 characters"),
        (
            'password_hash = "hunter2"',
            "password_hash: must be an argon2id hash, which begins with $argon2id$v=19$m=; or give the password itself",
        ),
        (
            f'password_hash = "{HASH.replace("argon2id", "argon2i")}"',
            "password_hash: must be an argon2id hash, which begins with $argon2id$v=19$m=; or give the password itself",
        ),
        (
            f'password_hash = "{HASH.replace("m=19456", "m=99999999")}"',
            "password_hash: must be an argon2id hash, which begins with $argon2id$v=19$m=; or give the password itself",
        ),
    ],
)
def test_a_problem_with_a_password_does_not_tell_it(lines: str, problem: str) -> None:
    assert problems_of(user(lines)) == [f'users[1] "agent01": {problem}']


def test_a_hash_may_stand_for_the_password() -> None:
    [entry] = read(user(f'password_hash = "{HASH}"')).users
    assert entry.value.password_hash == HASH


def test_all_problems_are_told_at_once() -> None:
    text = '[[licenses]]\nname = 1\n[[stations]]\nextension = 2\n[[users]]\nlogin = "agent01"\nenabled = "yes"\nage = 3'
    places = [(each.place, each.key) for each in read_inventory(text, "ININ")[1]]
    assert places == [
        ("licenses[1]", "name"),
        ("stations[1]", "name"),
        ("stations[1]", "extension"),
        ('users[1] "agent01"', '"age"'),
        ('users[1] "agent01"', "enabled"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[users]]\nlogin = "a', "is not valid TOML: "),
        ("a = " + "[" * 50_000, "is not valid TOML: it nests too deeply"),
        (".".join("a" * 100_000) + " = 1", "is not valid TOML: it nests too deeply"),
        ("[" + " . ".join(['"a"'] * 50_000) + "]", "is not valid TOML: it nests too deeply"),
        ("a = " + "9" * 5_000, "is not valid TOML: it nests too deeply or has a huge number"),
    ],
    ids=["syntax", "depth", "dotted key", "dotted header", "digits"],
)
def test_what_is_not_toml_is_told_with_its_reason(text: str, problem: str) -> None:
    [told] = problems_of(text)
    assert told.startswith(problem)


def test_dots_in_a_text_are_no_depth() -> None:
    text = ("No. Yes. " * 20 + "Two words. " + "a.b." * 10 + "...") * 5
    assert read(f'[[licenses]]\nname = "A"\ndescription = "{text}"\n# {"." * 100} {"a." * 20}').licenses


@pytest.mark.parametrize("text", ["a" * 1_000_000, '"' + '\\"' * 500_000, "\"'" * 500_000, "a." * 31 + " " * 1_000_000])
def test_a_long_line_is_looked_through_in_no_time(text: str) -> None:
    began = time.process_time()
    assert len(problems_of(text)) == 1
    assert time.process_time() - began < 5


def test_a_syntax_error_does_not_tell_the_secret_it_is_in() -> None:
    [told] = problems_of(user('password = "hunter2\n'))
    assert "line 3" in told
    assert "hunter2" not in told


def test_very_many_problems_are_told_in_part_and_counted() -> None:
    invalid = InvalidInventory("f.toml", [Problem(f"users[{each}]", "login", "is missing") for each in range(60)])
    lines = str(invalid).splitlines()
    assert lines[0] == "f.toml: users[0]: login: is missing"
    assert lines[-1] == "f.toml: and 10 more problems"
