"""Where alerts go: webhooks that the operator has named, and nothing that a model could choose.

A webhook's address is a secret of its own, so the settings hold a reference to it. A message is sent once: no repeats,
no redirects, and what the receiver answers is not shown.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import anyio.to_thread
from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection, is_loopback
from nexla_mcp.adapter.secret_references import KINDS, resolve
from nexla_mcp.domain.errors import ErrorCode, Failure

SETTING = "NEXLA_MCP_ALERTS"
SECONDS = 10.0
"""For connecting, and for each silence of the receiver."""
OK, REDIRECT, TOO_MANY, SERVER_ERROR = 200, 300, 429, 500


class ChannelKind(str, Enum):
    """What a receiver understands."""

    SLACK = "slack"
    """Slack's incoming webhooks, and what is compatible with them."""
    JSON = "json"


@dataclass(frozen=True)
class Channel:
    """One named receiver; `reference` leads to its address."""

    name: str
    kind: ChannelKind
    reference: str

    def address(self) -> SecretStr:
        """Where it is.

        Raises:
            Failure: `not_configured` when the reference leads nowhere or to no https address.
        """
        found = resolve(SecretStr(self.reference), SETTING)
        if found is None:
            raise _unusable(self.name, "its reference leads to nothing")
        try:
            parts = urlsplit(found.get_secret_value())
            host = parts.hostname or ""
        except ValueError:
            raise _unusable(self.name, "what its reference leads to is no web address") from None
        if (parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host))) or not host:
            raise _unusable(self.name, "what its reference leads to is no https address")
        return found


def channel_named(channels: Mapping[str, str], name: str) -> Channel:
    """The operator's channel of a name.

    Raises:
        Failure: `not_configured` when there are none or it is written wrongly, `bad_input` with the names there are.
    """
    if not channels:
        raise Failure.of(
            ErrorCode.NOT_CONFIGURED,
            "No alert channel is configured. Nothing was sent.",
            hint=f"The operator names them: {SETTING}=oncall=slack:env:SLACK_WEBHOOK_URL.",
        )
    written = channels.get(name.strip().lower())
    if written is None:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"There is no alert channel {name[:40]!r}. Nothing was sent.",
            hint=f"Channels: {', '.join(sorted(channels))}. Only the operator can add one.",
        )
    kind, _, reference = written.partition(":")
    if kind not in {item.value for item in ChannelKind}:
        kind, reference = ChannelKind.SLACK.value, written
    if reference.partition(":")[0] not in KINDS:
        raise _unusable(name, "it holds no reference; the address of a webhook is a secret")
    return Channel(name.strip().lower(), ChannelKind(kind), reference)


async def deliver(connection: Connection, channel: Channel, body: Mapping[str, Any]) -> int:
    """Sends a message once; gives the status of the answer.

    Raises:
        Failure: `maybe_applied` when it may have arrived; anything else means that it did not.
    """
    address = channel.address().get_secret_value()
    # Not given up half-way when the caller is cancelled: its outcome has to be known.
    with anyio.CancelScope(shield=True):
        status = await anyio.to_thread.run_sync(partial(_post, connection, channel, address, body))
    if OK <= status < REDIRECT:
        return status
    if status >= SERVER_ERROR:
        raise _unclear(channel, f"answered {status}")
    if status == TOO_MANY:
        raise Failure.of(
            ErrorCode.RATE_LIMITED,
            f"Alert channel {channel.name} takes no more messages for now. Nothing was delivered.",
            hint="Send it again in a minute.",
            retryable=True,
        )
    moved = " It answered with a redirect, which is not followed." if status < TOO_MANY and status // 100 == 3 else ""  # noqa: PLR2004 - 3xx
    raise Failure.of(
        ErrorCode.UPSTREAM_ERROR,
        f"Alert channel {channel.name} refused the message with {status}. Nothing was delivered.{moved}",
        hint=f"The operator has to look at the webhook that {SETTING} names.",
    )


def _post(connection: Connection, channel: Channel, address: str, body: Mapping[str, Any]) -> int:
    import requests  # noqa: PLC0415 - loaded when something is sent
    from requests.utils import get_environ_proxies  # noqa: PLC0415

    session = requests.Session()
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
    try:
        with session.post(
            address,
            json=dict(body),
            timeout=(connection.connect_seconds, SECONDS),
            allow_redirects=False,
            stream=True,
            proxies=get_environ_proxies(address) if connection.trust_environment else {},
        ) as answer:
            return answer.status_code
    except requests.exceptions.SSLError as error:
        # Only a certificate that is refused says for certain that nothing was sent.
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise _not_reached(channel, "SSLError") from None
        raise _unclear(channel, "broke off the encrypted connection") from None
    except requests.exceptions.ConnectTimeout as error:
        raise _not_reached(channel, type(error).__name__) from None
    except requests.exceptions.ConnectionError as error:
        if _never_connected(error):
            raise _not_reached(channel, "no connection") from None
        raise _unclear(channel, "ended the connection without an answer") from None
    except (requests.exceptions.RequestException, OSError):
        raise _unclear(channel, "gave no answer in time") from None
    finally:
        session.close()


def _never_connected(error: Exception) -> bool:
    from urllib3.exceptions import NewConnectionError  # noqa: PLC0415

    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)


def _not_reached(channel: Channel, why: str) -> Failure:
    return Failure.of(
        ErrorCode.UNREACHABLE,
        f"Alert channel {channel.name} cannot be reached ({why}). Nothing was delivered.",
        hint="Send it again; if it stays so the operator has to look at the webhook.",
        retryable=True,
    )


def _unclear(channel: Channel, how: str) -> Failure:
    return Failure.of(
        ErrorCode.MAYBE_APPLIED,
        f"Alert channel {channel.name} {how}: the message may have been delivered.",
        hint="Look into the channel before sending it again.",
        resource=f"alert channel {channel.name}",
        maybe_applied=True,
    )


def _unusable(name: str, why: str) -> Failure:
    return Failure.of(
        ErrorCode.NOT_CONFIGURED,
        f"{SETTING}: channel {name[:40]!r} cannot be used: {why}. Nothing was sent.",
        hint=f"The operator writes {SETTING}=NAME=slack:env:VARIABLE or NAME=json:env:VARIABLE.",
    )
