"""Plan of `send_webhook_records`: what goes where, in how many batches, and that nothing calls it back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import anyio.to_thread

from nexla_mcp.adapter.webhook_sender import require_allowed, webhook_of
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import secret
from nexla_mcp.domain.plans import Plan, Step
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.actions.sending import no_key
from nexla_mcp.operations.actions.statuses import is_running
from nexla_mcp.operations.planning.checked_config import refuse_markers
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.survey import survey_flow
from nexla_mcp.safety.digest import digest_of_json
from nexla_mcp.safety.untrusted import quoted

TOOL = "send_webhook_records"
MOST_RECORDS = 1_000
MOST_BYTES = 1024 * 1024
"""Of all records together, as JSON."""
MOST_BATCH_RECORDS = 100
MOST_BATCH_BYTES = 256 * 1024
MOST_DEPTH = 50


async def plan_send(
    planning: Planning, source: int, records: Sequence[dict[str, Any]], key: str | None, *, detect_schema: bool
) -> Plan:
    """A plan of one step that nothing takes back.

    Raises:
        Failure: `bad_input` for records that are too many or too big, `conflict` for a source that does not run or
            when the same records were cut off before, `not_allowed` for a host that is not allowed.
    """
    batches = _batches(records)
    webhook = await webhook_of(planning.nexla, source)
    host = await require_allowed(planning.nexla, webhook, planning.principal.org_id)
    if key is not None:
        planning.nexla.secrets.check(key, "key")
    elif webhook.key is None:
        raise no_key(source)
    if is_running(webhook.status) is False:
        raise Failure.of(
            ErrorCode.CONFLICT,
            f"source {source} {quoted(webhook.name)} is {webhook.status}: its webhook takes nothing. Nothing was sent.",
            hint="Activate it first.",
            next_tool="activate",
            resource=f"source {source}",
        )
    survey = await survey_flow(planning.nexla, ResourceType.SOURCE, source)
    digest = digest_of_json(list(records))[:16]
    told = {"source": source, "records": len(records), "digest": digest, "detect_schema": detect_schema}
    await anyio.to_thread.run_sync(_refuse_repeat, planning, told)
    count = f"{len(records):,} record{'s' if len(records) != 1 else ''}"
    says = f"send {count} to {host} in {len(batches)} batch{'es' if len(batches) != 1 else ''}, each once"
    arguments: dict[str, Any] = {
        "source": source,
        "org": planning.principal.org_id,
        "batches": batches,
        "detect_schema": detect_schema,
        **({"key": secret(key)} if key is not None else {}),
    }
    return Plan(
        tool=TOOL,
        arguments={**told, **({"key": secret(key)} if key is not None else {})},
        principal=str(planning.principal),
        risk=Risk.WRITE,
        summary=f"Send {count} to the webhook source {source} {quoted(webhook.name)}.",
        steps=(Step(key="send", action="send_records", arguments=arguments, says=says),),
        targets=survey.targets[:1],
        affected=survey.targets[1:],
        also=survey.also,
        cannot_be_put_back=("the records: what the webhook has taken flows on, and Nexla removes no duplicates",),
        notes=survey.notes,
        locks=(f"webhook:{source}",),
        undo_on_failure=False,
    )


def _batches(records: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The records in the order given, in batches that are small enough."""
    if not 1 <= len(records) <= MOST_RECORDS:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"records: {len(records):,} given, 1 to {MOST_RECORDS:,} are sent by one call. Nothing was sent.",
            hint="Send them in several calls, one after the other.",
        )
    batches: list[list[dict[str, Any]]] = [[]]
    whole = size = 0
    for number, record in enumerate(records):
        where = f"records[{number}]"
        refuse_markers(record, where)
        length = _length(record, where)
        whole += length
        if length > MOST_BATCH_BYTES or whole > MOST_BYTES:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"{where}: one record may have {MOST_BATCH_BYTES:,} bytes as JSON, all together {MOST_BYTES:,}. "
                "Nothing was sent.",
            )
        if batches[-1] and (len(batches[-1]) == MOST_BATCH_RECORDS or size + length > MOST_BATCH_BYTES):
            batches.append([])
            size = 0
        batches[-1].append(record)
        size += length
    return batches


def _length(record: dict[str, Any], where: str) -> int:
    try:
        text = json.dumps(record, ensure_ascii=False, allow_nan=False)
        length = len(text.encode())
    except (TypeError, ValueError, RecursionError):
        raise Failure.of(ErrorCode.BAD_INPUT, f"{where} holds something JSON cannot carry. Nothing was sent.") from None
    if not record or _depth(record) > MOST_DEPTH:
        raise Failure.of(ErrorCode.BAD_INPUT, f"{where} is empty or nested too deeply. Nothing was sent.")
    return length


def _depth(value: Any) -> int:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((_depth(item) for item in items), default=0)


def _refuse_repeat(planning: Planning, told: dict[str, Any]) -> None:
    for found in planning.ledger.interrupted():
        given = {name: found.plan.arguments.get(name) for name in told}
        if found.plan.tool == TOOL and given == told:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"These very records were cut off before: operation {found.id}. Some may have been taken. "
                "Nothing was sent now.",
                hint="control_operation(action='resume') sends only the batches that were never begun, and tells of "
                "the rest; action='cancel' ends it.",
                next_tool="control_operation",
                maybe_applied=True,
            )
