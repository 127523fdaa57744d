"""Which route a request is for: literal segments win over templates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Route

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_NODE_KINDS = frozenset({"data_sources", "data_sets", "data_sinks"})


@dataclass(frozen=True)
class Match:
    """`route` is None for an operation of the contract that the sandbox does not serve."""

    template: str
    path: dict[str, str]
    route: Route | None


@dataclass(frozen=True)
class _Entry:
    template: str
    segments: tuple[str, ...]
    route: Route | None

    def parameters(self, segments: list[str]) -> dict[str, str] | None:
        found: dict[str, str] = {}
        for pattern, segment in zip(self.segments, segments, strict=True):
            parameter = _PARAMETER.fullmatch(pattern)
            if parameter:
                found[parameter[1]] = unquote(segment)
            elif pattern != segment:
                return None
        if self.segments[0] == "{resource_type}" and segments[0] not in _NODE_KINDS:
            return None
        return found


class RouteTable:
    """Compiled once; `known` are operations, as (method, template), that exist but may be unserved."""

    def __init__(self, routes: Iterable[Route], known: Iterable[tuple[str, str]] = ()) -> None:
        self._entries: dict[tuple[str, int], list[_Entry]] = {}
        shapes: set[tuple[str, str]] = set()
        served = [(route.method, route.template, route) for route in routes]
        for method, template, route in [*served, *((method, template, None) for method, template in known)]:
            shape = (method, shape_of(template))
            if shape in shapes:
                if route is not None:
                    raise ValueError(f"two routes for {method} {template}")
                continue
            shapes.add(shape)
            segments = tuple(template.strip("/").split("/"))
            entries = self._entries.setdefault((method, len(segments)), [])
            entries.append(_Entry(template, segments, route))
        for entries in self._entries.values():
            entries.sort(key=lambda entry: [pattern.startswith("{") for pattern in entry.segments])

    def match(self, method: str, path: str) -> Match | None:
        """`path` still percent-encoded, so that an encoded slash stays inside its segment."""
        segments = path.strip("/").split("/")
        for entry in self._entries.get((method, len(segments)), []):
            parameters = entry.parameters(segments)
            if parameters is not None:
                return Match(entry.template, parameters, entry.route)
        return None

    def methods(self, path: str) -> list[str]:
        """The methods known for a path, for the Allow header of a 405."""
        return sorted({method for method, _ in self._entries if self.match(method, path)})


def shape_of(template: str) -> str:
    """The template without its parameters' names, which differ between documents."""
    return _PARAMETER.sub("{}", template.strip("/"))
