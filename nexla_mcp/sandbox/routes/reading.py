"""What the routes over the run history share: whose runs are asked for, and between which moments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds, lineage
from nexla_mcp.sandbox.access import Access, require
from nexla_mcp.sandbox.errors import Refusal, forbidden, invalid, not_found
from nexla_mcp.sandbox.simulation.graph import Lineage
from nexla_mcp.sandbox.simulation.series import DAY_MS

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Call
    from nexla_mcp.sandbox.store import Document

LONGEST_DAYS = 1_100
DEFAULT_SIZE = 100
LARGEST = 2**53
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Node = tuple[str, int]


@dataclass(frozen=True)
class Window:
    """Bounds in unix milliseconds, both included."""

    from_ms: int
    to_ms: int

    def days(self) -> range:
        """Whole days since 1970 that the window touches."""
        return range(self.from_ms // DAY_MS, self.to_ms // DAY_MS + 1)


def window(call: Call, *, required: bool = True, default_days: int = 30) -> Window:
    """`from` and `to` as dates or ISO moments, UTC (contract 2.5); a date as `to` means the end of that day."""
    now = call.world.clock.now_ms()
    start = _moment(call, "from", end=False)
    if start is None:
        if required:
            raise invalid("from is required", fields=["from"])
        start = now - default_days * DAY_MS
    end = _moment(call, "to", end=True)
    end = now if end is None else end
    if end - start > LONGEST_DAYS * DAY_MS:
        raise invalid(f"from and to may be at most {LONGEST_DAYS} days apart", fields=["from", "to"])
    return Window(start, end)


def _moment(call: Call, name: str, *, end: bool) -> int | None:
    text = call.query.get(name, "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        if end and _DATE.fullmatch(text):
            moment += timedelta(days=1, milliseconds=-1)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise invalid(f"{name} must be a date or an ISO 8601 time", field=name) from None


def epoch(call: Call, name: str) -> int | None:
    """A unix time as a number; None when absent. Anything with leading digits is read as these (contract 2.5)."""
    found = re.match(r"\s*(\d{1,16})", call.query.get(name, ""))
    return min(int(found[1]), LARGEST) if found else None


def iso_day(day: int) -> str:
    return f"{datetime.fromtimestamp(day * DAY_MS / 1000, timezone.utc):%Y-%m-%d}"


def page_bounds(call: Call, size_name: str) -> tuple[int, int]:
    """(page, size) of an answer that carries its own meta instead of paging headers."""
    page = call.integer("page", 1) or 1
    size = call.integer(size_name, DEFAULT_SIZE) or DEFAULT_SIZE
    if not (1 <= page <= LARGEST and 1 <= size <= LARGEST):
        raise invalid(f"page and {size_name} must be positive", fields=["page", size_name])
    return page, min(size, 1_000)


def cut(items: list[Any], page: int, size: int) -> tuple[list[Any], dict[str, int]]:
    """One page and the camelCase meta of metrics answers (contract 24)."""
    pages = max(1, -(-len(items) // size))
    meta = {"currentPage": page, "pageCount": pages, "totalCount": len(items)}
    return items[(page - 1) * size : page * size], meta


def node_of(call: Call) -> Node:
    """The node that the path names, if the caller has a role on it."""
    kind = call.path["resource_type"]
    if kind not in kinds.NODE_KINDS:
        raise Refusal(404, f"{kind[:40]} is no type of resource that runs")
    return kind, require(call, kind, call.id("resource_id"))["id"]


def flow_of(call: Call) -> tuple[Document, int | None]:
    """The origin node of the flow that the path names, and the source whose runs fill it."""
    node = call.world.store.get(kinds.FLOW_NODES, call.id("flow_id"))
    if node is None:
        raise not_found("FlowNode", call.path["flow_id"])
    origin = call.world.store.get(kinds.FLOW_NODES, node["origin_node_id"]) or node
    access = Access(call.world, call.principal)
    roles = (
        access.rank(kind, document)
        for item in (node, origin)
        for kind, document in [(lineage.resource_of(item)[0], lineage.resource(call.world, item))]
    )
    if max(roles) == 0:
        raise forbidden()
    return origin, Lineage(call.world.store).source_of(*lineage.resource_of(origin))


def visible_sources(call: Call, least: str | None = None) -> list[Document]:
    """Sources on which the caller has a role; with `least` owner, only those they own."""
    access = Access(call.world, call.principal)
    found = call.world.store.all(kinds.SOURCES)
    if least == "owner":
        return [item for item in found if item["owner_id"] == call.principal.user_id]
    return [item for item in found if access.rank(kinds.SOURCES, item) > 0]


def user_of(call: Call) -> Document:
    """The user that the path names: the caller, or anybody of the org for its admins."""
    user = call.world.store.get(kinds.USERS, call.id("user_id"))
    if user is None:
        raise not_found("User", call.path["user_id"])
    principal = call.principal
    if user["id"] != principal.user_id and not (principal.is_org_admin and user.get("org_id") == principal.org_id):
        raise forbidden()
    return user


def org_of(call: Call) -> Document:
    """The org that the path names: only the caller's own, and only for its admins."""
    org = call.world.store.get(kinds.ORGS, call.id("org_id"))
    if org is None:
        raise not_found("Org", call.path["org_id"])
    if org["id"] != call.principal.org_id or not call.principal.is_org_admin:
        raise forbidden()
    return org
