"""Reading an answer's body: bounded, JSON only, strict (trap T17)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

CHUNK = 8 * 1024
"""Compressed bytes taken at a time: small, since each may inflate a thousandfold before the limit is looked at."""


# A string that is never closed runs to the end: looking for its end again at each quote would take for ever.
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.|\\\Z)*(?:"|\Z)|[\[\]{}]', re.DOTALL)


class UnreadableBodyError(Exception):
    """The body is not what it should be; the text says how, and quotes nothing of it."""


class Readable(Protocol):
    def read1(self, amt: int, decode_content: bool) -> bytes: ...


def read_bounded(raw: Readable, limit: int, check: Callable[[], None]) -> bytes:
    """The decompressed body; `check` is called before each read and may raise.

    Raises:
        UnreadableBodyError: the body is longer than `limit` bytes.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        check()
        part = raw.read1(CHUNK, True)  # noqa: FBT003
        if not part:
            return b"".join(parts)
        size += len(part)
        if size > limit:
            raise UnreadableBodyError(f"it is longer than {limit:,} bytes")
        parts.append(part)


def is_json(content_type: str) -> bool:
    """Whether a content type is JSON: `application/json`, `text/json`, `application/vnd.nexla.api.v1+json`."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind in {"application/json", "text/json"} or (kind.startswith("application/") and kind.endswith("+json"))


def parse_json(body: bytes, max_depth: int) -> Any:
    """The JSON value of a body.

    Raises:
        UnreadableBodyError: it is broken, nested too deeply, or holds numbers that JSON does not have.
    """
    try:
        text = body.decode("utf-8-sig")
        if depth_of(text) > max_depth:
            raise UnreadableBodyError(f"it is nested more than {max_depth} levels deep")
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError:
        raise UnreadableBodyError("it is not UTF-8") from None
    except (ValueError, RecursionError):
        raise UnreadableBodyError("it is broken JSON") from None


def depth_of(text: str) -> int:
    """The deepest nesting of a JSON text; brackets inside strings do not count."""
    depth = deepest = 0
    for token in _STRUCTURE.finditer(text):
        if token[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in "]}":
            depth -= 1
    return deepest


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
