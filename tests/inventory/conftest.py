"""A world for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seatkeeper.inventory.demo import demo_text
from tests.admin.world import World, opened


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with opened(tmp_path) as world:
        yield world


@pytest.fixture
async def demo(world: World) -> World:
    """A world with the demo inventory."""
    await world.apply(demo_text())
    return world
