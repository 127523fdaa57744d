"""Configurations of language models, and what an org uses them for (contract 20)."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, Field

from nexla_mcp.adapter.models.row import Id, OptionalId, Reference, Resource, Row


class GenAiConfig(Resource):
    """A language model with a login to it. The login is not shown to everybody."""

    type: str | None = None
    config: dict[str, Any] | None = None
    data_credentials: Reference | None = None


class GenAiSetting(Row):
    """Which configuration an org uses for what. The id of the configuration is misspelled by the platform."""

    id: Id
    gen_ai_usage: str | None = None
    config_id: OptionalId = Field(
        default=None, validation_alias=AliasChoices("get_ai_config_id", "gen_ai_config_id", "config_id")
    )
