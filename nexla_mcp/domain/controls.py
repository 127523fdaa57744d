"""Words of the tools that change something."""

from __future__ import annotations

from enum import Enum


class Control(str, Enum):
    RESUME = "resume"
    UNDO = "undo"
    REBUILD = "rebuild"
    CANCEL = "cancel"


class Deletable(str, Enum):
    """What can be deleted: people and orgs cannot."""

    FLOW = "flow"
    SOURCE = "source"
    NEXSET = "nexset"
    DESTINATION = "destination"
    CREDENTIAL = "credential"
    TRANSFORM = "transform"
    ATTRIBUTE_TRANSFORM = "attribute_transform"
    LOOKUP = "lookup"
    PROJECT = "project"
    TEAM = "team"


class Node(str, Enum):
    """What can be started and stopped."""

    FLOW = "flow"
    SOURCE = "source"
    NEXSET = "nexset"
    DESTINATION = "destination"
