"""The base of every answer model, and the objects that stand inside most rows (contract 3)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from nexla_mcp.domain.secrets import mask_text
from nexla_mcp.domain.text import clean_text

T = TypeVar("T")

_DATETIME = TypeAdapter(datetime)


class Row(BaseModel):
    """Reads one object of an answer. A field that cannot be read takes its default; only `id` can fail."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _default_when_unreadable(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return read(value)
        except ValidationError:
            field = cls.model_fields[str(info.field_name)]
            if field.is_required():
                raise
            return field.get_default(call_default_factory=True)


def _read_id(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("an id is not a boolean")  # noqa: TRY004 - pydantic reports ValueError
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else value


def read_time(value: Any) -> datetime | None:
    """An aware UTC datetime from ISO 8601 text or an epoch number (milliseconds above 2e10), else None."""
    if value is None or isinstance(value, bool) or value == "":
        return None
    if isinstance(value, str):
        value = value.strip().removesuffix(" UTC")
    try:
        moment = _DATETIME.validate_python(value)
        return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
    except (ValidationError, OverflowError):
        return None


def _read_words(value: Any) -> Any:
    """Texts from an array, from the true keys of an object, or from one word (contract 3, trap T12)."""
    if isinstance(value, dict):
        return tuple(str(key) for key, given in value.items() if given)
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (list, tuple)):
        named = [item.get("name") if isinstance(item, dict) else item for item in value]
        return tuple(item for item in named if isinstance(item, str))
    return ()


def _read_each(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """All items that can be read; one odd item does not lose the others."""
    if not isinstance(value, (list, tuple)):
        return ()
    kept: list[Any] = []
    for item in value:
        with suppress(ValidationError):
            kept.extend(read((item,)))
    return tuple(kept)


Id = Annotated[int, BeforeValidator(_read_id)]
"""A required integer id; digits in a string are accepted (trap T12)."""

OptionalId = Annotated[int | None, BeforeValidator(_read_id)]
"""An id or count that may be absent; None when it is no whole number."""

LONGEST_SAID = 8_000
"""Characters of one text that are read: looking for secrets in more would take long and nobody is shown more."""


def _read_said(value: Any) -> Any:
    """Masked before and after cleaning: an escape sequence or invisible character must not hide a secret."""
    return mask_text(clean_text(mask_text(value[:LONGEST_SAID]), limit=None)) if isinstance(value, str) else value


Time = Annotated[datetime | None, BeforeValidator(read_time)]
Said = Annotated[str | None, BeforeValidator(_read_said)]
"""What people and machines wrote freely (descriptions, messages, log lines), secrets in it masked."""
"""An instant in UTC, None when absent or unreadable."""

Words = Annotated[tuple[str, ...], BeforeValidator(_read_words)]
Many = Annotated[tuple[T, ...], WrapValidator(_read_each)]
"""A list in which null reads as empty and unreadable items are left out."""


def _read_reference(value: Any) -> Any:
    return {"id": value} if isinstance(value, (int, str)) and not isinstance(value, bool) else value


class Reference(Row):
    """A resource mentioned inside another: often an object, sometimes only its id."""

    id: Id
    name: str | None = None
    description: Said = None
    status: str | None = None
    owner_id: OptionalId = None
    org_id: OptionalId = None
    source_type: str | None = None
    sink_type: str | None = None
    version: OptionalId = None
    created_at: Time = None
    updated_at: Time = None

    @model_validator(mode="before")
    @classmethod
    def _from_bare_id(cls, value: Any) -> Any:
        return _read_reference(value)


class Owner(Row):
    """A user as it stands in `owner` (UserSimplified)."""

    id: OptionalId = None
    full_name: str | None = None
    email: str | None = None


class OrgBrief(Row):
    """An organisation as it stands in `org`."""

    id: OptionalId = None
    name: str | None = None
    email_domain: str | None = None
    email: str | None = None
    client_identifier: str | None = None


class Connector(Row):
    """What a credential, source or destination connects to; `type` is the connector's code, an open set."""

    id: OptionalId = None
    type: str | None = None
    connection_type: str | None = None
    name: str | None = None
    description: Said = None
    nexset_api_compatible: bool | None = None


class Vendor(Row):
    """The vendor template behind a credential, source or destination, where there is one."""

    id: OptionalId = None
    name: str | None = None
    display_name: str | None = None
    connection_type: str | None = None


class Resource(Row):
    """What every resource has. `status` is an open word; INIT, ACTIVE, PAUSED and RATE_LIMITED are published."""

    id: Id
    name: str | None = None
    description: Said = None
    status: str | None = None
    owner: Owner | None = None
    org: OrgBrief | None = None
    owner_id: OptionalId = None
    org_id: OptionalId = None
    access_roles: Words = ()
    tags: Words = ()
    copied_from_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None

    @model_validator(mode="before")
    @classmethod
    def _flat_owner_and_org(cls, value: Any) -> Any:
        """Rows inside a flow carry `owner_id`, rows of a list carry `owner`: both read as `owner_id`."""
        if not isinstance(value, dict):
            return value
        nested = {
            f"{who}_id": value[who].get("id")
            for who in ("owner", "org")
            if isinstance(value.get(who), dict) and value.get(f"{who}_id") is None
        }
        return {**value, **nested}


__all__ = [
    "Connector",
    "Id",
    "Many",
    "OptionalId",
    "OrgBrief",
    "Owner",
    "Reference",
    "Resource",
    "Row",
    "Time",
    "Vendor",
    "Words",
    "read_time",
]
