"""The operator's file of service levels."""

from __future__ import annotations

from pathlib import Path

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.results.sla import SlaTarget
from nexla_mcp.operations.sla import targets_in

LARGEST = 256 * 1024


def stored_targets(path: Path | None) -> list[SlaTarget]:
    """The targets in the file that the settings name.

    Raises:
        Failure: `bad_input` when there is no such setting, `not_configured` when the file cannot be used.
    """
    import yaml  # noqa: PLC0415 - most calls read no file

    if path is None:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "No targets are given, and none are stored (NEXLA_MCP_MONITORING). Nothing was checked.",
            hint='Give targets, e.g. [{"flows": ["Orders"], "fresh_within": "2h", "max_error_rate": 0.01}].',
        )
    try:
        with path.expanduser().open("rb") as file:
            text = file.read(LARGEST + 1)
        content = yaml.safe_load(text.decode()) if len(text) <= LARGEST else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _unusable(f"it cannot be read as YAML ({type(error).__name__})") from None
    if not isinstance(content, dict) or not isinstance(content.get("targets"), list):
        raise _unusable("it holds no list of targets")
    return targets_in(content)


def _unusable(why: str) -> Failure:
    return Failure.of(
        ErrorCode.NOT_CONFIGURED,
        f"The file that NEXLA_MCP_MONITORING names cannot be used: {why}. Nothing was checked.",
        hint="The operator corrects the setting or the file; examples/monitoring.yaml shows one.",
    )
