"""A company without a seed, at a fixed time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nexla_mcp.sandbox import seed
from nexla_mcp.sandbox.building import build_world, close_world
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.world import World
from tests.sandbox.documents.client import START, Company, company


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    def nothing(world: World) -> None:
        assert world.store.all("users") == []

    monkeypatch.setattr(seed, "plant", nothing)
    world = build_world(SandboxOptions(seed="empty"), lambda: START)
    yield company(world)
    close_world(world)
