"""What the platform can notify of (contract 26: event catalogue)."""

from __future__ import annotations

from typing import Any

_ROWS: tuple[tuple[str, str, str, str, str], ...] = (
    ("SHARE", "DATASET", "PLATFORM", "Dataset shared", "A dataset was shared with you"),
    ("ACTIVATE", "DATASET", "PLATFORM", "Dataset activated", "A dataset was activated"),
    ("PAUSE", "DATASET", "PLATFORM", "Dataset paused", "A dataset was paused"),
    ("CREATE", "DATASET", "DATA", "New dataset detected", "A source found a new dataset"),
    ("UPDATE", "DATASET", "DATA", "Schema change", "The schema of a dataset changed"),
    ("WRITE", "DATASET", "DATA", "New dataset write", "A dataset was written for the first time"),
    ("ERROR", "DATASET", "DATA", "Transform error", "A transform failed on records"),
    ("ACTIVATE", "SOURCE", "PLATFORM", "Source activated", "A source was activated"),
    ("PAUSE", "SOURCE", "PLATFORM", "Source paused", "A source was paused"),
    ("MONITOR", "SOURCE", "SYSTEM", "Source volume change", "A source reads far more or less than usual"),
    ("ERROR", "SOURCE", "DATA", "Source read error", "A source could not be read"),
    ("EMPTY_DATA", "SOURCE", "DATA", "Source empty file", "A source file held no records"),
    ("READ_START", "SOURCE", "DATA", "Source read started", "A source started to read"),
    ("READ_DONE", "SOURCE", "DATA", "Source read done", "A source finished reading"),
    ("ACTIVATE", "SINK", "PLATFORM", "Destination activated", "A destination was activated"),
    ("PAUSE", "SINK", "PLATFORM", "Destination paused", "A destination was paused"),
    ("ERROR", "SINK", "DATA", "Destination write error", "A destination refused records"),
    ("WRITE_START", "SINK", "DATA", "Destination write started", "A destination started to write"),
    ("WRITE_DONE", "SINK", "DATA", "Destination write done", "A destination finished writing"),
    ("ERROR", "CUSTOM_DATA_FLOW", "DATA", "Custom flow error", "A custom flow failed"),
    ("CREATE", "USER", "SYSTEM", "Invitation accepted", "Somebody you invited joined"),
)
_QUIET = frozenset({"READ_START", "READ_DONE", "WRITE_START", "WRITE_DONE"})
"""Off unless somebody switches them on: they come with every run."""

TYPES: tuple[dict[str, Any], ...] = tuple(
    {
        "id": number,
        "name": name,
        "description": description,
        "category": category,
        "default": event not in _QUIET,
        "status": event not in _QUIET,
        "event_type": event,
        "resource_type": resource,
    }
    for number, (event, resource, category, name, description) in enumerate(_ROWS, start=1)
)
