"""Time, runs and what they leave behind, without HTTP."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from nexla_mcp.sandbox import creation, lineage
from nexla_mcp.sandbox.building import build_world, close_world
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.routing import Principal
from nexla_mcp.sandbox.seed import troubles
from nexla_mcp.sandbox.seed.troubles import NOT_SICK
from nexla_mcp.sandbox.simulation.schedule import fires_between, next_fire
from nexla_mcp.sandbox.simulation.series import LogFilter
from nexla_mcp.sandbox.simulation.simulation import RUNS_PER_ADVANCE
from nexla_mcp.sandbox.world import World

MOMENT = datetime(2026, 3, 10, 14, 23, 11, tzinfo=timezone.utc)
HOUR_MS = 3_600_000


def world_at(moment: datetime = MOMENT, **options) -> World:
    return build_world(SandboxOptions(**options), base_clock=lambda: moment)


def everything(world: World) -> list[list[tuple]]:
    return [
        world.store.execute("SELECT * FROM run_metrics ORDER BY kind, resource_id, run_id"),
        world.store.execute("SELECT * FROM log_entries ORDER BY source_id, timestamp, rowid"),
        world.store.execute("SELECT kind, id, body FROM documents WHERE kind <> 'sessions' ORDER BY kind, id"),
        world.store.execute("SELECT * FROM schedules ORDER BY source_id"),
    ]


def source_named(world: World, name: str) -> dict:
    return next(item for item in world.store.all("data_sources") if item["name"] == name)


def activate(world: World, source: dict, *, active: bool = True) -> None:
    node = world.store.get("flow_nodes", source["flow_node_id"])
    lineage.set_running(world, Principal(source["owner_id"], source["org_id"]), node, active=active, whole=False)


def test_the_same_seed_and_moment_give_the_same_world():
    assert everything(world_at()) == everything(world_at())


def test_another_seed_gives_other_runs():
    runs = "SELECT COUNT(*), SUM(records) FROM run_metrics"
    one, other = world_at().store.execute(runs), world_at(random_seed=8).store.execute(runs)
    assert one[0][1] != other[0][1]


def test_how_time_passes_makes_no_difference():
    at_once, in_steps = world_at(), world_at()
    for step in (17.0, 3583.0, 7200.0, 75_600.0):
        in_steps.clock.advance(step)
        in_steps.simulation.advance_to_now()
    at_once.clock.advance(86_400.0)
    at_once.simulation.advance_to_now()
    rows = "SELECT kind, resource_id, run_id, records, size, errors FROM run_metrics ORDER BY 1, 2, 3"
    assert at_once.store.execute(rows) == in_steps.store.execute(rows)


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path):
    file = tmp_path / "acme.db"
    whole = world_at()
    first = world_at(db=file)
    before = everything(first)
    assert before == everything(whole)
    first.clock.advance(5 * 3600)
    first.simulation.advance_to_now()
    close_world(first)
    second = world_at(db=file)
    assert second.clock.now() == MOMENT + timedelta(hours=5)
    second.clock.advance(5 * 3600)
    second.simulation.advance_to_now()
    for _ in range(2):
        whole.clock.advance(5 * 3600)
        whole.simulation.advance_to_now()
    assert everything(second) == everything(whole)
    close_world(second)


def test_nothing_due_writes_nothing():
    world = world_at()
    world.simulation.advance_to_now()
    before = world.store.execute("SELECT total_changes()")
    world.simulation.advance_to_now()
    world.clock.advance(1)
    world.simulation.advance_to_now()
    assert world.store.execute("SELECT total_changes()") == before


def test_a_year_makes_no_more_runs_than_the_cap_and_keeps_the_newest():
    world = world_at()
    shop = source_named(world, "Shopify Orders")
    newest = world.simulation.run_ids(shop["id"])[0]
    world.clock.advance(365 * 86_400)
    world.simulation.advance_to_now()
    added = [run_id for run_id in world.simulation.run_ids(shop["id"]) if run_id > newest]
    assert len(added) == RUNS_PER_ADVANCE
    assert world.clock.now_ms() - added[0] < HOUR_MS + 60_000
    assert all(earlier - later < 1.01 * HOUR_MS for earlier, later in itertools.pairwise(added))


def test_no_run_lies_in_the_future_and_none_before_its_flow():
    world = world_at()
    now = world.clock.now_ms()
    for source in world.store.all("data_sources"):
        rows = world.simulation.series.of_source(source["id"], 0, 2 * now)
        assert all(row.written_at <= now for row in rows)
    lines = world.simulation.series.logs(LogFilter())
    assert lines
    assert all(line.run_id <= line.timestamp <= now for line in lines)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 29, 0, 0, 3, tzinfo=timezone.utc),
        datetime(2026, 2, 28, 6, 30, 5, tzinfo=timezone.utc),
        datetime(2026, 12, 31, 23, 59, 58, tzinfo=timezone.utc),
    ],
)
def test_healthy_flows_are_healthy_whenever_the_world_begins(moment: datetime):
    world = world_at(moment)
    sick = {item["flow_id"] for item in troubles(world) if item["sick"]}
    resting = {item["flow_id"] for item in troubles(world) if item["trouble"] in NOT_SICK - {"name_twins"}}
    for source in world.store.all("data_sources"):
        if source["flow_node_id"] in sick | resting:
            continue
        rows = world.simulation.series.of_source(source["id"], 0, world.clock.now_ms())
        runs = sorted({row.run_id for row in rows}, reverse=True)
        assert len(runs) >= 13, source["name"]
        assert all(row.records > 0 and row.errors <= 0.005 * row.records for row in rows), source["name"]
        read = sorted(row.records for row in rows if row.kind == "data_sources")
        assert read[0] > 0.8 * read[len(read) // 2]
        nodes = {(row.kind, row.resource_id) for row in rows}
        assert {kind for kind, _ in nodes} == {"data_sources", "data_sets", "data_sinks"}
        errors = LogFilter([source["id"]], severities=["ERROR"])
        assert world.simulation.series.log_count(errors) == 0


def own_flow(world: World, **config) -> dict:
    dana = next(user for user in world.store.all("users") if user["email"] == "dana@acme.example")
    principal = Principal(dana["id"], dana["org_id"], is_org_admin=True)
    credential = creation.create_credential(
        world, principal, {"name": "Files", "credentials_type": "s3", "credentials": {"secret_key": "x"}}
    )
    payload = {
        "name": "New files",
        "source_type": "s3",
        "data_credentials_id": credential["id"],
        "source_config": {"path": "bucket", **config},
    }
    return creation.create_source(world, principal, payload)


def test_a_source_detects_its_nexset_fifteen_seconds_after_activation():
    world = world_at(seed="empty")
    source = own_flow(world, **{"start.cron": "0 0 3 * * ?"})
    world.simulation.advance_to_now()
    assert world.simulation.run_ids(source["id"]) == []
    activate(world, source)
    world.simulation.advance_to_now()
    world.clock.advance(14)
    world.simulation.advance_to_now()
    assert world.store.all("data_sets", data_source_id=source["id"]) == []
    world.clock.advance(1.5)
    world.simulation.advance_to_now()
    [nexset] = world.store.all("data_sets", data_source_id=source["id"])
    assert nexset["status"] == "ACTIVE"
    assert nexset["output_schema"]["properties"]
    assert world.simulation.live_samples(nexset["id"], 3) == nexset["_sandbox"]["records"][:3]
    [run_id] = world.simulation.run_ids(source["id"])
    assert {row.kind for row in world.simulation.series.of_run(source["id"], run_id)} == {"data_sources", "data_sets"}
    assert [row["message"] for row in world.store.all("notifications") if "New dataset" in row["message"]]
    metrics = world.simulation.last_run_metrics(source["flow_node_id"])
    assert metrics is not None
    assert metrics["run_id"] == run_id
    world.clock.advance(86_400)
    world.simulation.advance_to_now()
    assert len(world.simulation.run_ids(source["id"])) == 2
    assert len(world.store.all("data_sets", data_source_id=source["id"])) == 1


def test_a_stream_runs_every_ten_minutes_until_it_is_paused():
    world = world_at(seed="empty")
    source = own_flow(world)
    activate(world, source)
    world.simulation.advance_to_now()
    world.clock.advance(3_600)
    world.simulation.advance_to_now()
    runs = world.simulation.run_ids(source["id"])
    assert len(runs) == 7
    activate(world, world.store.get("data_sources", source["id"]), active=False)
    world.clock.advance(3_600)
    world.simulation.advance_to_now()
    assert world.simulation.run_ids(source["id"]) == runs


def test_below_a_paused_node_nothing_arrives():
    world = world_at()
    source = source_named(world, "Shopify Orders")
    [detected] = world.store.all("data_sets", data_source_id=source["id"])
    [derived] = world.store.all("data_sets", parent_data_set_id=detected["id"])
    activate(world, derived, active=False)
    newest = world.simulation.run_ids(source["id"])[0]
    world.clock.advance(7_200)
    world.simulation.advance_to_now()
    after = world.simulation.series.of_source(source["id"], newest + 1, world.clock.now_ms())
    assert {(row.kind, row.resource_id) for row in after} == {
        ("data_sources", source["id"]),
        ("data_sets", detected["id"]),
    }


def newest_run(world: World, source: dict) -> dict[str, tuple[int, int]]:
    rows = world.simulation.series.of_run(source["id"], world.simulation.run_ids(source["id"])[0])
    return {f"{row.kind}:{row.resource_id}": (row.records, row.errors) for row in rows}


def test_a_new_login_ends_a_refusal_and_the_owner_is_told():
    world = world_at()
    source = source_named(world, "Billing Invoices")
    assert list(newest_run(world, source).values()) == [(0, 1)]
    credential = world.store.get("data_credentials", source["data_credentials_id"])
    world.store.put("data_credentials", {**credential, "_sandbox": {**credential["_sandbox"], "probe": "ok"}})
    world.clock.advance(3_600)
    world.simulation.advance_to_now()
    counts = newest_run(world, source)
    assert len(counts) == 4
    assert all(records > 0 and errors == 0 for records, errors in counts.values())
    levels = {row["level"] for row in world.store.all("notifications", resource_id=source["id"])}
    assert levels == {"ERROR", "RECOVERED"}


@pytest.mark.parametrize(
    ("trouble", "kind", "field"),
    [
        ("destination_write_error", "data_sinks", "sink_config"),
        ("schema_drift", "data_sinks", "sink_config"),
        ("volume_drop", "data_sources", "source_config"),
        ("empty_file", "data_sources", "source_config"),
        ("quarantine_growth", "data_sources", "source_config"),
    ],
)
def test_a_changed_config_repairs(trouble: str, kind: str, field: str):
    world = world_at()
    planted = next(item for item in troubles(world) if item["trouble"] == trouble)
    source = source_named(world, planted["name"])
    usual = sorted(row.records for row in world.simulation.series.of_node("data_sources", source["id"]))
    documents = [item for item in world.store.all(kind) if item["origin_node_id"] == planted["flow_id"]]
    world.store.put(kind, {**documents[0], field: {**documents[0][field], "comment": "repaired"}})
    world.clock.advance(86_400)
    world.simulation.advance_to_now()
    counts = newest_run(world, source)
    assert len(counts) == 4
    assert all(records > 0.5 * usual[len(usual) // 2] and errors == 0 for records, errors in counts.values())


def test_a_repaired_transform_changes_the_samples():
    world = world_at()
    planted = next(item for item in troubles(world) if item["trouble"] == "transform_error_passed_through")
    nexset = world.store.get("data_sets", planted["resource_id"])
    parent = world.store.get("data_sets", nexset["parent_data_set_id"])
    assert nexset["_sandbox"]["records"] == parent["_sandbox"]["records"]
    code = world.store.get("code_containers", nexset["transform_id"])
    world.store.put("code_containers", {**code, "code": [{"operation": "shift", "spec": {"*": "&"}}]})
    world.clock.advance(2 * 3_600)
    world.simulation.advance_to_now()
    assert "amount_cents" in world.simulation.live_samples(nexset["id"], 1)[0]
    assert newest_run(world, source_named(world, planted["name"]))[f"data_sets:{nexset['id']}"][1] == 0


def test_a_forgotten_source_runs_again_once_it_is_activated_anew():
    world = world_at()
    source = source_named(world, "Store Traffic")
    last = world.simulation.run_ids(source["id"])[0]
    assert 5 * 86_400_000 <= world.clock.now_ms() - last < 6 * 86_400_000
    activate(world, source, active=False)
    world.simulation.advance_to_now()
    activate(world, world.store.get("data_sources", source["id"]))
    world.simulation.advance_to_now()
    world.clock.advance(16)
    world.simulation.advance_to_now()
    assert world.simulation.run_ids(source["id"])[0] > last


def test_fire_times_of_crons_and_streams():
    start = int(datetime(2026, 3, 10, tzinfo=timezone.utc).timestamp() * 1000)
    hours = fires_between("0 0 * * * ?", start, start + 3 * HOUR_MS, 10)
    assert hours == (start + HOUR_MS, start + 2 * HOUR_MS, start + 3 * HOUR_MS)
    assert fires_between("0 0 * * * ?", start, start + 3 * HOUR_MS, 2) == hours[1:]
    assert fires_between(600, start, start + HOUR_MS, 100)[-1] == start + HOUR_MS
    assert fires_between("0 0 0 1 * ? 2030", start, start + HOUR_MS, 5) == ()
    assert next_fire("0 30 2 ? * MON-FRI", start) == start + 9_000_000
    assert next_fire(600, start) == start + 600_000
