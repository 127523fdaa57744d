"""The answer of `whoami`."""

from __future__ import annotations

from datetime import datetime

from nexla_mcp.domain.results.base import Result


class Identity(Result):
    """Whom the login speaks for, where, and what it may do there."""

    user_id: int
    user_name: str | None = None
    email: str | None = None
    org_id: int | None = None
    org_name: str | None = None
    org_admin: bool | None = None
    other_orgs: list[str] | None = None
    impersonated: bool | None = None
    host: str
    """The API's host; no path, no login."""
    login: str
    """`service key` (renewed by itself) or `access token` (ends after about an hour)."""
    read_only: bool
    """Whether this server refuses every change."""
    platform_time: datetime
    clock_skew_seconds: float
    """How far the platform's clock is ahead of ours."""
    resources: dict[str, int] | None = None
    """How many of each the caller may see, with what is shared."""
    unread_notifications: int | None = None
    interrupted: list[str] | None = None
    """Operations made from here that were cut off and do not go on by themselves."""
    not_read: list[str] | None = None
