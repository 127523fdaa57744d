"""Audit log entries (contract 22)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from nexla_mcp.adapter.models.row import OptionalId, Owner, Row, Time, Words
from nexla_mcp.domain.secrets import MASK, is_secret_name, mask_secrets


def _read_changes(value: Any) -> Any:
    """Before and after of each property, secrets masked; a value that is no pair stands as it came."""
    if not isinstance(value, dict):
        return {}
    return {
        str(name): (_hidden_pair(change) if is_secret_name(str(name)) else mask_secrets(change))
        for name, change in value.items()
    }


def _hidden_pair(change: Any) -> Any:
    return [None if side is None else MASK for side in change] if isinstance(change, list) else MASK


class AuditEntry(Row):
    """One recorded change. `object_changes` maps a property to `[before, after]`."""

    id: OptionalId = None
    item_type: str | None = None
    item_id: OptionalId = None
    event: str | None = None
    change_summary: Words = ()
    object_changes: Annotated[dict[str, Any], BeforeValidator(_read_changes)] = Field(default_factory=dict)
    association_resource: dict[str, Any] | None = None
    user: Owner | None = None
    impersonator_id: str | None = None
    org_id: OptionalId = None
    owner_id: OptionalId = None
    owner_email: str | None = None
    request_ip: str | None = None
    created_at: Time = None
