"""What holds for all tests."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import settings

# Speed is no subject of a test: a busy machine must not fail one. A CI run judges a change, so that it draws the same
# examples each time; everywhere else new ones are sought.
settings.register_profile("unhurried", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("unhurried")


def pytest_make_parametrize_id(config: pytest.Config, val: Any, argname: str) -> str | None:
    """A function is called by its name: its address differs from worker to worker."""
    del config, argname
    return getattr(val, "__name__", None) if callable(val) else None


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
