"""Background tasks of Nexla: which types there are, and how much each can hurt (contract 4, 19)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from nexla_mcp.domain.risk import Risk


class TaskStatus(str, Enum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TaskAct(str, Enum):
    """What can be done with a task that is there."""

    RERUN = "rerun"
    ACKNOWLEDGE = "acknowledge"
    DELETE = "delete"


UNFINISHED = frozenset({TaskStatus.PENDING.value, TaskStatus.RUNNING.value})

_RISKS: Mapping[str, Risk] = {
    "BulkDeleteNotifications": Risk.DESTRUCTIVE,
    "BulkMarkAsReadNotifications": Risk.WRITE,
    "BulkPauseFlows": Risk.DISRUPTIVE,
    "CallProbe": Risk.WRITE,
    "ChownUserResources": Risk.DESTRUCTIVE,
    "DeactivateUser": Risk.DESTRUCTIVE,
    "GetAuditLogs": Risk.WRITE,
}


def risk_of(task_type: str | None) -> Risk:
    """Of a task of this type; one that nobody has judged is taken for the worst."""
    return _RISKS.get(task_type or "", Risk.DESTRUCTIVE)
