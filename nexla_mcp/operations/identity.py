"""Whom the login speaks for."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from nexla_mcp.adapter.models import User
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.identity import Identity
from nexla_mcp.operations.listing import Listing, list_type
from nexla_mcp.operations.parallel import Read, outcomes

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
    reads: list[Read] = [partial(list_type, nexla, kind) for kind in COUNTED]
    reads.append(partial(nexla.notifications.count, read=False))
    *lists, unread = await outcomes(reads)
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
        resources={kind: len(rows.rows) for kind, rows in counted.items() if isinstance(rows, Listing)} or None,
        unread_notifications=unread if isinstance(unread, int) else None,
        not_read=[
            f"{what}s ({why})"
            for what, answer in {**counted, "notification": unread}.items()
            if (why := _not_read(answer)) is not None
        ]
        or None,
    )


def _not_read(answer: object) -> str | None:
    """Why a count is missing or too small."""
    if isinstance(answer, Failure):
        return answer.info.code.value
    if not isinstance(answer, Listing):
        return None
    lost = f"{answer.unreadable} rows cannot be read" if answer.unreadable else None
    return "; ".join(filter(None, [answer.stopped_because, lost])) or None


def _is_admin(user: User) -> bool | None:
    org = user.org or user.default_org
    return next((item.is_admin for item in user.org_memberships if org and item.id == org.id), None)
