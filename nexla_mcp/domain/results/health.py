"""The answer of `run_health_check`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from pydantic import SerializerFunctionWrapHandler, model_serializer

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Result, Row
from nexla_mcp.domain.troubles import Trouble


class Verdict(str, Enum):
    """Worst first. `healthy` is said only of what was looked at; `unknown` means it could not be."""

    SICK = "sick"
    UNKNOWN = "unknown"
    WARNING = "warning"
    NOT_RUNNING = "not_running"
    HEALTHY = "healthy"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return tuple(Verdict).index(self)

    @classmethod
    def worst(cls, verdicts: Iterable[Verdict]) -> Verdict:
        """The worst of them; `unknown` of none, since then nothing was looked at."""
        return min(verdicts, key=lambda verdict: verdict.rank, default=cls.UNKNOWN)


class Finding(Row):
    """One thing wrong, at one node, with what was seen."""

    trouble: Trouble
    severity: Verdict
    """`sick`, `warning` or `not_running`."""
    type: ResourceType | None = None
    id: int | None = None
    name: str | None = None
    evidence: str
    """What was seen, in our words."""
    said: str | None = None
    """What Nexla or the third party wrote about it: text from outside."""


class FlowHealth(Row):
    flow_id: int
    name: str | None = None
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    """Likely causes first."""
    not_checked: tuple[str, ...] = ()
    """What could not be looked at or judged, and why."""
    last_run: datetime | None = None

    @model_serializer(mode="wrap")
    def _without_empty_lists(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A healthy flow is most of an answer: its two empty lists would be half of its bytes."""
        return {name: value for name, value in dump(self).items() if value not in ((), [])}


class HealthReport(Result):
    """Verdicts on flows, worst first. `verdict` is the worst of all."""

    cut_first: ClassVar[tuple[str, ...]] = ("flows",)
    narrow_with: ClassVar[str] = "flows, tag, project or only_problems=true"

    verdict: Verdict
    checked_at: datetime
    counts: dict[str, int]
    """How many flows got each verdict."""
    checks: list[str]
    """What was looked at on each flow."""
    flows: list[FlowHealth]
    probed: int | None = None
    """How many credentials were tried against third parties."""
    not_checked: list[str] | None = None
    """What could not be looked at for any flow, or flows that could not be read at all."""
    unreadable: int | None = None
    """Rows of Nexla's lists that could not be read and are missing here."""

    def cursor_after(self, field: str, keep: int) -> str | None:
        """The flows that were left out, so that the next page checks only those."""
        return pack_ids(flow.flow_id for flow in self.flows[keep:]) if keep else None


def pack_ids(ids: Iterable[int]) -> str:
    """Ids as a short text: ascending, each as its distance from the one before, in base 36."""
    ordered = sorted(set(ids))
    return ".".join(_base36(identifier - before) for before, identifier in zip([0, *ordered], ordered, strict=False))


def unpack_ids(text: str) -> list[int]:
    """What `pack_ids` packed.

    Raises:
        ValueError: for any other text.
    """
    ids: list[int] = []
    for part in text.split("."):
        if not (part.isascii() and part.isalnum() and len(part) < 14):  # noqa: PLR2004 - 13 digits hold 64 bits
            raise ValueError("not a cursor")
        ids.append((ids[-1] if ids else 0) + int(part, 36))
    return ids


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _base36(value: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
