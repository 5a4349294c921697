"""A world with a small inventory for each test, and a client that holds the admin token."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from argon2 import PasswordHasher

from tests.admin.world import TOKEN, World, opened

PASSWORD: Final = "demo:password"
# Made once: making one for each user of each test would cost most of the time.
_HASH: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)

INVENTORY: Final = f"""
[[licenses]]
name = "A"
display_name = "Alpha"
assignable_seats = 1
concurrent_seats = 1
expires = 2099-01-01
[[licenses]]
name = "S"
applies_to = "stations"
assignable_seats = 1
[[licenses]]
owner = "CRM"
name = "B"
assignable_seats = 1
[[stations]]
name = "station01"
[[users]]
login = "agent01"
password_hash = "{_HASH}"
licenses = ["A"]
[[users]]
login = "agent02"
[[users]]
login = "operator01"
password_hash = "{_HASH}"
roles = ["operator"]
[[users]]
login = "assigner01"
password_hash = "{_HASH}"
rights = ["assignments.write"]
"""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with opened(tmp_path) as world:
        await world.apply(INVENTORY)
        yield world


@pytest.fixture
async def admin(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client
