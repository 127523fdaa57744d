"""A change as data: what is planned, confirmed, run step by step, and undone."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.base import Row
from nexla_mcp.domain.risk import Risk

PLAN_VERSION = 1
"""Of this schema. An operation whose plan has another version is shown, and neither resumed nor undone."""


class Act(Row):
    """One thing to do: the name of an action and its arguments as JSON."""

    action: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Step(Act):
    """One step of a plan.

    Later steps name outputs of earlier ones by `key`. `undo` puts back what this step does; None where there is
    nothing to put back or nothing that could.
    """

    key: str
    says: str
    """What it does, for a person."""
    undo: Act | None = None


class Target(Row):
    """A resource that a plan touches, as it was when the plan was made."""

    type: ResourceType
    id: int
    name: str | None = None
    owner: str | None = None
    status: str | None = None
    config: str | None = None
    """A digest of its configuration, so that a plan does not outlive a change of it."""
    shared_with: tuple[str, ...] = ()
    """Who has been granted what, e.g. `TEAM Finance Analytics: collaborator`."""

    def __str__(self) -> str:
        return f"{self.type.value} {self.id}"


class Plan(Row):
    """A whole change. All of it is covered by its digest, so it holds no clocks and no counters.

    Attributes:
        tool: The tool that made it.
        arguments: As given, secrets as references.
        principal: Who acts, and where: `user 12 of org 3 at dataops.nexla.io`.
        risk: Of this plan, which may be less than the tool's.
        summary: One sentence for a person.
        targets: What the change is aimed at.
        affected: What else it acts on: everything downstream.
        also: Other flows and people that depend on what is changed, in words.
        existing: What is there already and is taken as it is.
        cannot_be_put_back: What no undo brings back.
        rebuild: Whether what is lost can be built anew from `snapshot`.
        snapshot: What is needed for that; None where nothing is deleted.
        notes: What could not be checked, and other things worth knowing.
        locks: Names of what no two operations may change at once.
        undo_on_failure: Whether a step that fails takes back the steps before it.
        of: The operation that this one undoes or rebuilds.
        resumes: The interrupted operation whose remaining steps these are.
        type_to_confirm: The text that a person types to confirm a destructive plan.
    """

    version: int = PLAN_VERSION
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    principal: str
    risk: Risk
    summary: str
    steps: tuple[Step, ...] = ()
    targets: tuple[Target, ...] = ()
    affected: tuple[Target, ...] = ()
    also: tuple[str, ...] = ()
    existing: tuple[Target, ...] = ()
    cannot_be_put_back: tuple[str, ...] = ()
    rebuild: bool = False
    snapshot: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    undo_on_failure: bool = True
    of: str | None = None
    resumes: str | None = None
    type_to_confirm: str | None = None

    @property
    def changes_nothing(self) -> bool:
        return not self.steps

    @property
    def backwards(self) -> tuple[tuple[int, Step], ...]:
        """Positions and steps in the order in which they are taken back: the last first, but pauses before all.

        What runs cannot be deleted, and a source that runs has its nexset detected anew.
        """
        reverse = list(enumerate(self.steps))[::-1]
        return tuple(sorted(reverse, key=lambda item: item[1].undo is None or item[1].undo.action != "pause"))
