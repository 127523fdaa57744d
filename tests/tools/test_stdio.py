"""The server as a host starts it: a process that speaks over stdin and stdout, and ends when it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

DEADLINE = 30
"""Seconds for a process to end; far more than it takes."""

Start = Callable[..., "Served"]

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@dataclass
class Served:
    """A running server, spoken to line by line."""

    process: subprocess.Popen[str]
    complaints: Path
    """Its stderr: in a file, since a pipe that nobody reads would stop it."""
    read: list[str] = field(default_factory=list)
    asked: int = 0

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a request; notifications on the way are skipped."""
        self.asked += 1
        self.say({"id": self.asked, "method": method, "params": params})
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline()
            assert line, "the server closed its stdout"
            self.read.append(line)
            message = json.loads(line)
            if message.get("id") == self.asked:
                return message["result"]

    def say(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def initialize(self) -> dict[str, Any]:
        told = self.ask(
            "initialize",
            protocolVersion="2025-11-25",
            capabilities={},
            clientInfo={"name": "a test", "version": "1"},
        )
        self.say({"method": "notifications/initialized"})
        return told

    def end_of_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def ended(self) -> tuple[int, str, str]:
        """Exit code, what was still on stdout, and all of stderr."""
        assert self.process.stdout is not None
        code = self.process.wait(timeout=DEADLINE)
        return code, self.process.stdout.read(), self.complaints.read_text(encoding="utf-8")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `nexla-mcp serve` with these options and variables, and none of the person who runs the tests."""
    running: list[subprocess.Popen[str]] = []

    def started(*options: str, **variables: str) -> Served:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NEXLA_")}
        environment["NEXLA_MCP_STATE_DIR"] = str(tmp_path / "state")
        complaints = tmp_path / f"stderr-{len(running)}.txt"
        with complaints.open("w", encoding="utf-8") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "nexla_mcp", "serve", *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=environment | variables,
                text=True,
                encoding="utf-8",
            )
        running.append(process)
        return Served(process, complaints)

    yield started
    for process in running:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


@pytest.mark.parametrize("options", [(), ("--sandbox",)], ids=["account", "sandbox"])
def test_end_of_input_ends_the_server(start: Start, options: tuple[str, ...]) -> None:
    server = start(*options)
    assert server.initialize()["serverInfo"]["name"] == "nexla-mcp"
    server.end_of_input()
    assert server.ended() == (0, "", "")


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("options", [(), ("--sandbox",)], ids=["account", "sandbox"])
def test_a_signal_ends_the_server_while_it_waits_for_input(
    start: Start, options: tuple[str, ...], number: signal.Signals
) -> None:
    server = start(*options)
    server.initialize()
    server.process.send_signal(number)
    assert server.ended() == (0, "", "")


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_server_in_the_middle_of_a_call(start: Start, number: signal.Signals) -> None:
    server = start("--sandbox")
    server.initialize()
    call = {"name": "run_health_check", "arguments": {}, "_meta": {"progressToken": "watched"}}
    server.say({"id": 77, "method": "tools/call", "params": call})
    assert server.process.stdout is not None
    first = json.loads(server.process.stdout.readline())
    assert first["method"] == "notifications/progress", "the call is under way"
    server.process.send_signal(number)
    code, rest, complaints = server.ended()
    assert code == 0
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in rest.splitlines())
    assert "Traceback" not in complaints


def test_stdout_carries_nothing_but_the_protocol(start: Start) -> None:
    server = start("--sandbox", NEXLA_MCP_LOG_LEVEL="DEBUG")
    server.initialize()
    assert len(server.ask("tools/list")["tools"]) == 30
    assert not server.ask("tools/call", name="whoami", arguments={}).get("isError")
    assert server.ask("tools/call", name="whoami", arguments={"x": 1})["isError"]
    assert server.ask("resources/read", uri="nexla://docs/concepts")["contents"]
    assert server.ask("prompts/list")["prompts"]
    server.end_of_input()
    code, rest, complaints = server.ended()
    assert code == 0
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in [*server.read, *rest.splitlines()])
    assert complaints, "what is logged goes to stderr"
    assert "sandbox-key" not in complaints


def test_a_line_that_is_no_protocol_does_not_end_the_server(start: Start) -> None:
    server = start()
    server.initialize()
    assert server.process.stdin is not None
    server.process.stdin.write("this is no JSON\n")
    server.process.stdin.flush()
    assert len(server.ask("tools/list")["tools"]) == 30


def test_two_servers_at_once_do_not_disturb_each_other(start: Start) -> None:
    """Hosts start a copy for each window."""
    one, other = start("--sandbox"), start("--sandbox")
    one.initialize()
    other.initialize()
    assert one.ask("tools/call", name="whoami", arguments={})["structuredContent"]["email"]
    one.end_of_input()
    assert one.ended()[0] == 0
    assert other.ask("tools/call", name="whoami", arguments={})["structuredContent"]["email"]
    other.end_of_input()
    assert other.ended()[0] == 0


def test_without_a_login_it_starts_and_says_what_is_missing_when_asked(start: Start) -> None:
    server = start()
    server.initialize()
    assert len(server.ask("tools/list")["tools"]) == 30
    answer = server.ask("tools/call", name="search_resources", arguments={})
    assert answer["isError"]
    assert answer["structuredContent"]["code"] == "not_configured"
    assert "NEXLA_SERVICE_KEY" in json.dumps(answer["structuredContent"])


def test_settings_that_cannot_be_used_end_it_with_their_names(start: Start) -> None:
    server = start(NEXLA_MCP_TOOLSETS="nonsense", NEXLA_MCP_RESULT_BYTES="many")
    code, said, complaints = server.ended()
    assert code == 3
    assert said == ""
    assert "NEXLA_MCP_TOOLSETS" in complaints
    assert "NEXLA_MCP_RESULT_BYTES" in complaints
    assert "Traceback" not in complaints


def test_a_start_loads_nothing_that_only_a_call_needs() -> None:
    """Hosts start several copies at once, and most of them are never asked anything."""
    code = "import sys, nexla_mcp.cli.app, nexla_mcp.cli.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=DEADLINE)
    loaded = set(done.stdout.split())
    assert "nexla_mcp.server" in loaded
    late = ("nexla_sdk", "yaml", "nexla_mcp.adapter.nexla", "nexla_mcp.adapter.families", "nexla_mcp.sandbox")
    assert not loaded & set(late)
    assert not [name for name in loaded if name.startswith("nexla_mcp.operations")]
