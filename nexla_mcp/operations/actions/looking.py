"""Steps that change nothing: try a login, wait for a nexset."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexla_mcp.adapter.models import ProbeState, Source
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.actions.action import Action, Arguments, Output, Work
from nexla_mcp.operations.actions.lost import patiently
from nexla_mcp.operations.actions.waiting import seen, watched


class Probe(Action):
    """Arguments: `id` of a credential, and `must` to make a refusal a failure."""

    name: ClassVar[str] = "probe_credential"

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before
        must, identifier = arguments.get("must", True), arguments["id"]
        try:
            result = await patiently(work, partial(work.nexla.credentials.probe, identifier))
        except Failure:
            if must:
                raise
            return {"type": "credential", "id": identifier, "probe": ProbeState.UNCLEAR.value}
        if result.state is ProbeState.REFUSED and must:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"The third party refuses credential {identifier}: {clean_text(result.message or '', 200)}",
                hint="Mend the login first; probe_credential shows the refusal itself.",
                next_tool="probe_credential",
                resource=f"credential {identifier}",
            )
        # Its words are not kept: a third party may repeat a password that this process never knew.
        return {"type": "credential", "id": identifier, "probe": result.state.value}


class AwaitNexset(Action):
    """Arguments: `source`, and `seconds` to wait at most. Gives the first nexset that Nexla detects in it."""

    name: ClassVar[str] = "await_nexset"
    makes: ClassVar[bool] = True

    async def act(self, work: Work, arguments: Arguments, before: Any) -> Output:
        del before

        async def look() -> Output | None:
            source = await seen(partial(work.nexla.sources.get, arguments["source"]))
            return _detected(source) if source is not None and source.data_sets else None

        found = await watched(work, arguments["seconds"], look, "waiting for Nexla to detect a nexset")
        if found is None:
            raise Failure.of(
                ErrorCode.NOT_VERIFIED,
                f"Nexla detected no nexset in source {arguments['source']} in {arguments['seconds']:g} seconds.",
                hint="fetch_logs of the source tells whether it could read anything; then run the same call again.",
                next_tool="fetch_logs",
                resource=f"source {arguments['source']}",
            )
        return found

    async def settle(self, work: Work, arguments: Arguments, before: Any) -> Output | None:
        del before
        source = await patiently(work, partial(work.nexla.sources.get, arguments["source"]))
        return _detected(source) if source.data_sets else None


def _detected(source: Source) -> Output:
    first = min(source.data_sets, key=lambda nexset: nexset.id)
    output: Output = {"type": "nexset", "id": first.id, "name": first.name}
    return {**output, "others": len(source.data_sets) - 1} if len(source.data_sets) > 1 else output
