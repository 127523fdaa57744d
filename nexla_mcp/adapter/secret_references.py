"""Secrets by reference: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER` stand for what is kept elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import SecretStr

from nexla_mcp.domain.errors import ErrorCode, Failure

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
    return os.environ.get(name)


def _from_file(path: str, variable: str) -> str | None:
    try:
        with Path(path).expanduser().open("rb") as file:
            return file.read(LONGEST).decode()
    except (OSError, UnicodeDecodeError, RuntimeError):
        raise _missing(variable, "the file of its file: reference cannot be read") from None


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
