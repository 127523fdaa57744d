"""Calls an operation of the contract for which there is no action of its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families.operations import reader_of
from nexla_mcp.adapter.reconcile import same_config
from nexla_mcp.contract.ways import ways
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.action import Action, Arguments, Foreseen, Made, Output, Work
from nexla_mcp.operations.actions.lost import patiently
from nexla_mcp.operations.configuration import holds_secret


def sets_fields(endpoint: Endpoint) -> bool:
    """Whether it sets fields of one thing. A PUT below a path may add to a list, which no PUT takes back."""
    return endpoint.method == "PUT" and endpoint.name.startswith("update_") and endpoint.template.endswith("}")


class Call(Action):
    """Arguments: `operation`, `ids`, `query` and `body`. Gives the id of what came back, if there is one."""

    name: ClassVar[str] = "call"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        answer = await work.nexla.operations.call(
            arguments["operation"], ids=arguments["ids"], query=arguments.get("query"), body=arguments.get("body")
        )
        data = answer.data if isinstance(answer.data, dict) else {}
        known = {"id": data["id"]} if isinstance(data.get("id"), (int, str)) else {}
        named = f": id {data['id']}" if known else ""
        return {**known, "told": f"answered {answer.status}{named}"}

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        """Only what sets fields can be seen to have been done; what adds or acts is never sent a second time.

        Raises:
            Failure: `maybe_applied`, where doing it again could do it twice.
        """
        del before
        endpoint = ENDPOINTS[arguments["operation"]]
        if endpoint.repeatable in {Repeatable.CREATE, Repeatable.NEVER}:
            raise Failure.of(
                ErrorCode.MAYBE_APPLIED,
                f"{endpoint.name} was cut off before its answer came: it may have been done. It is not sent again.",
                hint="Look at what it was to change; make the call anew only if it is not there.",
                next_tool="call_operation",
                maybe_applied=True,
            )
        if await self._differing(work, arguments) == ():
            return {"told": "was done before it was cut off"}
        return None

    async def foresee(self, work: Work, arguments: Arguments, made: Made) -> Foreseen | None:
        del made
        fields = await self._differing(work, arguments)
        if fields == ():
            return None
        what = f"{arguments['operation']} {', '.join(str(value) for value in arguments['ids'].values())}".strip()
        told = f", so that {', '.join(fields)} are as before" if fields else ""
        worst = ways()[arguments["operation"]].risk
        return Foreseen(f"call {what}{told}", risk=Risk.DESTRUCTIVE if worst is Risk.DESTRUCTIVE else Risk.DISRUPTIVE)

    @staticmethod
    async def _differing(work: Work, arguments: Arguments) -> tuple[str, ...] | None:
        """The fields of the body that are not as it would set them; None where that cannot be seen."""
        endpoint, body = ENDPOINTS[arguments["operation"]], arguments.get("body")
        reader = reader_of(endpoint)
        if not sets_fields(endpoint) or reader is None or not isinstance(body, Mapping) or holds_secret(body):
            return None
        found = (await patiently(work, partial(work.nexla.call, reader, ids=arguments["ids"]))).data
        if not isinstance(found, Mapping):
            return None
        return tuple(name for name, value in body.items() if not same_config(value, found.get(name)))
