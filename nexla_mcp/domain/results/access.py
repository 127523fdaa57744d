"""The answer of `list_access`."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row


class Grant(Row):
    """Somebody's roles on one resource."""

    type: ResourceType
    id: int
    name: str | None = None
    to: str
    """USER, TEAM or ORG."""
    who: str
    """Email of a user, name of a team, domain of an org: Nexla's answers carry no ids."""
    roles: tuple[str, ...] = ()
    since: datetime | None = None
    ambiguous: bool | None = None
    """True when several teams go by that name, so that it cannot be told which one is meant."""


class Looked(Row):
    """A resource whose access was looked up."""

    type: ResourceType
    id: int
    name: str | None = None
    owner: str | None = None
    my_roles: tuple[str, ...] = ()


class Reach(Row):
    """What one person may do with one resource."""

    type: ResourceType
    id: int
    name: str | None = None
    roles: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    """By what: as owner, as admin of the org, by a grant to them, a team of theirs or the org; empty for no access."""
    unverified: bool | None = None
    """True when it rests on a team alone whose name another team has as well."""


class AccessList(Result):
    cut_first: ClassVar[tuple[str, ...]] = ("grants", "reach", "resources")
    narrow_with: ClassVar[str] = "whole_flow=false"

    resources: list[Looked]
    grants: list[Grant]
    person: str | None = None
    """Whose access was asked for; `grants` are then those that reach them."""
    reach: list[Reach] | None = None
    uneven: list[str] | None = None
    """Who has access to some resources of the flow but not to others."""
    not_read: list[str] | None = None
    unreadable: int | None = None
