"""Any operation by its name, for what has no family of its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families.family import Family, Unchanged

if TYPE_CHECKING:
    from nexla_mcp.adapter.nexla import Answer


class Operations(Family):
    async def call(
        self, name: str, *, ids: Mapping[str, int | str], query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Answer:
        """One operation, repeated as far as its declaration allows.

        An idempotent write whose answer was lost is repeated only where the same path can be read, and is as before.
        """
        endpoint = ENDPOINTS[name]
        reader = reader_of(endpoint)
        if endpoint.repeatable is not Repeatable.IDEMPOTENT or reader is None:
            return await self._nexla.call(endpoint, ids=ids, query=query, body=body)
        now = partial(self._nexla.call, reader, ids=ids)
        is_end = endpoint.method == "DELETE" and endpoint.template.endswith("}")
        look = Unchanged(now, before=(await now()).data, is_end=is_end)
        answer = await self._nexla.call(endpoint, ids=ids, query=query, body=body, unchanged=look)
        if look.asked and not is_end:
            await self._nexla.clock.sleep(self._nexla.connection.settle_seconds)
        return answer


def reader_of(endpoint: Endpoint) -> Endpoint | None:
    """The operation that reads what another one changes: the GET of the same path, or of the path an act hangs on."""
    template = endpoint.template
    for verb in ("/activate", "/pause"):
        template = template.removesuffix(verb)
    found = (other for other in ENDPOINTS.values() if other.method == "GET" and other.template == template)
    return next((other for other in found if other.repeatable is Repeatable.READ), None)
