"""Creates that survive an answer that never came (DESIGN, "The adapter", row `create`).

The API has no idempotency key, so a repeated create may be a second resource. What matches is listed before the
call; when the answer is lost, the platform is read back until the settling window is over, and then exactly one
new match with the configuration that was sent is ours. Anything else is said, and nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nexla_mcp.adapter.endpoint import Endpoint
from nexla_mcp.adapter.models import Resource
from nexla_mcp.adapter.rows import read_or_none
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.secrets import MASK, mask_secrets

if TYPE_CHECKING:
    from nexla_mcp.adapter.nexla import Nexla

M = TypeVar("M", bound=Resource)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 8.0


@dataclass(frozen=True)
class Created(Generic[M]):
    """A resource that exists now because of one call. `reconciled`: its answer was lost, reading found it."""

    resource: M
    reconciled: bool = False


@dataclass(frozen=True)
class Identity(Generic[M]):
    """How one's own resource is known again.

    Attributes:
        what: In words for a person, with the name, e.g. `source "orders"`.
        list_matching: All resources of the same type, name, owner and parent as the one to be made.
        read: One of them in full, by id.
        same: Whether one in full has the configuration that was sent; see `same_config`.
    """

    what: str
    list_matching: Callable[[], Awaitable[Sequence[M]]]
    read: Callable[[int], Awaitable[M]]
    same: Callable[[M], bool]


async def create(
    nexla: Nexla,
    endpoint: Endpoint,
    model: type[M],
    identity: Identity[M],
    *,
    body: Any,
    ids: Mapping[str, int | str] | None = None,
    before: Collection[int] | None = None,
) -> Created[M]:
    """Create or copy once, and find the result even when the answer is lost.

    Args:
        nexla: The adapter; its connection says how long to look (`settle_seconds`).
        endpoint: A create operation.
        model: How to read the answer.
        identity: How the new resource is known.
        body: What to send.
        ids: Path parameters.
        before: Ids of what matched already, when they were listed by the caller; else they are listed here.

    Raises:
        Failure: `maybe_applied` when none or several new matches are there after the window; other codes mean
            that nothing was created.
    """
    known = {row.id for row in await identity.list_matching()} if before is None else set(before)
    try:
        answer = await nexla.call(endpoint, ids=ids or {}, body=body)
    except Failure as failure:
        if not failure.info.maybe_applied:
            raise
        return await find(nexla, identity, known, failure)
    made = read_or_none(answer.data, model)
    if made is not None:
        return Created(made)
    unread = Failure.of(
        ErrorCode.MAYBE_APPLIED,
        f"The platform accepted the creation of {identity.what}, but its answer cannot be read.",
        maybe_applied=True,
        request_id=answer.request_id,
    )
    return await find(nexla, identity, known, unread)


async def find(
    nexla: Nexla,
    identity: Identity[M],
    before: Collection[int],
    lost: Failure | None = None,
    window: float | None = None,
) -> Created[M]:
    """What a create came to whose answer was lost, or whose process died: `lost` says which, None for the latter.

    The whole window is waited out: work may be done after the connection was cut, and a match that shows up early
    may be somebody else's. A `window` of 0 is for who has waited already.

    Raises:
        Failure: `maybe_applied` when none or several new matches are there after the window. `NothingFound` when
            they could be read, and there is none.
    """
    settle = nexla.connection.settle_seconds
    clock, ends = nexla.clock, nexla.clock.monotonic() + (settle if window is None else window)
    pause = FIRST_PAUSE
    found: list[M] | None = None
    while True:
        left = ends - clock.monotonic()
        look = await _new_matches(identity, before)
        found = found if look is None else look
        if left <= 0 or (look is not None and len(look) > 1):
            break
        await clock.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)
    if found is not None and len(found) == 1:
        return Created(found[0], reconciled=True)
    unknown = _unknown(identity.what, found, settle, lost)
    raise NothingFound(unknown.info) if look == [] else unknown


class NothingFound(Failure):
    """As any `maybe_applied`, with the platform read to the end of the window and nothing new in it."""


async def _new_matches(identity: Identity[M], before: Collection[int]) -> list[M] | None:
    """New resources with our configuration; None when the platform cannot be read now."""
    try:
        new = [row for row in await identity.list_matching() if row.id not in before]
        return [row for row in [await identity.read(row.id) for row in new] if identity.same(row)]
    except Failure:
        return None


def _unknown(what: str, found: Sequence[Resource] | None, window: float, lost: Failure | None) -> Failure:
    if found is None:
        seen = "Whether it exists could not be read since"
    elif not found:
        seen = f"In the {window:g} seconds after, no new one with that configuration showed up"
    else:
        ids = ", ".join(str(row.id) for row in found)
        seen = f"Several new ones with that configuration showed up (ids {ids}), and which is this call's is unknown"
    return Failure.of(
        ErrorCode.MAYBE_APPLIED,
        f"The answer to the creation of {what} was lost. {seen}. Nothing was sent a second time.",
        hint=f"Look for {what} among the newest; create it again only when you are sure that it is not there.",
        maybe_applied=True,
        next_tool="search_resources",
        request_id=lost.info.request_id if lost else None,
    )


def same_config(sent: Any, found: Any) -> bool:
    """Whether what was read back has everything that was sent. The platform may have added to it.

    Secrets cannot be compared: they are masked when read and never echoed.
    """
    return _covers(mask_secrets(sent), mask_secrets(found))


def _covers(sent: Any, found: Any) -> bool:
    if sent == MASK or (isinstance(sent, str) and MASK in sent):
        return True
    if isinstance(sent, dict):
        if not isinstance(found, dict):
            return not sent
        return all(value in (None, MASK) or _covers(value, found.get(key)) for key, value in sent.items())
    if isinstance(sent, list):
        return (
            isinstance(found, list)
            and len(sent) == len(found)
            and all(_covers(ours, theirs) for ours, theirs in zip(sent, found, strict=True))
        )
    return bool(sent == found)
