"""Toolset genai: language models of the org, and what they write."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nexla_mcp.domain.genai import Documented, GenAiProvider, GenAiUsage
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.results.base import Result
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.spec import ToolSpec, tool


def _only_suggests(arguments: dict[str, Any]) -> bool:
    return arguments.get("apply") is None


@tool(
    toolset=Toolset.GENAI,
    risk=Risk.DISRUPTIVE,
    title="Suggest a description",
    summary="""
    Shows a language model's description beside the present one; apply writes it.
    """,
    changes=True,
    reads=_only_suggests,
    reaches_third_party=True,
)
async def suggest_docs(
    context: ToolContext,
    resource: Annotated[int, Field(description="Id.")],
    type: Annotated[Documented, Field(description="A flow's source is described.")] = Documented.NEXSET,  # noqa: A002 - the word users know
    apply: Annotated[str | None, Field(description="The text to write.")] = None,
) -> Plan | Result:
    if apply is None:
        from nexla_mcp.operations import suggested_docs  # noqa: PLC0415 - a start pays for no work nobody asked for

        return await suggested_docs.suggest(context.nexla, type, resource)
    from nexla_mcp.operations.planning.documenting import plan_docs  # noqa: PLC0415

    return await plan_docs(await context.planning(), type, resource, apply)


@tool(
    toolset=Toolset.GENAI,
    risk=Risk.DISRUPTIVE,
    title="Configure a language model",
    summary="""
    Sets up a language model for the whole org. Needs key or credential.
    """,
    changes=True,
)
async def configure_genai(
    context: ToolContext,
    name: Annotated[str, Field(description="Its name.")],
    provider: Annotated[GenAiProvider, Field(description="Whose model.")],
    key: Annotated[str | None, Field(description="Reference: env:NAME.")] = None,
    credential: Annotated[int | None, Field(description="Id of its login.")] = None,
    model: Annotated[str | None, Field(description="Its name there.")] = None,
    usage: Annotated[GenAiUsage, Field(description="What for.")] = GenAiUsage.DOCS,
) -> Plan:
    from nexla_mcp.operations.planning.genai import plan_genai  # noqa: PLC0415 - only a change needs all of it

    planning = await context.planning()
    return await plan_genai(planning, name, provider, usage, key=key, credential=credential, model=model)


TOOLS: tuple[ToolSpec, ...] = (suggest_docs, configure_genai)
