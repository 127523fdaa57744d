"""`compare_runs`: numbers as counted, and what was changed between two runs."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest
import requests

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve
from nexla_mcp.settings import Settings
from tests.tools.conftest import Call, connected

pytestmark = pytest.mark.anyio

KINDS = {"source": kinds.SOURCES, "nexset": kinds.NEXSETS, "destination": kinds.DESTINATIONS}


async def compared(call: Call, **arguments: Any) -> dict[str, Any]:
    answer = await call("compare_runs", **arguments)
    assert not answer.is_error, answer.text
    return answer.structured


def counted(sandbox, node: dict[str, Any]) -> dict[int, Any]:
    rows = sandbox.world.simulation.series.of_node(KINDS[node["type"]], node["id"])
    return {row.run_id: row for row in rows}


async def test_the_last_two_runs_are_compared_node_by_node(call: Call, sandbox) -> None:
    got = await compared(call, flow="Web Events")
    assert [node["type"] for node in got["nodes"]] == ["source", "nexset", "nexset", "destination", "destination"]
    assert got["run_id"] > got["against"]
    for node in got["nodes"]:
        rows = counted(sandbox, node)
        now, before = rows[got["run_id"]], rows[got["against"]]
        assert (node["records"], node["records_before"]) == (now.records, before.records)
        assert (node["size"], node["size_before"]) == (now.size, before.size)
        assert (node["errors"], node["errors_before"]) == (now.errors, before.errors)
        assert node["change"] == pytest.approx(now.records / before.records - 1, abs=1e-4)


async def test_the_median_is_taken_over_the_runs_before(call: Call, sandbox) -> None:
    got = await compared(call, flow="Product Catalog", against="median", runs=5)
    assert got["median_of"] == 5
    assert "against" not in got
    node = got["nodes"][0]
    rows = counted(sandbox, node)
    earlier = sorted((run for run in rows if run < got["run_id"]), reverse=True)[:5]
    assert node["records_before"] == median(rows[run].records for run in earlier)


async def test_any_two_runs_can_be_named(call: Call, sandbox) -> None:
    newest = await compared(call, flow="Web Events")
    rows = counted(sandbox, newest["nodes"][0])
    runs = sorted(rows, reverse=True)
    got = await compared(call, flow="Web Events", run=str(runs[4]), against=str(runs[9]))
    assert (got["run_id"], got["against"]) == (runs[4], runs[9])
    assert got["nodes"][0]["records"] == rows[runs[4]].records
    earlier = await compared(call, flow="Web Events", run=str(runs[4]))
    assert earlier["against"] == runs[5]


async def test_what_was_changed_in_between_is_told_with_who_did_it() -> None:
    with serve(SandboxOptions()) as sandbox:
        row = next(item for item in sandbox.world.store.all(kinds.SOURCES) if item["name"] == "Shopify Orders")
        http = requests.Session()
        http.trust_env = False
        token = http.post(
            f"{sandbox.url}/token", headers={"Authorization": f"Basic {sandbox.service_key}"}, timeout=10
        ).json()["access_token"]
        changed = http.put(
            f"{sandbox.url}/data_sources/{row['id']}",
            json={"description": "Another one"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        assert changed.ok
        sandbox.world.clock.advance(2 * 3600)
        settings = Settings(
            NEXLA_SERVICE_KEY=sandbox.service_key, NEXLA_API_URL=sandbox.url, requests_per_second=100.0, _env_file=None
        )
        async with connected(settings) as call:
            got = await compared(call, flow="Shopify Orders", against="median", runs=3)
            answer = await call("compare_runs", flow="Shopify Orders", against="median", runs=3)
    (change,) = (item for item in got["changes"] if "description" in item.get("fields", ()))
    assert (change["type"], change["id"], change["by"]) == ("source", row["id"], "dana@acme.example")
    assert "Changed in between" in answer.text


async def test_an_audit_log_that_cannot_be_read_is_said(call: Call, backstage) -> None:
    backstage.break_(kind="status", route="/data_sources/{data_source_id}/audit_log", status=403, count=None)
    answer = await call("compare_runs", flow="Web Events")
    assert any("audit log of source" in what for what in answer.structured["not_read"])
    assert "Nothing of the flow was changed" not in answer.text


@pytest.mark.parametrize("arguments", [{"run": "newest"}, {"against": "yesterday"}, {"run": "-1"}, {"runs": 1}])
async def test_what_is_no_run_is_refused(call: Call, arguments: dict[str, Any]) -> None:
    answer = await call("compare_runs", flow="Web Events", **arguments)
    assert answer.structured["code"] == "bad_input"


@pytest.mark.parametrize("arguments", [{"run": "1"}, {"against": "17"}])
async def test_a_run_that_is_not_there_is_not_found(call: Call, arguments: dict[str, Any]) -> None:
    answer = await call("compare_runs", flow="Web Events", **arguments)
    assert answer.structured["code"] == "not_found"


async def test_a_flow_that_never_ran_has_nothing_to_compare(call: Call) -> None:
    answer = await call("compare_runs", flow="Returns Portal")
    assert answer.structured["code"] == "not_found"
