"""The fingerprint of a plan: what was confirmed is exactly what runs."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from nexla_mcp.domain.plans import Plan


def digest_of(plan: Plan) -> str:
    """Covers the whole plan: arguments, principal, steps, ids, names, statuses, configurations, grants, descendants."""
    return digest_of_json(plan.model_dump(mode="json"))


def digest_of_json(value: Any) -> str:
    """The first 128 bits of the SHA-256 of a JSON value, in 32 hexadecimal digits, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def digest_of_call(tool: str, arguments: dict[str, Any]) -> str:
    """Of a call as it was made, so that a confirmation cannot be carried over to another call."""
    return digest_of_json({"tool": tool, "arguments": arguments})
