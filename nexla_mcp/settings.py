"""Every setting, read and validated once. Names of variables are the documentation's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.safety.policy import LISTED_BY_DEFAULT, Policy, Toolset

ConfirmMode = Literal["auto", "human", "token", "deny"]

DEFAULT_API_URL = "https://dataops.nexla.io/nexla-api"

Names = Annotated[frozenset[str], NoDecode]
Listed = Annotated[tuple[str, ...], NoDecode]
"""Comma-separated, as written."""
Named = Annotated[dict[str, str], NoDecode]
"""Comma-separated `NAME=VALUE`."""


class Settings(BaseSettings):
    """Read from the environment, and from the file that NEXLA_MCP_ENV_FILE names (`NAME=value` lines)."""

    model_config = SettingsConfigDict(
        env_prefix="NEXLA_MCP_", extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    service_key: SecretStr | None = Field(None, validation_alias="NEXLA_SERVICE_KEY")
    """Nexla service key, or where to find it: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER`."""
    access_token: SecretStr | None = Field(None, validation_alias="NEXLA_ACCESS_TOKEN")
    """A session token instead of a key; it ends after about an hour and cannot be renewed."""
    api_url: str = Field(DEFAULT_API_URL, validation_alias="NEXLA_API_URL")

    read_only: bool = False
    toolsets: Names = frozenset()
    """Comma-separated: exactly these are permitted and listed. `all` lists every tool; empty permits every tool and
    lists those that most people ask for."""
    tools_allow: Names = frozenset()
    tools_deny: Names = frozenset()

    confirm: ConfirmMode = "auto"
    """Who has to agree to changes that can hurt; see docs/confirmation.md."""
    confirm_allow: Names = frozenset()
    """Tools whose plans need no confirmation."""
    secret_variables: Listed = ()
    """Patterns of environment variables that references to secrets may name, e.g. `SNOWFLAKE_PW,PG_*`."""
    secret_folders: Listed = ()
    file_folders: Listed = ()
    """Folders from which a batch may read its items."""
    secret_keyring_services: Listed = ()
    allow_literal_secrets: bool = False

    alerts: Named = Field(default_factory=dict)
    """Where alerts may go: `oncall=slack:env:SLACK_WEBHOOK,log=json:env:LOG_WEBHOOK`. The addresses are secrets."""
    profiles: Named = Field(default_factory=dict)
    """Other accounts to compare with, read only: `prod=env:PROD_KEY` or `prod=env:PROD_KEY@https://HOST/nexla-api`."""
    webhook_hosts: Listed = ()
    """Hosts that send_webhook_records may send to; without any, the one that Nexla names for the login's org."""
    monitoring: Path | None = None
    """A file with the targets that check_sla checks when none are given."""

    deadline_seconds: float = Field(60, gt=0, le=600)
    """For one request to Nexla with all its repeats and waits."""
    requests_per_second: float = Field(40, gt=0, le=100)
    result_bytes: int = Field(24_000, ge=2_000, le=1_000_000)
    state_dir: Path | None = None
    """Where operations are kept; by default the user's state folder."""
    state_scope: str | None = None
    """What the operations belong to where the address does not tell: an embedded sandbox's file."""
    trust_environment_proxy: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"

    @field_validator(
        "secret_variables", "secret_folders", "file_folders", "secret_keyring_services", "webhook_hosts", mode="before"
    )
    @classmethod
    def _listed(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("alerts", "profiles", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        if not all(name.strip() and equals and rest.strip() for name, equals, rest in pairs):
            raise ValueError("write NAME=VALUE, several parted by commas")
        return {name.strip().lower(): rest.strip() for name, _, rest in pairs}

    @field_validator("toolsets", "tools_allow", "tools_deny", "confirm_allow", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return frozenset(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("toolsets")
    @classmethod
    def _known(cls, value: frozenset[str]) -> frozenset[str]:
        unknown = value - {item.value for item in Toolset} - {"all"}
        if unknown:
            raise ValueError(
                f"unknown toolset {', '.join(sorted(unknown))}; valid: all, {', '.join(item.value for item in Toolset)}"
            )
        return value

    @field_validator("service_key", "access_token", mode="before")
    @classmethod
    def _blank_is_absent(cls, value: Any) -> Any:
        return None if isinstance(value, str) and not value.strip() else value

    @property
    def policy(self) -> Policy:
        chosen = frozenset(Toolset(name) for name in self.toolsets if name != "all")
        everything = frozenset(Toolset)
        return Policy(
            read_only=self.read_only,
            toolsets=everything if "all" in self.toolsets else chosen or everything,
            listed=everything if "all" in self.toolsets else chosen or LISTED_BY_DEFAULT,
            allow=self.tools_allow,
            deny=self.tools_deny,
        )


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` (by field name) win over the environment.

    Raises:
        Failure: `not_configured`, naming each variable that cannot be read, without its value.
    """

    env_file = os.environ.get("NEXLA_MCP_ENV_FILE")
    if env_file and not Path(env_file).is_file():
        raise Failure.of(
            ErrorCode.NOT_CONFIGURED,
            "NEXLA_MCP_ENV_FILE names a file that does not exist or cannot be read.",
            hint="Correct the path or unset the variable.",
        )
    try:
        return Settings(_env_file=env_file, **overrides)
    except ValidationError as error:
        raise Failure.of(
            ErrorCode.NOT_CONFIGURED,
            "Settings cannot be used: " + "; ".join(_problem(item) for item in error.errors(include_url=False)),
            hint="Correct the environment variables named here and start again. `nexla-mcp doctor` checks them.",
        ) from None


def _problem(item: Any) -> str:
    name = str(item["loc"][0]) if item["loc"] else "settings"
    variable = name if name.startswith("NEXLA_") else f"NEXLA_MCP_{name.upper()}"
    return f"{variable}: {item['msg'].removeprefix('Value error, ')}"
