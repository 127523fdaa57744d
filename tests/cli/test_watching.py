"""Scheduled jobs: a check, an alert when it is a bad one, and an exit code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from nexla_mcp.cli.app import app
from nexla_mcp.cli.exit_codes import ExitCode
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve
from tests.changes.receiver import PATH, Receiver, receiving

pytestmark = pytest.mark.xdist_group("cli")

EXAMPLE = Path(__file__).parents[2] / "examples" / "monitoring.yaml"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Any]:
    with serve(SandboxOptions()) as running:
        yield running


@pytest.fixture
def receiver(sandbox: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Receiver]:
    """The environment of a job, with a channel `oncall`."""
    for name in list(os.environ):
        if name.startswith("NEXLA_"):
            monkeypatch.delenv(name)
    with receiving() as running:
        monkeypatch.setenv("NEXLA_API_URL", sandbox.url)
        monkeypatch.setenv("NEXLA_SERVICE_KEY", sandbox.service_key)
        monkeypatch.setenv("NEXLA_MCP_STATE_DIR", str(tmp_path / "state"))
        monkeypatch.setenv("NEXLA_MCP_ALERTS", "oncall=slack:env:JOB_WEBHOOK")
        monkeypatch.setenv("JOB_WEBHOOK", running.url)
        yield running


def run(*words: str) -> Result:
    result = CliRunner().invoke(app, ["call", *words])
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_sick_account_ends_with_8_and_an_alert(receiver: Receiver) -> None:
    result = run("run_health_check", "probe=false", "only_problems=true", "--alert", "oncall")
    assert result.exit_code == ExitCode.UNHEALTHY
    (message,) = receiver.messages
    assert "run_health_check" in message["text"]
    assert "SICK" in message["text"]
    assert PATH not in result.output


def test_a_healthy_flow_ends_with_0_and_nobody_is_woken(receiver: Receiver) -> None:
    result = run("run_health_check", "flows=FX Rates", "--alert", "oncall")
    assert result.exit_code == ExitCode.OK
    assert receiver.messages == []


def test_the_example_is_checked_from_its_file(receiver: Receiver) -> None:
    result = run("check_sla", "--file", str(EXAMPLE), "--alert", "oncall")
    assert result.exit_code == ExitCode.OK, result.output
    assert "Orders reach the warehouse" in result.stdout
    assert receiver.messages == []


def test_a_broken_service_level_ends_with_8_and_an_alert(receiver: Receiver, tmp_path: Path) -> None:
    file = tmp_path / "promises.yaml"
    file.write_text("targets:\n  - flows: [Shopify Orders]\n    min_records: 1000000000\n")
    result = run("check_sla", "--file", str(file), "--alert", "oncall")
    assert result.exit_code == ExitCode.UNHEALTHY
    (message,) = receiver.messages
    assert "BREACHED" in message["text"]


def test_a_check_that_could_not_be_made_is_told_and_keeps_its_own_exit_code(receiver: Receiver) -> None:
    result = run("check_sla", "--json", '{"targets": [{"tag": "nobody", "fresh_within": "1h"}]}', "--alert", "oncall")
    assert result.exit_code == ExitCode.NOT_FOUND
    (message,) = receiver.messages
    assert "failed" in message["text"]


@pytest.mark.parametrize("channel", ["oncall", "nobody"])
def test_an_alert_that_is_not_sent_does_not_hide_what_it_was_about(receiver: Receiver, channel: str) -> None:
    receiver.status = 404
    result = run("run_health_check", "probe=false", "only_problems=true", "--alert", channel)
    assert result.exit_code == ExitCode.UNHEALTHY
    assert "SICK" in result.stdout
    assert "not sent" in result.stderr


def test_the_doctor_tells_whether_what_was_named_can_be_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXLA_MCP_MONITORING", str(EXAMPLE))
    monkeypatch.setenv("NEXLA_MCP_PROFILES", "prod=env:NO_SUCH_VARIABLE")
    result = CliRunner().invoke(app, ["doctor"])
    told = {line.split("│")[1].strip(): line for line in result.output.splitlines() if line.count("│") > 3}
    assert " ok " in told["alert channel oncall"]
    assert "3 targets" in told["service levels"]
    assert " failed " in told["profile prod"]
    assert result.exit_code == ExitCode.NOT_CONFIGURED
    assert receiver.messages == []


def test_data_that_breaks_a_rule_and_a_flow_with_gaps_end_with_8(receiver: Receiver) -> None:
    rules = '{"nexset": "Orders, cleaned", "rules": [{"field": "no_such_field", "required": true}]}'
    assert run("check_data_quality", "--json", rules).exit_code == ExitCode.UNHEALTHY
    assert run("check_data_quality", "nexset=Orders, cleaned").exit_code == ExitCode.OK
    assert run("check_readiness", "flow=Shopify Orders").exit_code == ExitCode.UNHEALTHY
    assert receiver.messages == []
