"""`nexla-mcp config`: the snippet that connects an application."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

_WHERE = {
    "claude-desktop": "claude_desktop_config.json (Settings → Developer → Edit Config)",
    "cursor": ".cursor/mcp.json in a project, or ~/.cursor/mcp.json",
    "vscode": ".vscode/mcp.json in a workspace",
}


def snippet(client: str, *, sandbox: bool) -> str:
    """Text to paste. No secret in it: the key is left for its owner to fill in."""
    if client == "claude-code":
        return _claude_code(sandbox=sandbox)
    body = _vscode(sandbox=sandbox) if client == "vscode" else {"mcpServers": {"nexla": _server(sandbox=sandbox)}}
    return json.dumps(body, indent=2)


def where(client: str) -> str | None:
    """The file that the snippet goes into; None for a command to run."""
    return _WHERE.get(client)


def _server(*, sandbox: bool) -> dict[str, Any]:
    if sandbox:
        return {"command": _command(), "args": ["serve", "--sandbox"]}
    return {"command": _command(), "args": ["serve"], "env": {"NEXLA_SERVICE_KEY": "your service key"}}


def _vscode(*, sandbox: bool) -> dict[str, Any]:
    server = {"type": "stdio", **_server(sandbox=sandbox)}
    if sandbox:
        return {"servers": {"nexla": server}}
    server["env"] = {"NEXLA_SERVICE_KEY": "${input:nexla-service-key}"}
    prompt = {
        "type": "promptString",
        "id": "nexla-service-key",
        "description": "Nexla service key",
        "password": True,
    }
    return {"inputs": [prompt], "servers": {"nexla": server}}


def _claude_code(*, sandbox: bool) -> str:
    if sandbox:
        return f"claude mcp add nexla -- {_command()} serve --sandbox"
    return f'claude mcp add nexla --env NEXLA_SERVICE_KEY="$NEXLA_SERVICE_KEY" -- {_command()} serve'


def _command() -> str:
    """The absolute path of this installation: applications start servers without a shell's PATH."""
    beside = Path(sys.executable).with_name("nexla-mcp")
    return str(beside) if beside.exists() else shutil.which("nexla-mcp") or "nexla-mcp"
