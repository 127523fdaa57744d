"""Configurations checked against the connector catalog before anything is sent, their secrets kept as references."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from nexla_mcp.adapter.secret_references import KINDS, SecretStore
from nexla_mcp.connectors import Connector, Part, load_catalog, validate
from nexla_mcp.connectors.model import ENTRY, ITEM
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import OUTPUT, SECRET, is_marker, secret
from nexla_mcp.domain.secrets import MASK, is_secret_name, mask_text

MOST_PROBLEMS = 5
_PREFIXES = tuple(f"{kind}:" for kind in KINDS)
_MACRO = re.compile(r"\{[\w.-]{1,80}\}")
"""`{page_token}` in an address or a body: Nexla fills it in."""


@dataclass(frozen=True)
class Checked:
    """A configuration ready to be sent, and what could not be told of it."""

    connector: str
    values: dict[str, Any]
    needs_credential: bool
    notes: tuple[str, ...] = ()


def checked_config(
    store: SecretStore,
    role: str,
    code: str,
    values: Mapping[str, Any],
    where: str,
    *,
    as_it_was: Mapping[str, Any] | None = None,
) -> Checked:
    """A config of a connector in a role, `credential`, `source` or `destination`.

    Args:
        store: Judges references to secrets.
        role: What it configures.
        code: The connector's code, or what people call it.
        values: The config as given.
        where: The argument that holds it, for messages.
        as_it_was: The config that it replaces: what contradicts the contract there already is a note, no reason to
            refuse a change of something else.

    Raises:
        Failure: `bad_input` naming the fields that contradict the contract; `not_allowed` for a reference that the
            operator has not listed.
    """
    values = _plain(values, where)
    connector, notes = _connector(role, code)
    if connector is None:
        kept = _with_references(store, role, {}, values, where)
        return Checked(code.strip(), kept, role != "credential", notes)
    part: Part | None = getattr(connector, role)
    if part is None:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"{connector.code} cannot be a {role}; it can be: {', '.join(connector.can)}. Nothing was done.",
            hint="describe_connector lists what each connector can be.",
            next_tool="describe_connector",
        )
    problems = validate(part, values)
    old = {str(problem) for problem in validate(part, as_it_was)} if as_it_was is not None else set()
    # A login's unknown field may be a password under a name of one's own: a note would come too late.
    wrong = [
        f"{where}/{problem}"
        for problem in problems
        if str(problem) not in old
        and (problem.severity == "error" or (role == "credential" and problem.what == "unknown field"))
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
    known = {field.name: field.secret for field in part.fields}
    kept = _with_references(store, role, known, values, where)
    return Checked(connector.code, kept, connector.credential is not None, notes)


def _connector(role: str, code: str) -> tuple[Connector | None, tuple[str, ...]]:
    """The connector; None with a note for a code that the contract does not describe, since codes are open."""
    catalog = load_catalog()
    try:
        return catalog.connector(code), ()
    except Failure as failure:
        codes = [item.code for item in catalog.connectors()]
        is_new = failure.info.code is ErrorCode.NOT_FOUND
        nearest = get_close_matches(code.strip().lower(), codes, 1, 0.75) if is_new else []
        if not is_new or nearest:
            # A word for several connectors is answered with the choice, never with a guess.
            near = f"Did you mean {nearest[0]!r}?" if nearest else failure.info.hint
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"{code[:60]!r} is no connector for a {role}. Nothing was done.",
                hint=near,
                next_tool="describe_connector",
            ) from None
        return None, (f"the public contract does not describe connector {code[:60]!r}: its fields were not checked",)


def checked_body(store: SecretStore, body: Any) -> Any:
    """The body of any request with references in the place of its secrets.

    Raises:
        Failure: `bad_input` for a secret that is given as it is; `not_allowed` for a reference that is not listed.
    """
    if isinstance(body, Mapping):
        return _with_references(store, "body", {}, _plain(body, "body"), "body")
    return [checked_body(store, item) for item in body] if isinstance(body, list) else body


def refuse_markers(value: Any, where: str, words: tuple[str, ...] = (OUTPUT, SECRET)) -> None:
    """Refuses JSON from outside that would be taken for a reference of our own on its way out.

    Raises:
        Failure: `bad_input`, naming the place.
    """
    if any(is_marker(value, word) for word in words):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"{where} holds {next(iter(value))!r}, which is never followed there. Nothing was done.",
            hint="References to secrets stand in the fields of a login.",
        )
    if isinstance(value, Mapping):
        for name, item in value.items():
            refuse_markers(item, f"{where}/{name}", words)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            refuse_markers(item, f"{where}[{index}]", words)


def _plain(values: Any, where: str) -> Any:
    """The config as one would write it: a receipt shows `{"$secret": "env:X"}` for what was given as `env:X`."""
    refuse_markers(values, where, (OUTPUT,))

    def walk(value: Any) -> Any:
        if is_marker(value, SECRET):
            return value[SECRET]
        if isinstance(value, Mapping):
            return {str(name): walk(item) for name, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else value

    return walk(values)


def _with_references(
    store: SecretStore, role: str, known: Mapping[str, bool], values: Any, where: str
) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise Failure.of(ErrorCode.BAD_INPUT, f"{where} must be an object. Nothing was done.")
    keeper = _Keeper(store, role == "credential", known, where)
    return {name: keeper.kept(item, name, name) for name, item in values.items()}


@dataclass(frozen=True)
class _Keeper:
    """Puts references in the place of a config's secrets, and refuses what must not be in it."""

    store: SecretStore
    is_login: bool
    known: Mapping[str, bool]
    """The fields that the contract knows, and whether each is a secret."""
    where: str

    def kept(self, value: Any, key: str, path: str, *, inside: bool = False) -> Any:
        """The value with references in it. `inside`: it is a part of something that is a secret as a whole."""
        place = f"{self.where}/{path}"
        inside = inside or self._is_secret(key, path)
        if isinstance(value, Mapping):
            return {name: self.kept(item, name, f"{path}/{name}", inside=inside) for name, item in value.items()}
        if isinstance(value, list):
            return [self.kept(item, key, f"{path}[]", inside=inside) for item in value]
        if isinstance(value, str):
            return self._text(value, place, inside=inside)
        if self.is_login and _is_number(value) and (self._known(path) or is_secret_name(key)):
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"{place} holds a number where a secret belongs. Nothing was done.",
                hint="Give a reference such as env:VARIABLE in its place.",
            )
        return value

    def _is_secret(self, key: str, path: str) -> bool:
        """A field of a login that the contract does not know may be one of another name for a password."""
        known = self._known(path)
        return known if known is not None else (self.is_login or is_secret_name(key))

    def _known(self, path: str) -> bool | None:
        """What the contract says of a field; where its keys are free, as columns of a table are, of all of them."""
        if path in self.known:
            return self.known[path]
        segments = path.split("/")
        for name, is_secret in self.known.items():
            pattern = name.split("/")
            if ENTRY in name and len(pattern) == len(segments) and all(map(_fits, pattern, segments)):
                return is_secret
        return None

    def _text(self, value: str, place: str, *, inside: bool) -> Any:
        if MASK in value:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"{place} holds the mask that stands for a hidden secret. Nothing was done.",
                hint="Give a reference such as env:VARIABLE in its place.",
            )
        if value.startswith(_PREFIXES) and inside:
            self.store.check(value, place)
            return secret(value)
        if value.startswith(_PREFIXES) and self.is_login:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"{place} is no secret field: Nexla shows what is in it, so a reference there would give the secret "
                "away. Nothing was done.",
                hint="Give the value itself, and references only in the fields that describe_connector calls secret.",
                next_tool="describe_connector",
            )
        if value and inside:
            return secret(self.store.keep(value, place))
        if _reads_like_a_secret(value):
            if not self.is_login and not self.store.policy.literals:
                raise Failure.of(
                    ErrorCode.BAD_INPUT,
                    f"{place} has a secret in its text. Secrets never pass through the model. Nothing was done.",
                    hint="How to log in belongs into the credential: create_credential takes it by reference.",
                )
            return secret(self.store.keep(value, place))
        return value


def _fits(pattern: str, segment: str) -> bool:
    return pattern in {segment, ENTRY} or (pattern == ENTRY + ITEM and segment.endswith(ITEM))


def _reads_like_a_secret(text: str) -> bool:
    """Whether a text of an innocent name carries a secret in it: `https://user:password@host`, a header line."""
    plain = _MACRO.sub("", text)
    return mask_text(plain) != plain


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
