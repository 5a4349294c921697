"""What is bought and who may use it: the pools that the clients fight for. The judge knows seats from here alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

PASSWORD: Final = "pool-fighter"


@dataclass(frozen=True)
class Pool:
    """One license. `movable`: its seats are assignable and the administrator moves them; else they are concurrent."""

    name: str
    seats: int
    movable: bool


@dataclass(frozen=True)
class Plan:
    """The inventory. `assigned` are the (user, license) pairs of movable pools that it starts with."""

    pools: tuple[Pool, ...]
    sharers: tuple[str, ...]
    movers: tuple[str, ...]
    assigned: frozenset[tuple[str, str]]

    @property
    def seats(self) -> dict[str, int]:
        """The seats of each license."""
        return {pool.name: pool.seats for pool in self.pools}

    @property
    def concurrent(self) -> tuple[str, ...]:
        """The licenses of which as many users may hold one as there are seats; every sharer is assigned them."""
        return tuple(pool.name for pool in self.pools if not pool.movable)

    @property
    def movable(self) -> tuple[str, ...]:
        """The licenses that are assigned to as many movers as there are seats."""
        return tuple(pool.name for pool in self.pools if pool.movable)


def plan() -> Plan:
    """Pools of one to five concurrent seats for forty users, and of one to three assignable seats for twelve."""
    shared = tuple(Pool(f"SHARED_{seats}", seats, movable=False) for seats in range(1, 6))
    movable = tuple(Pool(f"MOVED_{seats}", seats, movable=True) for seats in range(1, 4))
    movers = tuple(f"mover{number:02}" for number in range(1, 13))
    return Plan(
        pools=(*shared, *movable),
        sharers=tuple(f"sharer{number:02}" for number in range(1, 41)),
        movers=movers,
        assigned=frozenset((user, pool.name) for pool in movable for user in movers[: pool.seats]),
    )


def to_toml(plan_: Plan) -> str:
    """The inventory file that `seatkeeper apply` takes."""
    lines: list[str] = []
    for pool in plan_.pools:
        kind = "assignable" if pool.movable else "concurrent"
        lines += ["[[licenses]]", f'name = "{pool.name}"', f"{kind}_seats = {pool.seats}"]
    for user in plan_.sharers:
        lines += _user(user, "concurrent", plan_.concurrent)
    for user in plan_.movers:
        lines += _user(user, "assignable", sorted(name for holder, name in plan_.assigned if holder == user))
    return "\n".join(lines) + "\n"


def _user(login: str, method: str, licenses: Iterable[str]) -> list[str]:
    names = ", ".join(f'"{name}"' for name in licenses)
    return [
        "[[users]]",
        f'login = "{login}"',
        f'password = "{PASSWORD}"',
        f'method = "{method}"',
        f"licenses = [{names}]",
    ]
