"""What the commands share: settings with or without an embedded sandbox, and how a failure ends a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer

from nexla_mcp.cli.exit_codes import exit_code_for
from nexla_mcp.domain.errors import ErrorInfo, Failure
from nexla_mcp.settings import Settings, load_settings
from nexla_mcp.views.text import error_text


@dataclass(frozen=True)
class SandboxChoice:
    """Whether to work on an embedded sandbox, and where it keeps its state."""

    embed: bool = False
    db: Path | None = None


@contextmanager
def chosen_settings(choice: SandboxChoice) -> Iterator[Settings]:
    """The settings of the environment, or those of a sandbox that runs as long as the block."""
    if not choice.embed:
        yield load_settings()
        return
    from nexla_mcp.sandbox.options import SandboxOptions  # noqa: PLC0415 - a real account never needs it
    from nexla_mcp.sandbox.serving import serve  # noqa: PLC0415

    with serve(SandboxOptions(db=choice.db)) as sandbox:
        yield load_settings(
            api_url=sandbox.url,
            service_key=sandbox.service_key,
            access_token=None,
            **(state_of_sandbox(choice.db) if choice.db else {"state_dir": None, "state_scope": ""}),
        )


def state_of_sandbox(db: Path) -> dict[str, Any]:
    """Where operations on an embedded sandbox are kept: beside its file. Its port changes, the file does not."""
    return {"state_dir": db.with_name(f"{db.name}.state"), "state_scope": str(db.resolve())}


@contextmanager
def failures_end_the_command() -> Iterator[None]:
    """A `Failure` is printed for its reader and becomes the exit code; never a traceback."""
    try:
        yield
    except Failure as failure:
        end_with(failure.info)


def end_with(info: ErrorInfo) -> NoReturn:
    typer.echo(error_text(info), err=True)
    raise typer.Exit(exit_code_for(info.code))
