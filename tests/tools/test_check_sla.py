"""`check_sla`: targets held against runs, each verdict with what was seen."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from nexla_mcp.sandbox import kinds
from tests.tools.conftest import Call, connected

pytestmark = pytest.mark.anyio

EXAMPLE = Path(__file__).parents[2] / "examples" / "monitoring.yaml"
DAY = timedelta(hours=24)


async def checked(call: Call, *targets: dict[str, Any]) -> dict[str, Any]:
    answer = await call("check_sla", targets=list(targets))
    assert not answer.is_error, answer.text
    return answer.structured


def source_of(sandbox, name: str) -> Any:
    return next(row for row in sandbox.world.store.all(kinds.SOURCES) if row["name"] == name)


def delivered(sandbox, sink: int, now: datetime, back: timedelta) -> int:
    rows = sandbox.world.simulation.series.of_node(kinds.DESTINATIONS, sink)
    return sum(
        row.records for row in rows if now - back < datetime.fromtimestamp(row.run_id / 1000, timezone.utc) <= now
    )


async def test_a_flow_that_runs_as_promised_meets_all_three(call: Call) -> None:
    target = {"flows": ["Shopify Orders"], "fresh_within": "3h", "min_records": 1, "max_error_rate": 0.5}
    report = await checked(call, target)
    assert report["verdict"] == "met"
    assert {check["measure"] for check in report["checks"]} == {"freshness", "volume", "error_rate"}


async def test_volume_is_what_the_platform_counted_at_the_destination(call: Call, sandbox) -> None:
    report = await checked(call, {"flows": ["Shopify Orders"], "min_records": 0})
    (check,) = report["checks"]
    now = datetime.fromisoformat(report["checked_at"].replace("Z", "+00:00"))
    wanted = delivered(sandbox, check["id"], now, DAY)
    assert check["type"] == "destination"
    assert f"{wanted:,} records" in check["seen"]
    exact = await checked(call, {"flows": ["Shopify Orders"], "min_records": wanted})
    more = await checked(call, {"flows": ["Shopify Orders"], "min_records": wanted + 1})
    assert (exact["verdict"], more["verdict"]) == ("met", "breached")


async def test_a_breach_of_freshness_names_the_run_it_rests_on(call: Call) -> None:
    report = await checked(call, {"flows": ["Product Catalog"], "fresh_within": "1m", "window": "3d"})
    (check,) = report["checks"]
    assert check["verdict"] == "breached"
    runs = (await call("get_metrics", resource="Product Catalog", by="run", since="3d")).structured["rows"]
    assert check["run_id"] == runs[0]["run_id"]
    assert "1 min" in check["wanted"]


async def test_an_error_rate_is_that_of_the_worst_node_and_compared_exactly(call: Call) -> None:
    (check,) = (await checked(call, {"flows": ["Web Events"], "max_error_rate": 0}))["checks"]
    assert check["verdict"] == "breached"
    assert check["type"] == "source"
    rate = float(check["seen"].split("%")[0]) / 100
    above = await checked(call, {"flows": ["Web Events"], "max_error_rate": math.ceil(rate * 10_000 + 1) / 10_000})
    assert above["verdict"] == "met"


async def test_a_flow_without_runs_has_no_error_rate(call: Call) -> None:
    report = await checked(call, {"flows": ["Holiday Campaign 2025"], "max_error_rate": 1, "fresh_within": "1d"})
    verdicts = {check["measure"]: check["verdict"] for check in report["checks"]}
    assert verdicts == {"freshness": "breached", "error_rate": "unknown"}
    assert "PAUSED" in next(check["seen"] for check in report["checks"] if check["measure"] == "freshness")


async def test_flows_at_rest_are_judged_only_when_they_are_asked_for(call: Call) -> None:
    everything = await checked(call, {"fresh_within": "30d"})
    named = await checked(call, {"tag": "seasonal", "fresh_within": "1d"})
    resting = {check["flow_id"] for check in named["checks"]}
    assert resting <= set(everything["at_rest"])
    assert not resting & {check["flow_id"] for check in everything["checks"]}
    assert named["verdict"] == "breached"


async def test_the_worst_comes_first_and_every_target_is_held_by_name(call: Call) -> None:
    report = await checked(
        call,
        {"name": "good", "tag": "tier-1", "fresh_within": "30d"},
        {"name": "bad", "tag": "tier-1", "min_records": 10**12},
    )
    order = [("breached", "unknown", "met").index(check["verdict"]) for check in report["checks"]]
    assert order == sorted(order)
    assert {check["target"] for check in report["checks"] if check["verdict"] == "breached"} >= {"bad"}
    assert report["counts"]["breached"] == order.count(0)


async def test_what_nexla_does_not_report_is_said(call: Call) -> None:
    answer = await call("check_sla", targets=[{"flows": ["FX Rates"], "fresh_within": "2d"}])
    told = " ".join(answer.structured["not_reported"])
    assert "took" in told
    assert "expires" in told
    assert "does not report" in answer.text


async def test_runs_that_cannot_be_read_are_no_breach(call: Call, backstage) -> None:
    node = "/{resource_type}/{resource_id}"
    for route in (f"/data_flows{node}/metrics", f"{node}/flow/metrics", f"{node}/metrics/run_summary"):
        backstage.break_(kind="status", method="GET", route=route, status=403, count=None)
    report = await checked(call, {"flows": ["FX Rates"], "fresh_within": "2d", "min_records": 1})
    assert report["not_checked"]
    assert report["counts"] == {"unknown": 2}
    assert report["verdict"] == "unknown"


@pytest.mark.parametrize(
    "target",
    [
        {"flows": ["FX Rates"]},
        {"fresh_within": "soon"},
        {"fresh_within": "90d"},
        {"max_error_rate": 2},
        {"min_records": -1},
        {"fresh_within": "1h", "unheard_of": 1},
    ],
)
async def test_a_target_that_says_nothing_sensible_is_refused(call: Call, target: dict[str, Any]) -> None:
    answer = await call("check_sla", targets=[target])
    assert answer.structured["code"] == "bad_input"


@pytest.mark.parametrize("target", [{"tag": "no such tag"}, {"flows": [99_999_999]}, {"flows": ["No such flow"]}])
async def test_a_target_for_no_flow_is_an_error_and_not_a_promise_kept(call: Call, target: dict[str, Any]) -> None:
    answer = await call("check_sla", targets=[{**target, "fresh_within": "1d"}])
    assert answer.structured["code"] == "not_found"


async def test_stored_targets_are_checked_when_none_are_given(settings) -> None:
    stored = yaml.safe_load(EXAMPLE.read_text())["targets"]
    async with connected(settings.model_copy(update={"monitoring": EXAMPLE})) as call:
        answer = await call("check_sla")
    assert {check["target"] for check in answer.structured["checks"]} == {target["name"] for target in stored}


async def test_without_targets_nothing_is_checked(call: Call) -> None:
    answer = await call("check_sla")
    assert answer.structured["code"] == "bad_input"
    assert "NEXLA_MCP_MONITORING" in answer.text


@pytest.mark.parametrize(
    "content",
    ["targets: 7", "- a list", "targets: [{flows: [1]}]", "targets: [{fresh_within: 1h, nope: 1}]", "{", "\0"],
)
async def test_a_monitoring_file_that_is_none_is_the_operators_business(settings, tmp_path, content: str) -> None:
    file = tmp_path / "monitoring.yaml"
    file.write_text(content)
    async with connected(settings.model_copy(update={"monitoring": file})) as call:
        answer = await call("check_sla")
    assert answer.structured["code"] == "not_configured"
