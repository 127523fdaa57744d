"""Toolset build: what one needs on the way to a pipeline."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nexla_mcp.domain.results.probe import ProbeAnswer, ProbeMode
from nexla_mcp.safety.policy import Risk, Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import tool


@tool(
    toolset=Toolset.BUILD,
    risk=Risk.READ,
    title="Probe a credential",
    summary="""
    Lets Nexla log in with a credential now and says whether the third party accepts it: ok, refused, pending or
    unclear. mode=tree lists folders or tables it can see, mode=sample reads a few rows. Changes nothing.
    """,
    reaches_third_party=True,
)
async def probe_credential(
    context: ToolContext,
    credential: Annotated[int | str, Field(description="Id or exact name.")],
    mode: Annotated[ProbeMode, Field(description="test the login, list a tree, or read a sample.")] = ProbeMode.TEST,
    path: Annotated[str | None, Field(description="Folder or file (tree, sample).")] = None,
    database: Annotated[str | None, Field(description="Database (tree, sample).")] = None,
    table: Annotated[str | None, Field(description="Table (tree, sample).")] = None,
    depth: Annotated[int, Field(description="Levels of a tree.", ge=1, le=5)] = 1,
) -> ProbeAnswer:
    from nexla_mcp.operations import probing  # noqa: PLC0415 - a start should not pay for work nobody asked for yet

    return await probing.probe(context.nexla, credential, mode, path=path, database=database, table=table, depth=depth)


TOOLS = (probe_credential,)
