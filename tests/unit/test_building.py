"""From what should be there to what has to be done: against a real sandbox, in which planning changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.flow_spec import FlowSpec
from nexla_mcp.domain.markers import OUTPUT, SECRET, output_of, outputs_named
from nexla_mcp.domain.plans import Plan, Step
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.planning import creating, deploying
from nexla_mcp.operations.planning.blueprint import DETECTED, SOURCE, AccessRule, Blueprint, Part
from nexla_mcp.operations.planning.building import plan_blueprint
from nexla_mcp.operations.planning.deletion import plan_deletion
from nexla_mcp.operations.planning.planning import Planning, Principal
from nexla_mcp.operations.planning.snapshot import snapshot_of
from nexla_mcp.operations.planning.survey import survey_flow
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.ledger import Ledger
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import RunningSandbox, serve
from tests.matrix.faulty import HastyClock

pytestmark = pytest.mark.anyio

LAKE = "Acme data lake (S3)"
NAME = "Orders of this test"
CONFIG = {"start.cron": "0 0 * * * ?", "path": "acme-data-lake/orders"}
SINK = {"name": "Out", "connector": "s3", "credential": LAKE, "config": {"path": "out", "data_format": "json"}}
NODES = ("data_sources", "data_sets", "data_sinks")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with serve(SandboxOptions()) as running:
        yield running


@pytest.fixture
async def planning(sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[Planning]:
    connection = Connection(api_url=sandbox.url, service_key=SecretStr(sandbox.service_key), requests_per_second=100.0)
    nexla = Nexla(connection, clock=HastyClock())
    principal = Principal.of(await nexla.users.current(), sandbox.url)
    yield Planning(nexla, principal, Ledger(Database(tmp_path / "operations.db"), tmp_path, nexla.clock.now))
    await nexla.aclose()


@pytest.fixture
def kept(sandbox: RunningSandbox) -> Iterator[dict[tuple[str, int], Mapping[str, Any]]]:
    """Rows that a test changes are put back as they were: `kept` remembers them."""
    rows: dict[tuple[str, int], Mapping[str, Any]] = {}
    yield rows
    for (kind, _), row in rows.items():
        sandbox.world.store.put(kind, dict(row))


def spec(**changes: Any) -> FlowSpec:
    source = {"connector": "s3", "credential": LAKE, "config": CONFIG}
    return FlowSpec.model_validate({"name": NAME, "source": source, **changes})


def keys(plan: Plan) -> list[str]:
    return [step.key for step in plan.steps]


def step(plan: Plan, key: str) -> Step:
    return next(item for item in plan.steps if item.key == key)


def blueprint_of(*parts: Part, **changes: Any) -> Blueprint:
    return Blueprint(parts=parts, **changes)


async def built(planning: Planning, blueprint: Blueprint) -> Plan:
    return await plan_blueprint(planning, blueprint, tool="create_flow", arguments={}, summary="Build it.")


def flow_of(sandbox: RunningSandbox, status: str, minimum: int = 3) -> int:
    """The id of a seeded flow of several nodes that all have this status, and whose logins work."""
    store = sandbox.world.store
    for source in store.all("data_sources"):
        flow = source["flow_node_id"]
        nodes = [row for kind in NODES for row in store.all(kind) if row.get("origin_node_id") == flow]
        names = [row["name"] for row in store.all("data_sources")]
        refused = {row["id"] for row in store.all("data_credentials") if row["_sandbox"].get("probe") == "refused"}
        logins = {row.get("data_credentials_id") for row in nodes}
        alike = {row["status"] for row in nodes} == {status} and names.count(source["name"]) == 1
        if len(nodes) >= minimum and alike and not logins & refused:
            return int(flow)
    raise AssertionError(f"acme has no flow whose nodes are all {status}")


async def blueprint_of_flow(planning: Planning, flow: int) -> Blueprint:
    """What is there, without its grants, whose accessors are looked up only when it is built anew."""
    blueprint = snapshot_of(await survey_flow(planning.nexla, ResourceType.FLOW, flow))
    return blueprint.model_copy(update={"access": ()})


def stopped(
    sandbox: RunningSandbox, kept: dict[tuple[str, int], Mapping[str, Any]], kind: str, identifier: int
) -> None:
    row = sandbox.world.store.get(kind, identifier)
    assert row is not None
    kept[kind, identifier] = dict(row)
    sandbox.world.store.put(kind, {**row, "status": "PAUSED"})


async def test_a_new_flow_is_built_quietly_and_started_as_a_whole_at_last(planning: Planning) -> None:
    plan = await deploying.plan_flow(
        planning,
        spec(nexsets=[{"name": "b", "parent": "a"}, {"name": "a"}], destinations=[{**SINK, "nexset": "b"}, SINK]),
    )
    assert keys(plan) == [
        SOURCE,
        "detect",
        DETECTED,
        "quiet",
        "nexset:a",
        "nexset:b",
        "destination:Out#0",
        "destination:Out#1",
        f"activate:{SOURCE}",
        "verify",
    ]
    assert (plan.risk, plan.type_to_confirm, plan.existing) == (Risk.WRITE, None, ())
    assert plan.locks == (f"name:source:{NAME}",)
    assert step(plan, "nexset:b").arguments["body"]["parent_data_set_id"] == output_of("nexset:a")
    assert step(plan, "nexset:a").arguments["body"]["parent_data_set_id"] == output_of(DETECTED)
    assert step(plan, "quiet").action == "pause"
    assert step(plan, "quiet").undo is None


async def test_steps_name_only_what_earlier_ones_give_and_each_has_a_key_of_its_own(planning: Planning) -> None:
    plan = await deploying.plan_flow(
        planning,
        spec(nexsets=[{"name": "a"}], destinations=[SINK], access=[{"to": "team", "who": "Finance Analytics"}]),
    )
    given: set[str] = set()
    for item in plan.steps:
        assert set(outputs_named(item.arguments)) <= given
        assert item.key not in given
        given.add(item.key)
        if item.undo is not None:
            assert set(outputs_named(item.undo.arguments)) <= given
    made = [item for item in plan.steps if item.action == "create"]
    assert made
    for item in made:
        assert item.undo is not None
        assert (item.undo.action, item.undo.arguments["id"]) == ("delete", output_of(item.key))
    grants = [item for item in plan.steps if item.action == "grant"]
    assert len(grants) == 4
    assert all(item.undo is not None and item.undo.arguments["roles"] == [] for item in grants)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [SOURCE, "detect", DETECTED, "verify"]),
        ({"verify": False}, [SOURCE, "detect", DETECTED]),
        ({"activate": False}, [SOURCE]),
        ({"activate": False, "nexsets": [{"name": "a"}]}, [SOURCE, "detect", DETECTED, "quiet", "nexset:a"]),
    ],
)
async def test_a_source_runs_only_as_far_as_it_has_to(
    planning: Planning, changes: dict[str, Any], expected: list[str]
) -> None:
    assert keys(await deploying.plan_flow(planning, spec(**changes))) == expected


async def test_a_single_source_is_made_and_rests(planning: Planning) -> None:
    (login,) = [row for row in await planning.nexla.credentials.list() if row.name == LAKE]
    plan = await creating.plan_source(planning, NAME, "s3", CONFIG, login.id, None)
    assert keys(plan) == [SOURCE]
    assert plan.steps[0].arguments["body"]["source_config"] == CONFIG


async def test_what_is_there_as_described_is_taken_as_it_is(sandbox: RunningSandbox, planning: Planning) -> None:
    blueprint = await blueprint_of_flow(planning, flow_of(sandbox, "ACTIVE"))
    plan = await built(planning, blueprint)
    assert plan.changes_nothing
    assert {target.name for target in plan.existing} == {part.name for part in blueprint.parts}
    assert len(plan.locks) == 2


async def test_what_rests_is_started_from_the_top(
    sandbox: RunningSandbox, planning: Planning, kept: dict[tuple[str, int], Mapping[str, Any]]
) -> None:
    flow = flow_of(sandbox, "ACTIVE")
    blueprint = (await blueprint_of_flow(planning, flow)).model_copy(update={"active": True})
    for kind in NODES:
        for row in list(sandbox.world.store.all(kind)):
            if row.get("origin_node_id") == flow:
                stopped(sandbox, kept, kind, row["id"])
    plan = await built(planning, blueprint)
    assert keys(plan) == [f"activate:{SOURCE}", "verify"]
    undo = plan.steps[0].undo
    assert undo is not None
    assert undo.action == "restore_statuses"
    assert {node["running"] for node in undo.arguments["nodes"]} == {False}


async def test_what_is_to_rest_is_left_alone(
    sandbox: RunningSandbox, planning: Planning, kept: dict[tuple[str, int], Mapping[str, Any]]
) -> None:
    flow = flow_of(sandbox, "ACTIVE")
    blueprint = (await blueprint_of_flow(planning, flow)).model_copy(update={"active": False})
    assert (await built(planning, blueprint)).changes_nothing
    (source,) = [row for row in sandbox.world.store.all("data_sources") if row["flow_node_id"] == flow]
    stopped(sandbox, kept, "data_sources", source["id"])
    assert (await built(planning, blueprint)).changes_nothing


async def test_only_what_is_new_is_started_where_the_rest_runs(sandbox: RunningSandbox, planning: Planning) -> None:
    blueprint = await blueprint_of_flow(planning, flow_of(sandbox, "ACTIVE"))
    new = [
        Part(key="nexset:new", type=ResourceType.NEXSET, name="new", body={"name": "new"}, parent=DETECTED),
        Part(key="nexset:below", type=ResourceType.NEXSET, name="below", body={"name": "below"}, parent="nexset:new"),
        Part(key="nexset:beside", type=ResourceType.NEXSET, name="beside", body={"name": "beside"}, parent=DETECTED),
    ]
    plan = await built(planning, blueprint.model_copy(update={"parts": (*blueprint.parts, *new)}))
    created = ["nexset:new", "nexset:below", "nexset:beside"]
    assert keys(plan) == [*created, "activate:nexset:new", "activate:nexset:beside", "verify"]
    assert isinstance(step(plan, "nexset:new").arguments["body"]["parent_data_set_id"], int)
    undo = step(plan, "activate:nexset:new").undo
    assert undo is not None
    running = {str(node["id"]): node["running"] for node in undo.arguments["nodes"]}
    assert {running[str(output_of(key))] for key in created} == {False}
    assert sum(running.values()) == len(blueprint.parts) + 1


async def test_another_thing_of_that_name_is_a_conflict(sandbox: RunningSandbox, planning: Planning) -> None:
    blueprint = await blueprint_of_flow(planning, flow_of(sandbox, "ACTIVE"))
    source = blueprint.parts[0]
    changed = source.model_copy(update={"body": {**source.body, "source_config": {"path": "elsewhere"}}})
    with pytest.raises(Failure) as caught:
        await built(planning, blueprint.model_copy(update={"parts": (changed, *blueprint.parts[1:])}))
    assert caught.value.info.code is ErrorCode.CONFLICT
    assert "source_config" in caught.value.info.message


async def test_twins_are_not_guessed_between(
    sandbox: RunningSandbox, planning: Planning, kept: dict[tuple[str, int], Mapping[str, Any]]
) -> None:
    mine = [row for row in await planning.nexla.sources.list(access_role="owner") if row.source_type == "s3"]
    one, other = mine[:2]
    row = sandbox.world.store.get("data_sources", other.id)
    assert row is not None
    kept["data_sources", other.id] = dict(row)
    sandbox.world.store.put("data_sources", {**row, "name": one.name})
    body = {"name": one.name, "source_type": "s3", "source_config": {}}
    with pytest.raises(Failure) as caught:
        await built(planning, blueprint_of(Part(key=SOURCE, type=ResourceType.SOURCE, name=str(one.name), body=body)))
    assert caught.value.info.code is ErrorCode.AMBIGUOUS
    assert str(one.id) in caught.value.info.message
    assert str(other.id) in caught.value.info.message


async def test_a_far_reaching_grant_makes_a_flow_a_matter_for_a_person(planning: Planning) -> None:
    plan = await deploying.plan_flow(planning, spec(access=[{"to": "org"}]))
    assert plan.risk is Risk.DESTRUCTIVE
    assert plan.type_to_confirm == NAME
    assert plan.cannot_be_put_back
    assert (
        await deploying.plan_flow(planning, spec(access=[{"to": "team", "who": "Finance Analytics"}]))
    ).risk is Risk.WRITE


async def test_a_grant_holds_for_the_parts_it_names(planning: Planning) -> None:
    body = {"name": NAME, "source_type": "s3", "source_config": CONFIG}
    source = Part(key=SOURCE, type=ResourceType.SOURCE, name=NAME, body=body)
    nexset = Part(key="n", type=ResourceType.NEXSET, name="n", body={"name": "n"}, parent=DETECTED)
    accessor = {"type": "TEAM", "id": 1, "access_roles": ["operator"]}
    rules = (AccessRule(accessor=accessor, who="Team", roles=("operator",), on=("n",)),)
    plan = await built(planning, blueprint_of(source, nexset, access=rules))
    assert [key for key in keys(plan) if key.startswith("grant")] == ["grant:0:n"]


async def test_each_login_is_tried_once_and_only_where_something_is_to_be_done(
    sandbox: RunningSandbox, planning: Planning
) -> None:
    def probes() -> int:
        return sum(request["route"].endswith("/probe") for request in sandbox.world.requests.listed())

    sandbox.world.requests.clear()
    await deploying.plan_flow(planning, spec(destinations=[SINK]))
    assert probes() == 1
    sandbox.world.requests.clear()
    await built(planning, await blueprint_of_flow(planning, flow_of(sandbox, "ACTIVE")))
    assert probes() == 0


async def test_planning_changes_nothing(sandbox: RunningSandbox, planning: Planning) -> None:
    before = {kind: list(sandbox.world.store.all(kind)) for kind in (*NODES, "accessors")}
    await deploying.plan_flow(planning, spec(nexsets=[{"name": "a"}], destinations=[SINK], access=[{"to": "org"}]))
    assert {kind: list(sandbox.world.store.all(kind)) for kind in before} == before


@pytest.mark.parametrize("word", [SECRET, OUTPUT])
async def test_a_transform_never_carries_a_reference(planning: Planning, word: str) -> None:
    """Whoever sees the nexset reads its transform: a secret put into it would come back to the model."""
    transform = {"operations": [{"spec": {"note": {word: "env:PG_PW"}}}]}
    with pytest.raises(Failure) as caught:
        await deploying.plan_flow(planning, spec(nexsets=[{"name": "a", "transform": transform}]))
    assert caught.value.info.code is ErrorCode.BAD_INPUT
    assert "transform/operations[0]/spec/note" in caught.value.info.message


@pytest.mark.parametrize("word", [SECRET, OUTPUT])
async def test_a_config_that_reads_like_a_reference_is_not_followed_when_it_is_built_anew(
    sandbox: RunningSandbox, planning: Planning, kept: dict[tuple[str, int], Mapping[str, Any]], word: str
) -> None:
    flow = flow_of(sandbox, "ACTIVE")
    assert (await plan_deletion(planning, ResourceType.FLOW, flow)).rebuild
    (source,) = [row for row in sandbox.world.store.all("data_sources") if row["flow_node_id"] == flow]
    kept["data_sources", source["id"]] = dict(source)
    config = {**source["source_config"], "note": {word: "env:PG_PW"}}
    sandbox.world.store.put("data_sources", {**source, "source_config": config})
    plan = await plan_deletion(planning, ResourceType.FLOW, flow)
    assert not plan.rebuild
    assert any("source_config/note" in loss for loss in plan.cannot_be_put_back)
