"""`fetch_logs`: the right run or window, filtered and folded without losing a line."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.simulation.series import LogFilter
from tests.tools.conftest import Call

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(settings):
    """Room for whole answers: how they are cut has tests of its own."""
    return settings.model_copy(update={"result_bytes": 1_000_000})


DRIFTED = "Marketplace Orders"


async def logs(call: Call, resource: int | str, **arguments: Any) -> dict[str, Any]:
    answer = await call("fetch_logs", resource=resource, **{"limit": 500, **arguments})
    assert not answer.is_error, answer.text
    assert sum(line["count"] for line in answer.structured["lines"]) == answer.structured["matched"]
    return answer.structured


def stored(sandbox, name: str, **wanted: Any) -> list[Any]:
    source = next(item for item in sandbox.world.store.all(kinds.SOURCES) if item["name"] == name)
    return sandbox.world.simulation.series.logs(LogFilter(source_ids=[source["id"]], **wanted))


def newest_run(sandbox, name: str) -> int:
    source = next(item for item in sandbox.world.store.all(kinds.SOURCES) if item["name"] == name)
    return sandbox.world.simulation.run_ids(source["id"])[0]


def said(answer: dict[str, Any]) -> set[str]:
    return {line["text"] for line in answer["lines"]}


async def test_the_latest_run_is_read_whole(call, sandbox):
    got = await logs(call, "Product Catalog", run="latest")
    assert got["run_id"] == newest_run(sandbox, "Product Catalog")
    wanted = stored(sandbox, "Product Catalog", run_ids=[got["run_id"]])
    assert got["read"] == got["matched"] == len(wanted)
    assert said(got) == {line.log for line in wanted}
    assert {line["run_id"] for line in got["lines"]} == {got["run_id"]}


async def test_any_run_by_its_id(call, sandbox):
    runs = (await call("get_metrics", resource="Product Catalog", type="source", by="run")).structured["rows"]
    older = runs[3]["run_id"]
    got = await logs(call, "Product Catalog", run=str(older))
    assert got["run_id"] == older
    assert said(got) == {line.log for line in stored(sandbox, "Product Catalog", run_ids=[older])}


async def test_the_latest_failed_run_is_the_last_that_counted_errors(call, sandbox):
    got = await logs(call, "General Ledger Entries", run="latest_failed")
    series = sandbox.world.simulation.series
    source = next(item for item in sandbox.world.store.all(kinds.SOURCES) if item["name"] == "General Ledger Entries")
    failed = next(
        run
        for run in sandbox.world.simulation.run_ids(source["id"])
        if any(row.errors for row in series.of_run(source["id"], run))
    )
    assert got["run_id"] == failed
    assert any("permission denied" in text for text in said(got))
    assert "no run state" in got["note"]


async def test_no_failed_run_is_not_found_and_no_other_is_shown_instead(call):
    answer = await call("fetch_logs", resource="Product Catalog", run="latest_failed")
    assert answer.is_error
    assert answer.structured["code"] == "not_found"


async def test_a_flow_that_never_ran_has_no_latest_run(call):
    answer = await call("fetch_logs", resource="Returns Portal", run="latest")
    assert answer.structured["code"] == "not_found"
    assert answer.structured["next_tool"] == "run_health_check"


async def test_an_unknown_run_has_no_lines(call):
    got = await logs(call, "Product Catalog", run="1700000000000")
    assert got["lines"] == []
    assert got["matched"] == 0


@pytest.mark.parametrize("run", ["last", "-3", "1.5", "latest failed"])
async def test_a_word_that_names_no_run_is_refused(call, run):
    answer = await call("fetch_logs", resource="Product Catalog", run=run)
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"


async def test_a_window_holds_exactly_its_lines(call, sandbox):
    got = await logs(call, DRIFTED, since="2d")
    since, until = (datetime.fromisoformat(got[name].replace("Z", "+00:00")) for name in ("since", "until"))
    assert until - since == timedelta(days=2)
    wanted = stored(sandbox, DRIFTED, from_ms=int(since.timestamp()) * 1000, to_ms=round(until.timestamp() * 1000))
    assert got["read"] == got["matched"] == len(wanted)
    default = await logs(call, DRIFTED)
    start = datetime.fromisoformat(default["since"].replace("Z", "+00:00"))
    assert datetime.now(timezone.utc) - start < timedelta(hours=25)


async def test_lines_that_say_the_same_are_folded_with_their_span(call, sandbox):
    got = await logs(call, DRIFTED, since="2d", severity="ERROR")
    failing = [line for line in got["lines"] if "Failed to write" in line["text"]]
    assert len(failing) == 1
    lines = [line for line in stored(sandbox, DRIFTED) if "Failed to write" in line.log]
    assert failing[0]["count"] == len(lines) > 5
    assert failing[0]["first"] < failing[0]["last"]
    assert failing[0]["run_id"] == lines[-1].run_id


@pytest.mark.parametrize(
    ("severity", "left"),
    [("INFO", {"INFO", "WARNING", "ERROR"}), ("WARNING", {"WARNING", "ERROR"}), ("ERROR", {"ERROR"})],
)
async def test_a_severity_leaves_it_and_worse(call, severity, left):
    got = await logs(call, DRIFTED, since="2d", severity=severity)
    assert {line["severity"] for line in got["lines"]} == left


async def test_text_is_found_in_any_case(call):
    got = await logs(call, DRIFTED, since="2d", text="TOTAL_amount")
    assert got["lines"]
    assert all("total_amount" in line["text"].lower() for line in got["lines"])
    assert got["matched"] < got["read"]
    assert (await logs(call, DRIFTED, since="2d", text="no such words"))["lines"] == []


async def test_a_resource_shows_only_its_own_lines(call):
    whole = await logs(call, DRIFTED, since="2d")
    for kind in ("source", "nexset", "destination"):
        ids = {line["id"] for line in whole["lines"] if line["type"] == kind}
        for identifier in ids:
            got = await logs(call, identifier, type=kind, since="2d")
            assert {(line["type"], line["id"]) for line in got["lines"]} == {(kind, identifier)}
            wanted = [line for line in whole["lines"] if line["id"] == identifier]
            assert got["matched"] == sum(line["count"] for line in wanted)


async def test_the_newest_stand_first_and_pages_give_each_line_once(call):
    whole = await logs(call, "Web Events", since="1d")
    last = [line["last"] for line in whole["lines"]]
    assert last == sorted(last, reverse=True)
    assert whole["total"] == len(whole["lines"]) > 20
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    window = {"since": whole["since"], "until": whole["until"]}
    while True:
        page = (await call("fetch_logs", resource="Web Events", limit=20, **window, **cursor)).structured
        assert page["total"] == whole["total"]
        seen += page["lines"]
        if "cursor" not in page:
            break
        cursor = {"cursor": page["cursor"]}
    assert seen == whole["lines"]


@pytest.mark.parametrize("status", [404, 501])
@pytest.mark.parametrize("arguments", [{"run": "latest"}, {"since": "2d"}], ids=["run", "window"])
async def test_without_the_flows_own_log_the_runs_logs_are_read(call, backstage, status, arguments):
    with_it = await logs(call, DRIFTED, **arguments)
    backstage.break_(kind="status", method="GET", route="/flows/{flow_id}/logs", status=status, count=None)
    without = await logs(call, DRIFTED, **arguments)
    assert said(without) == said(with_it)
    assert without["matched"] == with_it["matched"]


async def test_an_error_inside_an_answer_is_an_error(call, backstage):
    backstage.break_(kind="inner_status", route="/flows/{flow_id}/logs", status=500, count=None)
    answer = await call("fetch_logs", resource=DRIFTED, since="2d")
    assert answer.is_error
    assert answer.structured["code"] == "upstream_error"


async def test_lines_that_cannot_be_read_are_counted(call, backstage):
    backstage.break_(kind="per_page_cap", route="/flows/{flow_id}/logs", per_page=10, count=None)
    short = await logs(call, DRIFTED, since="2d")
    backstage.mend()
    assert short["matched"] == (await logs(call, DRIFTED, since="2d"))["matched"]


@pytest.mark.parametrize("kind", ["credential", "org", "project"])
async def test_what_has_no_logs_is_refused(call, kind):
    answer = await call("fetch_logs", resource=1, type=kind)
    assert answer.structured["code"] == "bad_input"


async def test_lines_stand_fenced_in_the_text(call):
    answer = await call("fetch_logs", resource=DRIFTED, run="latest")
    before, _, rest = answer.text.partition('<data from="logs">\n')
    inside, _, after = rest.partition("\n</data>")
    assert "schema change detected" in inside
    assert "schema change detected" not in before + after
