"""Sets up a language model for an org: its configuration, and what it is used for. Each with its inverse."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.adapter.models.genai import GenAiSetting
from nexla_mcp.adapter.reconcile import NothingFound
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.lost import half_done, looked_up, patiently
from nexla_mcp.safety.untrusted import quoted


class CreateGenAiConfig(Action):
    """Arguments: the `body` to send. Gives the id of the configuration."""

    name: ClassVar[str] = "create_genai_config"

    async def prepare(self, work: Work, arguments: Arguments) -> Any:
        named = partial(work.nexla.genai.named, arguments["body"]["name"])
        matching = [row.id for row in await patiently(work, named)]
        if matching:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"A GenAI config of that name (id {matching[0]}) has appeared since this was planned. No second one is "
                "made.",
                hint="Make the same call again: it takes what is there as it is.",
                retryable=True,
            )
        return {"matching": matching}

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        made = await work.nexla.genai.create(arguments["body"], before["matching"])
        return _config(made.resource.id, found=made.reconciled)

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        try:
            made = await work.nexla.genai.find(arguments["body"], before["matching"])
        except NothingFound:
            return None
        return _config(made.resource.id, found=True)


class DeleteGenAiConfig(Action):
    """Arguments: `id`. The inverse of the create."""

    name: ClassVar[str] = "delete_genai_config"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        try:
            await work.nexla.genai.delete(arguments["id"])
        except Failure as failure:
            gone = partial(_gone, work, arguments)
            if failure.info.code is ErrorCode.NOT_FOUND and await patiently(work, gone) is not None:
                return {**_config(arguments["id"]), "gone_already": True}
            what = f"GenAI config {arguments['id']}"
            await looked_up(work, failure, gone, resource=what, next_tool="call_operation")
        return _config(arguments["id"])

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        row = await work.nexla.genai.config(arguments["id"])
        return Foreseen(
            f"delete GenAI config {row.id} {quoted(row.name)}, which this operation made", (), Risk.DISRUPTIVE
        )


class BindGenAi(Action):
    """Arguments: `config` and `usage`. Gives the id of the setting; what was used before becomes inactive."""

    name: ClassVar[str] = "bind_genai"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        try:
            setting = await work.nexla.genai.bind(arguments["config"], arguments["usage"])
        except Failure as lost:
            seen = partial(self._seen, work, arguments)
            return await looked_up(work, lost, seen, resource="the org's GenAI settings", next_tool="call_operation")
        return {"id": setting.id, "told": f"{arguments['usage']}: GenAI config {arguments['config']}"}

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        return await patiently(work, partial(self._seen, work, arguments))

    @staticmethod
    async def _seen(work: Work, arguments: Arguments) -> Output | None:
        setting = await work.nexla.genai.active(arguments["usage"])
        if setting is None or setting.config_id != arguments["config"]:
            return None
        return {"id": setting.id, "told": f"{arguments['usage']}: GenAI config {arguments['config']}"}


class UnbindGenAi(Action):
    """Arguments: the `setting` to take away, its `usage`, and `former`, the config and setting that it took the place
    of, if there were. A former binding gets another id: the platform brings no setting back."""

    name: ClassVar[str] = "unbind_genai"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        former = arguments.get("former")
        if former is None:
            await self._without(work, arguments["setting"])
            return {"told": f"{arguments['usage']}: as before, nothing of its own"}
        if not await self._is_back(work, arguments):
            await BindGenAi().act(work, {"config": former["config"], "usage": arguments["usage"]}, None)
        try:
            for setting in (former["setting"], arguments["setting"]):
                await self._without(work, setting)
        except Failure as failure:
            raise half_done(
                failure, "The former config is in use again", "the org's GenAI settings", "call_operation"
            ) from None
        return {"told": f"{arguments['usage']}: GenAI config {former['config']} again"}

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        ids = {row.id for row in await work.nexla.genai.settings()}
        if arguments["setting"] not in ids:
            return None
        former = arguments.get("former")
        then = f"use GenAI config {former['config']} again" if former else "use none of its own"
        return Foreseen(f"let {arguments['usage']} {then}", (), Risk.DISRUPTIVE)

    @staticmethod
    async def _is_back(work: Work, arguments: Arguments) -> bool:
        active: GenAiSetting | None = await patiently(work, partial(work.nexla.genai.active, arguments["usage"]))
        return active is not None and active.config_id == arguments["former"]["config"]

    @staticmethod
    async def _without(work: Work, setting: int) -> None:
        async def gone() -> bool | None:
            return setting not in {row.id for row in await work.nexla.genai.settings()} or None

        try:
            await work.nexla.genai.delete_setting(setting)
        except Failure as failure:
            if failure.info.code is ErrorCode.NOT_FOUND and await patiently(work, gone) is not None:
                return
            await looked_up(work, failure, gone, resource="the org's GenAI settings", next_tool="call_operation")


def _config(identifier: int, *, found: bool = False) -> Output:
    output: Output = {"id": identifier, "told": f"GenAI config {identifier}"}
    return {**output, "found": True} if found else output


async def _gone(work: Work, arguments: Arguments) -> bool | None:
    try:
        await work.nexla.genai.config(arguments["id"])
    except Failure as failure:
        if failure.info.code is not ErrorCode.NOT_FOUND:
            raise
        return True
    return None
