"""One made-up operation of each kind, and a way to see how a call failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorInfo, Failure

READ = Endpoint("get_thing", "GET", "/things/{thing_id}", Repeatable.READ)
PUT = Endpoint("update_thing", "PUT", "/things/{thing_id}", Repeatable.IDEMPOTENT)
DELETE = Endpoint("delete_thing", "DELETE", "/things/{thing_id}", Repeatable.IDEMPOTENT)
CREATE = Endpoint("create_thing", "POST", "/things", Repeatable.CREATE)
NEVER = Endpoint("ring_bell", "POST", "/bell")
EVERY = (READ, PUT, DELETE, CREATE, NEVER)
WRITES = (PUT, DELETE, CREATE, NEVER)


def ids_of(endpoint: Endpoint) -> dict[str, int]:
    return {"thing_id": 1} if "{" in endpoint.template else {}


def wire_name(endpoint: Endpoint) -> str:
    """How the scripted server calls it."""
    return f"{endpoint.method} {endpoint.path(ids_of(endpoint))}"


async def call(nexla: Nexla, endpoint: Endpoint = READ, **given: Any) -> Any:
    return await nexla.call(endpoint, ids=ids_of(endpoint), **given)


async def failure_of(nexla: Nexla, endpoint: Endpoint = READ, **given: Any) -> ErrorInfo:
    with pytest.raises(Failure) as caught:
        await call(nexla, endpoint, **given)
    return caught.value.info


async def until(condition: Callable[[], object]) -> None:
    """Waits for something that happens in another thread."""
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - a thread cannot set an event of the loop
            await anyio.sleep(0.01)
