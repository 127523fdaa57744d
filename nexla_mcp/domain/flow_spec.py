"""What a person writes to get a pipeline: the arguments of `create_flow`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

DETECTED = "detected"


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SubjectType(str, Enum):
    USER = "user"
    TEAM = "team"
    ORG = "org"


class Role(str, Enum):
    COLLABORATOR = "collaborator"
    OPERATOR = "operator"
    ADMIN = "admin"


class SourceSpec(_Spec):
    connector: Annotated[str, Field(description="Code, e.g. s3.")]
    config: Annotated[dict[str, Any], Field(description="Its source fields.")] = Field(default_factory=dict)
    credential: Annotated[int | str | None, Field(description="Id or exact name.")] = None
    name: Annotated[str | None, Field(description="Default: the flow's.")] = None
    description: str | None = None
    tags: list[str] | None = None


class NexsetSpec(_Spec):
    name: str
    transform: Annotated[
        int | str | dict[str, Any] | None, Field(description="Id or name of a reusable one, or an inline object.")
    ] = None
    parent: Annotated[str, Field(description="Name of another nexset here.")] = DETECTED
    description: str | None = None


class DestinationSpec(_Spec):
    name: str
    connector: str
    config: Annotated[dict[str, Any], Field(description="Its destination fields.")] = Field(default_factory=dict)
    credential: int | str | None = None
    nexset: Annotated[str | None, Field(description="Which is written; default: the last, else detected.")] = None
    description: str | None = None


class AccessSpec(_Spec):
    to: Annotated[SubjectType, Field(strict=False)]
    who: Annotated[int | str | None, Field(description="Email of a user, name or id of a team.")] = None
    role: Annotated[Role, Field(strict=False)] = Role.COLLABORATOR


class FlowSpec(_Spec):
    """A whole pipeline. Existing credentials, transforms and teams may be named by id or exact name."""

    name: str
    source: SourceSpec
    nexsets: list[NexsetSpec] = Field(default_factory=list)
    destinations: list[DestinationSpec] = Field(default_factory=list)
    access: list[AccessSpec] = Field(default_factory=list)
    activate: bool = True
    verify: bool = True
