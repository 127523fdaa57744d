"""The scenario by a client of the protocol library's 1.x line.

Run by a Python of its own environment, which has no nexla-mcp: `python older_client.py FLOW ABSENT DOCUMENT PROMPT
RUNNING ASKS COMMAND...`. Where ASKS is `yes`, the client asks a person about the change, who agrees; else it gives the
token back. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.metadata import version
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import ElicitRequestParams, ElicitResult


def as_json(model: Any) -> dict[str, Any]:
    told: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return told


async def tell(
    flow: str, absent: str, document: str, prompt: str, running: str, asks: str, command: list[str]
) -> dict[str, Any]:
    parameters = StdioServerParameters(command=command[0], args=command[1:])
    asked: list[str] = []

    async def agree(_: Any, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"agree": True})

    async with (
        stdio_client(parameters) as (incoming, outgoing),
        ClientSession(incoming, outgoing, elicitation_callback=agree if asks == "yes" else None) as session,
    ):
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
            "change": await change(session, running, asked),
        }


async def change(session: ClientSession, running: str, asked: list[str]) -> dict[str, Any]:
    """Pauses a flow: planned, held back or asked about, confirmed, done, and looked up."""

    async def call(tool: str, **arguments: Any) -> dict[str, Any]:
        return as_json(await session.call_tool(tool, arguments))

    found = await call("search_resources", types=["flow"], name=running)
    (flow,) = [row["id"] for row in found["structuredContent"]["rows"] if row["name"] == running]
    told: dict[str, Any] = {"planned": await call("pause", resource=flow, dry_run=True), "asked": asked}
    first = await call("pause", resource=flow)
    token = first["structuredContent"].get("confirmation")
    if token:
        told["held"] = first
        told["done"] = await call("pause", resource=flow, confirmation=token)
        told["repeated"] = await call("pause", resource=flow, confirmation=token)
    else:
        told["done"] = first
    told["receipt"] = await call("get_operation", operation=told["done"]["structuredContent"]["operation"])
    return told


if __name__ == "__main__":
    answer = asyncio.run(tell(*sys.argv[1:7], command=sys.argv[7:]))
    sys.stdout.write(json.dumps(answer) + "\n")
