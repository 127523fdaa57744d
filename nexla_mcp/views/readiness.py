"""Text of `check_readiness`."""

from __future__ import annotations

from collections import Counter

from nexla_mcp.domain.results.readiness import PointState, Readiness
from nexla_mcp.safety.untrusted import quoted, unmarked
from nexla_mcp.views.text import cut_note, text_of


@text_of.register
def _(result: Readiness) -> str:
    counts = Counter(point.state for point in result.points)
    told = ", ".join(f"{counts[state]} {state.value}" for state in PointState if counts[state])
    verdict = "READY" if result.ready else "NOT READY"
    lines = [f"{verdict} for production: flow {result.flow_id} {quoted(result.name)}: {told}."]
    for point in result.points:
        mend = f" Mend: {point.mend}" if point.mend else ""
        lines.append(f"{point.state.value.upper()} {point.point}: {unmarked(point.seen)}.{unmarked(mend)}")
    lines.append(cut_note(result))
    return "\n".join(line for line in lines if line)
