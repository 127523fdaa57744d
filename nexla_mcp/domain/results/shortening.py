"""Single values that are too long for an answer, made shorter without breaking them."""

from __future__ import annotations

import json
from typing import Any

LEAST = 80
"""Characters: less room than that is not worth opening an object or a text for."""


def shortened(value: Any, room: int) -> tuple[Any, int]:
    """A JSON value in about `room` characters, and how much was left out.

    Of an object its smallest entries stay, of a list its first items, of a text its beginning. What was left out is
    counted in entries and items; of a text alone in characters.
    """
    if _size(value) <= room:
        return value, 0
    if isinstance(value, dict):
        return _fewer_entries(value, room)
    if isinstance(value, list):
        return _fewer_items(value, room)
    if isinstance(value, str):
        kept = value[: max(room - 1, 0)]
        return f"{kept}…", len(value) - len(kept)
    return value, 0


def _fewer_entries(value: dict[str, Any], room: int) -> tuple[dict[str, Any], int]:
    sizes = {key: _size(item) + len(key) + 4 for key, item in value.items()}
    kept: dict[str, Any] = {}
    left_out = 0
    for key in sorted(value, key=sizes.__getitem__):
        if sizes[key] <= room:
            kept[key] = value[key]
            room -= sizes[key]
        elif room > LEAST:
            kept[key], lost = shortened(value[key], room - len(key) - 4)
            left_out += 1 if isinstance(value[key], str) else lost
            room = 0
        else:
            left_out += 1
    return {key: kept[key] for key in value if key in kept}, left_out


def _fewer_items(value: list[Any], room: int) -> tuple[list[Any], int]:
    kept: list[Any] = []
    for item in value:
        room -= _size(item) + 2
        if room < 0:
            break
        kept.append(item)
    return kept, len(value) - len(kept)


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, default=str))
