"""What counts as a secret in a configuration, and how it is hidden before anybody sees it.

Names are judged by their words, as the published connector schemas write them (`aws.secret.key`,
`snowflake.privateKey.passphrase`, `api.key.auth.value`); text is judged by its shape as well, because
addresses, header lines and request bodies carry secrets under innocent names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

MASK = "[hidden]"
"""What stands where a secret was."""

_REFERENCES = ("env:", "file:", "keyring:")

# Last words that make a name a description of a secret rather than the secret itself.
_ABOUT = re.compile(
    r"types?|ur[li]|mode|name|path|method|format|algorithm|ids?|enabled|param|parameter|prefix|suffix|cookie"
    r"|scopes?|scheme|override|in|at|to|from|ts|sec|seconds|version|count|limits?|arn|strategy|columns?|endpoint"
    r"|host|port|issuer|audience|expiry|expires|expiration|length|policy|field|through"
)
_SECRET_WORD = re.compile(
    r"password|passwd|pwd|pass|passphrase|passcode|secrets?|tokens?|credentials?|creds|cookies?|authorization|bearer"
    r"|jwt|sas|pat|apikey|keyfile|keytab|pem|p12|pfx|pkcs12|wallet|otp|dsn"
)
# `key` alone is a file or column name in Nexla (`primary.key`, `message.key`); after these words it is a secret.
_KEY_OWNER = re.compile(
    r"api|access|secret|private|account|shared|encryption|encrypt|signing|auth|consumer|master|session|service"
    r"|client|ssh|hmac|storage|app|application|subscription|license|functions"
)
_WHOLE_PHRASES = (
    ("connection", "string"),
    ("auth", "body"),
    ("auth", "headers"),
    ("auth", "props"),
    ("webhook", "url"),
    ("secret", "id"),
    ("jaas", "config"),
)

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+")
# Every repetition is bounded: without bounds a hostile text of a few kilobytes would keep the process for seconds.
_BEFORE_VALUE = (
    r"pass(?:word|wd|phrase|code)?|pwd|[\w.-]{0,60}secret|(?:[\w.-]{0,60}[_.-])?token|[\w.-]{0,60}api[_.-]?key"
    rf"|[\w.-]{{0,60}}(?:{_KEY_OWNER.pattern})[_.-]?key|x-[\w-]{{0,60}}key|sig|signature"
)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z0-9 ]{1,60}-----.*?(?:-----END [A-Z0-9 ]{1,60}-----|\Z)", re.DOTALL), MASK),
    (
        re.compile(r"(?i)\b((?:proxy-)?authorization|cookie|set-cookie)(\"?\s{0,9}[:=]\s{0,9}\"?)[^\"\n\r,}]+"),
        rf"\1\2{MASK}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s{1,9}[\w.~+/=-]{6,}"), rf"\1 {MASK}"),
    (re.compile(r"\b(?:eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?|xox[a-z]-[\w-]{8,}|gh[pousr]_\w{16,}|sk-[\w-]{16,})"), MASK),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), MASK),
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@?#\"']{0,200}):[^\s/\"']{1,300}@"), rf"\1:{MASK}@"),
    (re.compile(r"(?i)\b(password|pwd)(\s{0,9}=\s{0,9})[^;\"'&\n]{1,300}(?=;)"), rf"\1\2{MASK}"),
    (
        re.compile(
            rf"(?i)(?<![\w])({_BEFORE_VALUE})(\"?\s{{0,9}}[=:]\s{{0,9}})"
            r"(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s\"'&;,}]+)"
        ),
        rf"\1\2{MASK}",
    ),
)
_PAIR_NAMES = ("name", "key", "header", "field", "parameter")


def is_secret_name(name: str) -> bool:
    """Whether a configuration key names a secret: `basic.password` does, `token.auth.url` does not."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words:
        return False
    pairs = list(pairwise(words))
    if any(phrase in pairs for phrase in _WHOLE_PHRASES):
        return True
    if words[0] in {"has", "is"} or _ABOUT.fullmatch(words[-1]):
        return False
    return any(_SECRET_WORD.fullmatch(word) for word in words) or any(
        second == "key" and _KEY_OWNER.fullmatch(first) for first, second in pairs
    )


def mask_text(text: str) -> str:
    """The same text with passwords, tokens, keys and credentials inside it hidden; the rest unchanged."""
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return text


def mask_secrets(config: Any, connector: str | None = None) -> Any:
    """A copy of a JSON value in which every secret is `MASK`. Never changes its argument.

    Args:
        config: A source, destination or other configuration as the API returned it.
        connector: The connector's code, for connectors with keys of their own, e.g. `rest`.
    """
    if isinstance(config, dict):
        return {key: _masked_entry(str(key), value, config, connector) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return [mask_secrets(item, connector) for item in config]
    return mask_text(config) if isinstance(config, str) else config


def secrets_in(value: Any) -> list[str]:
    """The texts in a JSON value that stand under a secret name, so that they can be struck out of an echo."""
    if isinstance(value, dict):
        return [
            text
            for key, item in value.items()
            for text in (_texts(item) if is_secret_name(str(key)) else secrets_in(item))
        ]
    return [text for item in value for text in secrets_in(item)] if isinstance(value, (list, tuple)) else []


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [text for item in items for text in _texts(item)]


def _masked_entry(key: str, value: Any, siblings: dict[Any, Any], connector: str | None) -> Any:
    if is_secret_name(key) or (connector in {"webhook", "api_push"} and key.lower() == "url"):
        return _hidden(value)
    if key == "value" and any(is_secret_name(str(siblings.get(name) or "")) for name in _PAIR_NAMES):
        return _hidden(value)
    return mask_secrets(value, connector)


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _hidden(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hidden(item) for item in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if isinstance(value, str) and value.startswith(_REFERENCES):
        return value
    return MASK


def masked_in(value: Any, path: str = "") -> list[str]:
    """Paths of everything in a configuration that stands hidden."""
    if isinstance(value, str):
        return [path] if MASK in value else []
    if isinstance(value, Mapping):
        return [found for name, item in value.items() for found in masked_in(item, f"{path}/{name}" if path else name)]
    if isinstance(value, (list, tuple)):
        return [found for item in value for found in masked_in(item, f"{path}[]")]
    return []
