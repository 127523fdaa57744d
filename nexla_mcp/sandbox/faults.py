"""Faults that can be switched on for a method and a route, each for some requests or for all."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from nexla_mcp.sandbox.matching import shape_of


class Stage(str, Enum):
    """When a fault acts. Of INSTEAD and DELIVERY together, one request meets only the first match."""

    DELAY = "delay"
    PAGING = "paging"
    INSTEAD = "instead"
    ANSWER = "answer"
    DELIVERY = "delivery"


@dataclass(frozen=True)
class Kind:
    """What a kind of fault does, and its own fields with their defaults."""

    stage: Stage
    meaning: str
    fields: Mapping[str, Any] = field(default_factory=dict)


KINDS: dict[str, Kind] = {
    "latency": Kind(Stage.DELAY, "wait before working", {"ms": 100}),
    "expired_token": Kind(Stage.DELAY, "the presented token expires now, for good"),
    "status": Kind(
        Stage.INSTEAD,
        "answer with a status; body: envelope, message, empty or html; `work` true does the work first",
        {
            "status": 503,
            "body": "envelope",
            "message": "Injected fault",
            "code": None,
            "retry_after": None,
            "retry_after_date_seconds": None,
            "work": False,
        },
    ),
    "redirect": Kind(Stage.INSTEAD, "redirect without working", {"status": 307, "location": "/"}),
    "reset_before": Kind(Stage.INSTEAD, "cut without working; how: reset or close", {"how": "reset"}),
    "late": Kind(
        Stage.INSTEAD,
        "cut at once; the work is done `seconds` of simulated time later",
        {"seconds": 5.0, "how": "reset"},
    ),
    "hang": Kind(
        Stage.INSTEAD,
        "silence for `ms`, then a close; `work` true does the work first",
        {
            "ms": 60_000,
            "work": False,
        },
    ),
    "reset_after": Kind(Stage.DELIVERY, "work, then cut; how: reset or close", {"how": "reset"}),
    "drip": Kind(Stage.DELIVERY, "the body `chunk_bytes` at a time every `ms`", {"ms": 50, "chunk_bytes": 8}),
    "truncated": Kind(Stage.DELIVERY, "half of the announced body, then a close"),
    "per_page_cap": Kind(Stage.PAGING, "silently at most `per_page` rows a page", {"per_page": 10}),
    "ignore_paging": Kind(Stage.PAGING, "page and per_page do nothing"),
    "html": Kind(Stage.ANSWER, "an HTML page with status 200"),
    "broken_json": Kind(Stage.ANSWER, "the body ends in the middle"),
    "empty": Kind(Stage.ANSWER, "no body, with `status`", {"status": 200}),
    "gzip": Kind(Stage.ANSWER, "a properly compressed body"),
    "corrupt_gzip": Kind(Stage.ANSWER, "announced as gzip, and is not"),
    "gzip_bomb": Kind(Stage.ANSWER, "a JSON string of `megabytes`, compressed", {"megabytes": 64}),
    "deep": Kind(Stage.ANSWER, "`depth` nested lists", {"depth": 100_000}),
    "nan": Kind(Stage.ANSWER, "a NaN where a number belongs"),
    "duplicate_keys": Kind(Stage.ANSWER, "the object's first key twice"),
    "scalar": Kind(Stage.ANSWER, "a bare JSON `value`", {"value": True}),
    "content_type": Kind(Stage.ANSWER, "another content type", {"value": "text/plain"}),
    "null_in_list": Kind(Stage.ANSWER, "`field` null in each row, or in `row`", {"field": "tags", "row": None}),
    "bad_row": Kind(
        Stage.ANSWER,
        "one `row` is broken",
        {"row": 0, "value": {"id": "broken", "name": None, "created_at": 17, "owner": "nobody"}},
    ),
    "set_field": Kind(
        Stage.ANSWER,
        "`field` (dotted) has `value`, in the object or its rows",
        {
            "field": "id",
            "value": None,
            "row": None,
        },
    ),
    "drop_field": Kind(Stage.ANSWER, "`field` (dotted) is missing", {"field": "id", "row": None}),
    "string_ids": Kind(Stage.ANSWER, "each `id` and `request_id` is text", {"prefix": ""}),
    "inner_status": Kind(Stage.ANSWER, "status 200 with another inside", {"status": 500, "message": "boom"}),
    "probe_without_status": Kind(Stage.ANSWER, "no `status` in the answer's object"),
    "flows_as_array": Kind(Stage.ANSWER, "project flow writes answer rows, not a flow object"),
    "impersonator_id": Kind(Stage.ANSWER, "an integer impersonator in audit rows", {"value": 5}),
    "unknown_sink_type": Kind(Stage.ANSWER, "a sink type nobody knows", {"value": "quantum_lake"}),
    "camel_case": Kind(Stage.ANSWER, "keys in camelCase, as the webhook answer has them"),
}


@dataclass
class Fault:
    """`remaining` None means for ever. `skip` matching requests pass untouched first."""

    id: int
    kind: str
    method: str
    route: str
    remaining: int | None
    skip: int
    fields: dict[str, Any]
    hits: int = 0

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    @property
    def stage(self) -> Stage:
        return KINDS[self.kind].stage

    def matches(self, method: str, path: str, template: str | None) -> bool:
        if self.method not in ("*", method):
            return False
        if self.route == "*" or (template is not None and shape_of(template) == shape_of(self.route)):
            return True
        return f"{path.rstrip('/')}/".startswith(f"{self.route.rstrip('/')}/")

    def described(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "method": self.method,
            "route": self.route,
            "count": self.remaining,
            "skip": self.skip,
            "hits": self.hits,
            **self.fields,
        }


class Faults:
    """The faults switched on, in the order in which they were added. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._faults: list[Fault] = []

    def add(
        self,
        kind: str,
        *,
        method: str = "*",
        route: str = "*",
        count: int | None = 1,
        skip: int = 0,
        **fields: Any,
    ) -> Fault:
        """Switches one on. `route` is a template, or a literal path that also covers what is below it;
        `count` None means always. Raises ValueError for an unknown kind or field, or a value out of range."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault kind {kind!r}; known: {', '.join(sorted(KINDS))}")
        defaults = KINDS[kind].fields
        unknown = sorted(set(fields) - set(defaults))
        if unknown:
            raise ValueError(f"{kind} has no {', '.join(unknown)}; it has: {', '.join(defaults) or 'no fields'}")
        chosen = {**defaults, **fields}
        _check(chosen, count, skip)
        with self._lock:
            fault = Fault(next(self._ids), kind, method.upper(), route, count, skip, chosen)
            self._faults.append(fault)
        return fault

    def take(self, method: str, path: str, template: str | None) -> list[Fault]:
        """The faults that this request meets, each counted down by one."""
        taken: list[Fault] = []
        cut = False
        with self._lock:
            for fault in self._faults:
                exclusive = fault.stage in (Stage.INSTEAD, Stage.DELIVERY)
                if fault.remaining == 0 or (exclusive and cut) or not fault.matches(method, path, template):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                cut = cut or exclusive
                fault.hits += 1
                if fault.remaining is not None:
                    fault.remaining -= 1
                taken.append(fault)
        return taken

    def listed(self) -> list[dict[str, Any]]:
        """Every fault added since the last clear, the spent ones (count 0) too."""
        with self._lock:
            return [fault.described() for fault in self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()


_LIMITS: dict[str, tuple[float, float]] = {
    "status": (200, 599),
    "ms": (0, 600_000),
    "seconds": (0, 86_400 * 365),
    "per_page": (1, 10_000),
    "megabytes": (1, 1024),
    "depth": (1, 1_000_000),
    "chunk_bytes": (1, 65_536),
}
_WORDS = {"how": ("reset", "close"), "body": ("envelope", "message", "empty", "html")}


def _check(fields: Mapping[str, Any], count: int | None, skip: int) -> None:
    if not isinstance(skip, int) or skip < 0 or not (count is None or (isinstance(count, int) and count > 0)):
        raise ValueError("count is a positive integer or null, skip an integer from 0")
    for name, (lowest, highest) in _LIMITS.items():
        value = fields.get(name, lowest)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
            raise ValueError(f"{name} must be a number from {lowest} to {highest}")
    for name, words in _WORDS.items():
        if fields.get(name, words[0]) not in words:
            raise ValueError(f"{name} must be one of {', '.join(words)}")
