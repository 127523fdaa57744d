"""`nexla-mcp demo`: one story on a local Nexla, told through a real MCP client over stdio."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp import Client, MCPError, StdioServerParameters
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from nexla_mcp.cli.exit_codes import ExitCode
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve

LINES_SHOWN = 24


class NotAsToldError(Exception):
    """A step of the story ended otherwise than told."""


@dataclass
class Memory:
    """What earlier steps found out."""

    flow_id: int = 0
    flow_name: str = ""
    credential_id: int = 0


@dataclass(frozen=True)
class Step:
    question: str
    tool: str
    arguments: Callable[[Memory], dict[str, Any]]
    conclude: Callable[[dict[str, Any], Memory], str]
    """What the answer means, in a sentence; raises NotAsToldError when it does not."""


@dataclass
class Story:
    console: Console
    memory: Memory = field(default_factory=Memory)

    async def tell(self, client: Client) -> None:
        tools = (await client.list_tools()).tools
        self.console.print(f"\nAn assistant connects and sees [bold]{len(tools)} tools[/bold].\n")
        for number, step in enumerate(STEPS, start=1):
            await self._take(client, number, step)

    async def _take(self, client: Client, number: int, step: Step) -> None:
        arguments = step.arguments(self.memory)
        call = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        self.console.print(f"[bold cyan]{number}. {escape(step.question)}[/bold cyan]")
        self.console.print(f"[dim]→ {step.tool}({escape(call)})[/dim]")
        result = await client.call_tool(step.tool, arguments)
        text = "\n".join(getattr(block, "text", "") for block in result.content)
        self.console.print(Panel(escape(_shortened(text)), border_style="red" if result.is_error else "dim"))
        if result.is_error:
            raise NotAsToldError(f"{step.tool} answered with an error")
        self.console.print(f"[green]✓[/green] {escape(step.conclude(result.structured_content or {}, self.memory))}\n")


def run(*, plain: bool) -> int:
    """Tells the story; 0 when every step went as told, 1 otherwise."""
    console = Console(no_color=plain, highlight=False, emoji=False, width=None if sys.stdout.isatty() else 120)
    console.print("[bold]nexla-mcp demo[/bold]: a Nexla account on this machine, and an assistant that looks after it.")
    wrong = anyio.run(_tell, console)
    if wrong is not None:
        console.print(f"[red]✗ Not as told:[/red] {escape(wrong)}")
        return ExitCode.FAILED
    console.print("[bold green]That is the story.[/bold green] Connect your own account: see the README.")
    return ExitCode.OK


async def _tell(console: Console) -> str | None:
    """What went otherwise than told; None when nothing did."""
    with serve(SandboxOptions()) as sandbox:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "nexla_mcp", "serve"],
            env={"NEXLA_API_URL": sandbox.url, "NEXLA_SERVICE_KEY": sandbox.service_key},
        )
        async with Client(server) as client:
            # Caught in here: leaving the client by an exception would bury it in groups of groups.
            try:
                await Story(console).tell(client)
            except NotAsToldError as error:
                return str(error.args[0])
            except (MCPError, ValueError) as error:
                return f"the client could not use an answer ({type(error).__name__})"
    return None


def _shortened(text: str) -> str:
    lines = text.splitlines()
    if len(lines) <= LINES_SHOWN:
        return text
    return "\n".join([*lines[:LINES_SHOWN], f"… {len(lines) - LINES_SHOWN} more lines"])


def _who(answer: dict[str, Any], _: Memory) -> str:
    if answer.get("email") != "dana@acme.example" or not answer.get("org_admin"):
        raise NotAsToldError("the login should be Dana's, an org admin")
    return f"We are {answer['user_name']}, and see {answer['resources']['flow']} flows."


def _sick(answer: dict[str, Any], memory: Memory) -> str:
    sick = [flow for flow in answer.get("flows", ()) if flow["verdict"] == "sick"]
    refused = [
        flow for flow in sick if any(item["trouble"] == "refused_credential" for item in flow.get("findings", ()))
    ]
    if not refused:
        raise NotAsToldError("a flow with a refused credential should be among the sick")
    memory.flow_id, memory.flow_name = refused[0]["flow_id"], refused[0]["name"]
    return f"{len(sick)} flows are sick. We take {memory.flow_name!r} first."


def _cause(answer: dict[str, Any], memory: Memory) -> str:
    causes = answer.get("causes") or []
    if not causes or causes[0]["trouble"] != "refused_credential":
        raise NotAsToldError("the refused credential should be named first")
    calls = [call for call in causes[0].get("next", ()) if call["tool"] == "probe_credential"]
    if not calls:
        raise NotAsToldError("the diagnosis should send us to probe the credential")
    memory.credential_id = calls[0]["arguments"]["credential"]
    return "The likeliest cause is a login that the third party refuses."


def _logs(answer: dict[str, Any], _: Memory) -> str:
    errors = sum(line["count"] for line in answer.get("lines", ()) if line["severity"] == "ERROR")
    if not errors:
        raise NotAsToldError("the failed run should have ERROR lines")
    return f"{errors} error lines in the failed run say the same."


def _refused(answer: dict[str, Any], _: Memory) -> str:
    if answer.get("state") != "refused":
        raise NotAsToldError("the credential should be refused")
    return "Refused just now: this needs a new password, not a restart."


def _access(answer: dict[str, Any], _: Memory) -> str:
    who = sorted({grant["who"] for grant in answer.get("grants", ())})
    if not who:
        raise NotAsToldError("somebody should have access")
    return f"Tell them: {', '.join(who)}."


STEPS = (
    Step("Who am I?", "whoami", lambda _: {}, _who),
    Step("What is wrong this morning?", "run_health_check", lambda _: {"only_problems": True}, _sick),
    Step("Why did that flow fail?", "diagnose_flow", lambda memory: {"flow": memory.flow_id}, _cause),
    Step(
        "What do the logs of the failed run say?",
        "fetch_logs",
        lambda memory: {"resource": memory.flow_id, "run": "latest_failed", "severity": "ERROR"},
        _logs,
    ),
    Step(
        "Is the login really refused?",
        "probe_credential",
        lambda memory: {"credential": memory.credential_id},
        _refused,
    ),
    Step(
        "Who has access and should know?",
        "list_access",
        lambda memory: {"type": "flow", "resource": memory.flow_id, "whole_flow": True},
        _access,
    ),
)
