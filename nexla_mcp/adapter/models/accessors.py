"""Who a resource is shared with (contract 21)."""

from __future__ import annotations

from nexla_mcp.adapter.models.row import OptionalId, Row, Time, Words


class Accessor(Row):
    """One grant: a USER (by email), TEAM (by name) or ORG (by domain) and its roles.

    The published answer carries no ids, so `id` is usually None: match by type and email or name,
    and treat a name that fits several teams as unverified.
    """

    type: str
    id: OptionalId = None
    email: str | None = None
    name: str | None = None
    email_domain: str | None = None
    client_identifier: str | None = None
    org_id: OptionalId = None
    access_roles: Words = ()
    created_at: Time = None
    updated_at: Time = None

    @property
    def subject(self) -> str | None:
        """What identifies the subject to a person: email, name or domain."""
        return self.email or self.name or self.email_domain
