"""What transforms do to records; one that throws passes the record through unchanged (contract 10)."""

from __future__ import annotations

import base64
import binascii
import copy
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.simulation.graph import NEXSETS
from nexla_mcp.sandbox.simulation.scripts import Thrown, apply_script

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document, Store

CODE = "code_containers"
CUSTOM = "nexla.custom"


@dataclass(frozen=True)
class Transformed:
    """Records as they leave a transform, and what it threw, by the places of the records."""

    records: list[Any]
    thrown: dict[int, str]


def code_of(store: Store, nexset: Document) -> Any:
    """What transforms the records of a nexset: the operations or the script of its transform; None without one."""
    if nexset.get("transform_id"):
        container = store.get(CODE, nexset["transform_id"]) or {}
        return container.get("code")
    inline = nexset.get("transform") or {}
    return inline.get("transforms") or inline.get("code") or inline.get("operations") or None


def transformed(code: Any, records: list[Any]) -> Transformed:
    """Each record through the code."""
    made: list[Any] = []
    thrown: dict[int, str] = {}
    apply = _prepared(code)
    for place, record in enumerate(records):
        outcome = _outcome(apply, record)
        if isinstance(outcome, Thrown):
            thrown[place] = str(outcome)
        made.append(record if isinstance(outcome, Thrown) else outcome)
    return Transformed(made, thrown)


def _outcome(apply: Callable[[Any], Any], record: Any) -> Any:
    try:
        return apply(record)
    except Thrown as error:
        return error


def throws(store: Store, nexset: Document) -> str | None:
    """Why a transform throws on every sample of the nexset's parent; None where it works."""
    code = code_of(store, nexset)
    if code is None:
        return None
    parent = store.get(NEXSETS, nexset.get("parent_data_set_id") or 0) or {}
    records = (parent.get("_sandbox") or {}).get("records") or [{}]
    thrown = transformed(code, records).thrown
    return thrown[0] if len(thrown) == len(records) else None


def _prepared(code: Any) -> Callable[[Any], Any]:
    if code is None:
        return lambda record: record
    if isinstance(code, str):
        return lambda record: apply_script(code, "python", record)
    operations = code if isinstance(code, list) else [code]
    stages = [_stage(operation) for operation in operations]

    def through(record: Any) -> Any:
        for stage in stages:
            record = stage(record)
        return record

    return through


def _stage(operation: Any) -> Callable[[Any], Any]:
    if isinstance(operation, Mapping) and operation.get("operation") == CUSTOM:
        spec = operation.get("spec") or {}
        try:
            script = base64.b64decode(spec.get("script") or "", validate=True).decode()
        except (binascii.Error, ValueError, TypeError):
            return _throwing("the script is not base64")
        return lambda record: apply_script(script, str(spec.get("language", "python")), record)
    return _jolt(operation)


def _jolt(operation: Any) -> Callable[[Any], Any]:
    from pyjolt import Chainr  # noqa: PLC0415 - a sandbox without transforms does not need it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            chain = Chainr.from_spec([copy.deepcopy(operation)])
    except Exception as error:  # noqa: BLE001 - whatever a foreign spec sets off, the platform calls a transform error
        return _throwing(str(error))

    def apply(record: Any) -> Any:
        try:
            return chain.apply(copy.deepcopy(record))
        except Exception as error:  # noqa: BLE001 - as above, of a record
            raise Thrown(str(error)) from None

    return apply


def _throwing(text: str) -> Callable[[Any], Any]:
    def apply(_: Any) -> Any:
        raise Thrown(text)

    return apply
