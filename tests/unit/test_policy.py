"""Which tools a policy lets through."""

from __future__ import annotations

import itertools

import pytest

from nexla_mcp.domain.errors import ErrorCode
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Policy, Toolset

READ = ("get_flow", Toolset.DISCOVER, Risk.READ)
WRITE = ("pause", Toolset.OPERATE, Risk.DISRUPTIVE)


@pytest.mark.parametrize(
    ("policy", "tool", "offered"),
    [
        (Policy(), READ, True),
        (Policy(), WRITE, True),
        (Policy(read_only=True), READ, True),
        (Policy(read_only=True), WRITE, False),
        (Policy(read_only=True, allow=frozenset({"pause"})), WRITE, False),
        (Policy(toolsets=frozenset({Toolset.MONITOR})), READ, False),
        (Policy(toolsets=frozenset({Toolset.DISCOVER})), READ, True),
        (Policy(allow=frozenset({"get_flow"})), READ, True),
        (Policy(allow=frozenset({"get_flow"})), WRITE, False),
        (Policy(allow=frozenset({"get_flow"}), toolsets=frozenset({Toolset.MONITOR})), READ, True),
        (Policy(allow=frozenset({"get_flow"}), deny=frozenset({"get_flow"})), READ, False),
        (Policy(deny=frozenset({"get_flow"})), READ, False),
    ],
)
def test_what_is_offered(policy: Policy, tool: tuple[str, Toolset, Risk], offered: bool) -> None:
    refusal = policy.refusal(*tool)
    assert (refusal is None) is offered
    if refusal:
        assert refusal.code is ErrorCode.NOT_ALLOWED
        assert "NEXLA_MCP_" in refusal.message


def test_read_only_lets_no_change_through_whatever_else_is_set() -> None:
    for toolset, risk, named in itertools.product(Toolset, Risk, (True, False)):
        policy = Policy(read_only=True, allow=frozenset({"it"}) if named else frozenset())
        if risk is not Risk.READ:
            assert policy.refusal("it", toolset, risk) is not None
