"""Whom the login speaks for."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from nexla_mcp.adapter.models import User
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.identity import Identity
from nexla_mcp.operations.listing import list_type
from nexla_mcp.operations.parallel import outcomes

COUNTED = (
    ResourceType.CREDENTIAL,
    ResourceType.SOURCE,
    ResourceType.NEXSET,
    ResourceType.DESTINATION,
    ResourceType.FLOW,
)


async def identify(nexla: Nexla) -> Identity:
    """The caller, the org, what the caller can see. What is forbidden to ask is named, not fatal."""
    user = await nexla.users.current()
    *lists, unread = await outcomes(
        [*(partial(_count, nexla, kind) for kind in COUNTED), partial(nexla.notifications.count, read=False)]
    )
    counted = dict(zip((kind.value for kind in COUNTED), lists, strict=True))
    org = user.org or user.default_org
    return Identity(
        user_id=user.id,
        user_name=user.full_name,
        email=user.email,
        org_id=org.id if org else None,
        org_name=org.name if org else None,
        org_admin=_is_admin(user),
        other_orgs=[item.name or str(item.id) for item in user.org_memberships if not org or item.id != org.id] or None,
        impersonated=user.impersonated or None,
        host=urlsplit(nexla.connection.api_url).netloc,
        login="service key" if nexla.connection.service_key else "access token",
        read_only=nexla.connection.read_only,
        platform_time=nexla.now(),
        clock_skew_seconds=round(nexla.skew, 1),
        resources={kind: count for kind, count in counted.items() if isinstance(count, int)} or None,
        unread_notifications=unread if isinstance(unread, int) else None,
        not_read=[
            f"{what}s ({answer.info.code.value})"
            for what, answer in {**counted, "notification": unread}.items()
            if isinstance(answer, Failure)
        ]
        or None,
    )


async def _count(nexla: Nexla, kind: ResourceType) -> int:
    return len((await list_type(nexla, kind)).rows)


def _is_admin(user: User) -> bool | None:
    org = user.org or user.default_org
    return next((item.is_admin for item in user.org_memberships if org and item.id == org.id), None)
