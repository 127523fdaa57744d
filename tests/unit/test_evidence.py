"""How evidence is read: what is asked, how often, and what becomes of reads that fail."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from nexla_mcp.adapter.models import (
    Credential,
    Flow,
    FlowRun,
    LogEntry,
    ProbeResult,
    ProbeState,
    RunMetric,
    Source,
    User,
)
from nexla_mcp.adapter.rows import Rows
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.health import Verdict
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.operations.evidence import Look
from nexla_mcp.operations.evidence_gathering import gather
from nexla_mcp.operations.health import Scope, run_health_check

NOW = datetime(2026, 11, 18, 12, 20, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


class Family:
    """Answers each method with what was prepared; counts and may fail."""

    def __init__(self, account: FakeNexla, name: str) -> None:
        self._account = account
        self._name = name

    def __getattr__(self, method: str) -> Any:
        async def answer(*arguments: Any, **options: Any) -> Any:
            called = f"{self._name}.{method}"
            self._account.calls[called] += 1
            if called in self._account.broken:
                raise Failure.of(self._account.broken[called], "it broke")
            return getattr(self._account, called.replace(".", "_"))(*arguments, **options)

        return answer


class FakeNexla:
    """`flows` flows of one source, nexset and destination each; all use credential 91 and 92."""

    def __init__(self, flows: int = 1, status: str = "ACTIVE") -> None:
        self.calls: Counter[str] = Counter()
        self.broken: dict[str, ErrorCode] = {}
        self.errors = 0
        self.me = 7
        self.trees = {
            1000 + index: Flow.model_validate(
                {
                    "node": {
                        "id": 1000 + index,
                        "origin_node_id": 1000 + index,
                        "name": f"flow {index}",
                        "data_source_id": 10 + index,
                        "children": [
                            {
                                "id": 2000 + index,
                                "data_set_id": 200 + index,
                                "children": [{"id": 3000 + index, "data_sink_id": 300 + index}],
                            }
                        ],
                    },
                    "data_sources": [
                        {
                            "id": 10 + index,
                            "status": status,
                            "owner_id": 7,
                            "data_credentials_id": 91,
                            "tags": ["a", str(index)],
                        }
                    ],
                    "data_sets": [{"id": 200 + index, "status": status}],
                    "data_sinks": [{"id": 300 + index, "status": status, "data_credentials_id": 92}],
                }
            )
            for index in range(flows)
        }

    def __getattr__(self, name: str) -> Any:
        if "_" in name:
            raise AttributeError(name)
        return Family(self, name)

    class statistics:  # noqa: N801
        requests = 1

    def now(self) -> datetime:
        return NOW

    def flows_list(self, **_: Any) -> Rows[Flow]:
        return Rows(tuple(self.trees.values()))

    def flows_get(self, flow_id: int, **_: Any) -> Flow:
        try:
            return next(tree for tree in self.trees.values() if any(node.id == flow_id for node in tree.nodes()))
        except StopIteration:
            raise Failure.of(ErrorCode.NOT_FOUND, "no such flow") from None

    def credentials_list(self, **_: Any) -> Rows[Credential]:
        return Rows((Credential(id=91, verified_status="VERIFIED", verified_at=NOW - HOUR), Credential(id=92)))

    def credentials_probe(self, _: int) -> ProbeResult:
        return ProbeResult(state=ProbeState.OK)

    def notifications_list(self, **_: Any) -> Rows[Any]:
        return Rows()

    def users_current(self) -> User:
        return User(id=self.me)

    def health_flows(self, **_: Any) -> Rows[Any]:
        return Rows()

    def sources_get(self, source_id: int, **_: Any) -> Source:
        return Source(id=source_id, source_config={"start.cron": "0 0 * * * ?"})

    def metrics_flow_runs(self, kind: ResourceType, source_id: int, **_: Any) -> Rows[FlowRun]:
        assert kind is ResourceType.SOURCE
        index = source_id - 10
        return Rows(
            tuple(
                FlowRun.model_validate(
                    {
                        "run_id": self.run_id(hours),
                        "resources": [
                            {"resource_type": "source", "id": source_id, "records": 100},
                            {"resource_type": "nexset", "id": 200 + index, "records": 100, "errors": self.errors},
                            {"resource_type": "destination", "id": 300 + index, "records": 100},
                        ],
                    }
                )
                for hours in range(12)
            )
        )

    def metrics_runs(self, *_: Any, **__: Any) -> Rows[RunMetric]:
        return Rows(tuple(RunMetric(runId=self.run_id(hours), records=100) for hours in range(12)))

    def logs_of_run(self, *_: Any, **__: Any) -> Rows[LogEntry]:
        return Rows(
            (LogEntry(resource_id=200, resource_type="DATASET", severity="ERROR", log="schema changed: new field x"),)
        )

    @staticmethod
    def run_id(hours_ago: int) -> int:
        return int((NOW - 20 * HOUR / 60 - hours_ago * HOUR).timestamp() * 1000)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_lists_are_read_once_for_all_flows_and_each_login_is_tried_once():
    nexla = FakeNexla(flows=20)
    report = await run_health_check(nexla, Scope())
    assert report.verdict is Verdict.HEALTHY
    assert report.counts == {"healthy": 20}
    assert nexla.calls == {
        "flows.list": 1,
        "credentials.list": 1,
        "notifications.list": 1,
        "health.flows": 1,
        "users.current": 1,
        "credentials.probe": 2,
        "sources.get": 20,
        "metrics.flow_runs": 20,
    }


@pytest.mark.anyio
async def test_flows_at_rest_cost_nothing_but_the_lists():
    nexla = FakeNexla(flows=5, status="PAUSED")
    report = await run_health_check(nexla, Scope())
    assert report.counts == {"not_running": 5}
    assert sum(nexla.calls.values()) == 5
    assert set(nexla.calls) == {"flows.list", "credentials.list", "notifications.list", "health.flows", "users.current"}


@pytest.mark.anyio
async def test_progress_is_told_after_each_flow():
    told: list[tuple[float, float]] = []

    async def progress(done: float, total: float, what: str) -> None:
        told.append((done, total))

    await run_health_check(FakeNexla(flows=4), Scope(), progress=progress)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.anyio
@pytest.mark.parametrize("broken", ["notifications.list", "sources.get", "metrics.flow_runs", "credentials.probe"])
async def test_a_flow_is_not_called_healthy_over_a_look_that_failed(broken):
    nexla = FakeNexla()
    nexla.broken = {broken: ErrorCode.UPSTREAM_ERROR, "metrics.runs": ErrorCode.UPSTREAM_ERROR}
    report = await run_health_check(nexla, Scope())
    assert report.verdict is Verdict.UNKNOWN
    assert any("upstream_error" in item for item in report.flows[0].not_checked)


@pytest.mark.anyio
@pytest.mark.parametrize("code", [ErrorCode.NOT_FOUND, ErrorCode.UNSUPPORTED])
async def test_a_platform_without_a_monitor_of_its_own_is_said_and_no_more(code):
    nexla = FakeNexla(flows=2)
    nexla.broken = {"health.flows": code}
    report = await run_health_check(nexla, Scope())
    assert report.verdict is Verdict.HEALTHY
    assert [item for item in report.not_checked if code.value in item]
    assert Look.PLATFORM.value not in report.checks


@pytest.mark.anyio
async def test_what_fails_for_all_flows_is_told_once():
    nexla = FakeNexla(flows=3)
    nexla.broken = {"notifications.list": ErrorCode.FORBIDDEN}
    report = await run_health_check(nexla, Scope())
    assert {flow.verdict for flow in report.flows} == {Verdict.UNKNOWN}
    assert {flow.not_checked for flow in report.flows} == {()}
    assert any("forbidden" in item for item in report.not_checked)


@pytest.mark.anyio
async def test_without_the_flow_report_runs_come_from_each_resource():
    nexla = FakeNexla()
    nexla.broken = {"metrics.flow_runs": ErrorCode.UPSTREAM_ERROR}
    report = await run_health_check(nexla, Scope())
    assert report.verdict is Verdict.HEALTHY
    assert nexla.calls["metrics.runs"] == 3


@pytest.mark.anyio
async def test_log_lines_are_read_only_where_something_is_wrong():
    nexla = FakeNexla()
    nexla.errors = 40
    report = await run_health_check(nexla, Scope())
    assert [(item.trouble, item.id) for item in report.flows[0].findings] == [(Trouble.SCHEMA_DRIFT, 200)]
    assert sum(count for name, count in nexla.calls.items() if name.startswith("logs.")) == 1


@pytest.mark.anyio
async def test_of_other_peoples_flows_the_log_tells_what_nexla_tells_only_owners():
    nexla = FakeNexla()
    nexla.me = 8
    report = await run_health_check(nexla, Scope())
    assert [(item.trouble, item.severity) for item in report.flows[0].findings] == [
        (Trouble.SCHEMA_DRIFT, Verdict.WARNING)
    ]
    nexla.broken = {"logs.of_run": ErrorCode.FORBIDDEN}
    assert (await run_health_check(nexla, Scope())).verdict is Verdict.UNKNOWN


@pytest.mark.anyio
async def test_one_flow_does_not_read_the_whole_account_in_full():
    nexla = FakeNexla(flows=20)
    report = await run_health_check(nexla, Scope(flows=(2003, 1003)))
    assert [flow.flow_id for flow in report.flows] == [1003]
    assert nexla.calls["metrics.flow_runs"] == 1


@pytest.mark.anyio
@pytest.mark.parametrize(("scope", "ids"), [(Scope(tag="3"), [1003]), (Scope(tag="A"), [1000, 1001, 1002, 1003])])
async def test_a_tag_chooses_flows(scope, ids):
    report = await run_health_check(FakeNexla(flows=4), scope)
    assert sorted(flow.flow_id for flow in report.flows) == ids


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (Scope(flows=(9,)), ErrorCode.NOT_FOUND),
        (Scope(flows=(9, 8, 7, 6)), ErrorCode.NOT_FOUND),
        (Scope(tag="nowhere"), ErrorCode.NOT_FOUND),
        (Scope(cursor="?"), ErrorCode.BAD_INPUT),
    ],
)
async def test_a_scope_without_flows_is_an_error(scope, code):
    with pytest.raises(Failure) as raised:
        await run_health_check(FakeNexla(flows=4), scope)
    assert raised.value.info.code is code


@pytest.mark.anyio
async def test_a_flow_that_cannot_be_seen_among_others_is_named_and_spoils_the_verdict():
    report = await run_health_check(FakeNexla(flows=2), Scope(flows=(1000, 9)))
    assert report.counts == {"healthy": 1}
    assert report.verdict is Verdict.UNKNOWN
    assert report.not_checked == ["flow 9: not_found"]


@pytest.mark.anyio
async def test_an_empty_account_is_not_healthy():
    report = await run_health_check(FakeNexla(flows=0), Scope())
    assert (report.verdict, report.flows) == (Verdict.UNKNOWN, [])


@pytest.mark.anyio
async def test_the_rest_of_a_cut_answer_is_checked_by_its_cursor():
    nexla = FakeNexla(flows=5)
    whole = await run_health_check(nexla, Scope())
    rest = await run_health_check(nexla, Scope(cursor=whole.cut("flows", 2).cursor))
    assert [flow.flow_id for flow in rest.flows] == [flow.flow_id for flow in whole.flows[2:]]


@pytest.mark.anyio
async def test_without_probing_nexlas_record_decides():
    nexla = FakeNexla()
    report = await run_health_check(nexla, Scope(), probe=False)
    assert nexla.calls["credentials.probe"] == 0
    assert report.verdict is Verdict.UNKNOWN  # credential 92 has no record of ever having worked
    assert Look.PROBE.value not in report.checks


@pytest.mark.anyio
async def test_evidence_of_one_flow_is_whole_even_when_it_stands_still():
    nexla = FakeNexla(status="PAUSED")
    evidence = await gather(nexla, 1000, log_lines=False)
    assert len(evidence.runs) == 12
    assert evidence.runs[0].run_id == FakeNexla.run_id(0)
    assert evidence.schedule is not None
    assert [state.probe.state for state in evidence.credentials] == [ProbeState.OK, ProbeState.OK]
    assert evidence.unread == {}
