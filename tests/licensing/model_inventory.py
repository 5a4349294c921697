"""What administrators do to a plain model: describe, remove, configure. Each says whether it is allowed, or what is
wrong with it.
"""

from collections.abc import Iterable
from copy import deepcopy

from tests.licensing.model import Holder, Model, Seats

Problems = set[tuple[str, str]]
"""Kinds of problems, as the rules name them, with the licenses that have them."""


def describe(model: Model, name: str, prerequisite: str | None) -> bool:
    """Add a license without seats, or describe one anew."""
    if prerequisite not in (None, name, *model.seats):
        return False
    required = prerequisite
    while required is not None:
        if required == name:
            return False
        required = model.requires.get(required)
    model.seats.setdefault(name, Seats(0, 0, unlimited=False))
    model.requires.pop(name, None)
    if prerequisite is not None:
        model.requires[name] = prerequisite
    return True


def remove(model: Model, names: Iterable[str]) -> bool:
    """Remove licenses with all that rests on them."""
    going = set(names)
    needed = {required for name, required in model.requires.items() if name not in going}
    if not going <= model.seats.keys() or going & needed:
        return False
    for name in going:
        del model.seats[name]
        model.requires.pop(name, None)
    model.given = {key: order for key, order in model.given.items() if key[1] not in going}
    model.uses = {key: use for key, use in model.uses.items() if key[1] not in going}
    return True


def remove_station(model: Model, name: str) -> bool:
    """Remove a station: whoever is there leaves it."""
    if name not in model.stations:
        return False
    for session in [each for each, (_, place) in model.places.items() if place == ("station", name)]:
        model.leave(session)
    forget(model, ("station", name))
    model.stations.remove(name)
    return True


def forget(model: Model, holder: Holder) -> None:
    """What a holder had goes, and his profile."""
    for name in model.given_to(holder):
        model.take(holder, name)
    model.disabled.discard(holder)
    model.concurrent.discard(holder)


def configure(
    model: Model,
    holder: Holder,
    wanted: list[str],
    scope: set[str],
    *,
    beyond: bool,
    enabled: bool | None,
    concurrent: bool | None,
) -> tuple[Model, Problems]:
    """What it comes to and what is wrong with it; with errors, what it was."""
    trial = deepcopy(model)
    known = [name for name in dict.fromkeys(wanted) if name in model.seats]
    errors = {("unknown_license", name) for name in wanted if name not in model.seats}
    taken = [name for name in model.given_to(holder) if (name in scope) != beyond and name not in known]
    for name in taken:
        trial.take(holder, name)
    profile = {
        "enabled": (holder not in model.disabled) if enabled is None else enabled,
        "concurrent": (holder in model.concurrent) if concurrent is None else concurrent,
    }
    short = trial.short_of(holder, **profile)
    for name in short:
        trial.take(holder, name)
    assert trial.change_profile(holder, **profile)
    for name in known:
        has = (holder, name) in trial.given
        if not has and (name in short or (trial.counts(holder) and not trial.seat_left(name))):
            errors.add(("exceeds_seats", name))
        elif not has:
            trial.given[holder, name] = trial.next()
    errors |= {("exceeds_seats", name) for name in short}
    if errors:
        return model, errors
    changed = profile != {"enabled": holder not in model.disabled, "concurrent": holder in model.concurrent}
    touched = [n for n in trial.given_to(holder) if changed or n in known or model.requires.get(n) in taken]
    return trial, _warnings(trial, holder, touched)


def _warnings(model: Model, holder: Holder, names: list[str]) -> Problems:
    sharing = holder in model.concurrent and holder not in model.disabled
    crowded = {name for name in names if sharing and _crowded(model, name)}
    return {("more_than_seats", name) for name in crowded} | {
        ("missing_prerequisite", name) for name in names if model.lacks(holder, name)
    }


def _crowded(model: Model, name: str) -> bool:
    """Whether more may use a license concurrently than can."""
    seats = model.seats[name]
    may = [each for each, given in model.given if given == name and each in model.concurrent - model.disabled]
    return not seats.unlimited and len(may) > seats.concurrent
