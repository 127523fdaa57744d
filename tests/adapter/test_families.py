"""The families whose answers need more reading than a model: lookups, notifications, tasks, health, accounts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nexla_mcp.adapter.families import Families
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from tests.adapter.scripted_server import ScriptedServer, answer

pytestmark = pytest.mark.anyio
Connect = Callable[..., Nexla]
NOON = datetime(2026, 5, 9, 12, 0, 0, 500_000, tzinfo=timezone.utc)


def query(server: ScriptedServer) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(server.hits[-1].target).query).items()}


async def test_every_family_can_be_made_and_is_made_once(connect: Connect) -> None:
    nexla = connect()
    for name in [name for name in vars(Families) if not name.startswith("_")]:
        assert getattr(nexla, name) is getattr(nexla, name)


def test_families_are_imported_without_the_sdk() -> None:
    code = (
        "import sys, nexla_mcp.adapter.nexla, nexla_mcp.adapter.families.flows, nexla_mcp.adapter.reconcile;"
        "print(sorted({'nexla_sdk', 'requests'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


async def test_all_entries_of_a_lookup_are_read_with_a_star(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /data_maps/5/entries/*", answer(200, [{"key": "a", "value": 1}, None]))
    assert await connect().lookups.entries(5) == [{"key": "a", "value": 1}]


async def test_a_key_is_encoded_and_a_list_of_keys_is_many_requests(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /data_maps/5/entries/a%20b", answer(200, [{"key": "a b"}]))
    server.on("GET /data_maps/5/entries/%252e", answer(200, []))
    assert await connect().lookups.entries(5, ["a b", "%2e"]) == [{"key": "a b"}]


@pytest.mark.parametrize("key", ["", ".", "..", "*", "a/b", "a#b", "a?b", "a,b", "a\nb"])
async def test_no_key_deletes_more_than_itself(server: ScriptedServer, connect: Connect, key: str) -> None:
    with pytest.raises(Failure) as caught:
        await connect().lookups.delete_entry(5, key)
    assert caught.value.info.code is ErrorCode.BAD_INPUT
    assert server.hits == []


async def test_entries_are_put_in_as_published(server: ScriptedServer, connect: Connect) -> None:
    server.on("PUT /data_maps/5/entries", answer(200, [{"k": 1}]))
    assert await connect().lookups.upsert(5, [{"k": 1}]) == [{"k": 1}]
    assert server.hits[-1].json == {"entries": [{"k": 1}]}


async def test_notifications_are_asked_for_in_seconds_around_the_window(
    server: ScriptedServer, connect: Connect
) -> None:
    server.on("GET /notifications", answer(200, []))
    await connect().notifications.list(read=False, since=NOON, until=NOON)
    asked = query(server)
    assert (asked["read"], asked["from"], asked["to"]) == ("0", "1778328000", "1778328001")


@pytest.mark.parametrize(("body", "count"), [({"count": 3}, 3), ({"count": "3"}, 3), (3, 3)])
async def test_the_number_of_notifications(server: ScriptedServer, connect: Connect, body: Any, count: int) -> None:
    server.on("GET /notifications/count", answer(200, body))
    assert await connect().notifications.count(read=True) == count


@pytest.mark.parametrize(
    ("kind", "word"),
    [(ResourceType.SOURCE, "SOURCE"), (ResourceType.NEXSET, "DATASET"), (ResourceType.DESTINATION, "SINK")],
)
async def test_notification_settings_are_asked_for_in_the_platforms_words(
    server: ScriptedServer, connect: Connect, kind: ResourceType, word: str
) -> None:
    server.on(f"GET /notification_settings/{word}/7", answer(200, [{"id": 1, "channel": "EMAIL"}]))
    (setting,) = await connect().notifications.settings(kind, 7)
    assert setting.channel == "EMAIL"


async def test_what_has_no_notification_settings_of_its_own_is_not_asked_about(connect: Connect) -> None:
    with pytest.raises(Failure) as caught:
        await connect().notifications.settings(ResourceType.CREDENTIAL, 7)
    assert caught.value.info.code is ErrorCode.UNSUPPORTED


async def test_only_named_notifications_are_marked(server: ScriptedServer, connect: Connect) -> None:
    server.on("PUT /notifications/mark_read", answer(200))
    notifications = connect().notifications
    with pytest.raises(Failure):
        await notifications.mark_read([])
    await notifications.mark_read([1, 2])
    assert server.hits[-1].json == [1, 2]


HEALTH = {"originNodeId": 9, "healthStatus": "RED", "latestErrorCount": 4, "updatedAtEpoch": 1778284800000}


@pytest.mark.parametrize(
    "body",
    [
        {"status": 200, "data": [HEALTH], "meta": {"currentPage": 1, "pageCount": 1, "totalCount": 1}},
        {"status": "Ok", "data": {"flows": [HEALTH], "meta": {"pageCount": 1}}},
        {"content": [HEALTH]},
        [HEALTH],
    ],
)
async def test_health_of_flows_in_any_wrapper(server: ScriptedServer, connect: Connect, body: Any) -> None:
    server.on("GET /health/org/flows", answer(200, body), answer(200, []))
    (health,) = await connect().health.flows(status="RED")
    assert (health.flow_id, health.status, health.error_count) == (9, "RED", 4)
    assert health.updated_at == datetime(2026, 5, 9, tzinfo=timezone.utc)


@pytest.mark.parametrize("body", [HEALTH, {"status": 200, "data": HEALTH}, {"status": "RED", "latestErrorCount": 4}])
async def test_health_of_one_flow(server: ScriptedServer, connect: Connect, body: Any) -> None:
    server.on("GET /health/flow/9", answer(200, body))
    health = await connect().health.flow(9)
    assert (health.flow_id, health.status, health.error_count) == (9, "RED", 4)


async def test_a_failed_health_report_is_no_green(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /health/org/flows", answer(200, {"status": 500, "data": []}))
    with pytest.raises(Failure) as caught:
        await connect().health.flows()
    assert caught.value.info.code is ErrorCode.UPSTREAM_ERROR


async def test_limits_by_window_and_category(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /limits", answer(200, {"second": {"light": {"limit": 10, "count": 1}}, "day": {"high": {}}}))
    limits = await connect().platform.limits()
    assert [(row.window, row.category, row.limit) for row in limits] == [("second", "light", 10), ("day", "high", None)]


async def test_account_metrics_are_flattened(server: ScriptedServer, connect: Connect) -> None:
    row = {"data": {"records": 5, "size": 7}, "start_time": "2026-05-09T00:00:00Z", "end_time": None}
    server.on("GET /orgs/1/flows/account_metrics", answer(200, {"status": 200, "metrics": [row]}))
    (metric,) = await connect().metrics.account(org_id=1, since=date(2026, 5, 9))
    assert (metric.records, metric.size) == (5, 7)


async def test_the_dashboard_by_resource(server: ScriptedServer, connect: Connect) -> None:
    metrics = {
        "sources": {"5": {"records": 1, "errors": 0, "status": "OK"}},
        "datasets": {},
        "sinks": {"6": {"status": "ERROR"}},
    }
    server.on("GET /users/1/flows/dashboard", answer(200, {"status": 200, "metrics": metrics}))
    resources = (await connect().metrics.dashboard(1)).resources
    assert [(row.resource_type, row.id, row.status) for row in resources] == [
        ("source", 5, "OK"),
        ("destination", 6, "ERROR"),
    ]


async def test_tasks_keep_their_textual_ids(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /async_tasks/by_status/failed", answer(200, [{"id": "a-1"}, {"id": 2}]), answer(200, []))
    server.on("GET /async_tasks/a-1", answer(200, {"id": "a-1", "error": "boom"}))
    nexla = connect()
    assert [task.id for task in await nexla.tasks.list(status="failed")] == ["a-1", "2"]
    assert (await nexla.tasks.get("a-1")).error == {"message": "boom"}


async def test_the_current_user_also_out_of_a_wrapper(server: ScriptedServer, connect: Connect) -> None:
    body = {"user": {"id": 4, "email": "a@b.test"}, "org": {"id": 1}}
    server.on("GET /users/current", answer(200, body))
    user = await connect().users.current()
    assert (user.id, user.org.id if user.org else None) == (4, 1)


async def test_audit_entries_are_cut_to_the_instants(server: ScriptedServer, connect: Connect) -> None:
    rows = [{"id": 1, "created_at": "2026-05-09T11:00:00Z"}, {"id": 2, "created_at": "2026-05-09T13:00:00Z"}]
    server.on("GET /data_sources/5/audit_log", answer(200, rows, headers={"X-Total-Count": "2"}))
    entries = await connect().audit.entries(ResourceType.SOURCE, 5, since=NOON)
    assert [entry.id for entry in entries] == [2]
    assert query(server)["from"] == "2026-05-09"


async def test_a_flow_keeps_only_its_own_rows(server: ScriptedServer, connect: Connect) -> None:
    body = {
        "flows": [{"id": 1, "data_source_id": 5, "children": [{"id": 2, "data_set_id": 6, "children": []}]}],
        "data_sources": [{"id": 5, "data_credentials_id": 7, "owner_id": 8}, {"id": 50}],
        "data_sets": [{"id": 6, "code_container_id": 9}, {"id": None}],
        "data_credentials": [{"id": 7}, {"id": 70}],
        "code_containers": [{"id": 9}, {"id": 90}],
        "users": [{"id": 8, "email": "a@b.test"}, {"id": 80}],
        "metrics": [{"origin_node_id": 1, "records": 3}, {"origin_node_id": 2}],
    }
    server.on("GET /data_sets/6/flow", answer(200, body))
    flow = await connect().flows.by_resource(ResourceType.NEXSET, 6)
    ids = [[row.id for row in rows] for rows in (flow.data_sources, flow.data_sets, flow.data_credentials, flow.users)]
    assert ids == [[5], [6], [7], [8]]
    assert ([row.id for row in flow.code_containers], len(flow.metrics), flow.unreadable) == ([9], 1, 1)
    assert [flow.resource_of(node).id for node in flow.nodes()] == [5, 6]
