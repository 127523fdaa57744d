"""A flow as a Mermaid flowchart, which many hosts draw."""

from __future__ import annotations

from collections.abc import Sequence

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.flow import FlowNodeRow
from nexla_mcp.domain.text import clean_text

LONGEST_NAME = 40
_SHAPES = {ResourceType.SOURCE: ("([", "])"), ResourceType.DESTINATION: ("[(", ")]")}
_BOX = ("[", "]")
_ENTITIES = str.maketrans({character: f"#{ord(character)};" for character in "\"'`<>[](){}|#&;\\"})
"""What means something to Mermaid or to HTML: names are strangers' text."""


def flow_chart(nodes: Sequence[FlowNodeRow]) -> str:
    """The chart, top-down. `nodes` are in the order of the tree, each after its parent."""
    lines = ["flowchart TD"]
    above: list[FlowNodeRow] = []
    for node in nodes:
        opened, closed = _SHAPES.get(node.type, _BOX)
        lines.append(f'  n{node.node_id}{opened}"{_label(node)}"{closed}')
        del above[node.depth :]
        if above:
            lines.append(f"  n{above[-1].node_id} --> n{node.node_id}")
        above.append(node)
    return "\n".join(lines)


def _label(node: FlowNodeRow) -> str:
    name = " ".join(clean_text(node.name or "", LONGEST_NAME).split()).translate(_ENTITIES)
    return "<br/>".join(part for part in (f"{node.type.value} {node.id}", name, node.status) if part)
