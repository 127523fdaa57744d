"""Configurations checked against the connector catalog before anything is sent, their secrets kept as references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from nexla_mcp.adapter.secret_references import KINDS, SecretStore
from nexla_mcp.connectors import Connector, Part, load_catalog, validate
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.plans import SECRET, is_marker, secret
from nexla_mcp.domain.secrets import MASK, is_secret_name

MOST_PROBLEMS = 5
_PREFIXES = tuple(f"{kind}:" for kind in KINDS)


@dataclass(frozen=True)
class Checked:
    """A configuration ready to be sent, and what could not be told of it."""

    connector: str
    values: dict[str, Any]
    needs_credential: bool
    notes: tuple[str, ...] = ()


def checked_config(store: SecretStore, role: str, code: str, values: Mapping[str, Any], where: str) -> Checked:
    """A config of a connector in a role, `credential`, `source` or `destination`.

    Args:
        store: Judges references to secrets.
        role: What it configures.
        code: The connector's code, or what people call it.
        values: The config as given.
        where: The argument that holds it, for messages.

    Raises:
        Failure: `bad_input` naming the fields that contradict the contract; `not_allowed` for a reference that the
            operator has not listed.
    """
    connector, notes = _connector(role, code)
    if connector is None:
        kept = _with_references(store, None, values, where)
        return Checked(code, kept, role != "credential", notes)
    part: Part | None = getattr(connector, role)
    if part is None:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"{connector.code} cannot be a {role}; it can be: {', '.join(connector.can)}. Nothing was done.",
            hint="describe_connector lists what each connector can be.",
            next_tool="describe_connector",
        )
    problems = validate(part, values)
    # A login's unknown field may be a password under a name of one's own: a note would come too late.
    wrong = [
        f"{where}/{problem}"
        for problem in problems
        if problem.severity == "error" or (role == "credential" and problem.what == "unknown field")
    ]
    if wrong:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"The {role} does not fit {connector.code}: {'; '.join(wrong[:MOST_PROBLEMS])}. Nothing was done.",
            hint=f"describe_connector(connector={connector.code!r}, part={role!r}) lists its fields. Secrets are given "
            'as references: "env:VARIABLE".',
            next_tool="describe_connector",
        )
    notes = tuple(f"{where}/{problem}" for problem in problems[:MOST_PROBLEMS])
    kept = _with_references(store, part, values, where)
    return Checked(connector.code, kept, connector.credential is not None, notes)


def _connector(role: str, code: str) -> tuple[Connector | None, tuple[str, ...]]:
    """The connector; None with a note for a code that the contract does not describe, since codes are open."""
    catalog = load_catalog()
    try:
        return catalog.connector(code), ()
    except Failure as failure:
        nearest = get_close_matches(code.strip().lower(), [item.code for item in catalog.connectors()], 1, 0.75)
        if failure.info.code is not ErrorCode.NOT_FOUND or nearest:
            near = f"Did you mean {nearest[0]!r}?" if nearest else failure.info.hint
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"{code[:60]!r} is no connector for a {role}. Nothing was done.",
                hint=near,
                next_tool="describe_connector",
            ) from None
        return None, (f"the public contract does not describe connector {code!r}: its fields were not checked",)


def _with_references(store: SecretStore, part: Part | None, values: Any, where: str) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise Failure.of(ErrorCode.BAD_INPUT, f"{where} must be an object. Nothing was done.")
    is_login = part is None or part.role == "credential"
    known = {field.name: field.secret for field in part.fields} if part else {}

    def holds_secret(key: str, path: str) -> bool:
        """A field of a login that the contract does not know may be one of another name for a password."""
        return known[path] if path in known else (is_login or is_secret_name(key))

    def walk(value: Any, key: str, path: str, *, inside: bool) -> Any:
        inside = inside or (key != "" and holds_secret(key, path))
        place = f"{where}/{path}" if path else where
        if isinstance(value, Mapping):
            if is_marker(value, SECRET):
                value = value[SECRET]
            else:
                return {
                    name: walk(item, str(name), f"{path}/{name}" if path else str(name), inside=inside and key != "")
                    for name, item in value.items()
                }
        if isinstance(value, list):
            return [walk(item, key, f"{path}[]", inside=inside) for item in value]
        if isinstance(value, str) and value.startswith(_PREFIXES) and (inside or is_login):
            store.check(value, place)
            return secret(value)
        if isinstance(value, str) and value and inside:
            if value == MASK:
                raise Failure.of(
                    ErrorCode.BAD_INPUT,
                    f"{place} holds the mask that stands for a hidden secret. Nothing was done.",
                    hint="Give a reference such as env:VARIABLE in its place.",
                )
            return secret(store.keep(value, place))
        return value

    return {str(name): walk(item, str(name), str(name), inside=False) for name, item in values.items()}
