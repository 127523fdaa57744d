"""What makes a resource what it is: compared before and after changes, and kept as a digest in plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.reconcile import same_config
from nexla_mcp.domain.markers import SECRET, is_marker
from nexla_mcp.domain.plans import Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.safety.digest import digest_of_json

CONFIGURATION = (
    "name",
    "description",
    "tags",
    "source_type",
    "source_config",
    "sink_type",
    "sink_config",
    "data_credentials_id",
    "data_set_id",
    "parent_data_set_id",
    "transform_id",
    "transform",
    "custom_config",
    "output_validation_schema",
    "credentials_type",
    "credentials_non_secure_data",
    "code",
    "code_type",
    "members",
    "flows",
    "map_primary_key",
    "data_defaults",
    "emit_data_default",
)
"""Nothing that a run changes is in it."""


def digest_of_model(model: Any) -> str:
    """A short digest of a resource's configuration."""
    told = model.model_dump(mode="json", include=set(CONFIGURATION))
    return digest_of_json(told)[:16]


async def read_in_full(nexla: Nexla, kind: ResourceType, identifier: int) -> Any:
    """A resource with all of its configuration; only an expanded answer carries a nexset's inline transform."""
    family = getattr(nexla, f"{kind.value}s")
    return await (family.get(identifier, expand=True) if kind is ResourceType.NEXSET else family.get(identifier))


def differing(model: Any, body: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of a body in which a resource is another than the body would make it.

    A field with a secret in it always differs: what is in a resource is never told.
    """
    told = model.model_dump(mode="json")
    return tuple(
        name for name, value in body.items() if holds_secret(value) or not _same(value, told.get(name), exact=name)
    )


def _same(wanted: Any, found: Any, exact: str) -> bool:
    if wanted in (None, "", [], {}):
        return _is_empty(found)
    # A configuration is replaced whole: a field too many is a difference, too.
    whole = exact.endswith("config") and isinstance(wanted, dict) and isinstance(found, dict)
    return same_config(wanted, found) and (not whole or set(found) <= set(wanted))


def _is_empty(value: Any) -> bool:
    """An answer may spell out an empty transform: `{"version": 1, "transforms": [], …}`."""
    if isinstance(value, Mapping):
        return all(_is_empty(item) for name, item in value.items() if name != "version")
    return value in (None, "", [], ())


def holds_secret(value: Any) -> bool:
    """Whether a reference to a secret stands anywhere in it."""
    if is_marker(value, SECRET):
        return True
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return any(holds_secret(item) for item in inner)


def target_of(kind: ResourceType, model: Any) -> Target:
    """A resource as it is now, for a plan."""
    owner = getattr(model, "owner", None)
    return Target(
        type=kind,
        id=model.id,
        name=model.name,
        owner=owner.email if owner else None,
        status=getattr(model, "status", None),
        config=digest_of_model(model),
    )
