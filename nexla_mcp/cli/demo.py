"""`nexla-mcp demo`: one story on a local Nexla, told through a real MCP client over stdio."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import mcp_types as protocol
from mcp import Client, MCPError, StdioServerParameters
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from nexla_mcp.cli.demo_steps import STEPS, Memory, NotAsToldError, Step
from nexla_mcp.cli.exit_codes import ExitCode
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import RunningSandbox, serve

LINES_SHOWN = 24
CALL_SHOWN = 300
WAITED_SECONDS = 20.0
"""By which the sandbox's time is pushed on whenever something waits for its next run."""


@dataclass
class Story:
    console: Console
    sandbox: RunningSandbox
    memory: Memory = field(default_factory=Memory)
    agrees: bool | None = None
    """What the person is going to say in this step."""

    async def tell(self, client: Client) -> None:
        tools = (await client.list_tools()).tools
        self.console.print(f"\nAn assistant connects and sees [bold]{len(tools)} tools[/bold].\n")
        for number, step in enumerate(STEPS, start=1):
            await self._take(client, number, step)

    async def answer(self, context: Any, params: protocol.ElicitRequestParams) -> protocol.ElicitResult:
        """The person whom the client asks."""
        del context
        self.console.print(Panel(escape(params.message), title="The client asks the person", border_style="yellow"))
        if self.agrees is None:
            raise NotAsToldError("nobody should have been asked")
        self.console.print(f"[yellow]The person {'agrees' if self.agrees else 'declines'}.[/yellow]")
        if not self.agrees:
            return protocol.ElicitResult(action="decline")
        return protocol.ElicitResult(action="accept", content={"agree": True})

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        """Shows how far it is. What is waited for comes at once: this Nexla's time can be pushed on."""
        self.console.print(f"[dim]  {progress:g}/{total or 0:g} {escape(message or '')}[/dim]")
        if (message or "").startswith("waiting"):
            self.sandbox.world.clock.advance(WAITED_SECONDS)

    async def _take(self, client: Client, number: int, step: Step) -> None:
        arguments = step.arguments(self.memory)
        call = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        self.console.print(f"[bold cyan]{number}. {escape(step.question)}[/bold cyan]")
        self.console.print(f"[dim]→ {step.tool}({escape(_shortened(call, CALL_SHOWN))})[/dim]")
        self.agrees = step.agrees
        result = await client.call_tool(step.tool, arguments, progress_callback=self.progress)
        text = "\n".join(getattr(block, "text", "") for block in result.content)
        self.console.print(Panel(escape(_first_lines(text)), border_style="red" if result.is_error else "dim"))
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
    with serve(SandboxOptions()) as sandbox, TemporaryDirectory(prefix="nexla-mcp-demo-") as state:
        story = Story(console, sandbox)
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "nexla_mcp", "serve"],
            env={
                "NEXLA_API_URL": sandbox.url,
                "NEXLA_SERVICE_KEY": sandbox.service_key,
                "NEXLA_MCP_STATE_DIR": state,
            },
        )
        async with Client(server, elicitation_callback=story.answer) as client:
            # Caught in here: leaving the client by an exception would bury it in groups of groups.
            try:
                await story.tell(client)
            except NotAsToldError as error:
                return str(error.args[0])
            except (MCPError, ValueError) as error:
                return f"the client could not use an answer ({type(error).__name__})"
    return None


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _first_lines(text: str) -> str:
    lines = text.splitlines()
    if len(lines) <= LINES_SHOWN:
        return text
    return "\n".join([*lines[:LINES_SHOWN], f"… {len(lines) - LINES_SHOWN} more lines"])
