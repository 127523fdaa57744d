"""What is read once for any number of flows: the lists that tell of all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import anyio

from nexla_mcp.adapter.models import Credential, Flow, Notification, ProbeResult, User
from nexla_mcp.adapter.models import FlowHealth as PlatformHealth
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.rows import Rows
from nexla_mcp.domain.errors import ErrorCode, ErrorInfo, Failure
from nexla_mcp.domain.results.lineage import Key, Lineage
from nexla_mcp.operations.evidence import CredentialState, Look
from nexla_mcp.operations.health_thresholds import DEFAULTS, Thresholds
from nexla_mcp.operations.lineage import Resources, key_of, lacking, lineage_of, list_resources, read_flow
from nexla_mcp.operations.parallel import outcomes

T = TypeVar("T")

FEW = 3
"""Up to so many flows are read one by one; beyond that one list of all is cheaper."""


@dataclass(frozen=True)
class Account:
    """Lists over all flows. What could not be read is in `unread`, to be told for every flow."""

    now: datetime
    flows: Mapping[int, Flow]
    """By flow id; all of them, or those asked for."""
    not_found: Mapping[int, ErrorInfo] = field(default_factory=dict)
    """Flows asked for that could not be read, by the id they were asked for with."""
    names: Mapping[str, tuple[tuple[int, str | None], ...]] = field(default_factory=dict)
    """Flow id and owner's e-mail of every flow of a name."""
    credentials: Mapping[int, Credential] = field(default_factory=dict)
    notifications: tuple[Notification, ...] = ()
    """Of the notification window, the newest first. Nexla gives a caller only the caller's own."""
    me: int | None = None
    """The caller's user id."""
    platform: Mapping[int, PlatformHealth] = field(default_factory=dict)
    resources: Resources = field(default_factory=dict)
    """Rows that flows did not bring themselves."""
    unread: Mapping[Look, str] = field(default_factory=dict)
    not_read: tuple[str, ...] = ()
    """Flows that the list lost, and resource lists that would have filled gaps in flows, with why."""
    unreadable: int = 0
    """Rows of these lists that could not be read."""

    def lineage(self, flow_id: int) -> Lineage:
        return lineage_of(self.flows[flow_id], self.resources)

    def flow_of_node(self, node_id: int) -> int | None:
        """The flow that a node belongs to, by any of its node ids."""
        if node_id in self.flows:
            return node_id
        return next(
            (flow_id for flow_id, flow in self.flows.items() if any(node.id == node_id for node in flow.nodes())), None
        )

    def tags(self, flow_id: int) -> set[str]:
        """The tags of a flow and of the resource at its origin, in lower case."""
        flow = self.flows[flow_id]
        origin = flow.resource_of(flow.node)
        return {tag.casefold() for tag in (*flow.node.tags, *(origin.tags if origin else ()))}

    def notified(self, flow_id: int) -> bool:
        """Whether the caller would be told what happens in a flow: Nexla tells a resource's owner."""
        origin = self.flows[flow_id].resource_of(self.flows[flow_id].node)
        owner = origin.owner_id if origin else self.flows[flow_id].node.owner_id
        return self.me is not None and owner == self.me

    def twins(self, flow_id: int) -> tuple[tuple[int, str | None], ...]:
        """The other flows of the very same name."""
        name = self.flows[flow_id].name or self.lineage(flow_id).name
        return tuple(twin for twin in self.names.get(name or "", ()) if twin[0] != flow_id)


async def read_account(nexla: Nexla, only: Sequence[Key] | None = None, limits: Thresholds = DEFAULTS) -> Account:
    """The lists, side by side.

    Args:
        nexla: The account.
        only: Flows by node id, or by a resource in them. Few of them are read one by one, so that one flow of a
            large account is cheap; of many, all flows are listed.
        limits: How far back notifications matter.

    Raises:
        Failure: when the flows themselves cannot be listed.
    """
    one_by_one = only is not None and len(only) <= FEW
    wanted = only if only is not None and one_by_one else ()
    reads: list[Callable[[], Awaitable[Any]]] = [
        partial(nexla.flows.list, flows_only=one_by_one),
        nexla.credentials.list,
        partial(_notifications, nexla, limits),
        nexla.health.flows,
        nexla.users.current,
        *(partial(read_flow, nexla, *key) for key in wanted),
    ]
    flows, credentials, notifications, platform, me, *singles = await outcomes(reads)
    if isinstance(flows, Failure) and not one_by_one:
        raise flows
    if isinstance(flows, Rows) and not one_by_one:
        read, not_found = {flow.id: flow for flow in flows if key_of(flow.node) is not None}, {}
    else:
        read = {flow.id: flow for flow in singles if isinstance(flow, Flow)}
        not_found = {
            key[1]: answer.info for key, answer in zip(wanted, singles, strict=True) if isinstance(answer, Failure)
        }
    resources, not_read = await _fill(nexla, read)
    lists = {
        Look.NAMES: flows,
        Look.CREDENTIALS: credentials,
        Look.NOTIFICATIONS: notifications,
        Look.PLATFORM: platform,
    }
    return Account(
        now=nexla.now(),
        flows=read,
        not_found=not_found,
        names=_names(_items(flows)),
        credentials={item.id: item for item in _items(credentials)},
        notifications=tuple(sorted(_items(notifications), key=_newest_first)),
        me=me.id if isinstance(me, User) else None,
        platform={item.flow_id: item for item in _items(platform) if item.flow_id is not None},
        resources=resources,
        unread={look: answer.info.code.value for look, answer in lists.items() if isinstance(answer, Failure)},
        not_read=(*not_read, *(() if one_by_one else _lost(flows))),
        unreadable=sum(answer.unreadable for answer in lists.values() if isinstance(answer, Rows)),
    )


async def _notifications(nexla: Nexla, limits: Thresholds) -> Rows[Notification]:
    """Those of the notification window. The platform's time is not known before its first answer."""
    if nexla.statistics.requests == 0:
        await nexla.users.current()
    return await nexla.notifications.list(since=nexla.now() - limits.notification_window)


async def _fill(nexla: Nexla, flows: Mapping[int, Flow]) -> tuple[Resources, tuple[str, ...]]:
    lacks = tuple(dict.fromkeys(kind for flow in flows.values() for kind in lacking(flow)))
    return await list_resources(nexla, lacks) if lacks else ({}, ())


def _lost(flows: Any) -> tuple[str, ...]:
    """Flows that exist but are missing from the list."""
    if not isinstance(flows, Rows):
        return ()
    lost = flows.unreadable + sum(key_of(flow.node) is None for flow in flows)
    unreadable = (f"{lost} flows whose rows cannot be read",) if lost else ()
    rest = () if flows.complete else (f"flows after the first {len(flows)}: {flows.stopped_because}",)
    return (*unreadable, *rest)


def _items(answer: Any) -> tuple[Any, ...]:
    return tuple(answer.items) if isinstance(answer, Rows) else ()


def _names(flows: Sequence[Flow]) -> dict[str, tuple[tuple[int, str | None], ...]]:
    names: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
    for flow in flows:
        origin = flow.resource_of(flow.node)
        name = flow.name or (origin.name if origin else None)
        owner = next((user.email for user in flow.users if user.id == flow.node.owner_id), None)
        if name:
            names[name].append((flow.id, owner))
    return {name: tuple(found) for name, found in names.items()}


def _newest_first(item: Notification) -> float:
    return -item.created_at.timestamp() if item.created_at else 0.0


class Probes:
    """Tries each credential at most once, whoever asks and however many wait for it."""

    def __init__(self, nexla: Nexla) -> None:
        self._nexla = nexla
        self._results: dict[int, ProbeResult | ErrorInfo] = {}
        self._locks: dict[int, anyio.Lock] = defaultdict(anyio.Lock)

    @property
    def count(self) -> int:
        """How many credentials were tried against third parties."""
        return len(self._results)

    async def of(self, credential_id: int) -> ProbeResult | ErrorInfo:
        async with self._locks[credential_id]:
            if credential_id not in self._results:
                try:
                    self._results[credential_id] = await self._nexla.credentials.probe(credential_id)
                except Failure as failure:
                    self._results[credential_id] = failure.info
        return self._results[credential_id]


def state_of(
    account: Account, credential_id: int, flow: Flow, probe: ProbeResult | ErrorInfo | None
) -> CredentialState:
    """A credential as the lists know it; the flow's own row where it is not in the caller's list."""
    listed = account.credentials.get(credential_id)
    row = listed or next((item for item in flow.data_credentials if item.id == credential_id), None)
    if row is None:
        unknown = ErrorInfo(code=ErrorCode.FORBIDDEN, message="The credential is not in the lists you can see.")
        return CredentialState(credential_id, probe=probe or unknown)
    return CredentialState(
        id=credential_id,
        name=row.name,
        connector=row.credentials_type,
        verified_status=row.verified_status,
        verified_at=row.verified_at,
        probe=probe,
    )
