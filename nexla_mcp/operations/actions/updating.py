"""Sets fields of a resource that exists, and is the inverse of itself."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.lost import looked_up, patiently
from nexla_mcp.operations.actions.statuses import is_running
from nexla_mcp.operations.configuration import differing, digest_of_model, holds_secret, read_in_full, target_of
from nexla_mcp.safety.untrusted import quoted


class Update(Action):
    """Arguments: `type`, `id`, the `body` of fields to send (a configuration replaces the whole one), and `expects`,
    the digest of the configuration that the change was planned for; without it none is expected."""

    name: ClassVar[str] = "update"

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        expected = arguments.get("expects")
        if expected is None:
            return None
        model = await patiently(work, partial(_read, work, arguments))
        if digest_of_model(model) != expected and differing(model, arguments["body"]):
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"{_what(arguments)} was changed by somebody else since this was planned. It is left as it is.",
                hint="Make the same call again: it plans from how things are now.",
                retryable=True,
                resource=_what(arguments),
            )
        return None

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        family = getattr(work.nexla, f"{_kind(arguments).value}s")
        try:
            await family.update(arguments["id"], arguments["body"])
        except Failure as lost:
            seen = partial(self._seen, work, arguments)
            return await looked_up(work, lost, seen, resource=_what(arguments), next_tool="get_resource")
        return await self._read_back(work, arguments)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        return await patiently(work, partial(self._seen, work, arguments))

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        model = await _read(work, arguments)
        fields = differing(model, arguments["body"])
        if not fields:
            return None
        target = target_of(_kind(arguments), model)
        running = is_running(target.status) is True
        return Foreseen(
            f"set {', '.join(fields)} of {target} {quoted(target.name)} back to what they were",
            (target,),
            Risk.DISRUPTIVE if running else Risk.WRITE,
        )

    @staticmethod
    async def _seen(work: Work, arguments: Arguments) -> Output | None:
        return None if differing(await _read(work, arguments), arguments["body"]) else _output(arguments)

    @staticmethod
    async def _read_back(work: Work, arguments: Arguments) -> Output:
        try:
            model = await patiently(work, partial(_read, work, arguments))
        except Failure as failure:
            return {**_output(arguments), "told": f"not read back ({failure.info.code.value})"}
        told = {name: value for name, value in arguments["body"].items() if not holds_secret(value)}
        unlike = [name for name in differing(model, told) if name in type(model).model_fields]
        return {**_output(arguments), "not_as_wanted": unlike} if unlike else _output(arguments)


async def _read(work: Work, arguments: Arguments) -> Any:
    return await read_in_full(work.nexla, _kind(arguments), arguments["id"])


def _kind(arguments: Arguments) -> ResourceType:
    return ResourceType(arguments["type"])


def _what(arguments: Arguments) -> str:
    return f"{arguments['type']} {arguments['id']}"


def _output(arguments: Arguments) -> Output:
    return {"type": arguments["type"], "id": arguments["id"], "told": f"set {', '.join(sorted(arguments['body']))}"}
