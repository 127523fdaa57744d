"""Sealed confirmations: that a plan was seen, and which one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

LIFETIME = timedelta(minutes=10)
_TAG_BYTES = 12
_LAYOUT = struct.Struct(">B8s16s16sI")
"""Purpose, nonce, digests of plan and call, end in unix seconds: short, since a model has to repeat it."""


class Purpose(str, Enum):
    """What a seal is good for. One kind never passes for the other."""

    TOKEN = "token"  # noqa: S105 - a word, no secret
    """Handed to a model: it proves that the plan was shown, not that a person agreed."""
    QUESTION = "question"
    """The state of a question on its way to a person and back, which only the client carries."""


@dataclass(frozen=True)
class Sealed:
    purpose: Purpose
    nonce: str
    """Becomes the id of the operation."""
    digest: str
    """Of the plan."""
    call: str
    """Digest of the tool's name and arguments."""
    expires: datetime


class Seals:
    """Makes and reads them with a key that all copies over one state directory share."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, purpose: Purpose, digest: str, call: str, now: datetime, nonce: str | None = None) -> Sealed:
        return Sealed(purpose, nonce or secrets.token_hex(8), digest, call, (now + LIFETIME).replace(microsecond=0))

    def write(self, sealed: Sealed) -> str:
        """As text for the wire: 76 characters that nobody without the key can forge."""
        body = _LAYOUT.pack(
            list(Purpose).index(sealed.purpose),
            bytes.fromhex(sealed.nonce),
            bytes.fromhex(sealed.digest),
            bytes.fromhex(sealed.call),
            int(sealed.expires.timestamp()),
        )
        return base64.urlsafe_b64encode(body + self._tag(body)).decode().rstrip("=")

    def read(self, text: str, purpose: Purpose) -> Sealed | None:
        """What was sealed, however old; None when it is forged or of another purpose."""
        try:
            whole = base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
            body, tag = whole[: _LAYOUT.size], whole[_LAYOUT.size :]
            if not hmac.compare_digest(tag, self._tag(body)):
                return None
            kind, nonce, digest, call, expires = _LAYOUT.unpack(body)
            known = list(Purpose)[kind]
        except (ValueError, IndexError, struct.error):
            return None
        ends = datetime.fromtimestamp(expires, timezone.utc)
        return Sealed(known, nonce.hex(), digest.hex(), call.hex(), ends) if known is purpose else None

    def fingerprint(self, text: str) -> str:
        """A keyed digest, for texts that may hold something that should not be guessed from it."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:32]

    def _tag(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[:_TAG_BYTES]
