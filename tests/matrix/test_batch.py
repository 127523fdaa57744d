"""A large batch on a bad day: what was made and what is told account for everything, and nothing is there twice."""

from __future__ import annotations

import pytest

from tests.changes.conftest import Scene, scene
from tests.changes.test_run_batch import accounted_for

__all__ = ["scene"]

pytestmark = [pytest.mark.anyio, pytest.mark.long]


async def test_two_thousand_creates_with_lost_answers(scene: Scene) -> None:
    """5 % of answers lost (before the work, after it, or with the work done seconds later), 5 % 429, 2 % 5xx."""
    counts = await accounted_for(scene, 2_000)
    assert counts["done"] > 1_800
