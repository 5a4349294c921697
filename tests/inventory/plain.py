"""Inventories as plain dictionaries: drawn at random, laid over one another, compared, and read from a server's tables.

Everything here is written without the code that it judges. A state is `{"license": {name: fields}, "station": …,
"user": …, "assignment": {name: {}}}`, its fields those of a file.
"""

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

from seatkeeper.licensing.deployment import Application
from seatkeeper.licensing.entities import Holder, HolderKind
from seatkeeper.queries.inventory import InventoryView

Fields = dict[str, Any]
State = dict[str, dict[str, Fields]]
Document = dict[str, list[Fields]]

HASHES: Final = tuple(f"$argon2id$v=19$m=19456,t=2,p=1$42iWiO57JsW4JaTw0TGouw${each * 43}" for each in ("A", "E"))
ASSIGNED: Final = ("L0", "L1", "CRM:L2", "L3")
SITE: Final = "SITE"
LICENSES: Final = (*ASSIGNED, SITE)
RUNTIMES: Final = ("mfp", "Old one")
APPLICATIONS: Final = ("com.example.a", "a/b")
STATIONS: Final = ("desk 1", "desk 2")
LOGINS: Final = ("ann", "bob", "Cee")
PLAN: Final = "L3"
COMING: Final = ("L0", "L1")
"""What may come with the license that may be a user plan."""
KINDS: Final = ("owner", "license", "runtime", "application", "station", "user", "assignment")

TEXTS = st.sampled_from(["", "one", "two\nlines", '"quoted" \\ ß'])
DATES = st.sampled_from(["never", "2090-01-01", "2095-12-31"])
PROFILES: Final = {"enabled": True, "method": "assignable"}


def some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Some of these, in their order."""
    if not values:
        return st.just([])
    return st.lists(st.sampled_from(values), unique=True).map(lambda drawn: [each for each in values if each in drawn])


@st.composite
def documents(draw: st.DrawFn, *, whole: bool) -> Document:
    """A file. `whole`: every entry has every key; else many are left out at random."""
    owners: list[Fields] = []
    for name in draw(some(("ININ", "CRM"))):
        keys: Fields = {"description": draw(TEXTS), "extra_flags": draw(st.integers(0, 2)), "warn_from": draw(DATES)}
        said = draw(st.sampled_from(["one", "two"]))  # one of whom nothing is said is not there
        owners.append({"name": name, "company": said, **_kept(draw, keys, whole=whole)})
    licenses: list[Fields] = []
    for number, name in enumerate(LICENSES):
        if not draw(st.booleans()):
            continue
        owner, _, bare = name.rpartition(":")
        entry: Fields = {
            "name": bare,
            **({"owner": owner} if owner else {}),
            "prerequisite": "" if name == SITE else draw(st.sampled_from(["", *ASSIGNED[:number]])),
            "kind": "site" if name == SITE else "user",
            "assignable_seats": draw(st.integers(10, 12)),  # always as many as all holders need
        }
        keys = {
            "display_name": draw(TEXTS),
            "description": draw(TEXTS),
            "shared": draw(st.booleans()),
            "concurrent_seats": draw(st.integers(0, 2)),
            "unrestricted": draw(st.booleans()),
            "expires": draw(DATES),
            "tooltip": draw(TEXTS),
            "hidden": draw(st.booleans()),
            "sort_order": draw(st.integers(-1, 1)),
        }
        if name == PLAN:
            coming = draw(some(tuple(each for each in COMING if any(each == other["name"] for other in licenses))))
            entry |= {"extra_flags": draw(st.integers(0, 1)), "extra_info": f"set={','.join(coming)}"}
        licenses.append(entry | _kept(draw, keys, whole=whole))
    names = tuple(each["owner"] + ":" + each["name"] if "owner" in each else each["name"] for each in licenses)
    for each in licenses:
        if each["prerequisite"] not in names:
            each["prerequisite"] = ""
    assigned = tuple(name for name in ASSIGNED if name in names)
    stations: list[Fields] = []
    for name in draw(some(STATIONS)):
        keys = {"display_name": draw(TEXTS), "extension": draw(TEXTS), "enabled": draw(st.booleans())}
        licensed = {"licenses": draw(some(assigned))}
        stations.append({"name": name} | licensed | _kept(draw, keys, whole=whole))
    users: list[Fields] = []
    for login in draw(some(LOGINS)):
        keys = {
            "display_name": draw(TEXTS),
            "password_hash": draw(st.sampled_from(HASHES)),
            "language": draw(st.sampled_from(["en-US", "de-DE"])),
            "roles": draw(some(("operator", "administrator"))),
            "rights": draw(some(("explain", "sessions.read"))),
            "stations": draw(st.just("all") | some(tuple(each["name"] for each in stations))),
            "view_allocations": draw(st.just("all") | some(names)),
            "admin_allocations": draw(st.just("all") | some(names)),
            "user_type": draw(st.sampled_from(["internal", "external"])),
            "group_id": draw(st.integers(0, 2)),
            "secondary_groups": draw(st.lists(st.integers(0, 2), max_size=2, unique=True)),
            "enabled": draw(st.booleans()),
            "method": draw(st.sampled_from(["assignable", "concurrent"])),
        }
        entry = {"login": login, "licenses": draw(some(assigned))}
        kept = _kept(draw, keys, whole=whole)
        if "CRM:L2" in names and (whole or draw(st.booleans())):
            kept["profiles"] = {"CRM": _kept(draw, {"enabled": draw(st.booleans())}, whole=whole)}
        users.append(entry | kept)
    runtimes, applications = draw(_deployments(whole=whole))
    return {
        "owners": owners,
        "licenses": licenses,
        "runtimes": runtimes,
        "applications": applications,
        "stations": stations,
        "users": users,
    }


@st.composite
def _deployments(draw: st.DrawFn, *, whole: bool) -> tuple[list[Fields], list[Fields]]:
    runtimes: list[Fields] = []
    applications: list[Fields] = []
    for runtime in draw(some(RUNTIMES)):
        runtimes.append({"name": runtime} | _kept(draw, {"running": draw(st.booleans())}, whole=whole))
        for name in draw(some(APPLICATIONS)):
            keys: Fields = {
                "license_type": draw(st.sampled_from(["APPLICATION", "ADDITIONAL_BRAND_DEPLOYMENT", "NON_PRODUCTION"])),
                "versions": [
                    {"platform": platform, "version": version, "display_name": draw(TEXTS)}
                    for platform in draw(some(("android", "ios")))
                    for version in draw(some(("1.0", "1.1")))
                ],
            }
            category = draw(st.sampled_from(["B2C", "B2E", "UNDEFINED"]))  # one of which nothing is said is not there
            entry = {"runtime": runtime, "name": name, "category": category}
            applications.append(entry | _kept(draw, keys, whole=whole))
    return runtimes, applications


def _kept(draw: st.DrawFn, keys: Fields, *, whole: bool) -> Fields:
    return {key: value for key, value in keys.items() if whole or draw(st.booleans())}


def nothing() -> State:
    """The empty inventory."""
    return {kind: {} for kind in KINDS}


def closed(document: Document, before: State, *, prune: bool) -> Document:
    """The document, each holder given what his licenses, and what comes with them, require once it is applied."""
    required = {} if prune else {name: fields["prerequisite"] for name, fields in before["license"].items()}
    required |= {_called(each): each["prerequisite"] for each in document["licenses"]}
    coming = _coming(document, before)

    def with_required(names: list[str]) -> list[str]:
        wanted = set(names)
        for each in (*names, *(brought for name in names for brought in coming.get(name, ()))):
            step = required.get(each)
            while step:
                wanted.add(step)
                step = required.get(step)
        return sorted(wanted)

    return {
        kind: [
            entry | {"licenses": with_required(entry["licenses"])} if "licenses" in entry else entry
            for entry in entries
        ]
        for kind, entries in document.items()
    }


def laid_over(before: State, document: Document, *, prune: bool) -> State:
    """What the inventory is once the document has been applied."""
    coming = _coming(document, before)
    after: State = {kind: {} if prune else {name: {**was} for name, was in before[kind].items()} for kind in KINDS}
    for entry in document["owners"]:
        given = {key: value for key, value in entry.items() if key != "name"}
        after["owner"][entry["name"]] = before["owner"].get(entry["name"], _new_owner("")) | given
    for entry in document["licenses"]:
        name = _called(entry)
        blank = new_license(entry["name"])
        given = {key: value for key, value in entry.items() if key not in {"name", "owner"}}
        after["license"][name] = before["license"].get(name, blank) | given
    _deploy(before, document, after)
    for kind, key in (("station", "name"), ("user", "login")):
        for entry in document[f"{kind}s"]:
            name = entry[key]
            given = {each: value for each, value in entry.items() if each not in {key, "licenses", "profiles"}}
            given |= {
                f"profiles.{owner}.{each}": value
                for owner, profile in entry.get("profiles", {}).items()
                for each, value in profile.items()
            }
            after[kind][name] = before[kind].get(name, _NEW[kind](name)) | given
            for license_ in entry["licenses"]:
                after["assignment"][assignment(kind, name, license_)] = {}
                had = assignment(kind, name, license_) in before["assignment"]
                for each in (assignment(kind, name, brought) for brought in coming.get(license_, ())):
                    if not had or each in before["assignment"]:
                        after["assignment"][each] = {}
    for fields in after["user"].values():
        fields.update(_of_what_stands(fields, after))
    return after


def _deploy(before: State, document: Document, after: State) -> None:
    """Lay runtimes and applications over what was, into what comes to be."""
    for entry in document["runtimes"]:
        given = {key: value for key, value in entry.items() if key != "name"}
        after["runtime"][entry["name"]] = before["runtime"].get(entry["name"], {"running": True}) | given
    for entry in document["applications"]:
        name = f"{entry['runtime']}/{entry['name']}"
        given = {key: value for key, value in entry.items() if key not in {"runtime", "name"}}
        if "versions" in given:
            given["versions"] = [_version(each) for each in given["versions"]]
        was = before["application"].get(name, _new_application(name) | {"license_type": "APPLICATION"})
        after["application"][name] = was | given


def _coming(document: Document, before: State) -> dict[str, list[str]]:
    """What comes with the user plan once the document has been applied."""
    plan = before["license"].get(PLAN, {})
    for each in document["licenses"]:
        plan = each if each["name"] == PLAN else plan
    listed = str(plan.get("extra_info", "")).removeprefix("set=").split(",")
    return {PLAN: [each for each in listed if each]} if plan.get("extra_flags") else {}


def not_given_again(before: State, document: Document) -> set[str]:
    """What a user plan has come to imply for those who had it: only assigning it gives that."""
    return {
        assignment(kind, entry[key], brought)
        for kind, key in (("station", "name"), ("user", "login"))
        for entry in document[f"{kind}s"]
        for plan, coming in _coming(document, before).items()
        if plan in entry["licenses"] and assignment(kind, entry[key], plan) in before["assignment"]
        for brought in coming
        if brought not in entry["licenses"] and assignment(kind, entry[key], brought) not in before["assignment"]
    }


def _of_what_stands(user: Fields, state: State) -> Fields:
    """A user's lists without what is there no more."""
    kinds = {"stations": "station", "view_allocations": "license", "admin_allocations": "license"}
    return {
        key: user[key] if user[key] == "all" else [name for name in user[key] if name in state[kind]]
        for key, kind in kinds.items()
    }


def differences(before: State, after: State) -> list[tuple[str, str, str, list[tuple[str, Any, Any]]]]:
    """What a plan must tell: action, kind, name, fields."""
    found = []
    for kind in KINDS:
        for name, fields in after[kind].items():
            was = before[kind].get(name)
            base = fields if kind == "assignment" else (_NEW[kind](name) if was is None else was)
            if kind == "user":
                base = base | _of_what_stands(base, after)
            changed = sorted(
                (key, None if was is None else _told(key, base.get(key)), _told(key, value, base.get(key)))
                for key, value in fields.items()
                if value != base.get(key)
            )
            if was is None or changed:
                found.append(("added" if was is None else "changed", kind, name, changed))
        found += [("removed", kind, name, []) for name in before[kind].keys() - after[kind].keys()]
    return sorted(found)


def without_what_goes_along(found: list[tuple[str, str, str, Any]], after: State) -> list[tuple[str, str, str, Any]]:
    """Without what goes with something else, which is not told besides.

    An assignment goes with its license or its holder, an application with its runtime.
    """

    def goes_along(action: str, kind: str, name: str) -> bool:
        if kind == "application":
            return action == "removed" and name.partition("/")[0] not in after["runtime"]
        return kind == "assignment" and action == "removed" and not _stands(name, after)

    return [each for each in found if not goes_along(*each[:3])]


def _stands(name: str, state: State) -> bool:
    holder, _, license_ = name.rpartition(" ")
    kind, known = ("station", holder.removeprefix("station ")) if holder.startswith("station ") else ("user", holder)
    return license_ in state["license"] and known in state[kind]


def assignment(kind: str, holder: str, license_: str) -> str:
    """An assignment's name."""
    return f"{'station ' if kind == 'station' else ''}{holder} {license_}"


def new_license(name: str) -> Fields:
    """What a license is like of which no more is said than its name."""
    return {
        "display_name": name.rpartition(":")[2],
        "description": "",
        "kind": "user",
        "shared": True,
        "expires": "never",
        "prerequisite": "",
        "assignable_seats": 0,
        "concurrent_seats": 0,
        "unrestricted": False,
        "tooltip": "",
        "hidden": False,
        "sort_order": 0,
        **({"extra_flags": 0, "extra_info": ""} if name == PLAN else {}),
    }


def new_station(name: str) -> Fields:
    """The same of a station."""
    return {"display_name": name, "extension": "", "enabled": True, "profiles.CRM.enabled": True}


def new_user(name: str) -> Fields:
    """The same of a user."""
    return {
        "display_name": name,
        "password_hash": None,
        "language": "en-US",
        "roles": [],
        "rights": [],
        "stations": "all",
        "view_allocations": [],
        "admin_allocations": [],
        "user_type": "internal",
        "group_id": 0,
        "secondary_groups": [],
        "enabled": True,
        "method": "assignable",
        "profiles.CRM.enabled": True,
    }


def _new_application(_name: str) -> Fields:
    return {"category": "", "license_type": "", "versions": []}


def _version(entry: Fields) -> str:
    """A version as a plan tells it."""
    name = entry["display_name"].replace("\\", "\\\\").replace('"', '\\"')
    return f"{entry['platform']} {entry['version']}" + (f' "{name}"' if name else "")


def _new_owner(_name: str) -> Fields:
    return {"description": "", "company": "", "extra_flags": 0, "warn_from": "never"}


_NEW: Final[dict[str, Callable[[str], Fields]]] = {
    "owner": _new_owner,
    "license": new_license,
    "runtime": lambda _name: {"running": True},
    "application": _new_application,
    "station": new_station,
    "user": new_user,
}


def _told(key: str, value: Any, before: Any = None) -> Any:  # noqa: ANN401 - of whatever type
    if key == "password_hash":
        return None if value is None else "(changed)" if before else "(set)"
    return value


def _called(entry: Fields) -> str:
    return f"{entry['owner']}:{entry['name']}" if "owner" in entry else str(entry["name"])


def state_of(view: InventoryView) -> State:
    """The inventory as its tables have it."""
    state = nothing()
    names = {
        each.id: each.name if each.owner == "ININ" else f"{each.owner}:{each.name}" for each in view.licenses.values()
    }
    for owner in view.owners.values():
        state["owner"][owner.name] = {
            "description": owner.details.description,
            "company": owner.details.company,
            "extra_flags": owner.details.extra_flags,
            "warn_from": "never" if owner.details.warn_from is None else _DAYS[owner.details.warn_from],
        }
    for each in view.licenses.values():
        pool = view.pools[each.id]
        state["license"][names[each.id]] = {
            "display_name": each.display_name,
            "description": each.description,
            "kind": each.kind.value,
            "shared": each.shared,
            "expires": "never" if each.expires is None else _DAYS[each.expires],
            "prerequisite": "" if each.prerequisite is None else names[each.prerequisite],
            "assignable_seats": pool.assignable_seats,
            "concurrent_seats": pool.concurrent_seats,
            "unrestricted": pool.unrestricted,
            "tooltip": each.details.tooltip,
            "hidden": each.details.hidden,
            "sort_order": each.details.sort_order,
            **(
                {"extra_flags": each.details.extra_flags, "extra_info": each.details.extra_info}
                if each.name == PLAN
                else {}
            ),
        }
    state["runtime"] = {each.name: {"running": each.running} for each in view.runtimes.values()}
    state["application"] = {f"{runtime}/{name}": _deployed(each) for (runtime, name), each in view.applications.items()}
    places = {each.id: each.name for each in view.stations.values()}

    def enabled(holder: Holder, owner: str) -> bool:
        profile = view.profiles.get((holder, owner))
        return profile is None or profile.enabled

    for station in view.stations.values():
        holder = Holder(HolderKind.STATION, station.id)
        state["station"][station.name] = {
            "display_name": station.display_name,
            "extension": station.extension,
            "enabled": enabled(holder, "inin"),
            "profiles.CRM.enabled": enabled(holder, "crm"),
        }
        for number in view.assignments.get(holder, ()):
            state["assignment"][assignment("station", station.name, names[number])] = {}

    def listed(numbers: tuple[int, ...] | None, known: dict[int, str]) -> Any:  # noqa: ANN401 - a list, or "all"
        return "all" if numbers is None else [known[each] for each in numbers if each in known]

    for account in view.accounts.values():
        user, holder = account.user, Holder(HolderKind.USER, account.user.id)
        profile = view.profiles.get((holder, "inin"))
        state["user"][user.login] = {
            "display_name": user.display_name,
            "password_hash": account.password_hash,
            "language": user.language,
            "roles": [*user.roles],
            "rights": [*user.rights],
            "stations": listed(user.stations, places),
            "view_allocations": listed(user.view_allocations, names),
            "admin_allocations": listed(user.admin_allocations, names),
            "user_type": user.user_type.name.lower(),
            "group_id": user.group_id,
            "secondary_groups": [*user.secondary_groups],
            "enabled": enabled(holder, "inin"),
            "method": "assignable" if profile is None else profile.method.name.lower(),
            "profiles.CRM.enabled": enabled(holder, "crm"),
        }
        for number in view.assignments.get(holder, ()):
            state["assignment"][assignment("user", user.login, names[number])] = {}
    return state


def _deployed(application: Application) -> Fields:
    configured = application.configuration
    return {
        "category": "" if configured is None else configured.category.value,
        "license_type": "" if configured is None else configured.license_type.value,
        "versions": [
            _version({"platform": each.platform, "version": each.version, "display_name": each.display_name})
            for each in application.versions
        ],
    }


_DAYS: Final = {3786912000000: "2090-01-01", 3976128000000: "2095-12-31"}
