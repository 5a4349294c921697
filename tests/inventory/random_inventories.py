"""Inventories of every kind that can be: as complete tables, and as a file that leaves out what is by default so."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from seatkeeper.licensing.entities import fold
from tests.inventory.test_file import HASH

OWNER = "ININ"

Table = dict[str, Any]
Draw = st.DrawFn

# Quotes, escapes, separators, what is not ASCII, blanks of other scripts, letters that change their length in fold.
_LETTERS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\"'\\#=[]{},;. ßİΣ\u00a0\u0085\u2028😀")
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_OWNERS = st.text(_LETTERS.filter(lambda each: each != ":"), min_size=1, max_size=6).filter(
    lambda each: each == each.strip(" ") and each.strip() != ""
)
_NAMES = st.text(_LETTERS | st.just(":"), min_size=1, max_size=8).filter(
    lambda each: each == each.strip(" ") and each.strip() != ""
)
# Names that are compared exactly, and texts, of what can stand in any answer.
_BAD_IN_XML = "\ufffe\uffff"
_DEPLOYED = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters=_BAD_IN_XML), min_size=1, max_size=6
).filter(lambda each: each == each.strip() and each not in {".", ".."})
_SHOWN = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=_BAD_IN_XML) | st.sampled_from("\t\n\r\"'\\"),
    max_size=10,
)
_APPLICATIONS = st.lists(_DEPLOYED, max_size=2, unique=True)
_SEATS = st.integers(0, 1_000_000_000)
_DATES = st.just("never") | st.dates(date(1970, 1, 1), date(9998, 12, 31))
_MOMENTS = st.integers(1, 8000 * 365 * 86_400_000).filter(lambda each: each % 86_400_000 != 0)
_TIMES = _DATES | _MOMENTS.map(lambda each: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=each))
_NUMBERS = st.integers(-(2**31), 2**31 - 1)
_USER_TYPES = ["internal", "resource", "external", "anonymous", "system"]
_METHODS = st.sampled_from(["assignable", "concurrent"])


class RandomInventory(NamedTuple):
    """`complete`: every entry with every key. `sparse`: the same, with some keys left out that are at their default."""

    complete: dict[str, list[Table]]
    sparse: dict[str, list[Table]]

    def as_jsonl(self) -> str:
        """The sparse tables as JSON Lines."""
        lines = [
            msgspec.json.encode({"entry": kind.removesuffix("s"), **table}).decode()
            for kind, tables in self.sparse.items()
            for table in tables
        ]
        return "\n".join(lines)


@st.composite
def inventories(draw: Draw, *, scarce: bool = False) -> RandomInventory:
    """An inventory that can be applied to nothing; where it is `scarce`, only if overcommitment is allowed."""
    owners = [
        OWNER,
        *draw(st.lists(_OWNERS.filter(lambda each: fold(each) != fold(OWNER)), max_size=2, unique_by=fold)),
    ]
    described = draw(st.lists(st.sampled_from(owners), unique=True))
    licenses = draw(_licenses(owners, scarce=scarce))
    known = {spelled(each): each for each in licenses}
    runtimes = draw(st.lists(_DEPLOYED.filter(lambda each: "/" not in each), max_size=2, unique=True))
    running = [{"name": name, "running": draw(st.booleans())} for name in runtimes]
    deployed = [draw(_application(name, each)) for name in runtimes for each in draw(_APPLICATIONS)]
    names = draw(st.lists(_NAMES, max_size=3, unique_by=fold))
    stations = [draw(_station(name, known)) for name in names]
    logins = draw(st.lists(_NAMES, max_size=6, unique_by=fold))
    numbers = draw(st.lists(st.integers(1, 2**31 - 1), min_size=len(logins), max_size=len(logins), unique=True))
    users = [draw(_user(login, number, names, known)) for login, number in zip(logins, numbers, strict=True)]
    said = [draw(_owner(each)) for each in described]
    complete = {
        "owners": said,
        "licenses": licenses,
        "runtimes": running,
        "applications": deployed,
        "stations": stations,
        "users": users,
    }
    sparse = {kind: [draw(_sparse(kind, table)) for table in tables] for kind, tables in complete.items()}
    return RandomInventory(complete, sparse)


def spelled(license_: Table) -> str:
    """How a license is called in a list."""
    own = license_["owner"] == OWNER and ":" not in license_["name"]
    return str(license_["name"]) if own else f"{license_['owner']}:{license_['name']}"


@st.composite
def _owner(draw: Draw, name: str) -> Table:
    """An owner of whom something is said: one of whom nothing is, is not there."""
    expires = draw(_DATES)
    later = st.dates(expires, date(9998, 12, 31)) if isinstance(expires, date) else st.nothing()
    return {
        "name": name,
        **{key: draw(_TEXTS) for key in ("description", "serial_number", "version", "product_type")},
        **{key: draw(_TEXTS) for key in ("product_description", "license_url", "shop_url", "extra_info")},
        "company": draw(_TEXTS.filter(bool)),
        "deployment_type": draw(_NUMBERS),
        "extra_flags": draw(_NUMBERS),
        **{key: draw(_TIMES) for key in ("next_check", "warn_from", "maintenance_until")},
        "expires": expires,
        "grace_until": draw(st.just("never") | later),
        "public_key": draw(_TEXTS),
        "signature": draw(_TEXTS),
    }


@st.composite
def _application(draw: Draw, runtime: str, name: str) -> Table:
    """An application with a configuration, or versions, or both."""
    types = st.sampled_from(["APPLICATION", "ADDITIONAL_BRAND_DEPLOYMENT", "NON_PRODUCTION"])
    configured = draw(st.booleans())
    keys = draw(st.lists(st.tuples(_DEPLOYED, _DEPLOYED), min_size=0 if configured else 1, max_size=3, unique=True))
    return {
        "runtime": runtime,
        "name": name,
        "category": draw(st.sampled_from(["B2C", "B2E", "UNDEFINED"])) if configured else "",
        "license_type": draw(types) if configured else "",
        "versions": [
            {"platform": platform, "version": version, "display_name": draw(_SHOWN)}
            for platform, version in sorted(keys)
        ],
    }


@st.composite
def _licenses(draw: Draw, owners: list[str], *, scarce: bool) -> list[Table]:
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(owners), _NAMES),
            max_size=6,
            unique_by=lambda pair: (fold(pair[0]), fold(pair[1])),
        )
    )
    licenses: list[Table] = []
    for owner, name in keys:
        expires = draw(_DATES)
        later = st.dates(expires, date(9998, 12, 31)) if isinstance(expires, date) else st.nothing()
        licenses.append(
            {
                "name": name,
                "owner": owner,
                "display_name": draw(_TEXTS),
                "description": draw(_TEXTS),
                "applies_to": draw(st.sampled_from(["users", "stations", "both"])),
                "kind": draw(st.sampled_from(["user", "user", "site", "satellite"])),
                "shared": draw(st.booleans()),
                "assignable_seats": draw(st.integers(0, 2) if scarce else st.integers(9, 1_000_000_000)),
                "concurrent_seats": draw(_SEATS),
                "unrestricted": draw(st.booleans()),
                "expires": expires,
                "grace_until": draw(st.just("never") | later),
                "prerequisite": draw(st.sampled_from(["", *map(spelled, licenses)])),
                "tooltip": draw(_TEXTS),
                "version": draw(_TEXTS),
                "hidden": draw(st.booleans()),
                "sort_order": draw(_NUMBERS),
                "user_type": draw(st.sampled_from(["any", *_USER_TYPES])),
                "extra_flags": draw(_NUMBERS.map(lambda each: each & ~1)),  # no plans: they have a test of their own
                "extra_info": draw(_TEXTS),
                "signature": draw(_TEXTS),
            }
        )
    return licenses


@st.composite
def _holder(draw: Draw, noun: str, known: dict[str, Table]) -> Table:
    """What a holder has: licenses with all that they require, and profiles."""
    licenses: set[str] = set()
    for name in draw(st.lists(st.sampled_from(sorted(known)), unique=True)) if known else []:
        needed = _required(name, known)
        if all(known[each]["applies_to"] in {noun, "both"} for each in needed):
            licenses.update(needed)
    methods = _METHODS if noun == "users" else st.nothing()
    owners = sorted({each["owner"] for each in known.values()} - {OWNER})
    profiles = {}
    for owner in owners:
        profile = {
            "enabled": draw(st.booleans()),
            **draw(st.fixed_dictionaries({"method": methods} if noun == "users" else {})),
        }
        has_any = any(known[each]["owner"] == owner for each in licenses)
        if has_any or profile not in ({"enabled": True}, {"enabled": True, "method": "assignable"}):
            profiles[owner] = profile
    return {
        "licenses": sorted(licenses),
        "enabled": draw(st.booleans()),
        **({"method": draw(methods)} if noun == "users" else {}),
        **({"profiles": profiles} if profiles else {}),
    }


def _required(name: str, known: dict[str, Table]) -> list[str]:
    """A license and all that it requires; what is not of users cannot be assigned, and everybody has it."""
    required, at = [], name
    while at:
        if known[at]["kind"] == "user":
            required.append(at)
        at = known[at]["prerequisite"]
    return required


@st.composite
def _station(draw: Draw, name: str, known: dict[str, Table]) -> Table:
    return {"name": name, "display_name": draw(_TEXTS), "extension": draw(_TEXTS), **draw(_holder("stations", known))}


@st.composite
def _user(draw: Draw, login: str, number: int, stations: list[str], known: dict[str, Table]) -> Table:
    some_licenses = st.just("all") | (st.lists(st.sampled_from(sorted(known)), unique=True) if known else st.just([]))
    return {
        "login": login,
        "display_name": draw(_TEXTS),
        **draw(st.sampled_from([{}, {"password_hash": HASH}])),
        "language": draw(st.sampled_from(["en-US", "de-DE", "fr"])),
        "roles": draw(st.sampled_from([[], ["operator"], ["operator", "administrator"]])),
        "rights": draw(st.sampled_from([[], ["explain"]])),
        "stations": draw(
            st.just("all") | (st.lists(st.sampled_from(stations), unique=True) if stations else st.just([]))
        ),
        "view_allocations": draw(some_licenses),
        "admin_allocations": draw(some_licenses),
        "user_type": draw(st.sampled_from(_USER_TYPES)),
        "group_id": draw(st.integers(0, 2**31 - 1)),
        "secondary_groups": draw(st.lists(st.integers(0, 2**31 - 1), max_size=3, unique=True)),
        "user_id": number,
        **draw(_holder("users", known)),
    }


def _default(kind: str, table: Table, key: str) -> object:
    """What a new entry has where the key is left out."""
    of_kind: dict[str, object] = {
        "display_name": table.get("login") or table["name"],
        "description": "",
        "owner": OWNER,
        "applies_to": "both",
        "kind": "user",
        "shared": True,
        "assignable_seats": 0,
        "concurrent_seats": 0,
        "unrestricted": False,
        "expires": "never",
        "grace_until": "never",
        "prerequisite": "",
        **dict.fromkeys(["tooltip", "version", "extra_info", "signature", "serial_number", "product_type"], ""),
        **dict.fromkeys(["product_description", "license_url", "shop_url", "public_key"], ""),
        **dict.fromkeys(["next_check", "warn_from", "maintenance_until"], "never"),
        **dict.fromkeys(["sort_order", "extra_flags", "deployment_type", "group_id"], 0),
        # Said with the other, each of these is not at a default of its own.
        **({"category": "", "license_type": ""} if not table.get("category") else {}),
        "hidden": False,
        "user_type": "internal" if kind == "users" else "any",
        "secondary_groups": [],
        "running": True,
        "versions": [],
        "extension": "",
        "language": "en-US",
        "roles": [],
        "rights": [],
        "stations": "all",
        "view_allocations": [],
        "admin_allocations": [],
        "licenses": [],
        "enabled": True,
        "method": "assignable",
    }
    return of_kind.get(key)


@st.composite
def _sparse(draw: Draw, kind: str, table: Table) -> Table:
    return {key: value for key, value in table.items() if value != _default(kind, table, key) or draw(st.booleans())}
