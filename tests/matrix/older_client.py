"""The scenario by a client of the protocol library's 1.x line.

Run by a Python of its own environment, which has no nexla-mcp: `python older_client.py FLOW ABSENT DOCUMENT PROMPT
COMMAND...`. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.metadata import version
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


def as_json(model: Any) -> dict[str, Any]:
    told: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return told


async def tell(flow: str, absent: str, document: str, prompt: str, command: list[str]) -> dict[str, Any]:
    parameters = StdioServerParameters(command=command[0], args=command[1:])
    async with stdio_client(parameters) as (incoming, outgoing), ClientSession(incoming, outgoing) as session:
        initialized = await session.initialize()
        read = await session.read_resource(document)
        got = await session.get_prompt(prompt, {"flow": flow})
        return {
            "client": version("mcp"),
            "server": as_json(initialized.serverInfo),
            "tools": [as_json(tool) for tool in (await session.list_tools()).tools],
            "whoami": as_json(await session.call_tool("whoami", {})),
            "health": as_json(await session.call_tool("run_health_check", {})),
            "diagnosis": as_json(await session.call_tool("diagnose_flow", {"flow": flow})),
            "document": read.contents[0].text,
            "prompt": got.messages[0].content.text,
            "refused": as_json(await session.call_tool("get_flow", {"flow": absent})),
        }


if __name__ == "__main__":
    answer = asyncio.run(tell(*sys.argv[1:5], command=sys.argv[5:]))
    sys.stdout.write(json.dumps(answer) + "\n")
