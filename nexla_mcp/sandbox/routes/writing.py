"""What the writing routes share: which fields of a body count, of which types, and which ids may be named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, creation, kinds
from nexla_mcp.sandbox.access import require
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nexla_mcp.sandbox.routing import Call, Route
    from nexla_mcp.sandbox.store import Document

ROUTES: tuple[Route, ...] = ()

COMMON = ("name", "description", "tags")
"""What can be set on every resource."""

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(
        (
            "name",
            "full_name",
            "email",
            "credentials_type",
            "source_type",
            "sink_type",
            "sink_format",
            "source_format",
            "ingest_method",
            "code_type",
            "code_encoding",
            "output_type",
            "resource_type",
            "ai_function_type",
            "data_type",
            "map_primary_key",
            "email_domain",
            "client_identifier",
            "status",
            "user_tier",
            "tos_signed_at",
        ),
        ((str,), "a string"),
    ),
    **dict.fromkeys(
        (
            "source_config",
            "sink_config",
            "custom_config",
            "code_config",
            "template_config",
            "credentials",
            "data_defaults",
            "transform",
            "output_schema_annotations",
            "output_validation_schema",
            "config",
        ),
        ((dict,), "an object"),
    ),
    **dict.fromkeys(
        (
            "reusable",
            "emit_data_default",
            "has_custom_transform",
            "output_schema_validation_enabled",
            "enable_nexla_password_login",
        ),
        ((bool,), "a boolean"),
    ),
    **dict.fromkeys(("data_sinks", "data_map", "data_flows", "members"), ((list,), "a list")),
    "code": ((str, list), "a string or a list"),
    "description": ((str, type(None)), "a string"),
}
_NEVER_EMPTY = frozenset(
    {"name", "full_name", "email", "credentials_type", "source_type", "sink_type", "code_type", "data_type"}
)
_ALLOWED = {
    "output_type": ("record", "attribute", "custom"),
    "code_type": ("jolt_standard", "jolt_custom", "python", "python3", "javascript", "flink_sql", "spark_sql"),
    "code_encoding": ("none", "base64"),
    "resource_type": ("transform", "ai_function", "source", "source_custom", "sink", "error", "validator"),
    "ai_function_type": ("chunker", "context_enricher", "query_rewriter", "reranker"),
    "status": ("ACTIVE", "DEACTIVATED", "SOURCE_COUNT_CAPPED", "SOURCE_DATA_CAPPED", "TRIAL_EXPIRED"),
    "user_tier": ("FREE", "TRIAL", "PAID", "FREE_FOREVER"),
}
"""Closed enums of what can be set (contract 4); `status` only of users."""


def given(payload: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The named fields of a body that makes something; null is as good as absent, anything else is ignored."""
    found = {name: payload[name] for name in names if payload.get(name) is not None}
    for name, value in found.items():
        _check(name, value)
    return found


def changed(call: Call, kind: str, before: Document, names: Iterable[str], **more: Any) -> Document:
    """The document with the named fields of the body taken over whole, and an audit entry if any differs.

    `more` are fields that follow from those; a 400 for a value of the wrong type.
    """
    payload = call.fields()
    found = {name: payload[name] for name in names if name in payload}
    for name, value in found.items():
        _check(name, value)
    after = {**before, **found, **more, "updated_at": iso(call.world.clock.now())}
    with call.world.store.transaction():
        call.world.store.put(kind, after)
        if audit.differences(before, after):
            audit.record(call.world, audit.author(call), "update", kind, after, before=before)
    return after


def referenced(call: Call, payload: dict[str, Any], name: str, kind: str, role: str = "collaborator") -> int | None:
    """An id in a payload: None when absent or null, 400 when it does not exist, 403 without that role on it."""
    identifier = creation.check_reference(call.world, payload, name, kind)
    if identifier is not None:
        require(call, kind, identifier, role)
    return identifier


def references(call: Call, payload: dict[str, Any], **wanted: str) -> dict[str, int | None]:
    """The ids that a change gives, each checked as above; null takes one away."""
    return {name: referenced(call, payload, name, kind) for name, kind in wanted.items() if name in payload}


def login(call: Call, payload: dict[str, Any], connector: Any, without: frozenset[str]) -> dict[str, int | None]:
    """The credential that a change gives; only connectors that log in nowhere may do without."""
    found = references(call, payload, data_credentials_id=kinds.CREDENTIALS)
    if found and found["data_credentials_id"] is None and str(connector) not in without:
        raise invalid("data_credentials_id is required", fields=["data_credentials_id"])
    return found


def _check(name: str, value: Any) -> None:
    if name == "tags":
        if not (isinstance(value, list) and all(isinstance(tag, str) for tag in value)):
            raise invalid("tags must be a list of strings", field=name)
        return
    types, wording = _TYPES[name]
    if not isinstance(value, types) or (name in _NEVER_EMPTY and not value):
        raise invalid(f"{name} must be {wording}", field=name)
    allowed = _ALLOWED.get(name)
    if allowed and value not in allowed:
        raise invalid(f"{name} must be one of {', '.join(allowed)}", field=name)


def deleted(what: str) -> dict[str, str]:
    """What a delete answers where the contract gives it a body (contract 2.3)."""
    return {"code": "200", "message": f"{what} deleted"}
