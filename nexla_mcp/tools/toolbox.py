"""The one way a tool is listed and called, whoever asks: an MCP client, the command line, a test."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nexla_mcp.domain.errors import ErrorCode, ErrorInfo, Failure
from nexla_mcp.domain.results.base import Result
from nexla_mcp.safety.people import AskLaterError, Person
from nexla_mcp.safety.policy import Policy
from nexla_mcp.safety.untrusted import cleaned, unmarked
from nexla_mcp.tools.budget import DEFAULT_BUDGET, Rendered, compact_json, fit
from nexla_mcp.tools.context import WAIT_SECONDS, Progress, ToolContext, no_desk, no_progress
from nexla_mcp.tools.spec import CONFIRMATION, DRY_RUN, ToolSpec
from nexla_mcp.views.text import error_text

if TYPE_CHECKING:
    from nexla_mcp.adapter.nexla import Nexla
    from nexla_mcp.operations.desk import Desk

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of a call. `result` is the typed answer; None when the call failed."""

    text: str
    structured: dict[str, Any]
    result: Result | None = None
    error: ErrorInfo | None = None


class Toolbox:
    """The tools an operator's policy offers, over one account.

    `specs` may be a function that gives them: it is called when they are first asked for, not at the start.

    `connect` gives the account's adapter; it is awaited at the first call that needs it, and may raise
    `Failure` (not configured), which the caller then sees as that call's answer. `open_desk` gives what changes
    take, and is awaited by the first of them. `interrupted` names operations that were cut off.
    """

    def __init__(
        self,
        specs: Sequence[ToolSpec] | Callable[[], Sequence[ToolSpec]],
        policy: Policy,
        connect: Callable[[], Awaitable[Nexla]],
        budget: int = DEFAULT_BUDGET,
        open_desk: Callable[[], Awaitable[Desk]] = no_desk,
        interrupted: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._given = specs
        if not callable(specs):
            _ = self._specs
        self.policy = policy
        self._connect = connect
        self._budget = budget
        self._open_desk = open_desk
        self._interrupted = interrupted

    @cached_property
    def _specs(self) -> dict[str, ToolSpec]:
        specs = self._given() if callable(self._given) else self._given
        by_name = {spec.name: spec for spec in specs}
        if len(by_name) != len(specs):
            raise ValueError("two tools share a name")
        return by_name

    @cached_property
    def offered(self) -> tuple[ToolSpec, ...]:
        """What a client is shown, in the order of the registry."""
        return tuple(spec for spec in self._specs.values() if self.lists(spec.name))

    @cached_property
    def permitted(self) -> tuple[ToolSpec, ...]:
        """What the policy lets through, shown from the start or not."""
        return tuple(spec for spec in self._specs.values() if self.refusal_of(spec.name) is None)

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """All tools, whatever the policy says."""
        return tuple(self._specs.values())

    def lists(self, name: str) -> bool:
        """Whether a client is shown a tool from the start."""
        spec = self._specs[name]
        return self.policy.lists(name, spec.toolset, spec.least_risk)

    def refusal_of(self, name: str) -> ErrorInfo | None:
        """Why a tool may not be used even for its most harmless call, or None when it may.

        A tool that does not exist in this version refuses nothing.
        """
        spec = self._specs.get(name)
        return self.policy.refusal(name, spec.toolset, spec.least_risk) if spec else None

    async def call(
        self,
        name: str,
        arguments: dict[str, Any],
        progress: Progress = no_progress,
        *,
        person: Person | None = None,
        wait_seconds: float | None = WAIT_SECONDS,
    ) -> Outcome:
        """Runs a tool. Never raises for anything that can be foreseen: the outcome carries the error.

        Args:
            name: The tool.
            arguments: As the caller gave them.
            progress: Told how far it is.
            person: Who can be asked about a change; None where nobody can.
            wait_seconds: How long a change is waited for before its operation's id is handed back; None for ever.

        Raises:
            AskLaterError: the client has to carry a question to a person and call again.
        """
        try:
            spec = self._permitted(name)
            read = spec.arguments.read(arguments)
            if spec.carries and read["operation"] in self._specs:
                spec = self._permitted(read["operation"])
                arguments = carried(spec, read)
                read = spec.arguments.read(arguments)
            self._require_permitted(spec, read)
            context = ToolContext(await self._connect(), self, progress, self._open_desk, self._interrupted)
            if spec.changes and (spec.reads is None or not spec.reads(read)):
                from nexla_mcp.tools.writing import Change, make  # noqa: PLC0415 - only a change needs all of it

                result, error = await make(Change(spec, read, arguments, person, wait_seconds), context)
            else:
                result, error = await spec.run(context, read), None
            rendered = fit(result, self._budget)
        except AskLaterError:
            raise
        except Failure as failure:
            return failed(failure.info)
        except Exception as error:
            logger.error("%s broke with %s", name, type(error).__name__, exc_info=_debugging())
            return failed(_defect(name, error))
        if error is not None:
            return _failed_operation(error, rendered, result)
        return Outcome(rendered.text, rendered.structured, result=result)

    def _permitted(self, name: str) -> ToolSpec:
        spec = self._specs.get(name)
        if spec is None:
            nearest = difflib.get_close_matches(name, [item.name for item in self.offered], n=1)
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"There is no tool {name[:60]!r}.",
                hint=(f"Did you mean {nearest[0]}? " if nearest else "")
                + "Tools: "
                + ", ".join(item.name for item in self.offered)
                + ".",
            )
        refusal = self.refusal_of(name)
        if refusal:
            raise Failure(refusal)
        return spec

    def _require_permitted(self, spec: ToolSpec, arguments: dict[str, Any]) -> None:
        """What is permitted for reading only is refused with arguments that change something."""
        refusal = self.policy.refusal(spec.name, spec.toolset, spec.risk_of(arguments))
        if refusal:
            raise Failure(refusal)


def carried(spec: ToolSpec, outer: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a tool that is called through another one, with what that one was told of confirmation.

    Raises:
        Failure: `bad_input` when they carry another call in turn.
    """
    if spec.carries:
        raise Failure.of(ErrorCode.BAD_INPUT, f"{spec.name} cannot be called through itself. Nothing was done.")
    inner = dict(outer["arguments"] or {})
    if spec.changes:
        inner |= {name: outer[name] for name in (DRY_RUN, CONFIRMATION) if outer[name]}
    return inner


def failed(info: ErrorInfo) -> Outcome:
    """An outcome from an error alone."""
    structured = cleaned({key: value for key, value in info.model_dump(mode="json").items() if value})
    return Outcome(unmarked(cleaned(error_text(info))), structured, error=info)


def _failed_operation(info: ErrorInfo, rendered: Rendered, result: Result) -> Outcome:
    """The error in its one shape, and below it what became of each step."""
    error = failed(info)
    kept: dict[str, Any] = {
        key: rendered.structured[key] for key in ("operation", "state", "steps") if key in rendered.structured
    }
    return Outcome(f"{error.text}\n{rendered.text}", {**error.structured, **kept}, result=result, error=info)


def _defect(name: str, error: Exception) -> ErrorInfo:
    return ErrorInfo(
        code=ErrorCode.INTERNAL,
        message=f"{name} broke ({type(error).__name__}). This is a defect of nexla-mcp, not of your request.",
        hint="Please report it with the tool's name; NEXLA_MCP_LOG_LEVEL=DEBUG logs where it happened.",
    )


def _debugging() -> bool:
    return logger.isEnabledFor(logging.DEBUG)


def visible_size(spec: ToolSpec) -> int:
    """Bytes of a tool that a model always pays for: name, description and input schema as compact JSON."""
    visible = {"name": spec.name, "description": spec.summary, "inputSchema": spec.arguments.schema()}
    return len(compact_json(visible).encode())
