"""The answer of `list_org_members`."""

from __future__ import annotations

from typing import ClassVar

from nexla_mcp.domain.results.base import Result, Row


class MemberRow(Row):
    id: int
    email: str | None = None
    name: str | None = None
    admin: bool | None = None
    roles: tuple[str, ...] = ()
    status: str | None = None


class OrgMembers(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("rows",)
    narrow_with: ClassVar[str] = "name or admins_only"

    org: str
    rows: list[MemberRow]
