"""Users, teams and organisations (contract 15 to 17)."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field

from nexla_mcp.adapter.models.row import (
    Id,
    Many,
    OptionalId,
    OrgBrief,
    Owner,
    Resource,
    Row,
    Said,
    Time,
    Words,
)

# The published key ends with a question mark; the SDK spells it isAdmin (trap T12).
_IS_ADMIN = AliasChoices("is_admin?", "is_admin", "isAdmin")


class OrgMembership(Row):
    """One user's membership of one organisation."""

    id: OptionalId = None
    name: str | None = None
    is_admin: bool | None = Field(default=None, validation_alias=_IS_ADMIN)
    status: str | None = Field(default=None, validation_alias=AliasChoices("org_membership_status", "status"))


class User(Row):
    """A person with an account. `account_summary` counts resources, given only when expanded."""

    id: Id
    email: str | None = None
    full_name: str | None = Field(default=None, validation_alias=AliasChoices("full_name", "name"))
    status: str | None = None
    user_tier: str | None = None
    super_user: bool | None = None
    impersonated: bool | None = None
    account_locked: bool | None = None
    default_org: OrgBrief | None = None
    org: OrgBrief | None = None
    org_memberships: Many[OrgMembership] = ()
    account_summary: dict[str, Any] | None = None
    email_verified_at: Time = None
    created_at: Time = None
    updated_at: Time = None


class TeamMember(Row):
    """One member of a team; `admin` says whether they run it."""

    id: OptionalId = None
    email: str | None = None
    admin: bool | None = None


class Team(Resource):
    """A group of users that resources are shared with. `member` says whether the caller is in it."""

    member: bool | None = None
    members: Many[TeamMember] = ()


class OrgMember(Row):
    """One member of an organisation with their roles in it."""

    id: Id
    email: str | None = None
    full_name: str | None = None
    is_admin: bool | None = Field(default=None, validation_alias=_IS_ADMIN)
    access_role: Words = ()
    org_membership_status: str | None = None
    user_status: str | None = None


class Org(Row):
    """An organisation; its tier's limits are under `org_tier` as the platform gives them."""

    id: Id
    name: str | None = None
    description: Said = None
    status: str | None = None
    email: str | None = None
    email_domain: str | None = None
    client_identifier: str | None = None
    org_webhook_host: str | None = None
    access_roles: Words = ()
    owner: Owner | None = None
    billing_owner: Owner | None = None
    admins: Many[Owner] = ()
    cluster_id: OptionalId = Field(default=None, validation_alias=AliasChoices("cluster_id", "default_cluster_id"))
    cluster_status: str | None = None
    org_tier: dict[str, Any] | None = Field(default=None, validation_alias=AliasChoices("org_tier", "account_tier"))
    members_default_access_role: str | None = None
    enable_nexla_password_login: bool | None = None
    created_at: Time = None
    updated_at: Time = None
