"""Who belongs to the caller's org."""

from __future__ import annotations

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.results.members import MemberRow, OrgMembers


async def org_members(nexla: Nexla, name: str | None, *, admins_only: bool) -> OrgMembers:
    """Members by name or email; all of them without one.

    Raises:
        Failure: `unsupported` for a login without an org; else as for every read.
    """
    user = await nexla.users.current()
    org = user.org or user.default_org
    if org is None or org.id is None:
        raise Failure.of(ErrorCode.UNSUPPORTED, "This login belongs to no org.")
    word = (name or "").strip().casefold()
    rows = [
        MemberRow(
            id=member.id,
            email=member.email,
            name=member.full_name,
            admin=member.is_admin,
            roles=member.access_role,
            status=member.org_membership_status or member.user_status,
        )
        for member in await nexla.orgs.members(org.id)
        if word in f"{member.email or ''} {member.full_name or ''}".casefold() and (member.is_admin or not admins_only)
    ]
    return OrgMembers(org=org.name or str(org.id), rows=rows, total=len(rows))
