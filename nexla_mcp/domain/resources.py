"""Nexla's resource types: our words, the API's words, and the paths they live under."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import Enum

from nexla_mcp.domain.errors import ErrorCode, Failure


class ResourceType(str, Enum):
    """A type of thing in Nexla, in the words Nexla's own product uses."""

    CREDENTIAL = "credential"
    SOURCE = "source"
    NEXSET = "nexset"
    DESTINATION = "destination"
    FLOW = "flow"
    TRANSFORM = "transform"
    ATTRIBUTE_TRANSFORM = "attribute_transform"
    LOOKUP = "lookup"
    PROJECT = "project"
    TEAM = "team"
    USER = "user"
    ORG = "org"

    @property
    def collection(self) -> str:
        """The first path segment of the REST API for this type, e.g. `data_sources`."""
        return _COLLECTIONS[self]


_COLLECTIONS: dict[ResourceType, str] = {
    ResourceType.CREDENTIAL: "data_credentials",
    ResourceType.SOURCE: "data_sources",
    ResourceType.NEXSET: "data_sets",
    ResourceType.DESTINATION: "data_sinks",
    ResourceType.FLOW: "flows",
    ResourceType.TRANSFORM: "transforms",
    ResourceType.ATTRIBUTE_TRANSFORM: "attribute_transforms",
    ResourceType.LOOKUP: "data_maps",
    ResourceType.PROJECT: "projects",
    ResourceType.TEAM: "teams",
    ResourceType.USER: "users",
    ResourceType.ORG: "orgs",
}

# What people and the API's own documents call the same things.
_ALIASES: dict[str, ResourceType] = {
    "data_set": ResourceType.NEXSET,
    "dataset": ResourceType.NEXSET,
    "data_sink": ResourceType.DESTINATION,
    "sink": ResourceType.DESTINATION,
    "data_map": ResourceType.LOOKUP,
    "data_source": ResourceType.SOURCE,
    "data_credential": ResourceType.CREDENTIAL,
    "data_flow": ResourceType.FLOW,
    "organization": ResourceType.ORG,
}


def parse_resource_type(text: str) -> ResourceType:
    """The resource type a person or the API means: `nexset`, `Nexsets`, `data_sets`, `dataset` are one.

    Raises:
        Failure: `bad_input`, with the nearest valid word, when nothing matches.
    """
    word = text.strip().lower().replace("-", "_").replace(" ", "_")
    names = {item.value: item for item in ResourceType} | _ALIASES
    for candidate in (word, word.removesuffix("s")):
        if candidate in names:
            return names[candidate]
    nearest = difflib.get_close_matches(word, names, n=1)
    raise Failure.of(
        ErrorCode.BAD_INPUT,
        f"{text[:60]!r} is not a resource type.",
        hint=(f"Did you mean {names[nearest[0]].value!r}? " if nearest else "")
        + "Valid: "
        + ", ".join(item.value for item in ResourceType)
        + ".",
    )


@dataclass(frozen=True)
class ResourceRef:
    """One resource by type and id; `name` is for people and may repeat within an account."""

    type: ResourceType
    id: int
    name: str | None = None

    def __str__(self) -> str:
        return f"{self.type.value} {self.id}" + (f" ({self.name})" if self.name else "")
