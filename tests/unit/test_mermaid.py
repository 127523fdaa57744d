"""A flow as a Mermaid chart: its edges, and names that must not become part of it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.flow import FlowNodeRow
from nexla_mcp.views.mermaid import flow_chart


def row(node: int, depth: int, kind: ResourceType = ResourceType.NEXSET, name: str = "") -> FlowNodeRow:
    return FlowNodeRow(node_id=node, depth=depth, type=kind, id=node * 10, name=name)


def test_edges_go_from_each_node_to_its_parent() -> None:
    tree = [row(1, 0), row(2, 1), row(3, 2), row(4, 2), row(5, 1)]
    assert re.findall(r"n(\d) --> n(\d)", flow_chart(tree)) == [("1", "2"), ("2", "3"), ("2", "4"), ("1", "5")]


@given(st.text(max_size=60))
def test_a_name_is_a_label_whatever_is_in_it(name: str) -> None:
    lines = flow_chart([row(1, 0, name=name), row(2, 1, ResourceType.DESTINATION, name)]).splitlines()
    assert len(lines) == 4
    assert re.fullmatch(r'  n1\["[^"<>`\[\]]*(<br/>[^"<>`\[\]]*)*"\]', lines[1])
    assert re.fullmatch(r'  n2\[\("[^"<>`\[\]]*(<br/>[^"<>`\[\]]*)*"\)\]', lines[2])
