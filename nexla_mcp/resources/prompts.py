"""Prompt templates: Markdown files with `{{argument}}` placeholders, and how they are filled in safely."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.text import clean_text
from nexla_mcp.resources.front_matter import broken, refuse_other_keys, split_front_matter, text_fact
from nexla_mcp.safety.untrusted import fenced

if TYPE_CHECKING:
    from importlib.abc import Traversable

ARGUMENT_LIMIT = 2_000
"""Characters an argument may have. Longer text belongs in the conversation, not in a prompt's argument."""
NOT_GIVEN = "(not given)"

_KEYS = frozenset({"name", "title", "description", "arguments"})
_ARGUMENT_KEYS = frozenset({"name", "description", "required"})
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class PromptArgument:
    """One thing a prompt asks its user for."""

    name: str
    description: str
    required: bool


@dataclass(frozen=True)
class PromptTemplate:
    """A prompt before its arguments are known."""

    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...]
    body: str

    def render(self, arguments: Mapping[str, str]) -> str:
        """The prompt with its arguments filled in.

        What an argument holds may come from a stranger (a flow's name, a pasted log line), so it is stripped
        of control characters and fenced as data. Arguments that were left out read `(not given)`.

        Raises:
            Failure: `bad_input`, for an unknown argument, a required one that is missing or blank, or one
                that is longer than `ARGUMENT_LIMIT`.
        """
        self._refuse_unknown(arguments)
        filled = {argument.name: self._filled(argument, arguments) for argument in self.arguments}
        # One pass, so that a placeholder inside a value stays text.
        return _PLACEHOLDER.sub(lambda found: filled[found[1]], self.body)

    def placeholders(self) -> frozenset[str]:
        """The names that the body asks for."""
        return frozenset(_PLACEHOLDER.findall(self.body))

    def _refuse_unknown(self, arguments: Mapping[str, str]) -> None:
        names = [argument.name for argument in self.arguments]
        for name in arguments:
            if name not in names:
                nearest = difflib.get_close_matches(name, names, n=1)
                raise Failure.of(
                    ErrorCode.BAD_INPUT,
                    f"The prompt {self.name} has no argument {name[:60]!r}.",
                    hint=(f"Did you mean {nearest[0]!r}? " if nearest else "") + f"Arguments: {', '.join(names)}.",
                )

    def _filled(self, argument: PromptArgument, arguments: Mapping[str, str]) -> str:
        value = clean_text(arguments.get(argument.name, ""), limit=None).strip()
        if not value and argument.required:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"The prompt {self.name} needs the argument {argument.name!r}.",
                hint=argument.description,
            )
        if len(value) > ARGUMENT_LIMIT:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"The argument {argument.name!r} has {len(value)} characters; {ARGUMENT_LIMIT} are allowed.",
                hint="Say it shorter, and paste longer text into the conversation.",
            )
        return fenced(f"argument {argument.name}", value.splitlines()) if value else NOT_GIVEN


def load_prompts(directory: Path | None = None) -> list[PromptTemplate]:
    """Every prompt of a directory, by name; without one, those that came with the package.

    Raises:
        Failure: `internal`, when a file cannot be read or its placeholders and arguments differ.
    """
    place = directory if directory is not None else _shipped()
    pages = sorted((page for page in place.iterdir() if page.name.endswith(".md")), key=lambda page: page.name)
    return [read_prompt(page.read_text(encoding="utf-8"), page.name) for page in pages]


def read_prompt(text: str, origin: str) -> PromptTemplate:
    """A prompt from the whole text of its file.

    Raises:
        Failure: `internal`, when the front matter is wrong or does not match the placeholders.
    """
    facts, body = split_front_matter(text, origin)
    refuse_other_keys(facts, _KEYS, origin)
    entries = facts.get("arguments") or []
    if not isinstance(entries, list):
        raise broken(origin, "has arguments that are not a list")
    prompt = PromptTemplate(
        name=text_fact(facts, "name", origin),
        title=text_fact(facts, "title", origin),
        description=text_fact(facts, "description", origin),
        arguments=tuple(_argument(entry, origin) for entry in entries),
        body=body,
    )
    if prompt.placeholders() != {argument.name for argument in prompt.arguments}:
        raise broken(origin, "has placeholders that differ from its arguments")
    return prompt


def _argument(entry: Any, origin: str) -> PromptArgument:
    if not isinstance(entry, dict):
        raise broken(origin, "has an argument that is not a mapping")
    refuse_other_keys(entry, _ARGUMENT_KEYS, origin)
    required = entry.get("required", False)
    if not isinstance(required, bool):
        raise broken(origin, "has an argument whose 'required' is neither true nor false")
    return PromptArgument(text_fact(entry, "name", origin), text_fact(entry, "description", origin), required)


def _shipped() -> Traversable:
    """In an installed package prompts lie inside it; in a checkout beside it, where people edit them."""
    package = files("nexla_mcp")
    inside = package / "prompts"
    return inside if inside.is_dir() else Path(str(package)).parent / "prompts"
