"""What every tool promises, whatever it does: what is listed, what it costs, what is refused, how it is cut."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from nexla_mcp.domain.results.base import Result
from nexla_mcp.domain.risk import Risk
from nexla_mcp.resources.library import Library
from nexla_mcp.safety.policy import LISTED_BY_DEFAULT, Policy, Toolset
from nexla_mcp.server import Account, build_server, build_toolbox
from nexla_mcp.settings import Settings
from nexla_mcp.tools.budget import compact_json
from nexla_mcp.tools.context import ToolContext
from nexla_mcp.tools.registry import all_tools
from nexla_mcp.tools.spec import ToolSpec, tool
from nexla_mcp.tools.toolbox import visible_size
from nexla_mcp.tools.wire import listed
from nexla_mcp.views.text import text_of
from tests.tools.conftest import Call, connected

pytestmark = pytest.mark.anyio

MOST_LISTED, MOST_TOOLS = 32, 54
LISTED_BYTES, ALL_BYTES = 28_000, 46_000
"""What DESIGN allows: of the tools that are listed by default, and of all."""
SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATING = os.environ.get("NEXLA_MCP_UPDATE_SNAPSHOTS") == "1"

RISKS = {
    Risk.READ: {
        "whoami",
        "search_resources",
        "get_resource",
        "get_flow",
        "describe_connector",
        "get_samples",
        "probe_credential",
        "get_operation",
        "run_health_check",
        "get_metrics",
        "fetch_logs",
        "diagnose_flow",
        "check_sla",
        "compare_runs",
        "check_data_quality",
        "check_readiness",
        "export_flow",
        "compare_environments",
        "list_access",
        "preview_transform",
        "find_operation",
        "audit_changes",
        "list_org_members",
        "get_task",
    },
    Risk.WRITE: {
        "create_nexset",
        "create_transform",
        "send_alert",
        "send_webhook_records",
        "create_credential",
        "create_source",
        "create_destination",
        "create_flow",
        "copy_flow",
        "activate",
    },
    Risk.DISRUPTIVE: {
        "suggest_docs",
        "configure_genai",
        "manage_project",
        "migrate_schema",
        "pause",
        "manage_lookup",
        "manage_notifications",
    },
    Risk.DESTRUCTIVE: {
        "delete_resource",
        "update_resource",
        "rotate_credential",
        "run_batch",
        "control_operation",
        "grant_access",
        "revoke_access",
        "replace_access",
        "manage_team",
        "decide_approval",
        "call_operation",
        "start_task",
        "manage_task",
    },
}
"""Of the worst plan that each tool can make. Set down here by hand, so that none is lowered by accident."""
ALSO_READS = {"call_operation", "suggest_docs"}
"""Tools that change something with some arguments only."""
OPEN_OBJECTS = {
    "call_operation": {"arguments"},
    "start_task": {"arguments"},
    "send_webhook_records": {"records"},
    "manage_lookup": {"rows", "defaults"},
    "run_batch": {"items", "fields"},
    "copy_flow": {"credentials"},
    "migrate_schema": {"code", "json_schema", "parallel"},
    "check_data_quality": {"json_schema"},
    "create_credential": {"credentials"},
    "rotate_credential": {"credentials"},
    "create_source": {"config"},
    "create_destination": {"config"},
    "create_nexset": {"code"},
    "create_transform": {"code"},
    "preview_transform": {"code", "records"},
    "update_resource": {"changes"},
    "create_flow": {"source.config", "nexsets.transform", "destinations.config"},
}
"""Objects whose fields no schema names: the configurations of connectors and the code of a transform, which are
Nexla's own and are checked against the connector catalog. Anywhere else they would hide arguments."""

TOOLS = all_tools()
each_tool = pytest.mark.parametrize("spec", TOOLS, ids=[spec.name for spec in TOOLS])


@asynccontextmanager
async def serving(settings: Settings, specs: tuple[ToolSpec, ...] | None = None) -> AsyncIterator[Client]:
    """A client of a server that has these tools, or all."""
    account = Account(settings)
    toolbox = build_toolbox(settings, account, specs)
    async with Client(build_server(toolbox, Library(toolbox))) as client:
        yield client
    await account.close()


def wire(spec: ToolSpec) -> dict[str, Any]:
    return listed(spec).model_dump(mode="json", by_alias=True, exclude_none=True)


def nodes(schema: Any) -> list[dict[str, Any]]:
    """Every schema inside a schema; the map under `properties` is none itself."""
    if isinstance(schema, list):
        return [found for item in schema for found in nodes(item)]
    if not isinstance(schema, dict):
        return []
    inner = [
        found
        for key, value in schema.items()
        for found in nodes(list(value.values()) if key == "properties" else value)
    ]
    return [schema, *inner]


def open_objects(schema: dict[str, Any], path: str = "") -> set[str]:
    """Paths of objects of which nothing is said; an item of a list goes by the list's path."""
    found = {path} if schema.get("type") == "object" and not schema.get("properties") else set()
    for name, property_ in schema.get("properties", {}).items():
        found |= open_objects(property_, f"{path}.{name}" if path else name)
    for below in [schema["items"]] if "items" in schema else []:
        found |= open_objects(below, path)
    for branch in schema.get("anyOf", ()):
        found |= open_objects(branch, path)
    return found


# What is listed


@each_tool
def test_a_tool_is_listed_as_its_snapshot_says(spec: ToolSpec) -> None:
    """Set NEXLA_MCP_UPDATE_SNAPSHOTS=1 to write the files anew, and read the difference."""
    file = SNAPSHOTS / f"{spec.name}.json"
    text = json.dumps(wire(spec), indent=2, ensure_ascii=False) + "\n"
    if UPDATING:
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.is_file(), "a new tool needs its snapshot"
    assert text == file.read_text(encoding="utf-8")


def test_there_is_one_snapshot_for_each_tool() -> None:
    expected = {f"{spec.name}.json" for spec in TOOLS}
    if UPDATING:
        for file in SNAPSHOTS.iterdir():
            if file.name not in expected:
                file.unlink()
    assert {file.name for file in SNAPSHOTS.iterdir()} == expected


async def test_a_client_is_told_exactly_the_registry(settings: Settings) -> None:
    async with serving(settings.model_copy(update={"toolsets": frozenset({"all"})})) as client:
        told = (await client.list_tools()).tools
    assert [item.model_dump(mode="json", by_alias=True, exclude_none=True) for item in told] == list(map(wire, TOOLS))


def test_tools_stay_within_the_budget() -> None:
    sizes = {spec.name: visible_size(spec) for spec in TOOLS}
    assert len(sizes) <= MOST_TOOLS
    assert sum(sizes.values()) <= ALL_BYTES, sizes
    by_default = {spec.name: sizes[spec.name] for spec in TOOLS if spec.toolset in LISTED_BY_DEFAULT}
    assert len(by_default) <= MOST_LISTED
    assert sum(by_default.values()) <= LISTED_BYTES, by_default


@each_tool
def test_a_tool_states_its_risk_and_its_hints_follow(spec: ToolSpec) -> None:
    assert isinstance(spec.risk, Risk)
    assert spec.name in RISKS[spec.risk]
    assert isinstance(spec.toolset, Toolset)
    assert spec.title
    hints = wire(spec)["annotations"]
    assert hints == {
        "title": spec.title,
        "readOnlyHint": spec.risk is Risk.READ,
        "destructiveHint": spec.risk in {Risk.DISRUPTIVE, Risk.DESTRUCTIVE},
        "idempotentHint": spec.idempotent,
        "openWorldHint": spec.reaches_third_party,
    }


@each_tool
def test_a_tool_that_is_no_read_gives_a_plan_and_takes_a_dry_run_and_a_confirmation(spec: ToolSpec) -> None:
    changes = spec.risk is not Risk.READ
    assert spec.changes is changes
    assert ({"dry_run", "confirmation"} <= set(spec.arguments.names)) is changes
    assert not {"dry_run", "confirmation"} & set(spec.arguments.schema().get("required", ()))
    if changes:
        assert spec.arguments.model.model_fields["dry_run"].default is False


@each_tool
def test_a_write_takes_ids_and_no_names(spec: ToolSpec) -> None:
    """Names are not unique. Only a flow's spec, which people write, and whom a grant is for may be told by name."""
    if spec.risk is not Risk.READ:
        for name in {"resource", "resources", "credential", "nexset", "operation"} & set(spec.arguments.names):
            schema = spec.arguments.schema()["properties"][name]
            wanted = "string" if name == "operation" else "integer"
            assert schema.get("items", schema)["type"] == wanted, name


@pytest.mark.parametrize("risk", Risk)
def test_hints_follow_from_the_risk_of_any_tool(risk: Risk) -> None:
    made = tool(toolset=Toolset.OPERATE, risk=risk, title="Act", summary="Acts.")(_answering_nothing)
    hints = wire(made)["annotations"]
    assert hints["readOnlyHint"] is (risk is Risk.READ)
    assert hints["destructiveHint"] is (risk in {Risk.DISRUPTIVE, Risk.DESTRUCTIVE})


async def _answering_nothing(context: ToolContext) -> Result:
    return Result()


@each_tool
def test_a_tool_and_its_arguments_are_described(spec: ToolSpec) -> None:
    assert len(spec.summary.split()) >= 10
    for name, schema in spec.arguments.schema()["properties"].items():
        words = schema.get("description", "").split()
        assert 1 <= len(words) <= 12, f"{spec.name}.{name}: {len(words)} words"


@each_tool
def test_a_schema_holds_no_noise(spec: ToolSpec) -> None:
    schema = spec.arguments.schema()
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    for node in nodes(schema):
        assert "title" not in node
        assert "$ref" not in node
        assert node.get("type") != "null"
        assert "null" not in (node["type"] if isinstance(node.get("type"), list) else ())
        assert node.get("default", ...) is not None
    assert open_objects({**schema, "type": None}) == OPEN_OBJECTS.get(spec.name, set()), "it hides arguments"


@each_tool
def test_a_tool_answers_with_a_type_that_has_a_view(spec: ToolSpec) -> None:
    assert spec.result_type is not Result
    import nexla_mcp.views.all  # noqa: F401, PLC0415 - what the first answer does

    assert spec.result_type in text_of.registry
    for field in spec.result_type.cut_first:
        assert field in spec.result_type.model_fields
        assert spec.carries or wire(spec)["outputSchema"]["properties"][field] == {"type": "array"}


@each_tool
def test_a_tool_with_a_cursor_gives_one_when_it_is_cut(spec: ToolSpec) -> None:
    if "cursor" in spec.arguments.names:
        assert spec.result_type.cut_first
        assert spec.result_type.narrow_with
        assert spec.result_type.cursor_after is not Result.cursor_after


# Policy


def test_read_only_leaves_every_tool_that_reads() -> None:
    policy = Policy(read_only=True)
    left = [spec.name for spec in TOOLS if policy.refusal(spec.name, spec.toolset, spec.least_risk) is None]
    assert left == [spec.name for spec in TOOLS if spec.risk is Risk.READ or spec.name in ALSO_READS]
    assert set(left) == RISKS[Risk.READ] | ALSO_READS


@pytest.mark.parametrize(
    ("chosen", "permitted"),
    [
        ({"read_only": True}, RISKS[Risk.READ] | ALSO_READS),
        (
            {"toolsets": frozenset({"access", "audit"})},
            {"list_access", "grant_access", "revoke_access", "audit_changes", "replace_access"},
        ),
        (
            {"toolsets": frozenset({"access", "build"}), "read_only": True},
            {"list_access", "probe_credential", "preview_transform"},
        ),
        (
            {"tools_allow": frozenset({"pause", "get_operation"}), "read_only": True},
            {"get_operation"},
        ),
        ({"tools_allow": frozenset({"whoami"})}, {"whoami"}),
        ({"tools_allow": frozenset({"whoami", "get_flow"}), "tools_deny": frozenset({"get_flow"})}, {"whoami"}),
        (
            {"toolsets": frozenset({"discover"}), "tools_deny": frozenset({"whoami"})},
            {"search_resources", "get_resource", "get_flow", "describe_connector", "get_samples"},
        ),
    ],
    ids=["read only", "toolsets", "toolsets, read only", "allow, read only", "allow", "deny wins", "deny from toolset"],
)
async def test_policy_holds_when_listing_and_when_calling(
    settings: Settings, chosen: dict[str, Any], permitted: set[str]
) -> None:
    by_default = {spec.name for spec in TOOLS if spec.toolset in LISTED_BY_DEFAULT}
    chooses = {"toolsets", "tools_allow"} & set(chosen)
    async with serving(settings.model_copy(update=chosen)) as client:
        listed = {item.name for item in (await client.list_tools()).tools}
        assert listed == (permitted if chooses else permitted & by_default)
        for spec in TOOLS:
            # A wrong argument, so that a tool that is offered stops before it does anything.
            answer = await client.call_tool(spec.name, {"no such argument": 1})
            assert answer.is_error
            assert answer.structured_content
            expected = "bad_input" if spec.name in permitted else "not_allowed"
            assert answer.structured_content["code"] == expected, spec.name


async def test_a_tool_that_writes_is_neither_listed_nor_called_when_read_only(settings: Settings) -> None:
    called = []

    @tool(toolset=Toolset.OPERATE, risk=Risk.WRITE, title="Write", summary="Writes.")
    async def write_something(context: ToolContext) -> Result:
        called.append(context)
        return Result()

    async with serving(settings.model_copy(update={"read_only": True}), (write_something,)) as client:
        assert (await client.list_tools()).tools == []
        answer = await client.call_tool("write_something", {})
    assert answer.is_error
    assert answer.structured_content
    assert answer.structured_content["code"] == "not_allowed"
    assert not called


# What a model may get wrong


async def test_an_unknown_tool_is_a_typed_error_with_the_nearest_name(call: Call) -> None:
    answer = await call("run_healthcheck")
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"
    assert "run_health_check" in answer.structured["hint"]


@each_tool
async def test_an_unknown_argument_is_refused_with_the_valid_ones(spec: ToolSpec, call: Call) -> None:
    answer = await call(spec.name, nonsense="s3cr3t-value")
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"
    assert "nonsense" in answer.structured["message"]
    assert all(name in answer.structured["hint"] for name in spec.arguments.names)
    assert "s3cr3t-value" not in answer.text + json.dumps(answer.structured)


async def test_a_misspelt_argument_is_named_with_the_right_one(call: Call) -> None:
    answer = await call("diagnose_flow", flw=1)
    assert answer.is_error
    assert "'flow'" in answer.structured["hint"]


async def test_a_wrong_value_is_refused_without_being_repeated(call: Call) -> None:
    answer = await call("search_resources", types=["s3cr3t-value"])
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"
    assert "types" in answer.structured["message"]
    assert "s3cr3t-value" not in answer.text + json.dumps(answer.structured)
    assert "pydantic" not in answer.text


async def test_a_number_sent_as_text_is_refused(call: Call) -> None:
    answer = await call("search_resources", limit="5")
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"
    assert "limit" in answer.structured["message"]


async def test_a_list_sent_as_json_text_is_read(call: Call) -> None:
    as_text = await call("search_resources", types='["flow"]', limit=3)
    as_list = await call("search_resources", types=["flow"], limit=3)
    assert not as_text.is_error
    assert as_text.structured["rows"]
    assert as_text.structured == as_list.structured


async def test_broken_json_text_is_a_typed_error(call: Call) -> None:
    answer = await call("search_resources", types='["flow"')
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"
    assert "types" in answer.structured["message"]


async def test_a_defect_is_said_without_where_or_what(settings: Settings) -> None:
    @tool(toolset=Toolset.DISCOVER, risk=Risk.READ, title="Break", summary="Breaks.")
    async def break_down(context: ToolContext) -> Result:
        raise ZeroDivisionError("s3cr3t-value in an exception")

    async with serving(settings, (break_down,)) as client:
        answer = await client.call_tool("break_down", {})
    assert answer.is_error
    assert answer.structured_content
    assert answer.structured_content["code"] == "internal"
    whole = answer.model_dump_json()
    assert "s3cr3t-value" not in whole
    assert "Traceback" not in whole
    assert ".py" not in whole


# What an answer may cost


async def test_a_long_answer_is_cut_at_a_record_and_read_on_without_gaps_or_doubles(settings: Settings) -> None:
    budget = 4_000
    async with connected(settings.model_copy(update={"result_bytes": 1_000_000})) as call:
        whole = await call("search_resources", limit=500)
    assert "truncated" not in whole.structured
    assert len(whole.structured["rows"]) == whole.structured["total"]

    rows: list[dict[str, Any]] = []
    async with connected(settings.model_copy(update={"result_bytes": budget})) as call:
        cursor: str | None = None
        while True:
            page = await call("search_resources", limit=500, **({"cursor": cursor} if cursor else {}))
            assert not page.is_error
            assert len(page.text.encode()) + len(compact_json(page.structured).encode()) <= budget
            assert page.structured["total"] == whole.structured["total"]
            rows += page.structured["rows"]
            cursor = page.structured.get("cursor")
            if cursor is None:
                break
            assert page.structured["truncated"] is True
            assert page.structured["rows"], "a page that brings nothing would be asked for again for ever"
            assert "types" in page.structured["narrow"]
            assert cursor in page.text
    assert "truncated" not in page.structured
    assert rows == whole.structured["rows"]
