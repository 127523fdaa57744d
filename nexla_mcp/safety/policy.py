"""Which tools an operator lets an assistant have. Asked when listing, when calling, and by the adapter."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from nexla_mcp.domain.errors import ErrorCode, ErrorInfo
from nexla_mcp.domain.risk import Risk


class Toolset(str, Enum):
    """A group of tools that is switched on or off as one."""

    DISCOVER = "discover"
    BUILD = "build"
    OPERATE = "operate"
    MONITOR = "monitor"
    TROUBLESHOOT = "troubleshoot"
    ACCESS = "access"
    API = "api"
    DEPLOY = "deploy"
    """Whole pipelines moved, changed over and checked before production; many things at once."""
    ALERTS = "alerts"
    AUDIT = "audit"
    QUALITY = "quality"
    WEBHOOKS = "webhooks"
    TASKS = "tasks"
    GENAI = "genai"
    ADMIN = "admin"


LISTED_BY_DEFAULT = frozenset(
    {
        Toolset.DISCOVER,
        Toolset.BUILD,
        Toolset.OPERATE,
        Toolset.MONITOR,
        Toolset.TROUBLESHOOT,
        Toolset.ACCESS,
        Toolset.API,
    }
)
"""What most people ask for. The rest is permitted as well, found by find_operation and called by call_operation: a
model need not pay for what nobody asks about."""


@dataclass(frozen=True)
class Policy:
    """The operator's word. Deny wins over everything, read-only over all but deny.

    With `allow` set, exactly the named tools are permitted, whatever their toolset; without it, the tools of
    `toolsets`. Anything unnamed is refused. What is permitted and not listed is reached through `call_operation`.
    """

    read_only: bool = False
    toolsets: frozenset[Toolset] = field(default_factory=lambda: frozenset(Toolset))
    listed: frozenset[Toolset] = field(default_factory=lambda: frozenset(Toolset))
    """The toolsets whose tools a model is shown from the start."""
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()

    def lists(self, name: str, toolset: Toolset, risk: Risk) -> bool:
        """Whether a model is shown the tool from the start."""
        shown = name in self.allow or toolset in self.listed
        return shown and self.refusal(name, toolset, risk) is None

    def refusal(self, name: str, toolset: Toolset, risk: Risk) -> ErrorInfo | None:
        """Why the tool may not be used, or None when it may."""
        if name in self.deny:
            return _refused(name, "NEXLA_MCP_TOOLS_DENY names it")
        if self.read_only and risk is not Risk.READ:
            return _refused(name, "the server is read-only (NEXLA_MCP_READ_ONLY)")
        if self.allow:
            return None if name in self.allow else _refused(name, "NEXLA_MCP_TOOLS_ALLOW does not name it")
        if toolset not in self.toolsets:
            return _refused(name, f"its toolset {toolset.value!r} is not in NEXLA_MCP_TOOLSETS")
        return None


def _refused(name: str, why: str) -> ErrorInfo:
    return ErrorInfo(
        code=ErrorCode.NOT_ALLOWED,
        message=f"{name} is switched off: {why}. Nothing was sent to Nexla.",
        hint="Only the operator of this server can change that, in its settings. Do not look for a way around it.",
    )
