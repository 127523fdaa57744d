"""Every action by the name it has in plans."""

from __future__ import annotations

from collections.abc import Mapping

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.operations.actions.action import Action
from nexla_mcp.operations.actions.alerting import SendAlert
from nexla_mcp.operations.actions.approving import Decide
from nexla_mcp.operations.actions.batch_undoing import UndoBatch
from nexla_mcp.operations.actions.batching import Batch
from nexla_mcp.operations.actions.calling import Call
from nexla_mcp.operations.actions.comparing import CompareNexsets
from nexla_mcp.operations.actions.copying import CopyFlow, DeleteCopied, UpdateCopied
from nexla_mcp.operations.actions.creating import Create
from nexla_mcp.operations.actions.deleting import Delete
from nexla_mcp.operations.actions.deleting_verified import DeleteVerified
from nexla_mcp.operations.actions.filing import FileFlow
from nexla_mcp.operations.actions.genai import BindGenAi, CreateGenAiConfig, DeleteGenAiConfig, UnbindGenAi
from nexla_mcp.operations.actions.granting import Grant, RestoreGrant
from nexla_mcp.operations.actions.looking import AwaitNexset, Probe
from nexla_mcp.operations.actions.lookup_entries import SetRows
from nexla_mcp.operations.actions.membership import SetMembers
from nexla_mcp.operations.actions.notifying import DeleteNotification, MarkNotifications, SetNotification
from nexla_mcp.operations.actions.replacing_access import ReplaceAccess
from nexla_mcp.operations.actions.sending import SendRecords
from nexla_mcp.operations.actions.statuses import Activate, Pause, RestoreStatuses
from nexla_mcp.operations.actions.tasks import AwaitTask, StartTask
from nexla_mcp.operations.actions.updating import Update
from nexla_mcp.operations.actions.verifying import VerifyRun

_ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        Create(),
        Delete(),
        DeleteVerified(),
        Call(),
        Batch(),
        UndoBatch(),
        Update(),
        Activate(),
        Pause(),
        RestoreStatuses(),
        Grant(),
        RestoreGrant(),
        ReplaceAccess(),
        MarkNotifications(),
        DeleteNotification(),
        SetNotification(),
        SetMembers(),
        SetRows(),
        Decide(),
        Probe(),
        AwaitNexset(),
        VerifyRun(),
        CopyFlow(),
        UpdateCopied(),
        DeleteCopied(),
        FileFlow(),
        CompareNexsets(),
        SendAlert(),
        StartTask(),
        AwaitTask(),
        SendRecords(),
        CreateGenAiConfig(),
        DeleteGenAiConfig(),
        BindGenAi(),
        UnbindGenAi(),
    )
}
MAKING = frozenset(name for name, action in _ACTIONS.items() if action.makes)
"""Names of the actions that make something new."""
DELETING = frozenset(name for name, action in _ACTIONS.items() if action.deletes)
"""Names of those after which something is gone for ever."""


def action_named(name: str) -> Action:
    """The action of a step.

    Raises:
        Failure: `unsupported` for a name that this version does not know: the plan is of another one.
    """
    if name not in _ACTIONS:
        raise Failure.of(ErrorCode.UNSUPPORTED, f"This version of nexla-mcp has no action {name[:40]!r}.")
    return _ACTIONS[name]
