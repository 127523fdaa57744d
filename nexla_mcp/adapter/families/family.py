"""What every family of operations shares: one call by name, answers read by tolerant models."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel

from nexla_mcp.adapter.endpoint import Endpoint
from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.models import AsyncAnswer, Flow
from nexla_mcp.adapter.paging import MAX_ROWS, all_rows
from nexla_mcp.adapter.rows import Rows, read_one, read_or_none
from nexla_mcp.domain.errors import ErrorCode, Failure

if TYPE_CHECKING:
    from nexla_mcp.adapter.nexla import Answer, Nexla

M = TypeVar("M", bound=BaseModel)

EVERYTHING_I_SEE = "collaborator"
"""The access role that lists what is shared with the caller as well. The API's own default is `owner`."""

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Acted(Generic[M]):
    """What an activate or pause answered: the resource, its flow, or work that goes on (trap T21).

    One URL serves two operations of the contract, so either form is accepted. All three may be None when the
    answer was empty; the state must then be read.
    """

    resource: M | None = None
    flow: Flow | None = None
    pending: AsyncAnswer | None = None


class Family:
    """Operations on one type of thing. Made by `Nexla`; holds no state of its own."""

    def __init__(self, nexla: Nexla) -> None:
        self._nexla = nexla

    async def _call(
        self,
        name: str,
        identifier: int | str | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Answer:
        """One operation by the name it has in `ENDPOINTS`, with its only path parameter."""
        endpoint = ENDPOINTS[name]
        ids = {} if identifier is None else {only_parameter(endpoint): identifier}
        return await self._nexla.call(endpoint, ids=ids, query=query, body=body)

    async def _one(
        self, name: str, model: type[M], what: str, identifier: int | str, query: Mapping[str, Any] | None = None
    ) -> M:
        return read_one((await self._call(name, identifier, query=query)).data, model, f"{what} {identifier}")

    async def _all(
        self,
        name: str,
        model: type[M],
        identifier: int | str | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        max_rows: int = MAX_ROWS,
        start_page: int = 1,
    ) -> Rows[M]:
        endpoint = ENDPOINTS[name]
        ids = {} if identifier is None else {only_parameter(endpoint): identifier}
        return await all_rows(
            self._nexla, endpoint, model, ids=ids, query=query, max_rows=max_rows, start_page=start_page
        )

    async def _create(self, name: str, model: type[M], what: str, body: Any, identifier: int | None = None) -> M:
        """A create or copy, sent once. `reconcile.create` survives an ambiguous end; this reports it."""
        return written((await self._call(name, identifier, body=body)).data, model, what)

    async def _change(
        self, name: str, identifier: int, *, read: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Any:
        """An idempotent write. It is repeated after an ambiguous end only if what `read` shows is as it was before.

        After such a repeat the settling window is waited out: the first request may still be carried out, and must
        not overtake what the caller does next. Only the end of a resource is overtaken by nothing.

        Args:
            name: The operation.
            identifier: Of the resource.
            read: The operation that reads it, called once before the write.
            query: As for the operation.
            body: As for the operation.
        """
        endpoint = ENDPOINTS[name]
        is_end = endpoint.method == "DELETE" and endpoint.template.endswith("}")
        now = partial(self._call, read, identifier)
        look = Unchanged(now, before=(await now()).data, is_end=is_end)
        ids = {only_parameter(endpoint): identifier}
        data = (await self._nexla.call(endpoint, ids=ids, query=query, body=body, unchanged=look)).data
        if look.asked and not is_end:
            await self._nexla.clock.sleep(self._nexla.connection.settle_seconds)
        return data


@dataclass
class Unchanged:
    """Whether a resource is as it was before a write whose answer was lost; asked for before each repeat of it."""

    now: Callable[[], Awaitable[Answer]]
    before: Any
    is_end: bool
    asked: bool = False

    async def __call__(self) -> bool:
        self.asked = True
        try:
            return bool((await self.now()).data == self.before)
        except Failure as failure:
            # Deleted already: the repeat meets a 404, which says so for certain.
            return self.is_end and failure.info.code is ErrorCode.NOT_FOUND


def only_parameter(endpoint: Endpoint) -> str:
    """The name of the one path parameter of an operation."""
    (name,) = _PARAMETER.findall(endpoint.template)
    return str(name)


def flag(value: bool) -> int | None:
    """A switch that the API knows only as `1` or absent, e.g. `expand`."""
    return 1 if value else None


def written(data: Any, model: type[M], what: str) -> M:
    """The object that a write answered with.

    Raises:
        Failure: `maybe_applied` when it cannot be read: the platform accepted the write.
    """
    row = read_or_none(data, model)
    if row is None:
        raise Failure.of(
            ErrorCode.MAYBE_APPLIED,
            f"The platform accepted the change to {what}, but its answer cannot be read.",
            hint="Read the resource to see its state before doing anything again.",
            maybe_applied=True,
        )
    return row


def require_items(items: list[Any], what: str) -> None:
    """Refuse an empty list where the API would take it for `all` (traps T11, T14).

    Raises:
        Failure: `bad_input`.
    """
    if not items:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"The list of {what} is empty.",
            hint="Name at least one. An empty list would mean all of them to the platform, so it is never sent.",
        )
