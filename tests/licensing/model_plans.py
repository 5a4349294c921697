"""Plans in a plain model: what comes with a license, and what goes with it."""

from collections.abc import Iterable, Mapping


def implied(implies: Mapping[str, Iterable[str]], known: Iterable[str], names: Iterable[str]) -> set[str]:
    """Whatever of the known ones comes with these names, directly or by others."""
    found: set[str] = set()
    while True:
        more = {each for name in {*names, *found} for each in implies.get(name, ()) if each in known}
        if more <= found:
            return found
        found |= more


def left_over(
    implies: Mapping[str, Iterable[str]], requires: Mapping[str, str], *, has: set[str], doubtful: set[str]
) -> set[str]:
    """The doubtful ones of what somebody has that nothing else he has needs, or needs what needs."""
    kept = has - doubtful
    while True:
        needed = implied(implies, has, kept) | {requires[name] for name in kept if name in requires}
        if needed & has <= kept:
            return has - kept
        kept |= needed & has
