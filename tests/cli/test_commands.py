"""The command line, run in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from nexla_mcp.cli.app import app
from nexla_mcp.cli.exit_codes import ExitCode, exit_code_for
from nexla_mcp.domain.errors import ErrorCode
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve

pytestmark = pytest.mark.xdist_group("cli")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Any]:
    with serve(SandboxOptions()) as running:
        yield running


@pytest.fixture
def account(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The environment of somebody with an account."""
    for name in list(os.environ):
        if name.startswith("NEXLA_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NEXLA_API_URL", sandbox.url)
    monkeypatch.setenv("NEXLA_SERVICE_KEY", sandbox.service_key)
    return sandbox


def run(*words: str) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.usefixtures("account")
def test_a_call_prints_the_text_a_model_reads() -> None:
    result = run("call", "whoami")
    assert result.exit_code == ExitCode.OK
    assert "dana@acme.example" in result.stdout


@pytest.mark.usefixtures("account")
def test_a_call_prints_json_to_compute_with() -> None:
    result = run("call", "search_resources", "types=flow,source", "limit=3", "-o", "json")
    assert result.exit_code == ExitCode.OK
    answer = json.loads(result.stdout)
    assert len(answer["rows"]) == 3
    assert answer["total"] > 3


@pytest.mark.usefixtures("account")
def test_arguments_come_from_a_file_json_and_pairs_and_the_later_win(tmp_path: Path) -> None:
    file = tmp_path / "arguments.yaml"
    file.write_text("types: [flow]\nlimit: 1\nname: nothing of the kind\n")
    result = run(
        "call", "search_resources", "limit=2", "--file", str(file), "--json", '{"name": "a", "limit": 9}', "-o", "json"
    )
    assert result.exit_code == ExitCode.OK
    answer = json.loads(result.stdout)
    assert len(answer["rows"]) == 2
    assert {row["type"] for row in answer["rows"]} == {"flow"}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("call", "nothing_of_the_kind"), ExitCode.BAD_INPUT),
        (("call", "whoami", "colour=red"), ExitCode.BAD_INPUT),
        (("call", "whoami", "colour"), ExitCode.BAD_INPUT),
        (("call", "search_resources", "limit=many"), ExitCode.BAD_INPUT),
        (("call", "search_resources", "--json", "[1]"), ExitCode.BAD_INPUT),
        (("call", "search_resources", "--file", "/nowhere/at/all.yaml"), ExitCode.BAD_INPUT),
        (("call", "get_resource", "type=source", "resource=999999"), ExitCode.NOT_FOUND),
        (("call", "get_flow", "flow=Nothing Of The Kind"), ExitCode.NOT_FOUND),
        (("call", "run_health_check", "only_problems=true"), ExitCode.UNHEALTHY),
        (("frobnicate",), ExitCode.BAD_INPUT),
    ],
)
def test_exit_codes(words: tuple[str, ...], code: ExitCode) -> None:
    result = run(*words)
    assert result.exit_code == code
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("account")
def test_name_twins_are_bad_input_with_their_ids() -> None:
    found = json.loads(run("call", "search_resources", "types=flow", "limit=100", "-o", "json").stdout)
    names = [row["name"] for row in found["rows"]]
    twin = next(name for name in names if names.count(name) > 1)
    result = run("call", "get_flow", f"flow={twin}")
    assert result.exit_code == ExitCode.BAD_INPUT
    assert all(str(row["id"]) in result.stderr for row in found["rows"] if row["name"] == twin)


@pytest.mark.usefixtures("account")
def test_a_healthy_flow_is_exit_code_zero() -> None:
    report = json.loads(run("call", "run_health_check", "-o", "json").stdout)
    healthy = [flow["flow_id"] for flow in report["flows"] if flow["verdict"] == "healthy"]
    assert run("call", "run_health_check", f"flows={healthy[0]}").exit_code == ExitCode.OK


def test_without_a_login_the_variable_is_named(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEXLA_SERVICE_KEY")
    result = run("call", "whoami")
    assert result.exit_code == ExitCode.NOT_CONFIGURED
    assert "NEXLA_SERVICE_KEY" in result.stderr
    assert run("doctor").exit_code == ExitCode.NOT_CONFIGURED


def test_a_refused_login_is_an_auth_failure(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXLA_SERVICE_KEY", "hunter2-hunter2")
    result = run("call", "whoami")
    assert result.exit_code == ExitCode.AUTH
    assert "hunter2" not in result.output
    assert run("doctor").exit_code == ExitCode.AUTH


def test_an_unreachable_platform_is_told_apart(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXLA_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("NEXLA_MCP_DEADLINE_SECONDS", "1")
    assert run("call", "whoami").exit_code == ExitCode.UPSTREAM


@pytest.mark.usefixtures("account")
def test_doctor_finds_all_well() -> None:
    result = run("doctor")
    assert result.exit_code == ExitCode.OK
    for check in ("versions", "settings", "login", "clock", "roles", "sessions", "tool budget"):
        assert check in result.stdout
    assert "failed" not in result.stdout


def test_policy_holds_for_calls_and_listing(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXLA_MCP_TOOLS_DENY", "whoami")
    assert run("call", "whoami").exit_code == ExitCode.FAILED
    assert "whoami" not in {tool["name"] for tool in json.loads(run("tools", "-o", "json").stdout)["tools"]}


def test_tools_in_every_form() -> None:
    listed = json.loads(run("tools", "-o", "json").stdout)
    assert listed["visible_bytes"] == sum(tool["visible_bytes"] for tool in listed["tools"])
    assert run("tools", "-o", "md", "--all").stdout.startswith("# Tools")
    assert "whoami" in run("tools").stdout


@pytest.mark.parametrize("client", ["claude-desktop", "cursor", "vscode"])
@pytest.mark.parametrize("flags", [(), ("--sandbox",)])
def test_config_prints_json_without_a_secret(
    client: str, flags: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEXLA_SERVICE_KEY", "hunter2-hunter2")
    result = run("config", client, *flags)
    snippet = json.loads(result.stdout)
    server = (snippet.get("mcpServers") or snippet["servers"])["nexla"]
    assert server["args"] == ["serve", *flags]
    assert ("env" in server) is not bool(flags)
    assert "hunter2" not in result.output


def test_config_for_claude_code_is_a_command() -> None:
    assert run("config", "claude-code").stdout.startswith("claude mcp add nexla")


def test_every_error_has_an_exit_code() -> None:
    assert {exit_code_for(code) for code in ErrorCode} <= set(ExitCode) - {ExitCode.OK}


def test_the_version() -> None:
    assert run("--version").stdout.startswith("nexla-mcp ")


@pytest.fixture
def kept_apart(account: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account, with what is kept of its operations in a folder of the test."""
    del account
    monkeypatch.setenv("NEXLA_MCP_STATE_DIR", str(tmp_path / "state"))


@pytest.mark.usefixtures("kept_apart")
def test_a_batch_from_a_file_tells_its_progress_and_is_done_once(sandbox: Any, tmp_path: Path) -> None:
    """The items of a table; the rest of the arguments from the words. The second time nothing is missing."""
    store = sandbox.world.store
    login = next(row for row in store.all("data_credentials") if row["credentials_type"] == "s3")
    heading = "name,connector,credential,config.start.cron,config.path"
    rows = [f"From a table {number},s3,{login['id']},0 0 * * * ?,acme-data-lake/{number}" for number in range(5)]
    table = tmp_path / "sources.csv"
    table.write_text("\n".join([heading, *rows]))
    words = ("call", "run_batch", "action=create", "type=source", "--file", str(table), "-o", "json")
    done = run(*words)
    assert done.exit_code == ExitCode.OK
    assert json.loads(done.stdout)["items"] == {"done": 5}
    assert "5 of 5 items" in done.stderr
    assert json.loads(run(*words).stdout)["state"] == "unchanged"
    assert sum(row["name"].startswith("From a table") for row in store.all("data_sources")) == 5


@pytest.mark.usefixtures("kept_apart")
def test_the_example_of_a_batch_runs(sandbox: Any) -> None:
    done = run("call", "run_batch", "--file", "examples/batch.yaml", "-o", "json")
    assert done.exit_code == ExitCode.OK, done.output
    names = {row["name"] for row in sandbox.world.store.all("data_sources")}
    assert {"Orders DE", "Orders FR", "Orders IT"} <= names


@pytest.mark.usefixtures("kept_apart")
def test_a_batch_of_which_an_item_fails_does_not_end_with_0(sandbox: Any, tmp_path: Path) -> None:
    login = next(row["id"] for row in sandbox.world.store.all("data_credentials") if row["credentials_type"] == "s3")
    file = tmp_path / "batch.json"
    item = {"connector": "s3", "credential": login, "config": {"start.cron": "0 0 * * * ?", "path": "acme-data-lake/x"}}
    items = [{"name": f"Half refused {number}", **item} for number in range(2)]
    file.write_text(json.dumps({"action": "create", "type": "source", "items": items}))
    sandbox.world.faults.add("status", method="POST", route="/data_sources", status=403, count=1)
    refused = run("call", "run_batch", "--file", str(file))
    assert refused.exit_code == ExitCode.FAILED
    assert "1 done, 1 failed" in refused.output
