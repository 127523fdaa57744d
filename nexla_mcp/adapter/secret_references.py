"""Secrets by reference: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` stand for what is kept elsewhere.

The operator's own settings may name anything. What a model names is held to the operator's lists: otherwise whoever
talks the model into it could send any variable or file of this machine to a system of theirs.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import SECRET, is_marker

KINDS = ("env", "file", "keyring")
NEVER = "NEXLA_*"
"""Variables of this server itself: its own login is nobody's credential, whatever the operator's list says."""
_LITERAL = "literal"

LONGEST = 64 * 1024
"""Bytes of a file that may be a secret; more is no key."""


def resolve(secret: SecretStr | None, variable: str) -> SecretStr | None:
    """What a setting stands for; a literal secret is itself.

    Args:
        secret: The setting's value.
        variable: The setting's name, for the message.

    Raises:
        Failure: `not_configured` when a reference leads nowhere. The message names the variable and the kind of
            reference, never what it refers to.
    """
    if secret is None:
        return None
    kind, colon, where = secret.get_secret_value().strip().partition(":")
    reader = {"env": _from_environment, "file": _from_file, "keyring": _from_keyring}.get(kind)
    if not colon or reader is None:
        return secret
    found = reader(where, variable)
    if not found or not found.strip():
        raise _missing(variable, f"its {kind}: reference leads to nothing")
    return SecretStr(found.strip())


def _from_environment(name: str, _: str) -> str | None:
    try:
        return os.environ.get(name)
    except UnicodeEncodeError:
        # No variable can have such a name.
        return None


def _from_file(path: str, variable: str) -> str | None:
    try:
        with Path(path).expanduser().open("rb") as file:
            content = file.read(LONGEST + 1)
        if len(content) <= LONGEST:
            return content.decode()
    except (OSError, ValueError, RuntimeError):
        raise _missing(variable, "the file of its file: reference cannot be read") from None
    raise _missing(variable, "the file of its file: reference is too long to be a secret")


def _from_keyring(entry: str, variable: str) -> str | None:
    service, slash, user = entry.partition("/")
    if not slash or not service or not user:
        raise _missing(variable, "its keyring: reference is not of the form keyring:SERVICE/USER")
    try:
        import keyring  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise _missing(variable, "its keyring: reference needs the extra: pip install 'nexla-mcp[keyring]'") from None
    try:
        found: str | None = keyring.get_password(service, user)
    except keyring.errors.KeyringError:
        raise _missing(variable, "the system's keyring cannot be read") from None
    return found


def _missing(variable: str, why: str) -> Failure:
    return Failure.of(
        ErrorCode.NOT_CONFIGURED,
        f"{variable} cannot be used: {why}.",
        hint="Set it to the secret itself, or to env:NAME, file:PATH or keyring:SERVICE/USER.",
    )


@dataclass(frozen=True)
class SecretPolicy:
    """What references in a tool's arguments may name. Empty means nothing of that kind."""

    variables: tuple[str, ...] = ()
    """Patterns of names, `SNOWFLAKE_PW` or `PG_*`."""
    folders: tuple[Path, ...] = ()
    keyring_services: tuple[str, ...] = ()
    literals: bool = False
    """Whether a secret may be given as itself. It is then kept in this process's memory alone."""

    def check(self, reference: str, where: str) -> None:
        """Whether the operator lets a reference be named.

        Args:
            reference: As given.
            where: The field that holds it, for the message.

        Raises:
            Failure: `not_allowed`, with the setting that would allow it.
        """
        # Stripped as it is when it is followed: what is judged has to be what is read.
        kind, _, name = reference.strip().partition(":")
        # Some systems do not tell upper from lower case in names of variables.
        if kind == "env" and fnmatchcase(name.upper(), NEVER):
            raise Failure.of(
                ErrorCode.NOT_ALLOWED,
                f"{where} refers to a variable of this server itself. Nothing was sent.",
                hint="Nobody can allow that: its own login is nobody's credential.",
            )
        if kind == "env" and not self._may_name_variable(name):
            raise _refused(where, f"the variable {name[:60]!r}", f"NEXLA_MCP_SECRET_VARIABLES={name[:60]}")
        if kind == "file" and not self._may_name_file(name):
            raise _refused(where, "that file", "NEXLA_MCP_SECRET_FOLDERS, with the folder that holds it")
        if kind == "keyring" and name.partition("/")[0] not in self.keyring_services:
            raise _refused(where, "that keyring service", "NEXLA_MCP_SECRET_KEYRING_SERVICES")

    def _may_name_variable(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.variables)

    def _may_name_file(self, path: str) -> bool:
        try:
            file = Path(path).expanduser().resolve()
            return any(file.is_relative_to(folder.expanduser().resolve()) for folder in self.folders)
        except (OSError, RuntimeError, ValueError):
            return False


@dataclass
class SecretStore:
    """Puts secrets in the place of their references, at the last moment and for one request.

    Literal secrets, where the operator allows them, live in this process only: an operation that was interrupted
    before it used one cannot be resumed.
    """

    policy: SecretPolicy = field(default_factory=SecretPolicy)
    _literals: dict[str, str] = field(default_factory=dict, repr=False)
    _sent: set[str] = field(default_factory=set, repr=False)

    def keep(self, literal: str, where: str) -> str:
        """A reference to a literal secret; the same for the same text, and telling nothing of it.

        Raises:
            Failure: `bad_input` unless the operator allows literal secrets.
        """
        if not self.policy.literals:
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"{where} holds a secret itself. Secrets never pass through the model. Nothing was done.",
                hint=f'Give a reference: {{"{where.rpartition("/")[2]}": "env:VARIABLE"}}, "file:PATH" or '
                '"keyring:SERVICE/USER". The operator lists what references may name (NEXLA_MCP_SECRET_VARIABLES).',
            )
        for reference, kept in self._literals.items():
            if kept == literal:
                return reference
        reference = f"{_LITERAL}:{secrets.token_hex(8)}"
        self._literals[reference] = literal
        return reference

    @property
    def sent(self) -> tuple[str, ...]:
        """Every secret that this process sent or was told of: a later answer may echo it, as a refused login does."""
        return tuple(self._sent)

    def heard(self, secret: str) -> None:
        """Notes a secret that the platform told us."""
        self._sent.add(secret)

    def beware(self, plan: Any) -> None:
        """Notes the secrets of a plan that another process began: what it sent may be echoed to this one."""
        with suppress(Failure):
            # One that leads nowhere by now is told when a step needs it.
            self.revealed(plan)

    def check(self, reference: str, where: str) -> None:
        """That a reference may be named and leads to something; the secret itself is not kept.

        Raises:
            Failure: `not_allowed` or `not_configured`, naming the field and never what it refers to.
        """
        self.policy.check(reference, where)
        self._follow(reference, where)

    def revealed(self, body: Any) -> Any:
        """The body with every `$secret` marker replaced; from then on those secrets are among `sent`.

        Raises:
            Failure: as `check`.
        """

        def walk(value: Any, where: str) -> Any:
            if is_marker(value, SECRET):
                secret = self._follow(value[SECRET], where)
                self._sent.add(secret)
                return secret
            if isinstance(value, Mapping):
                return {key: walk(item, f"{where}/{key}" if where else str(key)) for key, item in value.items()}
            if isinstance(value, (list, tuple)):
                return [walk(item, f"{where}[{index}]") for index, item in enumerate(value)]
            return value

        return walk(body, "")

    def _follow(self, reference: str, where: str) -> str:
        kind, _, _ = reference.partition(":")
        if kind == _LITERAL:
            if reference not in self._literals:
                raise Failure.of(
                    ErrorCode.NOT_CONFIGURED,
                    f"{where} was given as a literal secret to a process that is gone, and is kept nowhere.",
                    hint="Make the same call again, better with a reference.",
                )
            return self._literals[reference]
        self.policy.check(reference, where)
        found = resolve(SecretStr(reference), where)
        if found is None or kind not in KINDS:
            raise _missing(where, "it is no reference")
        return found.get_secret_value()


def _refused(where: str, what: str, setting: str) -> Failure:
    return Failure.of(
        ErrorCode.NOT_ALLOWED,
        f"{where} refers to {what}, which the operator has not listed. Nothing was sent.",
        hint=f"Only the operator can allow it: {setting}.",
    )
