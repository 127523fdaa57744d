"""Words of the tools that change something."""

from __future__ import annotations

from enum import Enum


class Control(str, Enum):
    RESUME = "resume"
    UNDO = "undo"
    REBUILD = "rebuild"
    CANCEL = "cancel"


class Node(str, Enum):
    """What can be started and stopped."""

    FLOW = "flow"
    SOURCE = "source"
    NEXSET = "nexset"
    DESTINATION = "destination"
