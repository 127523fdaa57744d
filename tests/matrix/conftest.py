"""One sandbox for all faults on reads; what writes starts its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import RunningSandbox, serve


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def acme() -> Iterator[RunningSandbox]:
    """An acme of the module's own."""
    with serve(SandboxOptions()) as running:
        yield running
