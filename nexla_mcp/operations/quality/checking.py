"""The quality of a nexset's records, judged on samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.quality import FieldRule, Quality, QualityFinding, QualityReport
from nexla_mcp.domain.results.shortening import shortened
from nexla_mcp.domain.secrets import mask_secrets
from nexla_mcp.operations.configuration import read_in_full
from nexla_mcp.operations.quality.apart import check_apart
from nexla_mcp.operations.quality.inference import suggested_rules, suggested_schema
from nexla_mcp.operations.resolve import resolve

LONGEST_EXAMPLE = 120


async def check_data_quality(
    nexla: Nexla,
    reference: int | str,
    rules: Sequence[FieldRule],
    schema: dict[str, Any] | None,
    *,
    limit: int,
    live: bool,
) -> QualityReport:
    """What of the rules and the schema does not hold for samples; without either what there is to start from.

    The nexset's own validation schema is held against them, too, where Nexla tells of one and no schema is given.

    Raises:
        Failure: `bad_input` for rules or a schema that cannot be used; else as for every read.
    """
    nexset = await read_in_full(nexla, ResourceType.NEXSET, (await resolve(nexla, ResourceType.NEXSET, reference)).id)
    read = await nexla.nexsets.samples(nexset.id, count=limit, live=live)
    records = [sample.record for sample in read][:limit]
    notes: list[str] = []
    own = nexset.output_validation_schema
    if schema is None and own:
        schema = own
        notes.append("held against the nexset's own validation schema as well")
    report = QualityReport(
        nexset_id=nexset.id,
        name=nexset.name,
        verdict=Quality.UNKNOWN,
        looked_at=len(records),
        live=live,
        findings=[],
    )
    if not records:
        return report
    update: dict[str, Any] = {}
    if rules or schema is not None:
        told = await check_apart(records, [rule.model_dump(mode="json", exclude_none=True) for rule in rules], schema)
        findings = [_finding(item) for item in told["findings"]]
        notes += ["more rules fail than are shown"] if told["more"] else []
        verdict = Quality.FAILED if findings else Quality.PASSED
        update = {"verdict": verdict, "findings": findings, "held": told["held"]}
    else:
        suggestion = {"json_schema": suggested_schema(records), "rules": suggested_rules(records) or None}
        update = {"verdict": Quality.SUGGESTED, **suggestion}
        notes.append("taken from these samples alone: read it before it is held against others")
    return report.model_copy(update={**update, "notes": notes or None})


def _finding(item: dict[str, Any]) -> QualityFinding:
    last = item["field"].rpartition(".")[2]
    examples = [mask_secrets({last: value})[last] for value in item["examples"]]
    return QualityFinding(**{**item, "examples": tuple(shortened(value, LONGEST_EXAMPLE)[0] for value in examples)})
