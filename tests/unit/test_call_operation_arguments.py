"""Whatever is given to `call_operation`: nothing that is refused, and nothing that does not fit, reaches Nexla."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nexla_mcp.contract.operations import Operation, operations
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.risk import Risk
from nexla_mcp.safety.policy import Policy, Toolset
from nexla_mcp.tools.context import ToolContext, no_progress
from nexla_mcp.tools.registry import all_tools
from nexla_mcp.tools.toolbox import Toolbox

OPERATIONS = sorted(operations())
REFUSED = [name for name in OPERATIONS if operations()[name].way.refused]
CHANGES = [name for name in OPERATIONS if operations()[name].way.risk is not Risk.READ]
TYPED = [name for name in OPERATIONS if operations()[name].way.tools]
NAMES = st.sampled_from(OPERATIONS) | st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted({name for item in operations().values() for name in (*item.ids, *item.query, "body", "name")})
ARGUMENTS = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), VALUES, max_size=5)


class SentError(Exception):
    """Something would have gone to Nexla."""


class Untouchable:
    """An account of which nothing may be used."""

    def __getattr__(self, name: str) -> Any:
        raise SentError(name)


class Desk:
    """What changes are planned with: there, and of no use."""

    planning = Untouchable()


async def account() -> Any:
    return Untouchable()


async def desk() -> Any:
    return Desk()


def toolbox(policy: Policy | None = None) -> Toolbox:
    return Toolbox(all_tools, policy or Policy(), account, open_desk=desk)


def refusal(operation: str, arguments: Any, policy: Policy | None = None) -> ErrorCode | None:
    """How the tool refuses the call before it uses the account; None when it would use it."""
    tools = toolbox(policy)
    spec = next(item for item in tools.specs if item.name == "call_operation")
    read = spec.arguments.read({"operation": operation, "arguments": arguments})
    context = ToolContext(Untouchable(), tools, no_progress, desk, tuple)
    try:
        asyncio.run(spec.run(context, read))
    except Failure as failure:
        return failure.info.code
    except SentError:
        return None
    raise AssertionError("an answer without an account")


def fits(operation: Operation, arguments: dict[str, Any]) -> bool:
    try:
        operation.request(arguments)
    except Failure:
        return False
    return True


@given(st.sampled_from(REFUSED), st.sampled_from(["", " ", "\n"]), ARGUMENTS)
@example("logout", "", {})
def test_nothing_makes_a_refused_operation_pass(name: str, around: str, arguments: dict[str, Any]) -> None:
    assert refusal(f"{around}{name}{around}", arguments) is ErrorCode.NOT_ALLOWED


@given(NAMES, ARGUMENTS)
@example("get_source", {"source_id": "1/../../users/1"})
@example("pause_source", {"source_id": True})
def test_a_request_that_does_not_fit_goes_nowhere(name: str, arguments: dict[str, Any]) -> None:
    found = operations().get(name.strip())
    if found is None or (found.way.refused is None and not fits(found, arguments)):
        assert refusal(name, arguments) is ErrorCode.BAD_INPUT


def test_a_request_that_fits_would_go_to_nexla() -> None:
    """So that the others do not hold because nothing ever gets through."""
    assert refusal("get_runtime", {"runtime_id": 1}) is None
    assert refusal("pause_runtime", {"runtime_id": 1}) is None


@given(st.sampled_from(CHANGES), ARGUMENTS)
def test_read_only_lets_no_change_pass(name: str, arguments: dict[str, Any]) -> None:
    call = toolbox(Policy(read_only=True)).call("call_operation", {"operation": name, "arguments": arguments})
    error = asyncio.run(call).error
    assert error is not None
    assert error.code is ErrorCode.NOT_ALLOWED


@pytest.mark.parametrize("name", TYPED)
def test_an_operation_is_as_permitted_as_its_tools(name: str) -> None:
    tools = frozenset(operations()[name].way.tools)
    arguments = dict.fromkeys(operations()[name].ids, 1)
    others = frozenset(spec.name for spec in all_tools()) - tools
    assert refusal(name, arguments, Policy(deny=tools)) is ErrorCode.NOT_ALLOWED
    assert refusal(name, arguments, Policy(allow=others)) is ErrorCode.NOT_ALLOWED
    toolsets = {spec.toolset for spec in all_tools() if spec.name in tools}
    assert refusal(name, arguments, Policy(toolsets=frozenset(Toolset) - toolsets)) is ErrorCode.NOT_ALLOWED
