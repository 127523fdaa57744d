"""What happens to a node and is worth telling its owner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """`name` is a notification event type, `level` a notification level (contract 4)."""

    kind: str
    resource_id: int
    name: str
    level: str
    text: str
