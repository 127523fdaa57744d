"""Each trouble planted in acme as a client sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def acme(api_of: Callable[..., Any]) -> Iterator[Any]:
    with serve(SandboxOptions()) as running:
        yield api_of(running)


class Flow:
    """One planted flow, read over HTTP."""

    def __init__(self, api: Any, trouble: str) -> None:
        self.api = api
        self.planted = next(item for item in api.switch("GET", "/troubles") if item["trouble"] == trouble)
        self.tree = api.get(f"/flows/{self.planted['flow_id']}").json()
        self.source = api.get(f"/data_sources/{self.tree['data_sources'][0]['id']}").json()

    def nodes(self, kind: str) -> list[int]:
        return sorted(item["id"] for item in self.tree[kind])

    def runs(self, kind: str, identifier: int) -> list[dict[str, Any]]:
        answer = self.api.get(f"/{kind}/{identifier}/metrics/run_summary", params={"size": 500}).json()
        assert answer["status"] == 200
        return answer["metrics"]["data"]

    def reads(self) -> list[dict[str, Any]]:
        return self.runs("data_sources", self.source["id"])

    def writes(self) -> list[dict[str, Any]]:
        return self.runs("data_sinks", self.nodes("data_sinks")[0])

    def logs(self, run_id: int, *severities: str) -> list[dict[str, Any]]:
        query = {"run_id": run_id, "from": run_id, "per_page": 100}
        answer = self.api.get(f"/data_flows/data_sources/{self.source['id']}/logs", params=query).json()
        assert answer["status"] == 200
        return [line for line in answer["logs"]["data"] if line["severity"] in severities and line["log_type"] == "LOG"]

    def notifications(self, level: str) -> list[dict[str, Any]]:
        found = self.api.get("/notifications", params={"level": level}).json()
        ids = {item["id"] for kind in ("data_sources", "data_sets", "data_sinks") for item in self.tree[kind]}
        return [item for item in found if item["resource_id"] in ids]

    def health(self) -> str:
        return self.api.get(f"/health/flow/{self.planted['flow_id']}").json()["data"]["healthStatus"]

    def audit(self, kind: str, identifier: int) -> list[dict[str, Any]]:
        return self.api.get(f"/{kind}/{identifier}/audit_log").json()


def now_ms(api: Any) -> int:
    moment = api.switch("GET", "/state")["now"]
    return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp() * 1000)


def test_every_kind_is_planted_and_there_are_enough_flows(acme):
    planted = acme.switch("GET", "/troubles")
    assert len({item["trouble"] for item in planted}) == 13
    assert len(planted) == 14
    flows = acme.get("/flows", params={"access_role": "collaborator", "flows_only": 1}).json()["flows"]
    assert len(flows) >= 28
    assert len([flow for flow in flows if flow["name"] == "Customer Master"]) == 2


def test_refused_credential(acme):
    flow = Flow(acme, "refused_credential")
    probe = acme.get(f"/data_credentials/{flow.planted['credential_id']}/probe")
    assert probe.status_code == 403
    assert probe.json()["status"] == 403
    assert "password" in probe.json()["message"]
    credential = acme.get(f"/data_credentials/{flow.planted['credential_id']}").json()
    verified = datetime.fromisoformat(credential["verified_at"].replace("Z", "+00:00"))
    assert (datetime.now(timezone.utc) - verified).days > 90
    reads = flow.reads()
    failing = [run for run in reads if run["records"] == 0]
    assert failing == reads[: len(failing)]
    assert 46 <= len(failing) <= 49
    assert all(run["errors"] > 0 for run in failing)
    [line] = flow.logs(reads[0]["runId"], "ERROR")
    assert (line["resource_type"], line["resource_id"]) == ("SOURCE", flow.source["id"])
    assert "password authentication failed" in line["log"]
    assert flow.health() == "RED"
    assert flow.notifications("ERROR")
    changes = flow.audit("data_credentials", flow.planted["credential_id"])
    assert any(
        "credentials_non_secure_data" in entry["change_summary"] and entry["event"] == "update" for entry in changes
    )


def test_schema_drift(acme):
    flow = Flow(acme, "schema_drift")
    nexset = acme.get(f"/data_sets/{flow.planted['resource_id']}").json()
    samples = acme.get(f"/data_sets/{nexset['id']}/samples").json()
    assert "order_total" in nexset["output_schema"]["properties"]
    assert all("total_amount" not in record and isinstance(record["order_total"], str) for record in samples)
    sink = acme.get(f"/data_sinks/{flow.nodes('data_sinks')[0]}").json()
    assert "total_amount" in sink["sink_config"]["mapping"]["mapping"]
    writes = flow.writes()
    assert writes[0]["records"] == 0
    assert writes[0]["errors"] > 0
    assert writes[-1]["errors"] == 0
    [line] = flow.logs(writes[0]["runId"], "ERROR")
    assert line["resource_type"] == "SINK"
    assert 'column "TOTAL_AMOUNT"' in line["log"]
    [notice] = flow.notifications("WARN")
    assert notice["resource_type"] == "DATASET"
    assert "Schema change" in notice["message"]
    [change] = [entry for entry in flow.audit("data_sets", nexset["id"]) if entry["event"] == "update"]
    assert change["change_summary"] == ["output_schema"]


def test_transform_error_passed_through(acme):
    flow = Flow(acme, "transform_error_passed_through")
    derived = acme.get(f"/data_sets/{flow.planted['resource_id']}").json()
    parent = derived["parent_data_sets"][0]["id"]
    assert acme.get(f"/data_sets/{derived['id']}/samples").json() == acme.get(f"/data_sets/{parent}/samples").json()
    newest = flow.runs("data_sets", derived["id"])[0]
    assert newest["errors"] == newest["records"] > 0
    assert flow.writes()[0]["records"] == newest["records"]
    [line] = flow.logs(newest["runId"], "ERROR")
    assert (line["resource_type"], line["resource_id"]) == ("DATASET", derived["id"])
    assert "transform error" in line["log"]
    assert "passed through unchanged" in line["log"]
    code = acme.get(f"/data_sets/{derived['id']}").json()["transform_id"]
    [change] = [entry for entry in flow.audit("code_containers", code) if entry["event"] == "update"]
    assert "code" in change["change_summary"]
    assert change["user"]["email"] == "sam@acme.example"


def test_stale_source(acme):
    flow = Flow(acme, "stale_source")
    assert flow.source["status"] == "ACTIVE"
    reads = flow.reads()
    assert 5 * DAY_MS <= now_ms(acme) - reads[0]["runId"] < 6 * DAY_MS
    assert all(run["errors"] == 0 for run in reads)
    assert flow.logs(reads[0]["runId"], "ERROR", "WARNING") == []


def test_quarantine_growth(acme):
    flow = Flow(acme, "quarantine_growth")
    reads = flow.reads()
    rates = [run["errors"] / (run["errors"] + run["records"]) for run in reads[:8]]
    assert rates[0] > 0.2
    assert rates == sorted(rates, reverse=True)
    assert reads[-1]["errors"] == 0
    [line] = flow.logs(reads[0]["runId"], "ERROR")
    assert "quarantined" in line["log"]


def test_half_paused_tree(acme):
    flow = Flow(acme, "half_paused_tree")
    statuses = {
        item["id"]: item["status"] for kind in ("data_sources", "data_sets", "data_sinks") for item in flow.tree[kind]
    }
    assert statuses[flow.source["id"]] == "ACTIVE"
    assert sorted(statuses.values()) == ["ACTIVE", "ACTIVE", "PAUSED", "PAUSED"]
    assert flow.reads()[0]["runId"] - flow.writes()[0]["runId"] > 2 * DAY_MS
    events = [entry["event"] for entry in flow.audit("data_sets", flow.planted["resource_id"])]
    assert "pause" in events


def test_volume_drop(acme):
    flow = Flow(acme, "volume_drop")
    reads = flow.reads()
    usual = sorted(run["records"] for run in reads[2:])[len(reads[2:]) // 2]
    assert all(run["records"] < 0.1 * usual for run in reads[:2])
    assert all(run["records"] > 0.8 * usual for run in reads[2:])
    assert all(run["errors"] == 0 for run in reads)


def test_destination_write_error(acme):
    flow = Flow(acme, "destination_write_error")
    assert acme.get(f"/data_credentials/{flow.planted['credential_id']}/probe").status_code == 200
    newest = flow.writes()[0]
    assert newest["records"] == 0
    assert newest["errors"] == flow.reads()[0]["records"]
    [line] = flow.logs(newest["runId"], "ERROR")
    assert line["resource_type"] == "SINK"
    assert "permission denied on table" in line["log"]
    assert flow.reads()[0]["errors"] == 0


def test_empty_file(acme):
    flow = Flow(acme, "empty_file")
    reads = flow.reads()
    assert [run["records"] for run in reads[:3]] == [0, 0, 0]
    assert reads[3]["records"] > 0
    [line] = flow.logs(reads[0]["runId"], "WARNING")
    assert "source file empty" in line["log"]
    assert flow.notifications("WARN")


def test_rate_limited(acme):
    flow = Flow(acme, "rate_limited")
    assert flow.source["status"] == "RATE_LIMITED"
    assert now_ms(acme) - flow.reads()[0]["runId"] > 5 * 3_600_000


def test_paused_on_purpose_and_never_activated(acme):
    paused = Flow(acme, "paused_on_purpose")
    statuses = {item["status"] for kind in ("data_sources", "data_sets", "data_sinks") for item in paused.tree[kind]}
    assert statuses == {"PAUSED"}
    draft = Flow(acme, "never_activated")
    assert draft.source["status"] == "INIT"
    assert draft.reads() == []
    assert draft.nodes("data_sets") == []


def test_name_twins_run_well(acme):
    planted = [item for item in acme.switch("GET", "/troubles") if item["trouble"] == "name_twins"]
    assert len(planted) == 2
    assert planted[0]["name"] == planted[1]["name"]
    for item in planted:
        assert acme.get(f"/health/flow/{item['flow_id']}").json()["data"]["healthStatus"] == "GREEN"


def test_secrets_of_the_seed_are_nowhere(acme):
    for path in ("/data_credentials", "/data_sources", "/data_sinks", "/flows"):
        text = acme.get(path, params={"access_role": "collaborator"}).text
        assert "-pw" not in text
        assert "_sandbox" not in text
    for identifier in acme.ids("/data_credentials"):
        assert "-pw" not in acme.get(f"/data_credentials/{identifier}/audit_log").text
