"""Puts together what changing an account takes. Imported at the first change, not at the start."""

from __future__ import annotations

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.operations.desk import Desk
from nexla_mcp.operations.planning.planning import Planning, Principal
from nexla_mcp.operations.runner import Runner
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.decisions import Decisions
from nexla_mcp.safety.gate import Confirm, ConfirmPolicy, Gate
from nexla_mcp.safety.ledger import Ledger
from nexla_mcp.safety.state import Account
from nexla_mcp.safety.tokens import Seals
from nexla_mcp.settings import Settings


async def open_desk(settings: Settings, nexla: Nexla, account: Account) -> Desk:
    """The desk of whoever the login speaks for.

    Raises:
        Failure: when it cannot be told who that is, or the state directory cannot be used.
    """
    principal = Principal.of(await nexla.users.current(), nexla.connection.api_url)
    state = account.directory(principal.key)
    state.make()
    account.remember(nexla.connection.login.get_secret_value(), principal.key)
    database, now = Database(state.database), nexla.clock.now
    ledger = Ledger(database, state.executors, now)
    policy = ConfirmPolicy(Confirm(settings.confirm), settings.confirm_allow)
    gate = Gate(policy, Seals(state.key()), Decisions(database, now), now)
    return Desk(Planning(nexla, principal, ledger), gate, Runner(nexla, ledger, state.executors))
