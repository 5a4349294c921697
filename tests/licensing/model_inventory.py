"""What administrators do to a plain model: describe, remove, configure. Each says whether it is allowed, or what is
wrong with it.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import NamedTuple

from tests.licensing.model import Holder, Model, Seats

Problems = set[tuple[str, str]]
"""Kinds of problems, as the rules name them, with the licenses that have them."""


class Said(NamedTuple):
    """What is said of a license: what it requires and implies, whether it is hidden, and for external users only."""

    prerequisite: str | None = None
    implies: tuple[str, ...] = ()
    hidden: bool = False
    only_external: bool = False


class Granted(NamedTuple):
    """What a document says of a license."""

    said: Said
    seats: int
    unlimited: bool


def describe(model: Model, name: str, said: Said, *, shared: bool) -> bool:
    """Add a license without seats, or describe one anew."""
    if said.prerequisite not in (None, name, *model.seats) or _goes_round({**model.requires, name: said.prerequisite}):
        return False
    model.seats.setdefault(name, Seats(0, 0, unlimited=False))
    (model.unshared.discard if shared else model.unshared.add)(name)
    _put(model, name, said)
    return True


def _put(model: Model, name: str, said: Said) -> None:
    model.requires.pop(name, None)
    if said.prerequisite is not None:
        model.requires[name] = said.prerequisite
    model.implies[name] = said.implies
    for names, member in ((model.hidden, said.hidden), (model.only_external, said.only_external)):
        (names.add if member else names.discard)(name)


def _goes_round(requires: dict[str, str | None]) -> bool:
    """Whether something requires itself, by however many others."""
    for name in requires:
        way = [name]
        while (required := requires.get(way[-1])) is not None:
            if required in way:
                return True
            way.append(required)
    return False


def remove(model: Model, names: Iterable[str]) -> bool:
    """Remove licenses with all that rests on them, and what only went with them."""
    going = set(names)
    needed = {required for name, required in model.requires.items() if name not in going}
    if not going <= model.seats.keys() or going & needed:
        return False
    for name in going:
        del model.seats[name]
    for holder in {holder for (holder, name) in model.given if name in going}:
        had = going & set(model.given_to(holder))
        for name in had | model.left_over(holder, had):
            model.take(holder, name)
    _drop(model, going)
    return True


def _drop(model: Model, names: set[str]) -> None:
    for name in names:
        model.seats.pop(name, None)
        model.requires.pop(name, None)
        model.implies.pop(name, None)
    model.uses = {key: use for key, use in model.uses.items() if key[1] not in names}


def activate(model: Model, document: dict[str, Granted], *, expired: bool, ended: bool) -> tuple[Model, bool]:
    """What a document makes of it, and whether it can."""
    requires = {name: granted.said.prerequisite for name, granted in document.items()}
    beyond = any(
        not document[name].unlimited and len(model.takers(name)) > document[name].seats
        for name in model.seats.keys() & document.keys()
    )
    lost = any(name not in document for _, name in model.given)
    named = {name for granted in document.values() for name in (granted.said.prerequisite, *granted.said.implies)}
    if ended or beyond or lost or not named <= {None, *document} or _goes_round(requires):
        return model, False
    trial = deepcopy(model)
    trial.expired, trial.ended = expired, ended
    for name, granted in document.items():
        if name not in trial.seats:
            trial.seats[name] = Seats(0, 0, unlimited=False)
            trial.unshared.discard(name)
        _put(trial, name, granted.said)
        seats = Seats(granted.seats, trial.seats[name].concurrent, granted.unlimited)
        if not trial.change_seats(name, seats, overcommit=False):
            return model, False
    _drop(trial, trial.seats.keys() - document.keys())
    return trial, True


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
    known = {name for name in wanted if name in model.seats}
    known |= model.implied(known)
    errors = {("unknown_license", name) for name in wanted if name not in model.seats}
    has = set(model.given_to(holder))
    taken = {name for name in has if (name in scope) != beyond and name not in known}
    taken -= model.implied(has - taken)
    taken |= model.left_over(holder, taken, wanted=known)
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
        if (holder, name) in trial.given or name in short:
            continue
        if not trial.may_have(holder, name):
            errors.add(("not_assignable", name))
        elif trial.counts(holder) and not trial.seat_left(name):
            errors.add(("exceeds_seats", name))
        else:
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
