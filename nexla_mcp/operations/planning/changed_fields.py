"""What an update sends: the given fields merged into what is there, checked, and what would set them back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import OUTPUT
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.scripts import Language, Output
from nexla_mcp.domain.secrets import mask_secrets, masked_in
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.configuration import differing, holds_secret
from nexla_mcp.operations.planning.checked_config import checked_config, refuse_markers
from nexla_mcp.operations.planning.creating import fitting_login
from nexla_mcp.operations.planning.deriving import checked_code, inline_body
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.transforming.code import body_of, notes_of

LABELS = ("name", "description", "tags")
"""Fields that nothing that runs depends on."""
CONTENTS = "its credentials: Nexla gives them out to nobody, so the old ones cannot be set back"
_TAGGED = dict(zip(LABELS, LABELS, strict=True))
_UNTAGGED = {"name": "name", "description": "description"}
_CODE = {**_TAGGED, "code": "code"}
FIELDS: Mapping[ResourceType, Mapping[str, str]] = {
    ResourceType.CREDENTIAL: {**_TAGGED, "credentials": "credentials"},
    ResourceType.SOURCE: {**_TAGGED, "config": "source_config", "credential": "data_credentials_id"},
    ResourceType.NEXSET: {
        **_TAGGED,
        "transform": "transform_id",
        "code": "transform",
        "output_validation_schema": "output_validation_schema",
        "output_schema_validation_enabled": "output_schema_validation_enabled",
        "output_schema_annotations": "output_schema_annotations",
    },
    ResourceType.DESTINATION: {
        **_TAGGED,
        "config": "sink_config",
        "credential": "data_credentials_id",
        "nexset": "data_set_id",
    },
    ResourceType.TRANSFORM: _CODE,
    ResourceType.ATTRIBUTE_TRANSFORM: _CODE,
    ResourceType.LOOKUP: {**_TAGGED, "data_defaults": "data_defaults", "emit_data_default": "emit_data_default"},
    ResourceType.PROJECT: _UNTAGGED,
    ResourceType.TEAM: _UNTAGGED,
}
"""What can be changed, by the word a person uses, and the API's own, which is taken as well."""
_ROLES = {ResourceType.SOURCE: "source", ResourceType.DESTINATION: "destination"}
_OBJECTS = frozenset({"output_validation_schema", "output_schema_annotations", "data_defaults"})
MOST_SHOWN = 70


@dataclass
class Changed:
    """What is sent, what would set it back, and what a person should know of both."""

    body: dict[str, Any] = field(default_factory=dict)
    back: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    """The changes as they were given, with references for secrets: the same whatever is there already."""
    says: list[str] = field(default_factory=list)
    """Each difference: `config/path: "a" -> "b"`."""
    losses: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def changed_fields(planning: Planning, kind: ResourceType, model: Any, changes: Mapping[str, Any]) -> Changed:
    """The fields that would become others; none where everything is as it should be.

    Raises:
        Failure: `bad_input` for a field that cannot be changed, a value that cannot be right, or a hidden one that
            would be overwritten by its mask.
    """
    changed = Changed(given=dict(changes))
    for word, value in _by_word(kind, changes).items():
        refuse_markers(value, f"changes/{word}", (OUTPUT,))
        if word in {"config", "credentials"}:
            _configuration(planning, kind, model, word, value, changed)
        elif word in {"credential", "nexset", "transform"}:
            await _reference(planning, kind, model, word, value, changed)
        elif word == "code":
            _code(kind, model, value, changed)
        else:
            _plain(kind, model, word, value, changed)
    changed.losses = list(dict.fromkeys(changed.losses))
    return changed


def _by_word(kind: ResourceType, changes: Mapping[str, Any]) -> dict[str, Any]:
    known = FIELDS[kind]
    by_api = {api: word for word, api in known.items()}
    unknown = [name for name in changes if name not in known and name not in by_api]
    if unknown or not changes:
        what = f"no field {clean_text(unknown[0], 60)!r} of a {kind.value} can be changed" if unknown else "empty"
        raise _bad(f"changes: {what}", f"Fields: {', '.join(known)}.")
    found = {name if name in known else by_api[name]: value for name, value in changes.items()}
    if "transform" in found and "code" in found:
        raise _bad("changes: give either transform or code, and not both", None)
    return found


def _plain(kind: ResourceType, model: Any, word: str, value: Any, changed: Changed) -> None:
    refuse_markers(value, f"changes/{word}")
    if word == "name" and not (isinstance(value, str) and value.strip()):
        raise _bad("changes/name: a text that is not empty", None)
    if word == "description" and not (value is None or isinstance(value, str)):
        raise _bad("changes/description: a text", None)
    if word == "tags" and not (isinstance(value, list) and all(isinstance(tag, str) for tag in value)):
        raise _bad("changes/tags: a list of texts; it replaces the whole list", None)
    if word.endswith(("enabled", "default")) and not isinstance(value, bool):
        raise _bad(f"changes/{word}: true or false", None)
    if word in _OBJECTS and not isinstance(value, dict):
        raise _bad(f"changes/{word}: an object; it replaces the whole of it", None)
    api = FIELDS[kind][word]
    old = getattr(model, api, None)
    if word == "description":
        # Null in an update may be taken for a field that is not given.
        old, value = old or "", value or ""
    _take(changed, model, {api: value}, {api: list(old) if isinstance(old, tuple) else old}, word)


def _configuration(planning: Planning, kind: ResourceType, model: Any, word: str, given: Any, changed: Changed) -> None:
    """A configuration is replaced whole, so what is not given is sent again as it is."""
    if not isinstance(given, Mapping):
        raise _bad(f"changes/{word}: an object of fields", None)
    where = f"changes/{word}"
    if kind is ResourceType.CREDENTIAL:
        checked = checked_config(planning.nexla.secrets, "credential", model.credentials_type or "", given, where)
        changed.given["credentials"] = checked.values
        changed.body["credentials"] = checked.values
        changed.says.append("credentials: replaced as a whole")
        changed.losses.append(CONTENTS)
        changed.notes += checked.notes
        return
    api = FIELDS[kind][word]
    before: dict[str, Any] = dict(getattr(model, api) or {})
    after = merged(before, given)
    hidden = masked_in(after)
    if hidden:
        raise _bad(
            f"{where}: {', '.join(hidden[:5])} is hidden, and the whole configuration is sent again: its mask would "
            "overwrite it",
            f'Give it by reference in the same call, e.g. {{"{hidden[0]}": "env:VARIABLE"}}, or null to remove it.',
        )
    code = str(model.source_type if kind is ResourceType.SOURCE else model.sink_type)
    checked = checked_config(planning.nexla.secrets, _ROLES[kind], code, after, where, as_it_was=before)
    changed.notes += checked.notes
    changed.given[word if word in changed.given else api] = {name: checked.values.get(name) for name in given}
    if not differing(model, {api: checked.values}):
        return
    changed.body[api] = checked.values
    changed.says += differences(before, checked.values, word)
    lost = masked_in(before)
    if lost:
        changed.losses.append(f"{word}: {', '.join(lost)} was hidden, so the old configuration cannot be set back")
    else:
        changed.back[api] = before


async def _reference(
    planning: Planning, kind: ResourceType, model: Any, word: str, value: Any, changed: Changed
) -> None:
    api = FIELDS[kind][word]
    if isinstance(value, bool) or not (isinstance(value, int) or (value is None and word != "nexset")):
        raise _bad(f"changes/{word}: an id", "search_resources finds ids.")
    body: dict[str, Any] = {api: value}
    back: dict[str, Any] = {api: getattr(model, api)}
    if word == "credential":
        code = str(model.source_type if kind is ResourceType.SOURCE else model.sink_type)
        needed = getattr(model, api) is not None
        await fitting_login(planning, code, value, needed=needed, role=_ROLES[kind])
    elif word == "nexset" and value is not None:
        await planning.nexla.nexsets.get(value)
    elif value is not None:
        await planning.nexla.transforms.get(value)
        if model.transform:
            # Which of the two Nexla would take where both are given is told nowhere.
            body["transform"], back["transform"] = {}, model.transform
    _take(changed, model, body, back, word)


def _code(kind: ResourceType, model: Any, value: Any, changed: Changed) -> None:
    """New code, in the form in which the old one is kept."""
    if not isinstance(value, (list, str)):
        raise _bad("changes/code: a list of Jolt operations, or the text of a script", None)
    language = Language.JAVASCRIPT if model_language(model) == Language.JAVASCRIPT.value else Language.PYTHON
    output = Output.ATTRIBUTE if kind is ResourceType.ATTRIBUTE_TRANSFORM else Output.RECORD
    read = checked_code(value, language, output)
    changed.notes += notes_of(read, output)
    if kind is ResourceType.NEXSET:
        body: dict[str, Any] = {"transform": inline_body(read)}
        back: dict[str, Any] = {"transform": model.transform or {}}
        if model.transform_id is not None:
            body["transform_id"], back["transform_id"] = None, model.transform_id
        _take(changed, model, body, back, "code")
        return
    if kind is ResourceType.ATTRIBUTE_TRANSFORM and read.is_jolt:
        raise _bad("changes/code: an attribute transform is a script, not Jolt", None)
    body = body_of(read, output)
    if output is Output.ATTRIBUTE and model.code_type in {item.value for item in Language}:
        body["code_type"] = model.code_type
    del body["output_type"]
    _take(changed, model, body, {name: getattr(model, name) for name in body}, "code")


def model_language(model: Any) -> str | None:
    """The language of a script that is there, where it says one."""
    code = getattr(model, "code", None)
    first = code[0] if isinstance(code, list) and code and isinstance(code[0], dict) else {}
    spec = first.get("spec")
    told = spec.get("language") if isinstance(spec, dict) else None
    return told if isinstance(told, str) else getattr(model, "code_type", None)


def _take(changed: Changed, model: Any, body: dict[str, Any], back: dict[str, Any], word: str) -> None:
    """What differs of a body, with what sets it back."""
    names = differing(model, body)
    for name in names:
        changed.body[name], changed.back[name] = body[name], back[name]
    if names:
        main = next(iter(body))
        changed.says.append(f"{word}: {shown(back[main])} -> {shown(body[main])}")


def merged(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON merge patch (RFC 7396): objects are merged, null removes, anything else replaces."""
    result = dict(before)
    for name, value in given.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            old = result.get(name)
            result[name] = merged(old if isinstance(old, Mapping) else {}, value)
        else:
            result[name] = value
    return result


def differences(before: Any, after: Any, path: str) -> list[str]:
    """Each value that becomes another one, secrets hidden."""
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not holds_secret_itself(after):
        names = dict.fromkeys([*before, *after])
        return [
            line
            for name in names
            for line in differences(before.get(name, _ABSENT), after.get(name, _ABSENT), f"{path}/{name}")
        ]
    if before == after:
        return []
    if after is _ABSENT:
        return [f"{path}: {shown(before, path)} removed"]
    if before is _ABSENT:
        return [f"{path}: {shown(after, path)} added"]
    return [f"{path}: {shown(before, path)} -> {shown(after, path)}"]


_ABSENT = object()


def holds_secret_itself(value: Mapping[str, Any]) -> bool:
    """Whether an object is a reference to a secret, which is no object to look into."""
    return len(value) == 1 and holds_secret(value)


def shown(value: Any, path: str = "") -> str:
    """A value for a person: short, its secrets hidden."""
    if holds_secret(value):
        return "a secret by reference"
    name = path.rsplit("/", 1)[-1]
    hidden = mask_secrets({name: value})[name]
    return clean_text(json.dumps(hidden, ensure_ascii=False, sort_keys=True), MOST_SHOWN)


def _bad(message: str, hint: str | None) -> Failure:
    return Failure.of(ErrorCode.BAD_INPUT, f"{message}. Nothing was done.", hint=hint)
