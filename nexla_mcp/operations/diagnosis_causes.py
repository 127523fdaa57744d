"""From findings, log lines and changes to causes: the most probable first, each with what to do next."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.diagnosis import Cause, ChangeRow, Likelihood, NextCall
from nexla_mcp.domain.results.health import Finding, Verdict
from nexla_mcp.domain.results.lineage import Key, LineageNode
from nexla_mcp.domain.results.logs import LogLine, Severity
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.operations.diagnosis_shapes import Shapes
from nexla_mcp.operations.evidence import FlowEvidence

LINES_QUOTED = 2
LONGEST_QUOTE = 240

_SEEN = frozenset(
    {Trouble.REFUSED_CREDENTIAL, Trouble.RATE_LIMITED, Trouble.HALF_PAUSED, Trouble.NOT_RUNNING, Trouble.NAME_TWIN}
)
"""Troubles that were looked at themselves, not concluded from their effects."""


def causes_of(
    evidence: FlowEvidence,
    findings: Sequence[Finding],
    lines: Sequence[LogLine],
    changes: Sequence[ChangeRow],
    shapes: Shapes | None,
) -> list[Cause]:
    """One cause for each finding: what is sick before what is odd, causes before what follows from them."""
    ordered = sorted(findings, key=lambda item: (item.severity is Verdict.WARNING, item.trouble.rank))
    return [_cause(evidence, item, lines, changes, shapes, first=item is ordered[0]) for item in ordered]


def _cause(
    evidence: FlowEvidence,
    item: Finding,
    lines: Sequence[LogLine],
    changes: Sequence[ChangeRow],
    shapes: Shapes | None,
    *,
    first: bool,
) -> Cause:
    key: Key | None = (item.type, item.id) if item.type is not None and item.id is not None else None
    node = evidence.lineage.node_of(key) if key else None
    quoted = [line for line in lines if key is not None and (line.type, line.id) == key][:LINES_QUOTED]
    because = [f"{item.trouble.meaning}: {item.evidence}"]
    if quoted:
        told = sum(line.count for line in quoted)
        because.append(f"{told} log lines of the run at this node")
    if shapes and key in shapes.unchanged and item.trouble is Trouble.TRANSFORM_ERROR:
        because.append("its samples have exactly its parent's fields: records pass through unchanged")
    because += _suspects(evidence, node, changes, until_the_last_run=item.trouble not in _SEEN)
    return Cause(
        trouble=item.trouble,
        likelihood=_likelihood(item, quoted, first=first),
        type=item.type,
        id=item.id,
        name=item.name,
        because=tuple(because),
        said=_quotes(item, quoted),
        next=tuple(_next_calls(evidence, item, node)),
    )


def _quotes(item: Finding, quoted: Sequence[LogLine]) -> tuple[str, ...]:
    """What was said, each thing once: a line that contains another says it too."""
    texts = [text[:LONGEST_QUOTE] for text in [*(line.text for line in quoted), item.said] if text]
    return tuple(text for index, text in enumerate(texts) if not any(text in earlier for earlier in texts[:index]))


def _likelihood(item: Finding, quoted: Sequence[LogLine], *, first: bool) -> Likelihood:
    if item.trouble in _SEEN:
        return Likelihood.SEEN
    errors = any(line.severity == Severity.ERROR.value for line in quoted)
    return Likelihood.LIKELY if first or errors else Likelihood.POSSIBLE


def _suspects(
    evidence: FlowEvidence, node: LineageNode | None, changes: Sequence[ChangeRow], *, until_the_last_run: bool
) -> list[str]:
    """Changes at the node, its login or upstream of it. What runs showed was not caused after them."""
    if node is None:
        return []
    near: set[Key] = {node.key, *(other.key for other in evidence.lineage.upstream(node))}
    if node.credential_id is not None:
        near.add((ResourceType.CREDENTIAL, node.credential_id))
    end = evidence.last_run_at if until_the_last_run else None
    told = []
    for change in changes:
        if change.at is None or (end is not None and change.at > end):
            continue
        if (change.type, change.id) in near and change.event != "create":
            what = ", ".join(name.partition(":")[0] for name in change.what) or (change.event or "something")
            told.append(f"{change.type.value} {change.id} was changed at {change.at:%Y-%m-%d %H:%MZ} ({what})")
    return told[:2]


def _next_calls(evidence: FlowEvidence, item: Finding, node: LineageNode | None) -> list[NextCall]:
    make = _CALLS.get(item.trouble)
    return make(evidence, node) if make and node else []


def _call(tool: str, why: str, **arguments: object) -> NextCall:
    return NextCall(tool=tool, arguments=arguments, why=why)


def _probe(node: LineageNode, why: str, **more: object) -> list[NextCall]:
    if node.credential_id is None:
        return []
    return [_call("probe_credential", why, credential=node.credential_id, **more)]


def _logs(node: LineageNode, why: str) -> NextCall:
    return _call("fetch_logs", why, resource=node.id, type=node.type.value, run="latest_failed", severity="WARNING")


def _runs(evidence: FlowEvidence, why: str) -> NextCall:
    return _call("get_metrics", why, resource=evidence.lineage.flow_id, by="run")


def _samples(node: LineageNode, why: str) -> list[NextCall]:
    return [_call("get_samples", why, nexset=node.id)] if node.type is ResourceType.NEXSET else []


def _resource(node: LineageNode, why: str) -> NextCall:
    return _call("get_resource", why, type=node.type.value, resource=node.id)


def _refused(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    owner = (
        [_call("list_access", "who can set a new login", type="credential", resource=node.credential_id)]
        if node.credential_id is not None
        else []
    )
    del evidence
    return [*_probe(node, "see the refusal itself; it must be mended at the third party or with a new login"), *owner]


def _limited(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    return [
        _resource(node, "see the resource; an administrator of Nexla lifts the limit"),
        _runs(evidence, "see how much it moved before"),
    ]


def _paused(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    return [
        _call("get_flow", "see which parts stand still", flow=evidence.lineage.flow_id),
        _resource(node, "see who owns it before it is activated"),
    ]


def _drift(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    above = [other for other in evidence.lineage.upstream(node) if other.type is ResourceType.NEXSET]
    seen = [call for other in [node, *above][:3] for call in _samples(other, "see the shape that arrives now")]
    return [*seen, _resource(node, "see what shape it expects"), _logs(node, "see which fields are named")]


def _source(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    del evidence
    return [
        _logs(node, "see what reading failed on"),
        *_probe(node, "see whether the login works and what is there", mode="tree"),
        _resource(node, "see what it is set to read"),
    ]


def _transform(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    parent = evidence.lineage.parent(node)
    before = _samples(parent, "compare: the shape before the transform") if parent else []
    return [
        *_samples(node, "the shape after the transform"),
        *before,
        _logs(node, "see what the transform failed on"),
        _resource(node, "see the transform it uses"),
    ]


def _destination(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    del evidence
    return [
        _logs(node, "see what writing failed on"),
        *_probe(node, "see whether the login works", mode="test"),
        _resource(node, "see where it is set to write"),
    ]


def _growing(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    return [_runs(evidence, "see the rise and the node where records fail"), _logs(node, "see why they fail")]


def _empty(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    origin = evidence.lineage.origin
    return [
        *_probe(origin, "see whether there is anything to read", mode="tree"),
        _resource(origin, "see what it is set to read"),
        _runs(evidence, f"see since when {node.type.value} {node.id} gets nothing"),
    ]


def _dropped(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    del node
    days = _call("get_metrics", "see when it fell", resource=evidence.lineage.flow_id, by="day", since="14d")
    return [days, *_empty(evidence, evidence.lineage.origin)[:2]]


def _stale(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    return [
        _resource(node, "see its schedule and status"),
        *_probe(node, "see whether the login works"),
        _call("fetch_logs", "see the last thing it said", resource=evidence.lineage.flow_id, run="latest"),
    ]


def _rest(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    del node
    return [_call("get_flow", "see every node's status", flow=evidence.lineage.flow_id)]


def _twin(evidence: FlowEvidence, node: LineageNode) -> list[NextCall]:
    name = evidence.lineage.name or node.name
    return [_call("search_resources", "see both, with owner; use ids from here on", types=["flow"], name=name)]


_CALLS: dict[Trouble, Callable[[FlowEvidence, LineageNode], list[NextCall]]] = {
    Trouble.REFUSED_CREDENTIAL: _refused,
    Trouble.RATE_LIMITED: _limited,
    Trouble.HALF_PAUSED: _paused,
    Trouble.SCHEMA_DRIFT: _drift,
    Trouble.SOURCE_ERROR: _source,
    Trouble.TRANSFORM_ERROR: _transform,
    Trouble.DESTINATION_ERROR: _destination,
    Trouble.QUARANTINE_GROWTH: _growing,
    Trouble.EMPTY_SOURCE: _empty,
    Trouble.VOLUME_DROP: _dropped,
    Trouble.STALE_SOURCE: _stale,
    Trouble.ERROR_RATE: _growing,
    Trouble.NOT_RUNNING: _rest,
    Trouble.OLD_VERIFICATION: _refused,
    Trouble.NAME_TWIN: _twin,
}
