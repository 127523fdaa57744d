"""Connectors as values: a connector has up to three parts, a part has fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["file", "database", "nosql", "stream", "vector", "api", "special"]

ITEM = "[]"
"""The path segment that stands for every item of an array."""
ENTRY = "*"
"""The path segment that stands for every entry of an object whose keys are free, such as a column name."""


ROLES: dict[str, tuple[str, str, str]] = {
    "credential": ("_data_credential", "credentials_type", "credentials"),
    "source": ("_data_source", "source_type", "source_config"),
    "destination": ("_data_sink", "sink_type", "sink_config"),
}
"""Role → end of the schema's name in the contract, and the body's keys of the connector's code and the config."""


@dataclass(frozen=True)
class Field:
    """One field of a credential or of a source or destination config.

    Attributes:
        path: The keys from the config down to the field. Nexla's keys hold dots themselves (`start.cron` is
            one key), so a path is never written with dots.
        type: `string`, `number`, `boolean`, `object`, `array`, `any`, or several joined by `|`. The contract
            writes integers as `number` too.
        required: Whether it must be there, for a nested field: wherever its parent is.
        enum: The values the contract allows; empty when any value of the type will do.
        secret: Whether its value must never be shown, stored or passed through a model.
    """

    path: tuple[str, ...]
    type: str
    required: bool = False
    enum: tuple[Any, ...] = ()
    default: Any = None
    secret: bool = False
    description: str | None = None
    format: str | None = None
    example: Any = None

    @property
    def name(self) -> str:
        """The path as one word: `start.cron`, `mapping/mode`, `rest.iterations[]/key`."""
        return "/".join(self.path).replace("/" + ITEM, ITEM)

    def as_json(self) -> dict[str, Any]:
        """The field without what it does not have."""
        known: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.required:
            known["required"] = True
        if self.enum:
            known["enum"] = list(self.enum)
        if self.default is not None:
            known["default"] = self.default
        if self.secret:
            known["secret"] = True
        optional = {"description": self.description, "format": self.format, "example": self.example}
        return known | {key: value for key, value in optional.items() if value is not None}


@dataclass(frozen=True)
class Variant:
    """The fields that go with one value of a choosing field, e.g. `s3_auth_type` = `ARN` → `arn`, `external_id`.

    Inferred from the names: the contract lists all fields side by side and does not say which go together.
    """

    field: str
    value: Any
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """What a connector needs in one role.

    Attributes:
        role: `credential`, `source` or `destination`.
        container: The key of the request body that holds the fields: `credentials`, `source_config` or
            `sink_config`.
        type_key: The key of the request body that holds the connector's code.
        fields: The fields inside the container.
        beside: Fields that stand beside the container in the body, e.g. `create_destination`.
        variants: Which fields go together, for credentials with several ways to log in.
    """

    role: str
    container: str
    type_key: str
    fields: tuple[Field, ...]
    beside: tuple[Field, ...] = ()
    variants: tuple[Variant, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the fields that must always be given."""
        return tuple(field.name for field in self.fields if field.required and len(field.path) == 1)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(field.name for field in (*self.fields, *self.beside) if field.secret)

    def field(self, name: str) -> Field | None:
        """The field of that name inside the container, or None."""
        return next((field for field in self.fields if field.name == name), None)

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"container": self.container, "fields": [field.as_json() for field in self.fields]}
        if self.beside:
            shown["beside"] = [field.as_json() for field in self.beside]
        if self.variants:
            shown["variants"] = [
                {"when": {variant.field: variant.value}, "fields": list(variant.fields)} for variant in self.variants
            ]
        return shown


@dataclass(frozen=True)
class ConnectorSummary:
    """A connector in a list."""

    code: str
    kind: Kind
    can: tuple[str, ...]
    credential_field_count: int = 0
    source_field_count: int = 0
    destination_field_count: int = 0


@dataclass(frozen=True)
class Connector:
    """One connector; a part is None where the contract has none for it.

    No credential means that a source or destination of this kind is created without one (contract 4.2).
    """

    code: str
    kind: Kind
    credential: Part | None = None
    source: Part | None = None
    destination: Part | None = None

    def parts(self) -> Iterator[Part]:
        """The parts there are, in the order credential, source, destination."""
        for part in (self.credential, self.source, self.destination):
            if part is not None:
                yield part

    @property
    def can(self) -> tuple[str, ...]:
        """The roles it has: any of `credential`, `source`, `destination`."""
        return tuple(part.role for part in self.parts())

    @property
    def summary(self) -> ConnectorSummary:
        counts = {f"{part.role}_field_count": len(part.fields) for part in self.parts()}
        return ConnectorSummary(code=self.code, kind=self.kind, can=self.can, **counts)

    def as_json(self) -> dict[str, Any]:
        """All there is to know, as JSON; what is absent is left out."""
        return {"code": self.code, "kind": self.kind} | {part.role: part.as_json() for part in self.parts()}
