"""The words in which the seed describes credentials and flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CredentialSpec:
    """`shown` is what the API tells of the login; `secrets` it never tells."""

    kind: str
    name: str
    shown: Mapping[str, Any]
    secrets: Mapping[str, str]
    tree: Mapping[str, Any] = field(default_factory=dict)
    owner: str = "dana"


@dataclass(frozen=True)
class OutputSpec:
    """A destination: credential key, place (a table, a path, a topic or a URL), and its own name."""

    credential: str
    place: str
    name: str


@dataclass(frozen=True)
class Grant:
    """Roles on every resource of a flow for a user, a team or the org."""

    type: str
    subject: str
    role: str


@dataclass(frozen=True)
class FlowSpec:
    """A flow from one source over a detected and a derived nexset to its destinations.

    `cron` None makes a stream. `renames` are the derived nexset's Jolt shift; `keep` is the share of records that
    it lets pass. `rows` are records of a usual run. `state`: ACTIVE, PAUSED (as a whole) or INIT.
    """

    name: str
    credential: str
    place: str
    family: str
    cron: str | None
    rows: int
    outputs: tuple[OutputSpec, ...]
    derived: str = ""
    renames: Mapping[str, str] = field(default_factory=dict)
    keep: float = 1.0
    owner: str = "dana"
    project: str | None = None
    tags: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    trouble: str | None = None
    state: str = "ACTIVE"
    error_rate: float = 0.0
    age_days: int = 120
    description: str = ""


HOURLY = "0 0 * * * ?"
TWO_HOURLY = "0 15 0/2 * * ?"
FOUR_HOURLY = "0 20 0/4 * * ?"
STREAM = None


def daily(hour: int, minute: int = 0) -> str:
    return f"0 {minute} {hour} * * ?"
