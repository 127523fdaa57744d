"""Plan of `call_operation` for an operation of the contract that changes something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexla_mcp.adapter.endpoint import Repeatable
from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families.operations import reader_of
from nexla_mcp.contract.operations import Operation, Request
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Act, Plan, Step
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.secrets import MASK, mask_secrets
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.actions.calling import sets_fields
from nexla_mcp.operations.configuration import holds_secret
from nexla_mcp.operations.planning.checked_config import checked_body
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.safety.digest import digest_of_json
from nexla_mcp.safety.untrusted import quoted

_OPPOSITE = {"activate": "pause", "pause": "activate"}
_RUNS = {"activate": True, "pause": False}


async def plan_call(planning: Planning, operation: Operation, request: Request) -> Plan:
    """One request, with its inverse where that is plain: old values of fields that can be read, activate and pause.

    Raises:
        Failure: when what it acts on is not there, or its secrets are given as they are.
    """
    body = checked_body(planning.nexla.secrets, request.body) if request.body is not None else None
    found = await _as_it_is(planning, operation, request)
    arguments: dict[str, Any] = {"operation": operation.name, "ids": request.ids, "query": request.query, "body": body}
    path = f"{operation.endpoint.method} {operation.endpoint.path(request.ids)}"
    undo = _inverse(operation, request, found)
    named = f" ({quoted(str(found['name']))})" if isinstance(found, dict) and found.get("name") else ""
    step = Step(key="call", action="call", arguments=arguments, says=f"{path}{named}", undo=undo)
    destructive = operation.way.risk is Risk.DESTRUCTIVE
    return Plan(
        tool="call_operation",
        arguments={"operation": operation.name, "arguments": {**request.ids, **request.query, "body": body}},
        principal=str(planning.principal),
        risk=operation.way.risk,
        summary=f"Call {operation.name}: {path}{named}.",
        steps=(step,),
        also=_telling(found),
        cannot_be_put_back=() if undo else ("what this operation changes: the contract has no inverse of it",),
        notes=_notes(operation),
        locks=(f"call:{operation.endpoint.template}:{digest_of_json(request.ids)}",),
        undo_on_failure=False,
        type_to_confirm=_typed(operation, found) if destructive else None,
    )


async def _as_it_is(planning: Planning, operation: Operation, request: Request) -> Any:
    """What stands at the path now; None where the contract cannot read it.

    Raises:
        Failure: `not_found`, when there is nothing.
    """
    reader = reader_of(operation.endpoint)
    if reader is None or not request.ids:
        return None
    try:
        data = (await planning.nexla.call(reader, ids=request.ids)).data
    except Failure as failure:
        if failure.info.code is ErrorCode.NOT_FOUND and operation.endpoint.method != "POST":
            raise
        return None
    return mask_secrets(data)


def _inverse(operation: Operation, request: Request, found: Any) -> Act | None:
    if not isinstance(found, dict):
        return None
    if sets_fields(operation.endpoint) and isinstance(request.body, Mapping):
        old = {name: found.get(name) for name in request.body}
        readable = set(request.body) <= set(found) and MASK not in str(old) and not holds_secret(request.body)
        return _call(operation.name, request, old) if readable and request.body else None
    verb, _, what = operation.name.partition("_")
    opposite = f"{_OPPOSITE.get(verb)}_{what}"
    if verb in _RUNS and opposite in ENDPOINTS and found.get("active") is not _RUNS[verb]:
        return _call(opposite, request, None)
    return None


def _call(name: str, request: Request, body: Any) -> Act:
    return Act(action="call", arguments={"operation": name, "ids": request.ids, "query": {}, "body": body})


def _telling(found: Any) -> tuple[str, ...]:
    """What is at the path now, in a few words: simple fields, so that a change of them is another plan."""
    if not isinstance(found, dict):
        return ()
    owner = found.get("owner")
    told = {name: found[name] for name in ("name", "status", "active") if found.get(name) is not None}
    told |= {"owner": owner["email"]} if isinstance(owner, dict) and owner.get("email") else {}
    return tuple(f"{name}: {clean_text(str(value), 120)}" for name, value in told.items())


def _notes(operation: Operation) -> tuple[str, ...]:
    notes = [f"{', '.join(operation.way.tools)} does this with more checks"] if operation.way.tools else []
    if operation.endpoint.repeatable in {Repeatable.NEVER, Repeatable.CREATE}:
        notes.append("it is sent once: if its answer is lost, it cannot be told whether it was done")
    if not operation.published:
        notes.append("the published contract does not have it: its query and body are not checked")
    return tuple(notes)


def _typed(operation: Operation, found: Any) -> str:
    name = found.get("name") if isinstance(found, dict) else None
    return str(name) if name else operation.name
