"""What a model may send to a tool: the schema it sees, and the check of what it sent."""

from __future__ import annotations

import difflib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.text import clean_text


@dataclass(frozen=True)
class Arguments:
    """The arguments of one tool, read off its function's signature."""

    tool: str
    model: type[BaseModel]

    @classmethod
    def of(
        cls, tool: str, function: Callable[..., Any], more: Mapping[str, tuple[Any, Any]] | None = None
    ) -> Arguments:
        """The first parameter of the function is its context and no argument; `more` adds types and defaults."""
        hints = get_type_hints(function, include_extras=True)
        parameters = list(inspect.signature(function).parameters.values())[1:]
        fields: dict[str, Any] = {
            parameter.name: (
                hints[parameter.name],
                ... if parameter.default is inspect.Parameter.empty else parameter.default,
            )
            for parameter in parameters
        } | dict(more or {})
        model = create_model(tool, __config__=ConfigDict(extra="forbid", strict=True), **fields)
        return cls(tool, model)

    @property
    def names(self) -> list[str]:
        return list(self.model.model_fields)

    def schema(self) -> dict[str, Any]:
        """The input schema as it goes out: no titles, no null branches, no default null."""
        return _compact(self.model.model_json_schema())

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments as the function wants them.

        An object or array that came as a JSON string is read; enums and dates are taken as text.

        Raises:
            Failure: `bad_input` naming each offending argument, never repeating a value.
        """
        unknown = [name for name in given if name not in self.model.model_fields]
        if unknown:
            raise self._unknown(unknown)
        prepared = {name: self._unpacked(name, value) for name, value in given.items() if value is not None}
        try:
            # JSON mode lets a text stand for an enum or a date while "5" is still no number.
            read = self.model.model_validate_json(json.dumps(prepared))
        except ValidationError as error:
            raise self._invalid(error) from None
        return {name: getattr(read, name) for name in self.model.model_fields}

    def _unpacked(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or value.lstrip()[:1] not in {"{", "["}:
            return value
        if not _kinds(self.schema()["properties"][name]) & {"object", "array"}:
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"{self.tool}: {name} looks like JSON but cannot be read as JSON. Nothing was done.",
                hint=f"Send {name} as a JSON value, not as text.",
            ) from None

    def _unknown(self, unknown: list[str]) -> Failure:
        shown = [clean_text(name, 40) for name in unknown[:5]]
        guesses = {name: difflib.get_close_matches(name, self.names, n=1) for name in shown}
        hints = [f"{name!r} → {near[0]!r}?" for name, near in guesses.items() if near]
        return Failure.of(
            ErrorCode.BAD_INPUT,
            f"{self.tool} has no argument {', '.join(map(repr, shown))}. Nothing was done.",
            hint=" ".join([*hints, f"Valid arguments: {', '.join(self.names) or 'none'}."]),
        )

    def _invalid(self, error: ValidationError) -> Failure:
        problems = []
        for item in error.errors(include_url=False, include_input=False, include_context=False)[:5]:
            where = ".".join(
                str(part) for part in item["loc"] if not str(part).startswith(("function-", "constrained-"))
            )
            problem = f"{clean_text(where, 60)}: {clean_text(item['msg'], 160)}"
            if problem not in problems:
                problems.append(problem)
        return Failure.of(
            ErrorCode.BAD_INPUT,
            f"{self.tool} cannot take these arguments. {'; '.join(problems)}. Nothing was done.",
            hint=f"Valid arguments: {', '.join(self.names)}.",
        )


def _kinds(schema: dict[str, Any]) -> set[str]:
    kind = schema.get("type", [])
    kinds = {kind} if isinstance(kind, str) else set(kind)
    for variant in schema.get("anyOf", []):
        kinds |= _kinds(variant)
    return kinds


def _compact(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = schema.pop("$defs", {})

    def walk(node: Any, *, names: bool = False) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        if names:
            return {key: walk(value) for key, value in node.items()}
        if "$ref" in node:
            target = definitions[node["$ref"].rsplit("/", 1)[1]]
            return walk({**{k: v for k, v in target.items() if k != "description"}, **_without(node, "$ref")})
        kept = {
            key: walk(value, names=key == "properties")
            for key, value in node.items()
            if key not in {"title", "additionalProperties"} and not (key == "default" and value is None)
        }
        return _flattened(kept)

    # Said once, at the top: inside it is checked all the same, and naming it everywhere is paid for by the reader.
    compacted: dict[str, Any] = {"additionalProperties": False, **walk(schema)}
    compacted.setdefault("properties", {})
    return compacted


def _flattened(node: dict[str, Any]) -> dict[str, Any]:
    """`anyOf` without its null branch; one remaining branch is folded into the node.

    Several stay an `anyOf`: a list of types would be shorter, but some clients refuse it.
    """
    if "anyOf" not in node:
        return node
    branches = [branch for branch in node["anyOf"] if branch != {"type": "null"}]
    rest = _without(node, "anyOf")
    if len(branches) == 1:
        return {**branches[0], **rest}
    return {"anyOf": branches, **rest}


def _without(node: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != key}
