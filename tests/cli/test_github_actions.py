"""The example workflow: every step that it runs, run here in a shell against the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import RunningSandbox, serve
from tests.changes.receiver import Receiver

ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.safe_load((ROOT / "examples" / "github-actions.yml").read_text(encoding="utf-8"))
EXPECTED = {"Health": 8}
"""Exit codes of the steps that find the troubles which are planted in the sandbox; all others succeed."""
PATIENCE = 180


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with serve(SandboxOptions()) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


def run(step: dict[str, Any], sandbox: RunningSandbox, receiver: Receiver, folder: Path) -> Any:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NEXLA_")}
    secrets = {"NEXLA_SERVICE_KEY": sandbox.service_key, "SLACK_WEBHOOK_URL": receiver.url}
    own = {name: str(value) for name, value in step.get("env", {}).items() if "secrets." not in str(value)}
    more = {
        "NEXLA_API_URL": sandbox.url,
        "NEXLA_MCP_STATE_DIR": str(folder / "state"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    return subprocess.run(
        ["bash", "-e", "-c", step["run"].replace("> deployment.json", f"> {folder}/deployment.json")],
        env={**clean, **secrets, **more, **own},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("job", ["plan", "health"])
def test_the_steps_of_a_job_do_what_they_say(
    sandbox: RunningSandbox, receiver: Receiver, tmp_path: Path, job: str
) -> None:
    for step in WORKFLOW["jobs"][job]["steps"]:
        if "run" in step and step["name"] != "Install":
            ended = run(step, sandbox, receiver, tmp_path)
            assert ended.returncode == EXPECTED.get(step["name"], 0), (step["name"], ended.stdout, ended.stderr)
    names = {row["name"] for row in sandbox.world.store.all("data_sources")}
    assert "Orders EU" not in names
    assert len(receiver.messages) == (1 if job == "health" else 0)


@pytest.mark.long
def test_a_deployment_is_made_once(sandbox: RunningSandbox, receiver: Receiver, tmp_path: Path) -> None:
    """On real time: the sandbox detects a nexset and runs a flow in about a minute."""
    steps = [step for step in WORKFLOW["jobs"]["deploy"]["steps"] if "run" in step and step["name"] != "Install"]
    for step in (*steps, *steps):
        ended = run(step, sandbox, receiver, tmp_path)
        assert ended.returncode == 0, (step["name"], ended.stdout, ended.stderr)
    names = [row["name"] for row in sandbox.world.store.all("data_sources")]
    assert {name: names.count(name) for name in ("Orders EU", "Orders DE", "Orders FR", "Orders IT")} == {
        "Orders EU": 1,
        "Orders DE": 1,
        "Orders FR": 1,
        "Orders IT": 1,
    }
