"""T18: seconds here, milliseconds there, and a failed report that looks empty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.units import end_of, start_of
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from tests.adapter.scripted_server import Hit, ScriptedServer, answer

pytestmark = pytest.mark.anyio
Connect = Callable[..., Nexla]
RUN = 1695442864636
DAY = date(2026, 5, 9)
START, END = start_of(DAY), end_of(DAY)
LINES = [
    {"timestamp": RUN, "resource_id": 5, "resource_type": "SOURCE", "log": "a", "severity": "INFO"},
    {"timestamp": RUN + 1, "resource_id": 5, "resource_type": "SOURCE", "log": "b", "severity": "WARN"},
]
REPORT = {
    "status": 200,
    "message": "Ok",
    "logs": {"data": LINES, "meta": {"current_page": 1, "pages_count": 1, "total_count": 2}},
}


def query(hit: Hit) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(hit.target).query).items()}


def test_t18_the_sdk_asks_for_an_empty_day(server: ScriptedServer) -> None:
    server.on("GET /flows/5/logs", answer(200, REPORT))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    client.flows.get_flow_logs(5, from_date="2026-05-09", to_date="2026-05-09")
    asked = query(server.hits[-1])
    assert asked["from"] == asked["to"] == "1778284800"


async def test_t18_a_flow_is_asked_in_seconds_for_the_whole_day(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /flows/5/logs", answer(200, REPORT))
    lines = await connect().logs.by_flow(5, since=START, until=END)
    asked = query(server.hits[-1])
    assert (asked["from"], asked["to"]) == ("1778284800", "1778371200")
    assert [line.log for line in lines] == ["a", "b"]
    assert lines.items[0].timestamp == datetime(2023, 9, 23, 4, 21, 4, 636000, tzinfo=timezone.utc)


async def test_t18_a_resource_is_asked_in_milliseconds(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /data_flows/data_sources/5/logs", answer(200, REPORT))
    await connect().logs.by_resource(ResourceType.SOURCE, 5, RUN, since=START, until=END)
    asked = query(server.hits[-1])
    assert (asked["from"], asked["to"], asked["run_id"]) == ("1778284800000", "1778371200000", str(RUN))


async def test_t18_a_run_is_asked_for_from_before_its_start(server: ScriptedServer, connect: Connect) -> None:
    server.on("GET /data_flows/data_sources/5/logs", answer(200, REPORT))
    await connect().logs.by_resource(ResourceType.SOURCE, 5, RUN)
    assert int(query(server.hits[-1])["from"]) == RUN - 3_600_000


async def test_t18_a_search_sends_seconds_and_plain_lists(server: ScriptedServer, connect: Connect) -> None:
    server.on("POST /flows/5/logs_v2", answer(200, REPORT))
    found = await connect().logs.search(5, since=START, until=END, run_ids=[RUN], severities=["ERROR"], text="x")
    assert query(server.hits[-1])["to"] == "1778371200"
    assert server.hits[-1].json == {"run_ids": [RUN], "severity": ["ERROR"], "search_string": "x"}
    assert found.complete


async def test_t18_a_search_that_is_full_says_so(server: ScriptedServer, connect: Connect) -> None:
    server.on("POST /flows/5/logs_v2", answer(200, {"status": 200, "logs": LINES}))
    found = await connect().logs.search(5, since=START, until=END, size=2)
    assert (found.complete, found.next_page) == (False, None)


@pytest.mark.parametrize("path", ["logs", "metrics"])
@pytest.mark.parametrize("status", [404, 501])
async def test_t18_the_other_path_is_tried_when_one_is_not_served(
    server: ScriptedServer, connect: Connect, path: str, status: int
) -> None:
    metrics = {"status": 200, "metrics": {"data": {str(RUN): {"data_sources": [{"id": 5, "metric": {"records": 7}}]}}}}
    server.on(f"GET /data_flows/data_sources/5/{path}", answer(status, {"message": "no"}))
    server.on(f"GET /data_sources/5/flow/{path}", answer(200, REPORT if path == "logs" else metrics))
    nexla = connect()
    if path == "logs":
        assert len(await nexla.logs.by_resource(ResourceType.SOURCE, 5, RUN)) == 2
    else:
        (run,) = await nexla.metrics.flow_runs(ResourceType.SOURCE, 5, since=START, until=END)
        assert (run.run_id, run.resources[0].records) == (RUN, 7)


async def test_t18_an_unknown_resource_is_not_found_on_both_paths(server: ScriptedServer, connect: Connect) -> None:
    with pytest.raises(Failure) as caught:
        await connect().logs.by_resource(ResourceType.SOURCE, 5, RUN)
    assert caught.value.info.code is ErrorCode.NOT_FOUND


FAILED = [{"status": 500, "message": "boom"}, {"status": "error"}, {"status": 500, "logs": {"data": []}}]


def test_t18_the_sdk_reads_a_failed_report_as_no_lines(server: ScriptedServer) -> None:
    server.on("GET /data_sources/5/flow/logs", answer(200, FAILED[0]))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    report: Any = client.flows.get_logs("data_sources", 5, RUN, 1778284800000)
    assert not report.logs


@pytest.mark.parametrize("body", FAILED)
async def test_t18_a_failed_report_is_a_failure(server: ScriptedServer, connect: Connect, body: Any) -> None:
    server.on("GET /flows/5/logs", answer(200, body))
    server.on("GET /data_flows/data_sources/5/logs", answer(200, body))
    server.on("GET /data_sources/5/metrics/run_summary", answer(200, body))
    nexla = connect()
    for reading in (
        nexla.logs.by_flow(5, since=START, until=END),
        nexla.logs.by_resource(ResourceType.SOURCE, 5, RUN),
        nexla.metrics.runs(ResourceType.SOURCE, 5),
    ):
        with pytest.raises(Failure) as caught:
            await reading
        assert caught.value.info.code is ErrorCode.UPSTREAM_ERROR


@pytest.mark.parametrize("body", [{"logs": "text"}, {"error": "x"}, "text"])
async def test_t18_what_is_no_report_is_no_empty_report(server: ScriptedServer, connect: Connect, body: Any) -> None:
    server.on("GET /flows/5/logs", answer(200, body))
    with pytest.raises(Failure) as caught:
        await connect().logs.by_flow(5, since=START, until=END)
    assert caught.value.info.code is ErrorCode.UNREADABLE_ANSWER


@pytest.mark.parametrize("status", [200, "Ok"])
async def test_t18_metrics_take_both_words_for_well(server: ScriptedServer, connect: Connect, status: Any) -> None:
    rows = [{"time": "2026-05-09", "records": 5, "size": 10, "errors": None}]
    server.on("GET /data_sinks/5/metrics", answer(200, {"status": status, "metrics": rows}))
    (day,) = await connect().metrics.daily(ResourceType.DESTINATION, 5, DAY, DAY)
    assert (day.time, day.records, day.errors) == ("2026-05-09", 5, None)
    assert query(server.hits[-1]) == {"from": "2026-05-09", "to": "2026-05-09", "aggregate": "1"}


async def test_t18_runs_are_paged_by_their_camel_case_meta(server: ScriptedServer, connect: Connect) -> None:
    def page(number: int, *runs: int) -> Any:
        data = [{"runId": run, "dataSetId": 9, "records": 1, "lastWritten": run} for run in runs]
        meta = {"currentPage": number, "pageCount": 2, "totalCount": 3}
        return answer(200, {"status": 200, "metrics": {"data": data, "meta": meta}})

    server.on("GET /data_sources/5/metrics/run_summary", page(1, RUN, RUN + 1), page(2, RUN + 2))
    runs = await connect().metrics.runs(ResourceType.SOURCE, 5)
    assert [run.run_id for run in runs] == [RUN, RUN + 1, RUN + 2]
    assert (runs.complete, runs.total) == (True, 3)
    assert server.count("GET /data_sources/5/metrics/run_summary") == 2
