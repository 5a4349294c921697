"""Inventories with an entry a line: what JSON Lines and CSV say, and how each mistake is told."""

import json
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from seatkeeper.inventory.file import parsed, read_inventory
from seatkeeper.inventory.problems import Problem
from seatkeeper.inventory.reading import CONTENT_TYPES, read
from seatkeeper.inventory.shapes import AssignmentEntry, Inventory, Kind
from seatkeeper.inventory.values import Day
from tests.inventory.test_file import HASH

JSONL = "application/jsonl"
CSV = "text/csv"

USER = '{"entry": "user", "login": "agent01"}'


NO_HEADER = (
    "line 5: must name the columns, separated by commas: login and other keys of users, or license and user, station"
    " or both"
)
CELL_OF_NAMES = "must be names with semicolons between them, as in I3_ACCESS_CLIENT;OWNER:MODULE"


def read_well(text: str, content_type: str, first_line: int = 1) -> Inventory:
    inventory, problems = read(text.encode(), content_type, "ININ", first_line)
    assert problems == []
    return inventory


def problems_of(content: str | bytes, content_type: str, first_line: int = 1) -> list[str]:
    body = content if isinstance(content, bytes) else content.encode()
    return [str(each) for each in read(body, content_type, "ININ", first_line)[1]]


def plain(inventory: Inventory) -> Any:  # noqa: ANN401 - JSON
    """What an inventory says, without where it says so."""

    def day(value: object) -> object:
        assert isinstance(value, Day)
        return {"at": value.at}

    kinds = (
        inventory.licenses,
        inventory.runtimes,
        inventory.applications,
        inventory.stations,
        inventory.users,
        inventory.assignments,
    )
    return msgspec.to_builtins(
        [[(each.value, dict(each.profiles)) for each in entries] for entries in kinds], enc_hook=day
    )


def test_json_lines_say_what_the_same_tables_say_in_toml() -> None:
    toml = """
    licenses = [
        {name = "A", kind = "site", expires = 2030-12-31, grace_until = "never", unrestricted = true},
        {name = "B", owner = "CRM", prerequisite = "A", concurrent_seats = 3},
    ]
    stations = [{name = "station01", extension = "8001", licenses = ["A"]}]
    [[users]]
    login = "agent01"
    stations = ["station01"]
    view_allocations = "all"
    licenses = ["A", "CRM:B"]
    method = "concurrent"
    profiles.CRM.enabled = false
    [[runtimes]]
    name = "mfp"
    [[applications]]
    runtime = "mfp"
    name = "com.example.a"
    license_type = "NON_PRODUCTION"
    versions = [{ platform = "ios", version = "1.0", display_name = "A" }]
    """
    document = parsed(toml)
    assert isinstance(document, dict)
    lines = [
        msgspec.json.encode({"entry": key.removesuffix("s"), **table}).decode()
        for key in ("users", "licenses", "stations", "applications", "runtimes")
        for table in document[key]
    ]
    assert len(lines) == 6
    in_lines = read_well("\n".join(lines), JSONL)
    assert plain(in_lines) == plain(read_inventory(toml, "ININ")[0])
    assert in_lines.kinds == {*Kind} - {Kind.OWNER, Kind.ASSIGNMENT}


def test_an_entry_knows_its_line_in_the_file() -> None:
    inventory = read_well(f'\n{USER}\r\n \t\n{{"entry": "user", "login": "agent02"}}\n', JSONL, first_line=1001)
    assert [(each.place, each.line) for each in inventory.users] == [("line 1002", 1002), ("line 1004", 1004)]


def test_which_of_very_many_keys_stands_twice_is_soon_found() -> None:
    line = json.dumps({f"key{number}": 0 for number in range(200_000)})[:-1] + ', "key199999": 0}'
    assert problems_of(line, JSONL) == ['line 1: has the key "key199999" twice; keep one of the two']


def test_one_holder_may_stand_in_many_assignments_and_one_assignment_twice() -> None:
    rows = ["agent01,A", "agent01,B", "AGENT01,CRM:A", "agent01,A"]
    inventory = read_well("\n".join(["user,license", *rows]), CSV)
    assert [(each.value.user, each.value.license) for each in inventory.assignments] == [
        ("agent01", "A"),
        ("agent01", "B"),
        ("AGENT01", "CRM:A"),
        ("agent01", "A"),
    ]
    assert inventory.kinds == {Kind.ASSIGNMENT}


def test_assignments_of_users_and_stations_may_stand_in_one_file() -> None:
    inventory = read_well("station,license,user\ns1,A,\n,A,agent01", CSV)
    assert [each.value for each in inventory.assignments] == [
        AssignmentEntry(license="A", station="s1"),
        AssignmentEntry(license="A", user="agent01"),
    ]


def test_an_import_tells_the_method_of_some_lines() -> None:
    text = "user,license,method\nagent01,A,concurrent\nagent01,B,\nagent01,CRM:C,assignable\nAGENT01,D,concurrent\n"
    assert [each.value.method for each in read_well(text, CSV).assignments] == [
        "concurrent",
        UNSET,
        "assignable",
        "concurrent",
    ]


def test_users_may_come_from_a_spreadsheet() -> None:
    text = (
        "\ufefflogin,display_name,password_hash,roles,stations,licenses,enabled,user_id,method,view_allocations\r\n"
        f'agent01,"Agent ""One"", desk 1","{HASH}",operator; administrator,all,A;CRM:B,FALSE,7,concurrent,A\r\n'
        ",,,,,,,,,\r\n"
        'agent02,"two\r\nlines",,,s1;s2,,true,,,all\r\n'
    )
    inventory = read_well(text, CSV)
    first, second = inventory.users
    assert (first.line, second.line) == (2, 4)
    assert first.value.display_name == 'Agent "One", desk 1'
    assert (first.value.password_hash, first.value.roles) == (HASH, ("operator", "administrator"))
    assert (first.value.stations, first.value.licenses, first.value.user_id) == ("all", ("A", "CRM:B"), 7)
    assert (first.value.enabled, first.profiles["ININ"].method) == (False, "concurrent")
    assert second.value.display_name == "two\r\nlines"
    assert (second.value.stations, second.value.roles, second.value.enabled) == (("s1", "s2"), UNSET, True)
    assert (first.value.view_allocations, second.value.view_allocations) == (("A",), "all")


@pytest.mark.parametrize(("content_type", "text"), [(JSONL, ""), (JSONL, "\n \n"), (CSV, ""), (CSV, "\n,,\n")])
def test_an_empty_file_says_nothing(content_type: str, text: str) -> None:
    inventory = read_well(text, content_type)
    assert not any(plain(inventory))
    assert inventory.kinds == frozenset()


_KINDS = 'line 7: entry: must be one of "owner", "license", "runtime", "application", "station", "user", "assignment"'


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[1]", 'line 7: is not a JSON object, as in {"entry": "user", "login": "agent01"}'),
        ('"agent01"', 'line 7: is not a JSON object, as in {"entry": "user", "login": "agent01"}'),
        ("login = 1", "line 7: is not valid JSON: Expecting value, at character 1"),
        (USER + " " + USER, "line 7: is not valid JSON: Extra data, at character 39"),
        (
            '{"entry": "user", "login": "a\tb"}',
            "line 7: is not valid JSON: Invalid control character at, at character 30",
        ),
        ("{}", _KINDS),
        ('{"entry": ["user"]}', _KINDS),
        ('{"kind": "user"}', _KINDS),
        ('{"entry": "user"}', "line 7: login: is missing; add it"),
        ('{"entry": "user", "login": null}', None),
        (
            '{"entry": "user", "login": "a", "Method": "assignable"}',
            'line 7: "Method": is not a key here; did you mean "method"?',
        ),
        (
            '{"entry": "user", "login": "a", "login": "b"}',
            'line 7: has the key "login" twice; keep one of the two',
        ),
        (
            '{"entry": "user", "login": "a", "profiles": {"CRM": {"enabled": true, "enabled": false}}}',
            'line 7: has the key "enabled" twice; keep one of the two',
        ),
        (
            '{"entry": "user", "login": "\\ud800"}',
            "line 7: has half a surrogate pair (\\ud800 to \\udfff) without the other half",
        ),
        (
            '{"entry": "user", "\\udfff": 1}',
            "line 7: has half a surrogate pair (\\ud800 to \\udfff) without the other half",
        ),
        ('{"entry": "user", "login": "a\\u0000"}', None),
        (
            '{"entry": "user", "login": "a", "display_name": "a\\u0000"}',
            "line 7: display_name: must be a text of at most 2000 characters",
        ),
        ("[" * 100_000, "line 7: is not valid JSON: it nests too deeply or has a huge number"),
        ('{"a":' * 100_000, "line 7: is not valid JSON: it nests too deeply or has a huge number"),
        (
            '{"entry": "user", "login": "a", "user_id": ' + "9" * 5_000 + "}",
            "line 7: is not valid JSON: it nests too deeply or has a huge number",
        ),
        (
            '{"entry": "user", "login": "a", "user_id": 1e999}',
            "line 7: user_id: must be a whole number from 1 to 2,147,483,647, without quotes",
        ),
        (
            '{"entry": "user", "login": "a", "user_id": NaN}',
            "line 7: is not valid JSON: NaN is not a number",
        ),
        (
            '{"entry": "license", "name": "A", "expires": "2030-02-30"}',
            'line 7: expires: must be a date from 1970 to 9998, as in 2030-12-31, or "never"',
        ),
        (
            '{"entry": "license", "name": "A", "expires": "2030-W01-1"}',
            'line 7: expires: must be a date from 1970 to 9998, as in 2030-12-31, or "never"',
        ),
        ('{"entry": "assignment", "license": "A"}', "line 7: user: must stand here, or station; add one of the two"),
        (
            '{"entry": "assignment", "license": "A", "user": "a", "station": "b"}',
            "line 7: user: must stand here, or station; remove one of the two",
        ),
        ('{"entry": "assignment", "user": "a"}', "line 7: license: is missing; add it"),
        (
            '{"entry": "assignment", "license": "A", "station": "s", "method": "concurrent"}',
            (
                "line 7: method: a station's licenses are always assignable; remove the key, or assign them to users"
                " instead"
            ),
        ),
        (
            '{"entry": "user", "login": "a", "admin_allocations": ["A", "inin:a"]}',
            'line 7: admin_allocations: "inin:a" is listed twice; list it once',
        ),
    ],
)
def test_a_problem_of_json_lines_names_its_line(line: str, problem: str | None) -> None:
    name = "a text of 1 to 200 characters on one line, without blanks around it"
    wanted = f"line 7: login: must be {name}" if problem is None else problem
    assert problems_of(f"{USER}\n{line}\n", JSONL, first_line=6) == [wanted]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("agent01,A\n", [NO_HEADER]),
        ("login;display_name\n", [f"{NO_HEADER}; it has semicolons between them"]),
        ("Login,Display_Name\n", []),
        ("user,method\n", [NO_HEADER]),
        ("login,Passwort\n", ['line 5: "passwort": is not a key here; did you mean "password"?']),
        ("user,license,login_name\n", None),
        (
            "login,profiles\na,b",
            None,
        ),
        ("login,roles,login\na,b,c", ['line 5: "login": names two columns; remove one']),
        ("login,,roles\na,b,c", ["line 5: column 2 has no name; name it, or remove it"]),
        ("login\na,b", ["line 6: has 2 cells, but the header has 1; quote a cell that has a comma in it"]),
        ("login,roles\na", ["line 6: has 1 cell, but the header has 2; quote a cell that has a comma in it"]),
        ("login,roles\n,b", ["line 6: login: is missing; add it"]),
        ('login\n"agent01\n', ["line 6: is not valid CSV: unexpected end of data"]),
        ('login\nagent01\n"agent"02\n', ["line 7: is not valid CSV: ',' expected after '\"'"]),
        ("login\n" + "a" * 200_000, ["line 6: is not valid CSV: field larger than field limit (131072)"]),
        ("login,enabled\na,yes", ["line 6: enabled: must be true or false"]),
        ("login,user_id\na,seven", ["line 6: user_id: must be a whole number from 1 to 2,147,483,647"]),
        ("login,user_id\na,7.5", ["line 6: user_id: must be a whole number from 1 to 2,147,483,647"]),
        (
            "login,licenses\na,A;;B",
            [f"line 6: licenses: {CELL_OF_NAMES}"],
        ),
        (
            "login,stations\na,s1;",
            [f"line 6: stations: {CELL_OF_NAMES}, or all"],
        ),
        ("login,roles\na,operator;operator", ['line 6: roles: "operator" is listed twice; list it once']),
        ("login\na\nb\nA\n", ["line 8: login: is also that of line 6; keep one of the two"]),
        ("user,license\n,A", ["line 6: user: must stand here, or station; add one of the two"]),
        ("user,license,method\na,A,shared", ['line 6: method: must be one of "assignable", "concurrent"']),
        (
            "user,license,method\na,A,concurrent\na,CRM:A,assignable\nA,inin:B,assignable",
            [
                (
                    'line 8: method: is not that of line 6, "concurrent"; all licenses that a user has of inin count by'
                    " one method: keep one of the two"
                )
            ],
        ),
    ],
)
def test_a_problem_of_csv_names_its_line(text: str, problems: list[str] | None) -> None:
    found = problems_of(text, CSV, first_line=5)
    if problems is None:  # what is offered instead is not what counts here
        assert len(found) == 1
        assert found[0].startswith("line 5: ")
        assert ": is not a key here; " in found[0]
    else:
        assert found == problems


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"a\n\nb\xff\n", "line 13: is not UTF-8; save the file as UTF-8"),
        ("login\nagent01\n".encode("utf-16"), "line 11: is not UTF-8; save the file as UTF-8"),
        ("login\nagent01\n".encode("utf-16-le"), "line 11: has a NUL; save the file as UTF-8 text"),
        (b"login\nagent\x0001\n", "line 12: has a NUL; save the file as UTF-8 text"),
    ],
)
def test_what_is_no_text_is_told_with_its_line(content_type: str, body: bytes, problem: str) -> None:
    assert problems_of(body, content_type, first_line=11) == [problem]


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        (JSONL, '{"entry": "user", "login": "a", "password": ["hunter2"], "age": 1}'),
        (JSONL, '{"entry": "user", "login": "a", "password": "hunter2", "password": "hunter2"}'),
        (JSONL, '{"entry": "user", "login": "a", "password": "hunter2'),
        (JSONL, '{"entry": "user", "login": "a", "password_hash": "hunter2"}'),
        (CSV, "login,password_hash\na,hunter2"),
        (CSV, 'login,password\na,"hunter2'),
        (CSV, 'login,password\na,"hunter2"hunter2'),
        (CSV, "login,password\na,b,hunter2"),
        (CSV, "agent01,hunter2\nagent02,hunter2"),
    ],
)
def test_a_problem_does_not_tell_a_secret(content_type: str, text: str) -> None:
    problems = problems_of(text, content_type)
    assert problems
    assert "hunter" not in str(problems)


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        (JSONL, '{"entry": "user"}\n' * 5_000),
        (JSONL, "x\n" * 5_000),
        (CSV, "login,roles\n" + "x\n" * 5_000),
        (CSV, "login,roles\n" + ",x\n" * 5_000),
        (CSV, "login" + ",x" * 5_000),
    ],
)
def test_problems_are_bounded(content_type: str, text: str) -> None:
    assert len(problems_of(text, content_type)) == 1000


def test_problems_are_told_in_the_order_of_lines() -> None:
    lines = [
        '{"entry": "user", "login": "a", "licenses": ["A", "A"]}',
        "x",
        '{"entry": "license", "name": "A"}',
        '{"entry": "license", "name": "a"}',
        "{}",
    ]
    assert [each.line for each in read("\n".join(lines).encode(), JSONL, "ININ")[1]] == [1, 2, 4, 5]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["entry", "login", "name", "licenses", "profiles", "expires", "user_id", "license", "user"])
LINES = st.one_of(
    st.text(max_size=20),
    st.dictionaries(KEYS, JSON_VALUES | st.sampled_from([*Kind, "2030-12-31"]), max_size=6).map(json.dumps),
)


@settings(deadline=timedelta(seconds=5))
@given(st.lists(LINES, max_size=5), st.sampled_from(CONTENT_TYPES), st.integers(1, 10**6))
def test_whatever_is_sent_is_read_or_told(lines: list[str], content_type: str, first_line: int) -> None:
    body = "\n".join(lines).encode("utf-8", "surrogatepass")
    _, problems = read(body, content_type, "ININ", first_line)
    last = first_line + body.count(b"\n") + body.count(b"\r")
    for problem in problems:
        assert isinstance(problem, Problem)
        assert problem.text
        if content_type != "application/toml":
            assert problem.line is not None
            assert first_line <= problem.line <= last
            assert problem.place == f"line {problem.line}"


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_any_text_that_is_quoted_comes_out_of_csv_as_it_was(texts: list[str]) -> None:
    rows = ['a{},"{}"'.format(number, text.replace('"', '""')) for number, text in enumerate(texts)]
    inventory = read_well("login,display_name\n" + "\n".join(rows), CSV)
    assert [each.value.display_name or "" for each in inventory.users] == texts


@given(st.dates(min_value=datetime(1970, 1, 1, tzinfo=UTC).date(), max_value=datetime(9998, 12, 31, tzinfo=UTC).date()))
def test_a_date_is_the_same_bare_and_in_quotes(day: Any) -> None:  # noqa: ANN401 - a date
    line = json.dumps({"entry": "license", "name": "A", "expires": str(day)})
    bare, quoted = f'licenses = [{{name = "A", expires = {day}}}]', f'licenses = [{{name = "A", expires = "{day}"}}]'
    assert plain(read_well(line, JSONL)) == plain(read_inventory(bare, "ININ")[0])
    assert plain(read_inventory(bare, "ININ")[0]) == plain(read_inventory(quoted, "ININ")[0])


@given(st.text(string.printable, max_size=200))
def test_no_csv_makes_more_entries_than_it_has_lines(text: str) -> None:
    inventory, _ = read(("login,display_name\n" + text).encode(), CSV, "ININ")
    assert len(inventory.users) <= text.count("\n") + text.count("\r") + 1
