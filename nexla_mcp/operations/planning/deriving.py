"""Plans of `create_nexset` and `create_transform`: a derived nexset, and code that several may use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import Plan
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.scripts import Language, Output
from nexla_mcp.operations.planning.blueprint import Blueprint, Part
from nexla_mcp.operations.planning.building import plan_blueprint
from nexla_mcp.operations.planning.checked_config import refuse_markers
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.transforming.code import Code, body_of, check, given_code, notes_of
from nexla_mcp.safety.untrusted import quoted


async def plan_nexset(
    planning: Planning,
    name: str,
    parent: int,
    transform: int | None,
    code: Sequence[Any] | str | None,
    description: str | None,
) -> Plan:
    """A nexset below another, with a reusable transform, with code of its own, or as it comes.

    Raises:
        Failure: `bad_input` for code that cannot work, or for both; `not_found` for a parent or transform.
    """
    if transform is not None and code is not None:
        raise _bad("Give either `transform` or `code`, and not both", "A reusable transform carries its own code.")
    above = await planning.nexla.nexsets.get(parent)
    body: dict[str, Any] = {"name": _named(name), "has_custom_transform": transform is not None}
    how = "as it comes"
    notes: tuple[str, ...] = ("no transform: its records are its parent's",)
    if transform is not None:
        model = await planning.nexla.transforms.get(transform)
        body["transform_id"] = transform
        how, notes = f"with transform {transform} {quoted(model.name)}", ()
    elif code is not None:
        read = checked_code(code)
        body["transform"] = inline_body(read)
        how, notes = "with a transform of its own", tuple(notes_of(read))
    part = Part(key="nexset", type=ResourceType.NEXSET, name=name, body=_with(body, description), parent_id=parent)
    return await plan_blueprint(
        planning,
        Blueprint(parts=(part,), active=False),
        tool="create_nexset",
        arguments={
            "name": name,
            "parent": parent,
            "transform": transform,
            "code": _told(code),
            "description": description,
        },
        summary=f"Create nexset {quoted(name)} from nexset {parent} {quoted(above.name)}, {how}. It will not run "
        "until it is activated.",
        notes=notes,
    )


async def plan_transform(
    planning: Planning,
    name: str,
    code: Sequence[Any] | str,
    output: Output,
    language: Language,
    description: str | None,
) -> Plan:
    """A reusable transform of records, or of one attribute, its code checked before anything is sent.

    Raises:
        Failure: `bad_input` for code that cannot work, and for Jolt where one attribute is made.
    """
    read = checked_code(code, language, output)
    if output is Output.ATTRIBUTE and read.is_jolt:
        raise _bad("code: an attribute transform is a script, not Jolt", "Give the text of a script, or output=record.")
    kind = ResourceType.TRANSFORM if output is Output.RECORD else ResourceType.ATTRIBUTE_TRANSFORM
    body = {"name": _named(name), "reusable": True, **body_of(read, output)}
    part = Part(key="transform", type=kind, name=name, body=_with(body, description))
    return await plan_blueprint(
        planning,
        Blueprint(parts=(part,), active=False),
        tool="create_transform",
        arguments={
            "name": name,
            "code": _told(code),
            "output": output.value,
            "language": language.value,
            "description": description,
        },
        summary=f"Create the reusable {output.value} transform {quoted(name)} "
        f"({'Jolt' if read.is_jolt else read.language.value}). Nothing uses it yet.",
        notes=tuple(notes_of(read, output)),
    )


def checked_code(
    code: Sequence[Any] | str, language: Language = Language.PYTHON, output: Output = Output.RECORD
) -> Code:
    """Code that can work, without anything in it that would be taken for a reference of our own.

    Raises:
        Failure: `bad_input`.
    """
    refuse_markers(list(code) if not isinstance(code, str) else code, "code")
    read = given_code(code, language)
    refuse_markers(list(read.operations), "code")
    check(read, output)
    return read


def inline_body(code: Code) -> dict[str, Any]:
    """The code as a nexset's own transform (contract 6, 7)."""
    return {"version": 1, "data_maps": [], "transforms": body_of(code, Output.RECORD)["code"], "custom_config": {}}


def _told(code: Sequence[Any] | str | None) -> Any:
    return code if code is None or isinstance(code, str) else list(code)


def _named(name: str) -> str:
    if not name.strip():
        raise _bad("name: empty", None)
    return name


def _with(body: dict[str, Any], description: str | None) -> dict[str, Any]:
    return body if description is None else {**body, "description": description}


def _bad(message: str, hint: str | None) -> Failure:
    return Failure.of(ErrorCode.BAD_INPUT, f"{message}. Nothing was done.", hint=hint)
