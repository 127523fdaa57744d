"""What an operation takes, and whether a request fits it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from nexla_mcp.adapter.endpoint import Endpoint
from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.contract.ways import Way, ways
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.risk import Risk

BODY = "body"
PAGED = {"page": "integer", "per_page": "integer"}
"""The guides give these to every list; the document to a few only (contract 2.1)."""
_IDS = re.compile(r"\{(\w+)\}")
_MARKER = "$secret"


@dataclass(frozen=True)
class Request:
    """One call of an operation, its arguments sorted by where they go."""

    ids: dict[str, int | str]
    query: dict[str, Any]
    body: Any = None


@dataclass(frozen=True)
class Operation:
    """One operation of the contract. `query` gives a word for the type of each parameter behind the path."""

    endpoint: Endpoint
    way: Way
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    definitions: Mapping[str, Any] = field(default_factory=dict)
    published: bool = True
    """Whether the OpenAPI document has it; of others only the path is known, and any query and body is taken."""

    @property
    def name(self) -> str:
        return self.endpoint.name

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(_IDS.findall(self.endpoint.template))

    @property
    def takes_body(self) -> bool:
        return self.body is not None or (not self.published and self.endpoint.method not in {"GET", "DELETE"})

    def request(self, arguments: Mapping[str, Any]) -> Request:
        """The arguments of a call, checked against the contract before anything is sent.

        Raises:
            Failure: `bad_input`, naming what is missing, unknown or of the wrong kind.
        """
        valid = (*self.ids, *self.query, *((BODY,) if self.takes_body else ()))
        missing = [name for name in self.ids if name not in arguments]
        unknown = [name for name in arguments if name not in valid and (self.published or name == BODY)]
        if missing or unknown:
            raise self._refused(missing, unknown, valid)
        ids = {name: self._id(name, arguments[name]) for name in self.ids}
        query = {name: value for name, value in arguments.items() if name not in self.ids and name != BODY}
        for name, value in query.items():
            if isinstance(value, (dict, list)):
                raise _bad(self, f"{name}: a query parameter is text, a number or a boolean")
        body = arguments.get(BODY)
        if self.endpoint.method == "DELETE" and self.takes_body and _names_nothing(body):
            raise _bad(self, "body: names nothing, and without a name everything would be removed")
        if body is not None and self.body is not None:
            self._check_body(body)
        self.endpoint.path(ids)
        return Request(ids, query, body)

    def _id(self, name: str, value: Any) -> int | str:
        if name in self.endpoint.text_ids:
            return str(value)
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise _bad(self, f"{name}: must be a whole number")
        return value

    def _check_body(self, body: Any) -> None:
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - takes its time, and most calls need none

        schema = {**(self.body or {}), "$defs": dict(self.definitions)}
        problems = sorted(Draft202012Validator(schema).iter_errors(_plain(body)), key=lambda item: list(item.path))
        told = [f"{'/'.join(['body', *map(str, item.path)])}: {_said(item)}" for item in problems[:5]]
        known = set((self.body or {}).get("properties", {}))
        extra = sorted(set(body) - known) if isinstance(body, dict) and known else []
        told += [f"body/{name[:60]}: unknown field{_near(name, known)}" for name in extra[:5]]
        if told:
            raise _bad(self, "; ".join(told))

    def _refused(self, missing: list[str], unknown: list[str], valid: tuple[str, ...]) -> Failure:
        told = [f"{name}: missing" for name in missing]
        told += [f"{name[:60]}: unknown{_near(name, valid)}" for name in unknown]
        return _bad(self, "; ".join(told), f"It takes: {', '.join(valid) or 'nothing'}.")


def operation_named(name: str) -> Operation:
    """The operation that the adapter knows under a name.

    Raises:
        Failure: `bad_input` with the nearest names.
    """
    found = operations().get(name.strip())
    if found is None:
        near = difflib.get_close_matches(name.strip().lower(), operations(), n=3)
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"There is no operation {name[:60]!r}. Nothing was sent.",
            hint=(f"Near: {', '.join(near)}. " if near else "") + "find_operation finds it by what it does.",
            next_tool="find_operation",
        )
    return found


@cache
def operations() -> Mapping[str, Operation]:
    """All of them, by name."""
    data = json.loads((files("nexla_mcp.contract") / "operations.json").read_text(encoding="utf-8"))
    known = data["operations"]
    return {name: _operation(endpoint, known.get(name), data["definitions"]) for name, endpoint in ENDPOINTS.items()}


def _operation(endpoint: Endpoint, takes: dict[str, Any] | None, definitions: dict[str, Any]) -> Operation:
    way = ways()[endpoint.name]
    query = dict((takes or {}).get("query", {}))
    if way.risk is Risk.READ and endpoint.name.startswith("list_"):
        query = {**query, **{name: kind for name, kind in PAGED.items() if name not in query}}
    return Operation(endpoint, way, query, (takes or {}).get("body"), definitions, published=takes is not None)


def _names_nothing(body: Any) -> bool:
    """Whether a delete with this body would be taken for one of all there is (traps T11, T14)."""
    return not body or (isinstance(body, Mapping) and all(value in (None, [], {}, "") for value in body.values()))


def _plain(value: Any) -> Any:
    """References to secrets as the text that they stand for."""
    if isinstance(value, dict):
        return "" if set(value) == {_MARKER} else {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _said(problem: Any) -> str:
    """Without the value, which may be a secret."""
    if problem.validator == "required":
        return str(problem.message)
    return f"does not fit ({problem.validator}: {str(problem.validator_value)[:80]})"


def _near(name: str, valid: Any) -> str:
    near = difflib.get_close_matches(name, list(valid), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _bad(operation: Operation, message: str, hint: str | None = None) -> Failure:
    return Failure.of(
        ErrorCode.BAD_INPUT,
        f"{operation.name}: {message}. Nothing was sent.",
        hint=hint or f"find_operation(query={operation.name!r}) tells what it takes.",
        next_tool="find_operation",
    )
