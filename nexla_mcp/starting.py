"""What a start says of operations that were cut off, without asking Nexla and without importing what writes."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from nexla_mcp.adapter.secret_references import resolve
from nexla_mcp.domain.errors import Failure
from nexla_mcp.safety.state import Account, default_state_root
from nexla_mcp.settings import Settings


def state_account(settings: Settings, passing: ExitStack | None = None) -> Account:
    """Where operations on the settings' account are kept.

    An embedded sandbox without a file keeps nothing: its folder goes with `passing`.
    """
    root = settings.state_dir or default_state_root()
    if settings.state_scope == "" and passing is not None:
        root = Path(passing.enter_context(tempfile.TemporaryDirectory(prefix="nexla-mcp-")))
    return Account(root, settings.state_scope or settings.api_url.rstrip("/"))


def interrupted_operations(settings: Settings) -> list[str]:
    """Operations of this login whose process died, `ID (TOOL, begun TIME)`; empty for a login that is new here."""
    if settings.state_scope == "":
        return []
    account = state_account(settings)
    if not account.path.is_dir():
        return []
    try:
        login = resolve(settings.service_key, "NEXLA_SERVICE_KEY") or resolve(
            settings.access_token, "NEXLA_ACCESS_TOKEN"
        )
    except Failure:
        # The first call says what is wrong with the login; without it nothing is known to be its own.
        return []
    state = account.known(login.get_secret_value()) if login else None
    if state is None or not state.database.exists():
        return []
    from nexla_mcp.safety.pending import interrupted  # noqa: PLC0415 - sqlite3 is imported where there is a file

    return [f"{identifier} ({tool}, begun {began[:16]}Z)" for identifier, tool, began in interrupted(state)]


def announcement(settings: Settings) -> str | None:
    """What a start says of them; None when there are none."""
    found = interrupted_operations(settings)
    if not found:
        return None
    return (
        f"INTERRUPTED: {len(found)} change(s) made from here were cut off and do not go on by themselves: "
        f"{'; '.join(found[:5])}. Tell the user. get_operation shows how far each came; control_operation resumes, "
        "undoes or cancels it."
    )
