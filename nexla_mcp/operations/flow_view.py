"""A flow as a tree: each node with its status, its login and what it did last."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from nexla_mcp.adapter.models import Flow, Source
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.flow import FlowNodeRow, FlowView
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.schedule import Schedule
from nexla_mcp.domain.times import Window
from nexla_mcp.operations.evidence import ACTIVE, Run
from nexla_mcp.operations.evidence_gathering import SCHEDULE_KEY, read_runs
from nexla_mcp.operations.lineage import read_tree
from nexla_mcp.operations.parallel import Read, outcomes

LOOKED_BACK = timedelta(days=14)
"""How far back the last run is looked for."""


async def view_flow(nexla: Nexla, reference: int | str, kind: ResourceType = ResourceType.FLOW) -> FlowView:
    """The whole flow that a node, a name, or (with `kind`) a resource belongs to.

    Raises:
        Failure: when the flow itself cannot be read; what else fails is named in `not_read`.
    """
    tree = await read_tree(nexla, reference, kind)
    lineage = tree.lineage
    not_read = [*tree.not_read, *(f"{item}: no row" for item in lineage.missing)]
    window = Window(nexla.now() - LOOKED_BACK, nexla.now())
    reads: list[Read] = [partial(read_runs, nexla, lineage, window), partial(_source, nexla, lineage)]
    runs, source = await outcomes(reads)
    if isinstance(runs, Failure):
        not_read.append(f"runs: {runs.info.code.value}")
    if isinstance(source, Failure):
        not_read.append(f"schedule: {source.info.code.value}")
    known = runs[0] if isinstance(runs, tuple) else ()
    schedule = _schedule(source) if isinstance(source, Source) else None
    return FlowView(
        flow_id=lineage.flow_id,
        name=lineage.name,
        project_id=lineage.project_id,
        schedule=schedule.expression if schedule else None,
        next_scheduled_run=schedule.after(nexla.now()) if schedule and _runs(lineage.origin.status) else None,
        last_run_id=known[0].run_id if known else None,
        last_run=known[0].started_at if known else None,
        nodes=[_row(node, tree.flow, known) for node in lineage.nodes],
        not_read=not_read or None,
    )


async def _source(nexla: Nexla, lineage: Lineage) -> Source | None:
    origin = lineage.origin
    return await nexla.sources.get(origin.id) if origin.type is ResourceType.SOURCE else None


def _schedule(source: Source) -> Schedule | None:
    return Schedule.read((source.source_config or {}).get(SCHEDULE_KEY))


def _runs(status: str | None) -> bool:
    """Whether a schedule has an effect: only active sources are run by it."""
    return status is None or status.upper() in ACTIVE


def _row(node: LineageNode, flow: Flow, runs: tuple[Run, ...]) -> FlowNodeRow:
    names = {credential.id: credential.name for credential in flow.data_credentials}
    last = next((run for run in runs if (counts := run.at(node.key)) and (counts.records or counts.errors)), None)
    counts = last.at(node.key) if last else None
    return FlowNodeRow(
        depth=node.depth,
        node_id=node.node_id,
        type=node.type,
        id=node.id,
        name=node.name,
        status=node.status,
        connector=node.connector,
        credential_id=node.credential_id,
        credential=names.get(node.credential_id) if node.credential_id is not None else None,
        last_run=last.started_at if last else None,
        records=counts.records if counts else None,
        errors=counts.errors if counts else None,
    )
