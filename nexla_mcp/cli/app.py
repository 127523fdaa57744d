"""The commands and their options. What a command does stands in the module of its name."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

import nexla_mcp
from nexla_mcp.cli.session import SandboxChoice, chosen_settings, failures_end_the_command
from nexla_mcp.settings import load_settings

# Optional[...] and not `| None`: typer evaluates these annotations on Python 3.10 as well.

app = typer.Typer(
    help="Nexla for AI assistants: an MCP server, and the same tools on the command line.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SandboxFlag = Annotated[bool, typer.Option("--sandbox", help="Work on an embedded local Nexla instead of an account.")]
DbOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--db", help="With --sandbox: keep its state in this file.", dir_okay=False),
]


class Output(str, Enum):
    TEXT = "text"
    JSON = "json"


class Listing(str, Enum):
    TABLE = "table"
    JSON = "json"
    MARKDOWN = "md"


class Seed(str, Enum):
    ACME = "acme"
    EMPTY = "empty"


class Client(str, Enum):
    CLAUDE_DESKTOP = "claude-desktop"
    CLAUDE_CODE = "claude-code"
    CURSOR = "cursor"
    VSCODE = "vscode"


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"nexla-mcp {nexla_mcp.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""


@app.command()
def serve(sandbox: SandboxFlag = False, db: DbOption = None) -> None:
    """Serve MCP over stdin and stdout, as a host such as Claude Desktop starts it."""
    from nexla_mcp.cli import serve as command  # noqa: PLC0415

    with failures_end_the_command(), chosen_settings(SandboxChoice(sandbox, db)) as settings:
        command.run(settings)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="0 picks a free one.", min=0, max=65535)] = 0,
    db: Annotated[Optional[Path], typer.Option(help="Keep the state in this file.", dir_okay=False)] = None,  # noqa: UP045
    seed: Annotated[Seed, typer.Option(help="What a new sandbox holds.")] = Seed.ACME,
    latency_ms: Annotated[int, typer.Option(help="Milliseconds before each answer.", min=0)] = 0,
    token_ttl: Annotated[int, typer.Option(help="Seconds a session token lives.", min=1)] = 3600,
) -> None:
    """Serve a local Nexla on the loopback address; prints one JSON line with url and service_key."""
    from nexla_mcp.sandbox.options import SandboxOptions  # noqa: PLC0415
    from nexla_mcp.sandbox.serving import run_forever  # noqa: PLC0415

    run_forever(SandboxOptions(seed=seed.value, db=db, port=port, latency_ms=latency_ms, token_ttl=token_ttl))


@app.command()
def demo(
    plain: Annotated[bool, typer.Option(help="No colours and no boxes.")] = False,
) -> None:
    """A story in six steps on a local Nexla: who am I, what is wrong, why, and who may see it."""
    from nexla_mcp.cli import demo as command  # noqa: PLC0415

    raise typer.Exit(command.run(plain=plain))


@app.command()
def tools(
    output: Annotated[Listing, typer.Option("-o", "--output", help="How to print them.")] = Listing.TABLE,
    everything: Annotated[bool, typer.Option("--all", help="Also those that the settings switch off.")] = False,
) -> None:
    """The tools as a model sees them, with what they cost in bytes."""
    from nexla_mcp.cli import tools as command  # noqa: PLC0415

    with failures_end_the_command():
        command.run(output.value, everything=everything)


@app.command()
def call(
    tool: Annotated[str, typer.Argument(help="A tool's name; `nexla-mcp tools` lists them.")],
    pairs: Annotated[Optional[list[str]], typer.Argument(help="Arguments as key=value.")] = None,  # noqa: UP045
    json_arguments: Annotated[Optional[str], typer.Option("--json", help="Arguments as a JSON object.")] = None,  # noqa: UP045
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Arguments from a YAML or JSON file.", dir_okay=False),
    ] = None,
    output: Annotated[Output, typer.Option("-o", "--output", help="What to print.")] = Output.TEXT,
    yes: Annotated[bool, typer.Option("--yes", help="Confirm what a token is enough for.")] = False,
    alert: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Tell this alert channel when the answer is a bad one; see NEXLA_MCP_ALERTS."),
    ] = None,
    print_schema: Annotated[bool, typer.Option("--print-schema", help="Print what it takes, call nothing.")] = False,
    sandbox: SandboxFlag = False,
    db: DbOption = None,
) -> None:
    """Call a tool exactly as an assistant would. Exit codes: see docs/cli.md."""
    from nexla_mcp.cli import call as command  # noqa: PLC0415

    with failures_end_the_command():
        if print_schema:
            command.print_schema(load_settings(), tool)
            return
    with failures_end_the_command(), chosen_settings(SandboxChoice(sandbox, db)) as settings:
        request = command.Request(tool, tuple(pairs or ()), json_arguments, file, yes, alert)
        code = command.run(settings, request, as_json=output is Output.JSON)
    raise typer.Exit(code)


@app.command()
def approve(
    code: Annotated[str, typer.Argument(help="From the answer that asked for approval.")],
    sandbox: SandboxFlag = False,
    db: DbOption = None,
) -> None:
    """Read a plan that waits for a person, and agree to it or not. Needs a terminal with somebody at it."""
    from nexla_mcp.cli import approve as command  # noqa: PLC0415

    with failures_end_the_command():
        command.run(command.settings_for(SandboxChoice(sandbox, db)), code)


@app.command()
def doctor(sandbox: SandboxFlag = False, db: DbOption = None) -> None:
    """Check settings, login, reachability, clock, roles, budget and versions; each with its remedy."""
    from nexla_mcp.cli import doctor as command  # noqa: PLC0415

    with failures_end_the_command(), chosen_settings(SandboxChoice(sandbox, db)) as settings:
        code = command.run(settings)
    raise typer.Exit(code)


@app.command()
def config(
    client: Annotated[Client, typer.Argument(help="The application that will start the server.")],
    sandbox: SandboxFlag = False,
) -> None:
    """Print the snippet that connects an application to this server."""
    from nexla_mcp.cli import config as command  # noqa: PLC0415

    place = command.where(client.value)
    if place:
        typer.echo(f"For {place}:", err=True)
    typer.echo(command.snippet(client.value, sandbox=sandbox))
