"""A tool is data: what it is called, what it may do, and the function behind it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from pydantic import Field

from nexla_mcp.domain.results.base import Result
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.tools.arguments import Arguments

if TYPE_CHECKING:
    from nexla_mcp.tools.context import ToolContext

ToolFunction = Callable[..., Awaitable[Any]]
"""Gives a `Result`; a tool that changes something gives the `Plan` of what would be done, and does nothing itself."""

DRY_RUN = "dry_run"
CONFIRMATION = "confirmation"
_OF_EVERY_CHANGE: dict[str, tuple[Any, Any]] = {
    DRY_RUN: (Annotated[bool, Field(description="Plan only.")], False),
    CONFIRMATION: (Annotated[str | None, Field(description="The token.")], None),
}
"""Arguments that every tool has that changes something: their types and defaults."""


@dataclass(frozen=True)
class ToolSpec:
    """Everything anybody asks about a tool. Registration, policy, CLI and docs read it; none repeats it."""

    name: str
    toolset: Toolset
    risk: Risk
    title: str
    summary: str
    """What it does; when this one and not its sibling; what comes back. The model reads exactly this."""
    function: ToolFunction
    changes: bool = False
    """Whether the function gives a plan, to be judged and run. Its risk is that of the worst plan it can give."""
    reaches_third_party: bool = False
    """Whether a call makes Nexla talk to somebody else's system, e.g. to test a login."""
    idempotent: bool = True
    reads: Callable[[dict[str, Any]], bool] | None = None
    """Of a tool that changes something with some arguments only: whether these change nothing."""
    carries: bool = False
    """Whether it calls another tool: the one that its argument `operation` names, with its `arguments`."""

    @property
    def least_risk(self) -> Risk:
        """Of its most harmless call: what it is offered for."""
        return Risk.READ if self.reads is not None else self.risk

    def risk_of(self, arguments: dict[str, Any]) -> Risk:
        """Of the worst plan that a call with these arguments can come to."""
        return Risk.READ if self.reads is not None and self.reads(arguments) else self.risk

    @cached_property
    def arguments(self) -> Arguments:
        """Built at first use: pydantic models of all tools would slow a start-up that calls none."""
        return Arguments.of(self.name, self.function, _OF_EVERY_CHANGE if self.changes else {})

    @cached_property
    def result_type(self) -> type[Result]:
        if self.changes:
            from nexla_mcp.domain.results.operation import OperationAnswer  # noqa: PLC0415

            return OperationAnswer
        result = get_type_hints(self.function)["return"]
        if not (isinstance(result, type) and issubclass(result, Result)):
            raise TypeError(f"{self.name} must return a Result")
        return result

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """Shallow on purpose: names and types of the top level, since hosts may charge for every byte."""
        if self.carries:
            return {"type": "object"}
        schema = self.result_type.model_json_schema(mode="serialization")
        definitions = schema.get("$defs", {})
        properties: dict[str, Any] = {}
        for name, node in schema["properties"].items():
            kinds = {_kind(variant, definitions) for variant in node.get("anyOf", [node])} - {None, "null"}
            properties[name] = {"type": kinds.pop()} if len(kinds) == 1 else {}
        return {"type": "object", "properties": properties}

    async def run(self, context: ToolContext, arguments: dict[str, Any]) -> Result:
        """The answer of a tool that only reads."""
        own = {name: value for name, value in arguments.items() if not self.changes or name not in _OF_EVERY_CHANGE}
        result: Result = await self.function(context, **own)
        return result


def _kind(node: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """The JSON type of a schema, through one reference; None when it allows several."""
    if "$ref" in node:
        node = definitions[node["$ref"].rsplit("/", 1)[1]]
    return node.get("type")


def tool(
    *,
    toolset: Toolset,
    risk: Risk,
    title: str,
    summary: str,
    changes: bool = False,
    reaches_third_party: bool = False,
    idempotent: bool = True,
    reads: Callable[[dict[str, Any]], bool] | None = None,
    carries: bool = False,
) -> Callable[[ToolFunction], ToolSpec]:
    """Turns an async function `(context, **arguments) -> Result` into a tool of the same name.

    With `changes` the function gives a `Plan`, or a `Result` where there is nothing to plan.
    """

    def wrap(function: ToolFunction) -> ToolSpec:
        return ToolSpec(
            name=function.__name__,
            toolset=toolset,
            risk=risk,
            title=title,
            summary=inspect.cleandoc(summary),
            function=function,
            changes=changes,
            reaches_third_party=reaches_third_party,
            idempotent=idempotent,
            reads=reads,
            carries=carries,
        )

    return wrap
