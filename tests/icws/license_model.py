"""A plain model of what PUT of `licenseProperties` comes to, and of what GET then tells (contract 5.5, 5.6).

Sets of names, and nothing counted in advance. It knows the properties by the wire's names, and a few licenses.
"""

import random
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

Kind = Literal["users", "stations"]
Holder = tuple[Kind, str]
Body = dict[str, Any]

CLIENT, BASIC_STATION, RECORDER = "I3_ACCESS_CLIENT", "I3_LICENSE_BASIC_STATION", "I3_ACCESS_RECORDER"
MEDIA = ("I3_ACCESS_ACD_MEDIA_1", "I3_ACCESS_ACD_MEDIA_2", "I3_ACCESS_ACD_MEDIA_3_PLUS")
AUTOMATION = ("I3_ACCESS_IPA_USER", "I3_ACCESS_IPA_USER_ACD", "I3_ACCESS_IPA_MONITOR", "I3_ACCESS_IPA_DESIGNER")
DIALER, TRACKER, SCRIPTER = "I3_ACCESS_DIALER_ADDON", "I3_ACCESS_TRACKER", "I3_ACCESS_INTERACTION_SCRIPTER_ADDON"
NOT_THERE = "I3_NOT_THERE"

LICENSES = (CLIENT, BASIC_STATION, RECORDER, *MEDIA, *AUTOMATION, DIALER, TRACKER, SCRIPTER)
ONLY_FOR: dict[str, Kind] = {BASIC_STATION: "stations", TRACKER: "users"}
REQUIRES = {SCRIPTER: DIALER, DIALER: CLIENT}

FLAGS: dict[Kind, dict[str, str]] = {
    "users": {"hasClientAccess": CLIENT},
    "stations": {"hasClientAccess": CLIENT, "hasBasicStationLicense": BASIC_STATION, "hasRecorderAccess": RECORDER},
}
LEVELS = {"mediaLevel": MEDIA, "interactionProcessAutomationType": AUTOMATION}


class Seats(NamedTuple):
    """What was bought of a license."""

    assignable_seats: int
    concurrent_seats: int


@dataclass(frozen=True)
class Account:
    """What a holder has, and how it counts."""

    licenses: frozenset[str] = frozenset()
    enabled: bool = True
    concurrent: bool = False

    def takes_seats(self) -> bool:
        """Whether each of his licenses takes an assignable seat."""
        return self.enabled and not self.concurrent


@dataclass
class Model:
    """Who has what."""

    seats: dict[str, Seats]
    accounts: dict[Holder, Account] = field(default_factory=dict)

    def put(self, holder: Holder, body: Body) -> set[tuple[str, str]]:
        """Write properties; the problems as (what, license). Where one is an error, nothing changes."""
        before = self.accounts[holder]
        wanted = self._wanted(holder[0], body)
        unfit = {name for name in wanted - before.licenses if ONLY_FOR.get(name, holder[0]) != holder[0]}
        kept = {name for name in before.licenses if not self._spoken_of(holder[0], name, body)}
        after = Account(
            licenses=frozenset(kept | (wanted & set(LICENSES)) - unfit),
            enabled=before.enabled if body.get("licenseActive") is None else body["licenseActive"],
            concurrent=before.concurrent if body.get("allocationType") is None else body["allocationType"] == 1,
        )
        errors = {("unknown", name) for name in wanted - set(LICENSES)} | {("unfit", name) for name in unfit}
        errors |= {("exceeds", name) for name in after.licenses if self._exceeds(holder, before, after, name)}
        if errors:
            return errors
        self.accounts[holder] = after
        return self._warnings(before, after, wanted)

    def properties(self, holder: Holder) -> Body:
        """What is read of a holder, the additional licenses as a set of names."""
        account, kind = self.accounts[holder], holder[0]
        told: Body = {"licenseActive": account.enabled}
        shown = set()
        for member, name in FLAGS[kind].items():
            told[member] = name in account.licenses
            shown.add(name)
        for member, names in LEVELS.items():
            told[member] = max((names.index(name) + 1 for name in account.licenses if name in names), default=0)
            shown.add(names[told[member] - 1] if told[member] else "")
        if kind == "users":
            told["allocationType"] = 1 if account.concurrent else 0
        return {**told, "additionalLicenses": account.licenses - shown}

    def assigned(self, name: str) -> int:
        """How many take an assignable seat of a license."""
        return sum(name in account.licenses and account.takes_seats() for account in self.accounts.values())

    def may_use_concurrently(self, name: str) -> int:
        """How many may take a concurrent seat of a license."""
        return sum(
            name in account.licenses and account.enabled and account.concurrent for account in self.accounts.values()
        )

    def _wanted(self, kind: Kind, body: Body) -> set[str]:
        wanted = {name for member, name in FLAGS[kind].items() if body.get(member)}
        wanted |= {names[body[member] - 1] for member, names in LEVELS.items() if body.get(member)}
        return wanted | {each["id"].upper() for each in body.get("additionalLicenses") or ()}

    def _spoken_of(self, kind: Kind, name: str, body: Body) -> bool:
        for member, names in {**{flag: (each,) for flag, each in FLAGS[kind].items()}, **LEVELS}.items():
            if name in names:
                return body.get(member) is not None
        return body.get("additionalLicenses") is not None

    def _exceeds(self, holder: Holder, before: Account, after: Account, name: str) -> bool:
        has_a_seat = before.takes_seats() and name in before.licenses
        if has_a_seat or not after.takes_seats():
            return False
        others = [account for each, account in self.accounts.items() if each != holder]
        return sum(name in each.licenses and each.takes_seats() for each in others) >= self.seats[name].assignable_seats

    def _warnings(self, before: Account, after: Account, wanted: set[str]) -> set[tuple[str, str]]:
        method_changed = replace(before, licenses=after.licenses) != after
        warnings = set()
        for name in after.licenses:
            required = REQUIRES.get(name)
            if method_changed or name in wanted or required in before.licenses - after.licenses:
                if required is not None and required not in after.licenses:
                    warnings.add(("lacks", name))
                shares = after.enabled and after.concurrent
                if shares and self.may_use_concurrently(name) > self.seats[name].concurrent_seats:
                    warnings.add(("more", name))
        return warnings


def random_body(chance: random.Random, kind: Kind) -> Body:
    """Some of the properties, each with a value that it can have; a license now and then in another case or unknown."""
    body: Body = {flag: chance.choice((True, False, None)) for flag in (*FLAGS[kind], "licenseActive")}
    body |= {member: chance.randint(0, len(names)) for member, names in LEVELS.items()}
    body["allocationType"] = chance.choice((0, 1, None)) if kind == "users" else 0
    names = [name if chance.random() < 0.9 else name.lower() for name in chance.sample(LICENSES, chance.randint(0, 4))]
    if chance.random() < 0.05:
        names.append(NOT_THERE)
    body["additionalLicenses"] = [{"id": name} for name in names]
    return {member: value for member, value in body.items() if chance.random() < 0.4}
