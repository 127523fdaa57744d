"""What one operation of the REST API is: its method, its path and what may be repeated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote

from nexla_mcp.domain.errors import ErrorCode, Failure

_PARAMETER = re.compile(r"\{(\w+)\}")
_REFUSED_TEXT = re.compile(r"[/#?,\\\x00-\x1f\x7f]")


class Repeatable(str, Enum):
    """What may be done with a call whose outcome is unknown. DESIGN, "The adapter"."""

    READ = "read"
    IDEMPOTENT = "idempotent"
    CREATE = "create"
    NEVER = "never"


@dataclass(frozen=True)
class Endpoint:
    """One operation.

    Attributes:
        name: Our verb_noun, unique, e.g. `list_sources`.
        method: The HTTP method.
        template: The path as published, e.g. `/data_sources/{source_id}`.
        repeatable: What may be repeated; `never` unless declared.
        text_ids: Path parameters that are words and not integers.
        wildcard_ids: Text parameters that may be `*`, which the API reads as every key.
    """

    name: str
    method: str
    template: str
    repeatable: Repeatable = Repeatable.NEVER
    text_ids: frozenset[str] = frozenset()
    wildcard_ids: frozenset[str] = frozenset()

    def path(self, ids: Mapping[str, int | str]) -> str:
        """The path with its parameters filled in, checked and percent-encoded (trap T16).

        Raises:
            Failure: `bad_input` when a parameter is missing, unknown or of the wrong kind.
        """
        wanted = _PARAMETER.findall(self.template)
        if set(wanted) != set(ids):
            raise Failure.of(ErrorCode.BAD_INPUT, f"{self.name} takes {', '.join(wanted) or 'no ids'}.")
        return _PARAMETER.sub(lambda match: self._segment(match[1], ids[match[1]]), self.template)

    def _segment(self, name: str, value: int | str) -> str:
        if name not in self.text_ids:
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise Failure.of(ErrorCode.BAD_INPUT, f"{name} of {self.name} must be a whole number.")
            return str(value)
        text = str(value)
        if text == "*" and name in self.wildcard_ids:
            return text
        if text in {"", ".", "..", "*"} or _REFUSED_TEXT.search(text):
            raise Failure.of(
                ErrorCode.BAD_INPUT,
                f"{name} of {self.name} holds what a path cannot carry.",
                hint="It must not be empty, a dot, two dots or a star, nor hold / # ? , \\ or control characters.",
            )
        try:
            return quote(text, safe="")
        except UnicodeEncodeError:
            raise Failure.of(ErrorCode.BAD_INPUT, f"{name} of {self.name} is no text that can be sent.") from None
