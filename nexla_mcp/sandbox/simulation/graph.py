"""The resources of one flow as the simulation walks them: from its source down to its destinations."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document, Store

SOURCES, NEXSETS, DESTINATIONS = "data_sources", "data_sets", "data_sinks"
NODE_KINDS = (SOURCES, NEXSETS, DESTINATIONS)


@dataclass
class Lineage:
    """All resources by id and by parent, read once for any number of runs."""

    store: Store
    sources: dict[int, Document] = field(init=False)
    nexsets: dict[int, Document] = field(init=False)
    destinations: dict[int, Document] = field(init=False)
    credentials: dict[int, Document] = field(init=False)
    _detected: dict[int, list[Document]] = field(init=False)
    _derived: dict[int, list[Document]] = field(init=False)
    _outputs: dict[int, list[Document]] = field(init=False)

    def __post_init__(self) -> None:
        self.sources = {item["id"]: item for item in self.store.all(SOURCES)}
        self.nexsets = {item["id"]: item for item in self.store.all(NEXSETS)}
        self.destinations = {item["id"]: item for item in self.store.all(DESTINATIONS)}
        self.credentials = {item["id"]: item for item in self.store.all("data_credentials")}
        self._detected = _grouped(self.nexsets, "data_source_id")
        self._derived = _grouped(self.nexsets, "parent_data_set_id")
        self._outputs = _grouped(self.destinations, "data_set_id")

    def detected(self, source_id: int) -> list[Document]:
        return self._detected.get(source_id, [])

    def derived(self, nexset_id: int) -> list[Document]:
        return self._derived.get(nexset_id, [])

    def outputs(self, nexset_id: int) -> list[Document]:
        return self._outputs.get(nexset_id, [])

    def credential(self, document: Document) -> Document | None:
        return self.credentials.get(document.get("data_credentials_id") or 0)

    def source_of(self, kind: str, identifier: int) -> int | None:
        """The source whose runs reach a node; None for a node that no source feeds."""
        if kind == DESTINATIONS:
            destination = self.destinations.get(identifier) or {}
            kind, identifier = NEXSETS, destination.get("data_set_id") or 0
        while kind == NEXSETS:
            nexset = self.nexsets.get(identifier)
            if nexset is None:
                return None
            if nexset.get("data_source_id"):
                kind, identifier = SOURCES, nexset["data_source_id"]
            else:
                identifier = nexset.get("parent_data_set_id") or 0
        return identifier if identifier in self.sources else None

    def below(self, kind: str, identifier: int) -> list[tuple[str, int]]:
        """A node and everything downstream of it."""
        found = [(kind, identifier)]
        if kind == SOURCES:
            children = [(NEXSETS, item["id"]) for item in self.detected(identifier)]
        elif kind == NEXSETS:
            children = [(NEXSETS, item["id"]) for item in self.derived(identifier)]
            children += [(DESTINATIONS, item["id"]) for item in self.outputs(identifier)]
        else:
            children = []
        for child in children:
            found += self.below(*child)
        return found


def behaviour_of(document: Document) -> dict[str, Any]:
    found = (document.get("_sandbox") or {}).get("behaviour")
    return found if isinstance(found, dict) else {}


def digest(value: Any) -> str:
    """A short fingerprint of a JSON value, to see whether somebody changed it."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _grouped(documents: dict[int, Document], key: str) -> dict[int, list[Document]]:
    groups: dict[int, list[Document]] = defaultdict(list)
    for document in documents.values():
        if document.get(key):
            groups[document[key]].append(document)
    return groups
