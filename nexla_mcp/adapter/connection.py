"""How one account is reached: address, login and limits."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from nexla_mcp.adapter.secret_references import SecretPolicy
from nexla_mcp.domain.errors import ErrorCode, Failure

DEFAULT_API_URL = "https://dataops.nexla.io/nexla-api"

_UNFIT_FOR_A_HEADER = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True)
class Connection:
    """Checked when made. Exactly one of `service_key` and `access_token` must be given. Times in seconds.

    Raises:
        Failure: `not_configured`, naming the variable to set right and never its value.
    """

    api_url: str = DEFAULT_API_URL
    service_key: SecretStr | None = None
    access_token: SecretStr | None = None
    read_only: bool = False
    deadline_seconds: float = 60.0
    """For one call with all its repeats, waits and the fetching of a token."""
    connect_seconds: float = 3.0
    read_seconds: float = 20.0
    """The longest silence of the server that is waited out."""
    max_body_bytes: int = 32 * 1024 * 1024
    """After decompression."""
    max_depth: int = 100
    """Of nested JSON."""
    workers: int = 24
    requests_per_second: float = 40.0
    """Nexla publishes no standing quota (contract 2.6); a 429 slows this process down by itself."""
    settle_seconds: float = 30.0
    """How long a create whose answer was lost may take to show up."""
    trust_environment: bool = False
    """Whether HTTPS_PROXY and its like are honoured; ~/.netrc never is."""
    state_directory: Path | None = None
    """Where copies of this server on one machine meet, for the turns of `turns.py`."""
    secret_policy: SecretPolicy = field(default_factory=SecretPolicy)
    """What references to secrets in a body may name."""
    alerts: Mapping[str, str] = field(default_factory=dict)
    """Where alerts may go, as the operator wrote it; see `alert_channels.py`."""
    profiles: Mapping[str, str] = field(default_factory=dict)
    """Other accounts by name, as the operator wrote them; see `profiles.py`."""
    webhook_hosts: tuple[str, ...] = ()
    """Hosts that records may be sent to; without any, the one that the login's own org names."""
    monitoring: Path | None = None
    """A file with the operator's service levels."""
    file_folders: tuple[Path, ...] = ()
    """From which a batch may read its items."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "api_url", _checked_url(self.api_url))
        object.__setattr__(self, "service_key", _checked_secret(self.service_key, "NEXLA_SERVICE_KEY"))
        object.__setattr__(self, "access_token", _checked_secret(self.access_token, "NEXLA_ACCESS_TOKEN"))
        if self.service_key is None and self.access_token is None:
            raise _unusable(
                "No login is configured: neither NEXLA_SERVICE_KEY nor NEXLA_ACCESS_TOKEN is set.",
                "Create a service key in Nexla (Settings, Authentication) and set NEXLA_SERVICE_KEY.",
            )
        if self.service_key is not None and self.access_token is not None:
            raise _unusable(
                "Two logins are configured: NEXLA_SERVICE_KEY and NEXLA_ACCESS_TOKEN.",
                "Unset one of them. A service key is the one that lasts.",
            )

    @property
    def login(self) -> SecretStr:
        """The one secret that is set."""
        secret = self.service_key or self.access_token
        if secret is None:
            raise AssertionError("checked when the connection was made")
        return secret


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise _unusable(
            "NEXLA_API_URL is no web address.", f"Set it to {DEFAULT_API_URL} or your own host's."
        ) from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise _unusable(
            "NEXLA_API_URL holds more than an address (a login, a query or a fragment).",
            "Keep only scheme, host and path; the login belongs in NEXLA_SERVICE_KEY.",
        )
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise _unusable("NEXLA_API_URL is no web address.", f"Set it to {DEFAULT_API_URL} or your own host's.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise _unusable(
            "NEXLA_API_URL is plain http, which would send the login in the clear.",
            "Use https. Plain http is taken only for this machine itself.",
        )
    return url.strip().rstrip("/")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked_secret(secret: SecretStr | None, variable: str) -> SecretStr | None:
    if secret is None:
        return None
    text = secret.get_secret_value().strip()
    if not text:
        return None
    if _UNFIT_FOR_A_HEADER.search(text):
        raise _unusable(
            f"{variable} holds blanks or characters that no key has.",
            "Copy the key anew, without line breaks or quotes.",
        )
    return SecretStr(text)


def _unusable(message: str, hint: str) -> Failure:
    return Failure.of(ErrorCode.NOT_CONFIGURED, message, hint=hint)
