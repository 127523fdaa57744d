"""What a batch is asked for: the arguments of `run_batch`."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict

MOST_ITEMS = 10_000


class Verb(str, Enum):
    CREATE = "create"
    UPDATE = "update"
    ACTIVATE = "activate"
    PAUSE = "pause"
    COPY = "copy"
    DELETE = "delete"


class BatchType(str, Enum):
    """What a batch can be of."""

    CREDENTIAL = "credential"
    SOURCE = "source"
    NEXSET = "nexset"
    DESTINATION = "destination"
    FLOW = "flow"
    TRANSFORM = "transform"
    LOOKUP = "lookup"
    PROJECT = "project"
    TEAM = "team"


class OnError(str, Enum):
    STOP = "stop"
    CONTINUE = "continue"


class Where(BaseModel):
    """Which resources: as search_resources understands it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str | None = None
    status: str | None = None
    tag: str | None = None
    connector: str | None = None
    project: int | str | None = None


Items = list[dict[str, Any]]
