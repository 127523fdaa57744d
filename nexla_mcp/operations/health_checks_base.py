"""What a health check is, and the words its findings are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nexla_mcp.domain.results.health import Finding, Verdict
from nexla_mcp.domain.results.lineage import LineageNode
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.operations.evidence import FlowEvidence, Look
from nexla_mcp.operations.health_thresholds import Thresholds


@dataclass(frozen=True)
class Unjudged:
    """Something that could not be judged, and why.

    `needed` says that without it nobody can call the flow healthy; otherwise the limit is only told.
    """

    what: str
    needed: bool = True


Judgements = Iterator[Finding | Unjudged]
Check = Callable[[FlowEvidence, Thresholds], Judgements]
"""From facts to what is wrong; yields nothing where all is well. Pure: the same facts give the same answer."""


def finding(
    trouble: Trouble, severity: Verdict, node: LineageNode | None, evidence: str, said: str | None = None
) -> Finding:
    """A finding at a node, or on the flow as a whole."""
    return Finding(
        trouble=trouble,
        severity=severity,
        type=node.type if node else None,
        id=node.id if node else None,
        name=node.name if node else None,
        evidence=evidence,
        said=said,
    )


def could_not_read(evidence: FlowEvidence, look: Look, *, needed: bool = True) -> Judgements:
    """What to say when a look failed; nothing when it did not."""
    if look in evidence.unread:
        yield Unjudged(f"{look.value}: {evidence.unread[look]}", needed)


def percent(share: float) -> str:
    """`4.2 %`, with as many digits as tell something."""
    return f"{share * 100:.1f} %" if share < 0.1 else f"{share * 100:.0f} %"  # noqa: PLR2004 - a tenth
