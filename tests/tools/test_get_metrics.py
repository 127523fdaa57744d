"""`get_metrics`: numbers that add up to what the platform counted."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from statistics import median
from typing import Any

import pytest

from nexla_mcp.operations.metrics import chart
from nexla_mcp.sandbox import kinds
from tests.tools.conftest import Call

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(settings):
    """Room for whole answers: how they are cut has tests of its own."""
    return settings.model_copy(update={"result_bytes": 1_000_000})


KINDS = {"source": kinds.SOURCES, "nexset": kinds.NEXSETS, "destination": kinds.DESTINATIONS}
PARTS = [
    ("source", "Product Catalog"),
    ("nexset", "Active products"),
    ("destination", "Catalog files in the lake"),
]


async def measured(call: Call, resource: int | str, **arguments: Any) -> dict[str, Any]:
    answer = await call("get_metrics", resource=resource, limit=1000, **arguments)
    assert not answer.is_error, answer.text
    return answer.structured


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def counted(sandbox, kind: str, identifier: int, since: datetime, until: datetime) -> list[Any]:
    """What the sandbox holds of a resource's runs that began in a window, the newest first."""
    rows = sandbox.world.simulation.series.of_node(KINDS[kind], identifier)
    return [row for row in rows if since <= datetime.fromtimestamp(row.run_id / 1000, timezone.utc) < until]


@pytest.mark.parametrize(("kind", "name"), PARTS)
async def test_runs_of_a_resource_are_what_was_counted(call, sandbox, kind, name):
    got = await measured(call, name, type=kind, by="run", since="10d")
    wanted = counted(sandbox, kind, got["id"], moment(got["since"]), moment(got["until"]))
    assert len(wanted) >= 9
    assert [(row["run_id"], row["records"], row["size"], row["errors"]) for row in got["rows"]] == [
        (row.run_id, row.records, row.size, row.errors) for row in wanted
    ]
    assert got["median_records"] == median(row.records for row in wanted)


@pytest.mark.parametrize(("kind", "name"), PARTS)
@pytest.mark.parametrize("by", ["day", "run"])
async def test_totals_are_the_sums_of_the_rows(call, kind, name, by):
    got = await measured(call, name, type=kind, by=by, since="10d")
    for field in ("records", "size", "errors"):
        assert got[field] == sum(row[field] for row in got["rows"]), field
    assert got["total"] == len(got["rows"])


@pytest.mark.parametrize(("kind", "name"), PARTS)
async def test_days_and_runs_tell_the_same_story(call, kind, name):
    window = {"since": "2026-01-01", "until": "yesterday"}
    days = await measured(call, name, type=kind, by="day", **window)
    runs = await measured(call, name, type=kind, by="run", **window)
    assert (days["records"], days["size"], days["errors"]) == (runs["records"], runs["size"], runs["errors"])
    for day in days["rows"]:
        same = [row for row in runs["rows"] if row["started"].startswith(day["day"][:10])]
        assert day["records"] == sum(row["records"] for row in same)


async def test_a_flow_by_run_shows_each_nodes_share(call, sandbox):
    got = await measured(call, "Product Catalog", by="run", since="3d")
    newest = [row for row in got["rows"] if row["run_id"] == got["rows"][0]["run_id"]]
    assert [row["type"] for row in newest] == ["source", "nexset", "nexset", "destination", "destination"]
    assert newest[2]["records"] < newest[1]["records"], "the transform keeps a part"
    entering = [row for row in got["rows"] if row["type"] == "source"]
    assert got["records"] == sum(row["records"] for row in entering)
    assert got["errors"] == sum(row["errors"] for row in got["rows"])


async def test_a_flow_by_day_adds_up_its_runs_without_counting_records_twice(call):
    days = await measured(call, "Web Events", by="day", since="3d")
    runs = await measured(call, "Web Events", by="run", since="3d")
    assert days["records"] == runs["records"]
    assert days["errors"] == runs["errors"]
    assert days["records"] == sum(row["records"] for row in days["rows"])
    assert days["errors"] == sum(row["errors"] for row in days["rows"]) > 0
    assert "source" in days["note"]


async def test_an_org_by_day_is_what_all_its_sources_read(call, sandbox):
    got = await measured(call, "Acme", type="org", by="day", since="3d", until="yesterday")
    first, end = moment(got["since"]).date(), moment(got["until"]).date()
    read = {row["day"][:10]: row["records"] for row in got["rows"]}
    assert read
    for day, records in read.items():
        begin = datetime.fromisoformat(day).replace(tzinfo=timezone.utc)
        assert first <= begin.date() < end
        wanted = sum(
            row.records
            for source in sandbox.world.store.all(kinds.SOURCES)
            for row in counted(sandbox, "source", source["id"], begin, begin + timedelta(days=1))
        )
        assert records == wanted
    assert got["records"] == sum(read.values())
    assert "errors" in got["note"]


async def test_rows_come_newest_first_and_pages_give_each_once(call):
    whole = await measured(call, "Web Events", by="run", since="2d")
    order = [row["run_id"] for row in whole["rows"]]
    assert order == sorted(order, reverse=True)
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    until = whole["until"]
    while True:
        page = (
            await call(
                "get_metrics", resource="Web Events", by="run", since=whole["since"], until=until, limit=50, **cursor
            )
        ).structured
        assert page["records"] == whole["records"], "totals are of the window, not of the page"
        seen += page["rows"]
        if "cursor" not in page:
            break
        cursor = {"cursor": page["cursor"]}
    assert seen == whole["rows"]


@pytest.mark.parametrize(
    ("since", "until", "length"),
    [
        ("6h", None, timedelta(hours=6)),
        ("3 days", None, timedelta(days=3)),
        ("2d", "1d", timedelta(days=1)),
        ("yesterday", "yesterday", timedelta(days=1)),
        (None, None, timedelta(days=7)),
        (None, "2d", timedelta(days=7)),
    ],
)
async def test_windows_are_understood(call, since, until, length):
    arguments = {name: value for name, value in (("since", since), ("until", until)) if value}
    got = await measured(call, "Web Events", by="run", **arguments)
    assert moment(got["until"]) - moment(got["since"]) == length
    for row in got["rows"]:
        assert moment(got["since"]) <= moment(row["started"]) < moment(got["until"])


@pytest.mark.parametrize(
    ("since", "until"), [("1d", "2d"), ("2026-05-02", "2026-05-01"), ("now", "now"), ("soon", None), ("1d", "later")]
)
async def test_an_empty_or_unknown_window_is_refused(call, since, until):
    answer = await call("get_metrics", resource="Web Events", since=since, **({"until": until} if until else {}))
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"


async def test_a_quiet_window_says_that_nexla_reports_nothing(call):
    answer = await call("get_metrics", resource="Web Events", since="2025-01-01", until="2025-01-02", by="run")
    assert answer.structured["rows"] == []
    assert answer.structured["records"] == 0
    assert "reports nothing" in answer.text


@pytest.mark.parametrize(
    ("kind", "by"), [("org", "run"), ("credential", "day"), ("project", "day"), ("user", "run"), ("team", "day")]
)
async def test_what_has_no_metrics_is_refused(call, kind, by):
    answer = await call("get_metrics", resource=1, type=kind, by=by)
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"


async def test_a_flow_is_found_by_any_of_its_nodes(call):
    nodes = (await call("get_flow", flow="Product Catalog")).structured["nodes"]
    by_name = await measured(call, "Product Catalog", by="run", since="2026-01-01", until="yesterday")
    for node in nodes[1:3]:
        other = await measured(call, node["node_id"], by="run", since="2026-01-01", until="yesterday")
        assert other["rows"] == by_name["rows"]


async def test_the_trend_holds_the_newest_against_the_median_of_those_before(call):
    by_run = await measured(call, "Product Catalog", type="source", by="run", since="10d")
    amounts = [row["records"] for row in by_run["rows"]]
    assert by_run["trend"] == pytest.approx(amounts[0] / median(amounts[1:]) - 1, abs=1e-3)
    by_day = await measured(call, "Web Events", by="day", since="7d")
    whole = [row["records"] for row in by_day["rows"] if row["day"][:10] != by_day["until"][:10]]
    assert by_day["trend"] == pytest.approx(whole[0] / median(whole[1:]) - 1, abs=1e-3), "today is not over"


async def test_the_chart_has_a_bar_for_each_run_and_is_in_the_text_only(call):
    answer = await call("get_metrics", resource="Product Catalog", type="source", by="run", since="10d")
    assert "chart" not in answer.structured
    line = next(line for line in answer.text.splitlines() if line.startswith("Oldest to newest"))
    bars = line.rpartition(" ")[2]
    amounts = [row["records"] for row in answer.structured["rows"]][::-1]
    assert len(bars) == len(amounts)
    assert bars[amounts.index(max(amounts))] == "█"


async def test_too_few_runs_have_no_trend(call):
    got = await measured(call, "Product Catalog", by="run", since="26h")
    assert "trend" not in got


@pytest.mark.parametrize(
    ("amounts", "bars"), [([0, 0], None), ([5], None), ([0, 1, 8], "·▁█"), ([4, 8], "▄█"), ([-1, 1], "·█")]
)
def test_a_chart_is_in_proportion(amounts, bars):
    assert chart(amounts) == bars


async def test_sizes_are_bytes_in_the_text(call):
    answer = await call("get_metrics", resource="Product Catalog", type="source", by="run", since="3d")
    newest = answer.structured["rows"][0]
    assert f"{newest['size']:,}" in answer.text
    assert "bytes" in answer.text
