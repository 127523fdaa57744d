"""The code of a transform, in the forms in which Nexla keeps it, and what can be told of it without running it."""

from __future__ import annotations

import ast
import base64
import binascii
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.scripts import Language, Output
from nexla_mcp.domain.secrets import mask_text
from nexla_mcp.domain.text import clean_text

CUSTOM = "nexla.custom"
"""The operation that carries a script (contract 10)."""
PLATFORM_ARGUMENTS = ("input", "metadata", "args")
"""What the platform passes to a script's function, by position, as Nexla's guides write it."""
ONLY_THE_PLATFORM = ("nexla.",)
"""Prefixes of operations that Nexla has and Jolt has not."""


@dataclass(frozen=True)
class Code:
    """Either Jolt operations or a script."""

    operations: tuple[Any, ...] = ()
    script: str | None = None
    language: Language = Language.PYTHON

    @property
    def is_jolt(self) -> bool:
        return self.script is None


def given_code(code: Any, language: Language = Language.PYTHON) -> Code:
    """Code as a person writes it: a list of Jolt operations, also as JSON text, or the text of a script."""
    if isinstance(code, str) and code.lstrip()[:1] in {"[", "{"}:
        try:
            code = json.loads(code)
        except ValueError:
            # Python, too, may begin with a bracket.
            return Code(script=code, language=language)
    return Code(script=code, language=language) if isinstance(code, str) else _from_operations(code)


def stored_code(code: Any, *, code_type: str | None, encoding: str | None) -> Code:
    """Code as a reusable transform carries it.

    Raises:
        Failure: `unreadable_answer` for code that is in no known form.
    """
    if isinstance(code, str):
        text = _decoded(code) if encoding == "base64" else code
        if text is None:
            raise _unreadable()
        return Code(script=text, language=_language(code_type))
    return _from_operations(code)


def inline_code(transform: Mapping[str, Any]) -> Code:
    """The code of a nexset's own transform: its operations stand under `transforms` or `code`, or it is one itself."""
    for name in ("transforms", "code", "operations"):
        if isinstance(transform.get(name), (list, str)):
            return given_code(transform[name])
    return _from_operations([dict(transform)])


def body_of(code: Code, output: Output) -> dict[str, Any]:
    """The fields that carry the code to Nexla (contract 10 to 12)."""
    if output is Output.ATTRIBUTE:
        return {
            "output_type": output.value,
            "code_type": code.language.value,
            "code_encoding": "base64",
            "code": _encoded(code.script or ""),
        }
    operations: list[Any] = list(code.operations)
    if code.script is not None:
        spec = {"language": code.language.value, "encoding": "base64", "script": _encoded(code.script)}
        operations = [{"operation": CUSTOM, "spec": spec}]
    kind = "jolt_standard" if code.is_jolt else "jolt_custom"
    return {"output_type": output.value, "code_type": kind, "code_encoding": "none", "code": operations}


def problems_of(code: Code, output: Output = Output.RECORD) -> list[str]:
    """What cannot work, in words; empty when nothing was found."""
    if code.is_jolt:
        return jolt_problems(code.operations)
    if code.language is Language.PYTHON:
        return _python_problems(code.script or "", output)
    return [] if (code.script or "").strip() else ["the script is empty"]


def notes_of(code: Code, output: Output = Output.RECORD) -> list[str]:
    """What is worth knowing of code that may work all the same."""
    notes = []
    if code.is_jolt:
        notes += jolt_warnings(code.operations)
    elif code.language is Language.PYTHON and output is Output.ATTRIBUTE:
        notes.append(
            "the script was not run: checked is its syntax alone, since what Nexla passes for one attribute is "
            "published nowhere"
        )
    elif code.language is Language.PYTHON:
        notes.append(
            "the script was not run: checked are its syntax and that a function takes the three arguments "
            f"({', '.join(PLATFORM_ARGUMENTS)}) that Nexla passes by position"
        )
    else:
        notes.append(f"the script was not run, and nothing of its {code.language.value} was checked")
    text = code.script or ""
    if mask_text(text) != text:
        notes.append("the script reads as if a secret stood in it: everybody who sees the transform can read it")
    return notes


def check(code: Code, output: Output = Output.RECORD) -> None:
    """Refuses code that cannot work.

    Raises:
        Failure: `bad_input`, with every problem.
    """
    problems = problems_of(code, output)
    if problems:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"code: {'; '.join(problems[:5])}. Nothing was done.",
            hint="preview_transform shows what code does to samples before anything is made.",
            next_tool="preview_transform",
        )


def jolt_problems(operations: Any) -> list[str]:
    """Why a list of operations is no Jolt chain."""
    if not operations:
        return ["no operation is in it"]
    problems = [
        f"operation {number} is no object with `operation`"
        for number, item in enumerate(operations)
        if not isinstance(item, dict) or not isinstance(item.get("operation"), str)
    ]
    return problems or _built(operations)[0]


def jolt_warnings(operations: Any) -> list[str]:
    """What would be done without effect, or only by the platform."""
    own = [item["operation"] for item in operations if _of_the_platform(item)]
    notes = [f"{', '.join(own)} is Nexla's own: it was not checked"] if own else []
    return notes + _built(operations)[1]


def runs_here(code: Code) -> bool:
    """Whether it can be run without the platform: plain Jolt."""
    return code.is_jolt and not any(_of_the_platform(item) for item in code.operations)


def _built(operations: Any) -> tuple[list[str], list[str]]:
    """Why a chain cannot be built of the operations that are Jolt's, and what the library remarks while it is."""
    from pyjolt import Chainr  # noqa: PLC0415 - only who works on transforms pays for it

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            Chainr.from_spec([item for item in operations if not _of_the_platform(item)])
        except Exception as error:  # noqa: BLE001 - whatever a foreign spec sets off is a fact about the spec
            return [clean_text(str(error), 300) or type(error).__name__], []
    return [], [clean_text(str(item.message), 200) for item in heard]


def _python_problems(script: str, output: Output) -> list[str]:
    try:
        tree = ast.parse(script)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        return [f"Python cannot read line {line}: {getattr(error, 'msg', 'too deep')}" if line else "no Python"]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if not functions:
        return ["no function stands in it, and Nexla calls one"]
    if output is Output.ATTRIBUTE or any(_takes_three(function.args) for function in functions):
        return []
    named = ", ".join(f"{function.name}({ast.unparse(function.args)})" for function in functions[:3])
    return [
        f"no function takes the three positional arguments (input, metadata, args) that Nexla passes: {named}; "
        "such a script throws on every record, and records pass through unchanged"
    ]


def _takes_three(arguments: ast.arguments) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    needed_by_name = any(default is None for default in arguments.kw_defaults)
    least = positional - len(arguments.defaults)
    passed = len(PLATFORM_ARGUMENTS)
    return not needed_by_name and least <= passed and (positional >= passed or arguments.vararg is not None)


def _from_operations(code: Any) -> Code:
    if isinstance(code, dict):
        code = [code]
    if not isinstance(code, (list, tuple)):
        raise _unreadable()
    if len(code) == 1 and isinstance(code[0], dict) and code[0].get("operation") == CUSTOM:
        told = code[0].get("spec")
        spec: dict[str, Any] = told if isinstance(told, dict) else {}
        text = _decoded(spec["script"]) if isinstance(spec.get("script"), str) else None
        if text is None:
            raise _unreadable()
        return Code(script=text, language=_language(spec.get("language")))
    return Code(operations=tuple(code))


def _of_the_platform(operation: Any) -> bool:
    return isinstance(operation, dict) and str(operation.get("operation")).startswith(ONLY_THE_PLATFORM)


def _language(word: Any) -> Language:
    """Python where nothing else is said. The API's older word is read as today's: its syntax is what can be checked."""
    return Language.JAVASCRIPT if word == Language.JAVASCRIPT.value else Language.PYTHON


def _encoded(script: str) -> str:
    return base64.b64encode(script.encode()).decode()


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _unreadable() -> Failure:
    return Failure.of(
        ErrorCode.BAD_INPUT,
        "code: neither a list of Jolt operations nor a script that can be read. Nothing was done.",
        hint='Give [{"operation": "shift", "spec": {...}}], or the text of a script.',
    )
