"""Metrics, logs, health, notifications and limits over HTTP: shapes, units, roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve


@pytest.fixture(scope="module")
def acme(api_of: Callable[..., Any]) -> Iterator[Any]:
    with serve(SandboxOptions()) as running:
        yield api_of(running)


@pytest.fixture(scope="module")
def sam(acme: Any) -> Any:
    other = type(acme)(acme.sandbox)
    other.log_in("sandbox-key-sam")
    return other


@pytest.fixture(scope="module")
def shop(acme: Any) -> dict[str, Any]:
    return named(acme, "Shopify Orders")


def named(api: Any, name: str) -> dict[str, Any]:
    rows = api.get("/data_sources", params={"access_role": "collaborator"}).json()
    return next(row for row in rows if row["name"] == name)


def day(offset: int = 0) -> str:
    return f"{datetime.now(timezone.utc) + timedelta(days=offset):%Y-%m-%d}"


def test_daily_metrics_have_a_row_for_every_day(acme, shop):
    query = {"from": day(-20), "to": day(-1), "aggregate": 1}
    answer = acme.get(f"/data_sources/{shop['id']}/metrics", params=query).json()
    assert answer["status"] == 200
    assert [row["time"] for row in answer["metrics"]] == [day(offset) for offset in range(-20, 0)]
    assert answer["metrics"][0] == {"time": day(-20), "records": 0, "size": 0, "errors": 0}
    assert answer["metrics"][-1]["records"] > 10_000


@pytest.mark.parametrize("query", [{}, {"from": "soon", "aggregate": 1}, {"from": "0001-01-01", "aggregate": 1}])
def test_bad_windows_are_refused(acme, shop, query):
    assert acme.get(f"/data_sources/{shop['id']}/metrics", params=query).status_code == 400


def test_run_summary_pages_in_camel_case(acme, shop):
    path = f"/data_sources/{shop['id']}/metrics/run_summary"
    metrics = acme.get(path, params={"page": 2, "size": 10}).json()["metrics"]
    assert metrics["meta"]["currentPage"] == 2
    assert metrics["meta"]["totalCount"] >= 330
    assert metrics["meta"]["pageCount"] == -(-metrics["meta"]["totalCount"] // 10)
    runs = [row["runId"] for row in metrics["data"]]
    assert runs == sorted(runs, reverse=True)
    assert len(runs) == 10


def test_both_families_of_flow_metrics_agree(acme, shop):
    query = {"from": day(-3)}
    one = acme.get(f"/data_flows/data_sources/{shop['id']}/metrics", params=query).json()
    other = acme.get(f"/data_sources/{shop['id']}/flow/metrics", params=query).json()
    assert one == other
    assert one["message"] == "Ok"
    assert {kind: len(rows) for kind, rows in one["metrics"]["data"].items()} == {
        "data_sources": 1,
        "data_sets": 2,
        "data_sinks": 1,
    }
    by_run = acme.get(f"/data_sources/{shop['id']}/flow/metrics", params={**query, "groupby": "runId", "per_page": 5})
    data = by_run.json()["metrics"]["data"]
    assert len(data) == 5
    assert all(rows["data_sinks"][0]["metric"]["records"] > 0 for rows in data.values())


def test_logs_of_a_resource_want_a_run_and_milliseconds(acme, shop):
    run_id = acme.get(f"/data_sources/{shop['id']}").json()["run_ids"][0]["id"]
    path = f"/data_flows/data_sources/{shop['id']}/logs"
    assert acme.get(path, params={"from": run_id}).status_code == 400
    assert acme.get(path, params={"run_id": run_id}).status_code == 400
    answer = acme.get(path, params={"run_id": run_id, "from": run_id}).json()
    assert answer["logs"]["meta"]["run_id"] == run_id
    summaries = [line for line in answer["logs"]["data"] if line["log_type"] == "SUMMARY"]
    assert [line["resource_type"] for line in summaries] == ["SOURCE", "DATASET", "DATASET", "SINK"]
    assert summaries[0]["log"].startswith("Processed records=")
    other = acme.get(f"/data_sources/{shop['id']}/flow/logs", params={"run_id": run_id, "from": run_id}).json()
    assert other == answer
    late = acme.get(path, params={"run_id": run_id, "from": run_id + 600_000}).json()
    assert late["logs"]["data"] == []
    assert late["logs"]["meta"]["total_count"] == 0


def test_logs_of_a_flow_want_seconds(acme, shop):
    flow_id = next(flow["id"] for flow in acme.get("/flows").json()["flows"] if flow["data_source_id"] == shop["id"])
    path = f"/flows/{flow_id}/logs"
    now = int(datetime.now(timezone.utc).timestamp())
    recent = acme.get(path, params={"from": now - 86_400, "to": now, "per_page": 1_000}).json()["logs"]
    assert 80 <= recent["meta"]["total_count"] <= 140
    assert acme.get(path, params={"from": now * 1000}).json()["logs"]["data"] == []
    assert acme.get(path, params={"to": "2026-01-01"}).json()["logs"]["data"] == []
    body = {"severity": ["info"], "log_type": ["SUMMARY"], "search_string": "errors=0"}
    found = acme.post(f"/flows/{flow_id}/logs_v2", params={"size": 7, "facets": "true"}, json=body).json()["logs"]
    assert len(found["data"]) == 7
    assert found["data"][0]["timestamp"] >= found["data"][-1]["timestamp"]
    assert found["facets"]["severity"].keys() == {"INFO"}


def test_health_agrees_with_the_troubles(acme):
    sick = {item["flow_id"]: item["trouble"] for item in acme.switch("GET", "/troubles") if item["sick"]}
    answer = acme.get("/health/org/flows", params={"size": 100}).json()
    colors = {entry["originNodeId"]: entry["healthStatus"] for entry in answer["data"]}
    assert all(color == "GREEN" for flow_id, color in colors.items() if flow_id not in sick)
    red = {sick[flow_id] for flow_id, color in colors.items() if color == "RED"}
    assert red == {
        "refused_credential",
        "schema_drift",
        "transform_error_passed_through",
        "quarantine_growth",
        "destination_write_error",
    }
    only = acme.get("/health/org/flows", params={"health_status": "red"}).json()
    assert only["meta"]["totalCount"] == len(red)
    counts = acme.get("/health/org/all").json()["data"]
    assert counts["RED"] == len(red)
    assert counts["total"] == len(colors)


def test_run_status_tells_of_existing_runs_only(acme, shop):
    run_id = acme.get(f"/data_sources/{shop['id']}").json()["run_ids"][0]["id"]
    flow_id = acme.get(f"/data_sources/{shop['id']}/flow").json()["flows"][0]["id"]
    assert len(acme.get(f"/flows/{flow_id}/run_status/{run_id}").json()["resources"]) == 4
    assert acme.get(f"/flows/{flow_id}/run_status/17").status_code == 404


def test_roles_are_needed_for_what_runs_tell(acme, sam, shop):
    hidden = named(acme, "Payroll Hours Export")
    run_id = acme.get(f"/data_sources/{hidden['id']}").json()["run_ids"][0]["id"]
    flow_id = acme.get(f"/data_sources/{hidden['id']}/flow").json()["flows"][0]["id"]
    for path in (
        f"/data_sources/{hidden['id']}/metrics?from={day(-2)}&aggregate=1",
        f"/data_sources/{hidden['id']}/metrics/run_summary",
        f"/data_flows/data_sources/{hidden['id']}/logs?run_id={run_id}&from={run_id}",
        f"/flows/{flow_id}/logs",
        f"/health/flow/{flow_id}",
        f"/flows/{flow_id}/run_status/{run_id}",
    ):
        assert acme.get(path).status_code == 200, path
        assert sam.get(path).status_code == 403, path
    assert sam.get(f"/data_sources/{shop['id']}/metrics/run_summary").status_code == 200
    assert acme.get("/data_sources/999999/metrics/run_summary").status_code == 404


def test_account_metrics_and_dashboards(acme, sam):
    me = acme.get("/users/current").json()
    org_id = me["org"]["id"]
    theirs = sam.get("/users/current").json()["id"]
    rows = acme.get(f"/orgs/{org_id}/flows/account_metrics", params={"from": day(-2)}).json()["metrics"]
    assert len(rows) == 3
    assert rows[1]["data"]["records"] > 100_000
    assert acme.get(f"/users/{theirs}/flows/account_metrics", params={"from": day(-2)}).status_code == 200
    assert sam.get(f"/users/{me['id']}/flows/account_metrics", params={"from": day(-2)}).status_code == 403
    assert sam.get(f"/orgs/{org_id}/flows/account_metrics", params={"from": day(-2)}).status_code == 403
    board = acme.get(f"/users/{me['id']}/flows/dashboard").json()["metrics"]
    assert {cell["status"] for cell in board["sinks"].values()} >= {"OK", "ERROR"}
    query = {"resource_type": "SINK", "from": day(-1), "aggregate": 1}
    assert len(acme.get(f"/users/{me['id']}/metrics", params=query).json()["metrics"]) == 2
    for path in (
        f"/orgs/{org_id}/flows/status_metrics",
        f"/users/{me['id']}/flows/status_metrics",
        "/data_flows/metrics/active_flows_metrics",
        "/data_flows/metrics/daily",
        "/data_flows/metrics/total",
    ):
        assert acme.get(path).json()["metrics"]


def test_notifications_are_the_callers_own(acme, sam):
    rows = acme.get("/notifications").json()
    assert acme.get("/notifications/count").json() == {"count": len(rows)}
    assert [row["created_at"] for row in rows] == sorted((row["created_at"] for row in rows), reverse=True)
    first, second = rows[0]["id"], rows[1]["id"]
    assert sam.get(f"/notifications/{first}").status_code == 403
    assert sam.put("/notifications/mark_read", json=[first]).status_code == 403
    assert acme.put("/notifications/mark_read", params={"notification_id": first}).status_code == 200
    assert acme.put("/notifications/mark_read", json=[second]).json() is None
    assert acme.get("/notifications/count", params={"read": 1}).json() == {"count": 2}
    assert acme.get(f"/notifications/{first}").json()["read_at"]
    acme.put("/notifications/mark_unread", params={"notification_id": "all"})
    assert acme.get("/notifications", params={"read": 1}).json() == []
    since = int(datetime.now(timezone.utc).timestamp()) - 86_400
    recent = acme.get("/notifications", params={"from": since}).json()
    assert 0 < len(recent) < len(rows)
    assert acme.delete(f"/notifications/{first}").status_code == 200
    assert acme.get(f"/notifications/{first}").status_code == 403
    started = acme.put("/notifications/mark_read", params={"notification_id": "all", "async": "true"}).json()
    again = {"async": "true", "request_id": started["request_id"]}
    assert acme.put("/notifications/mark_read", params=again).json()["status"] == "completed"


def test_deleting_all_notifications_leaves_those_of_others(acme, sam):
    others = sam.get("/notifications/count").json()["count"]
    assert acme.delete("/notifications/all").status_code == 200
    assert acme.get("/notifications").json() == []
    assert sam.get("/notifications/count").json()["count"] == others


def test_notification_settings_live_and_die(acme, sam, shop):
    kind = acme.get("/notification_types/list", params={"event_type": "ERROR", "resource_type": "SOURCE"}).json()
    assert kind["id"] in [item["id"] for item in acme.get("/notification_types", params={"status": "ACTIVE"}).json()]
    channel = acme.post("/notification_channel_settings", json={"channel": "EMAIL", "config": {"to": "a@b.example"}})
    channel_id = channel.json()["id"]
    body = {
        "channel": "EMAIL",
        "notification_type_id": kind["id"],
        "notification_resource_type": "SOURCE",
        "resource_id": shop["id"],
        "notification_channel_setting_id": channel_id,
    }
    setting = acme.post("/notification_settings", json=body).json()
    assert setting["event_type"] == "ERROR"
    path = f"/notification_settings/{setting['id']}"
    assert acme.put(path, json={"status": "PAUSED"}).json()["status"] == "PAUSED"
    assert acme.get("/notification_settings", params={"status": "ACTIVE"}).json() == []
    assert acme.get(f"/notification_settings/SOURCE/{shop['id']}").json()[0]["id"] == setting["id"]
    [view] = acme.get(f"/notification_settings/notification_types/{kind['id']}").json()
    assert view["setting_id"] == setting["id"]
    assert view["resource_name"] == "Shopify Orders"
    assert sam.get(path).status_code == 403
    assert acme.post("/notification_settings", json={"channel": "PIGEON"}).status_code == 400
    assert acme.delete(path).status_code == 200
    assert acme.get(path).status_code == 404
    assert acme.delete(f"/notification_channel_settings/{channel_id}").status_code == 200


def test_limits_count_requests(acme):
    answer = acme.get("/limits").json()
    assert set(answer) == {"second", "day"}
    assert answer["day"]["common"]["count"] > 0
    assert answer["second"]["high"]["limit"] > 0
