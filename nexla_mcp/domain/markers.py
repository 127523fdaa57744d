"""What stands in a plan for something that is not known yet, or must not be written down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

OUTPUT = "$output"
"""`{"$output": "source"}` in a step's arguments stands for the id that the step `source` gave."""
SECRET = "$secret"  # noqa: S105 - the word that marks a reference, which is no secret
"""`{"$secret": "env:NAME"}` stands for what the reference leads to; only the adapter ever follows it."""


def output_of(step: str) -> dict[str, str]:
    """A reference to the id that an earlier step gives."""
    return {OUTPUT: step}


def secret(reference: str) -> dict[str, str]:
    """A reference to a secret, e.g. `env:SNOWFLAKE_PW`."""
    return {SECRET: reference}


def is_marker(value: Any, word: str) -> bool:
    return isinstance(value, dict) and set(value) == {word} and isinstance(value[word], str)


def with_outputs(value: Any, outputs: dict[str, Any]) -> Any:
    """The same JSON with every `$output` replaced.

    Raises:
        KeyError: a step is named that has no output yet: a defect of whoever made the plan.
    """
    if is_marker(value, OUTPUT):
        return outputs[value[OUTPUT]]["id"]
    if isinstance(value, dict):
        return {key: with_outputs(item, outputs) for key, item in value.items()}
    if isinstance(value, list):
        return [with_outputs(item, outputs) for item in value]
    return value


def outputs_named(value: Any) -> Iterator[str]:
    """The keys of all steps whose outputs a JSON value names."""
    if is_marker(value, OUTPUT):
        yield value[OUTPUT]
    elif isinstance(value, dict):
        for item in value.values():
            yield from outputs_named(item)
    elif isinstance(value, list):
        for item in value:
            yield from outputs_named(item)
