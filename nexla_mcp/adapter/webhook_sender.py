"""Sends records to a webhook source: to hosts that are allowed, with the key in a header, each batch once (trap T20).

The address and the key of a source are told by Nexla, in its `api_keys`; what an entry of those holds is published
nowhere, so whatever does not read as expected is refused and never guessed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread

from nexla_mcp.adapter.body import UnreadableBodyError, is_json, parse_json, read_bounded
from nexla_mcp.adapter.connection import Connection, is_loopback
from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.retry_after import retry_after
from nexla_mcp.adapter.scrub import scrub
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.text import clean_text

SETTING = "NEXLA_MCP_WEBHOOK_HOSTS"
WEBHOOK_TYPES = frozenset({"nexla_rest", "webhook", "api_push"})
"""Connectors whose sources are sent to: the contract's, and those seen in the vendor's SDK (contract 4.2)."""
MOST_ANSWER_BYTES = 64 * 1024
MOST_PAUSES = 3
"""How often a 429 is waited out for one batch: it was not taken."""
FIRST_PAUSE = 2.0
OK, REDIRECT, BAD_REQUEST, TOO_MANY, SERVER_ERROR = 200, 300, 400, 429, 500
_HTTPS = 443


@dataclass(frozen=True)
class Webhook:
    """Where a source is sent to. `key` is None where Nexla does not tell it."""

    source_id: int
    name: str | None
    status: str | None
    url: str
    """Without its query."""
    key: str | None


@dataclass(frozen=True)
class Taken:
    """What a webhook said of a batch. Fields are None where it did not say."""

    nexset: int | None
    processed: int | None


async def webhook_of(nexla: Nexla, source_id: int) -> Webhook:
    """The address of a webhook source, which nobody but Nexla chooses.

    Raises:
        Failure: `bad_input` for a source of another kind, `unsupported` when Nexla names no usable address.
    """
    data = (await nexla.call(ENDPOINTS["get_source"], ids={"source_id": source_id})).data
    source = data if isinstance(data, dict) else {}
    kind = source.get("source_type")
    if kind not in WEBHOOK_TYPES:
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            f"source {source_id} is a {clean_text(str(kind), 40)} source: it reads by itself. Nothing was sent.",
            hint="Records are sent to webhook sources (connector nexla_rest) only.",
            next_tool="search_resources",
        )
    config = source.get("source_config")
    if isinstance(config, dict) and str(config.get("webhook.auth_type", "")).lower() == "payload hash":
        raise Failure.of(
            ErrorCode.UNSUPPORTED,
            f"source {source_id} wants each payload signed (webhook.auth_type 'Payload Hash'), which this tool does "
            "not do. Nothing was sent.",
        )
    entries = source.get("api_keys")
    found = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    live = [entry for entry in found if str(entry.get("status", "ACTIVE")).upper() == "ACTIVE"]
    entry = next((item for item in live if isinstance(item.get("url"), str)), None)
    if entry is None:
        raise Failure.of(
            ErrorCode.UNSUPPORTED,
            f"Nexla names no webhook address for source {source_id}. Nothing was sent.",
            hint="Whoever owns the source sees its address in Nexla; only there can a key be made.",
        )
    parts = urlsplit(entry["url"])
    key = entry.get("api_key") or next(iter(parse_qs(parts.query).get("api_key", [])), None)
    if isinstance(key, str):
        nexla.secrets.heard(key)
    return Webhook(
        source_id,
        source.get("name"),
        source.get("status"),
        parts._replace(query="", fragment="").geturl(),
        key if isinstance(key, str) else None,
    )


async def require_allowed(nexla: Nexla, webhook: Webhook, org_id: int | None) -> str:
    """The host that records would go to.

    Raises:
        Failure: `not_allowed` for any but the operator's, or without those the org's own.
    """
    host = _host_of(webhook)
    allowed = nexla.connection.webhook_hosts
    if not allowed and org_id is not None:
        own = (await nexla.orgs.get(org_id)).org_webhook_host
        allowed = (own,) if own else ()
    if host not in {_plain(item) for item in allowed}:
        raise Failure.of(
            ErrorCode.NOT_ALLOWED,
            f"The webhook of source {webhook.source_id} is at {clean_text(host, 80)}, which is not among the allowed "
            "hosts. Nothing was sent.",
            hint=f"Only the operator can allow it: {SETTING}. Without that setting it is the host that Nexla names "
            "for the org.",
        )
    return host


async def send(
    nexla: Nexla, webhook: Webhook, key: str, records: Sequence[dict[str, Any]], *, detect_schema: bool
) -> Taken:
    """Sends one batch, once; only a 429 is waited out, since it says that nothing was taken.

    Raises:
        Failure: `maybe_applied` when the batch may have been taken; anything else means that it was not.
    """
    pause = FIRST_PAUSE
    for left in range(MOST_PAUSES, -1, -1):
        # Not given up half-way when the caller is cancelled: its outcome has to be known.
        with anyio.CancelScope(shield=True):
            work = partial(_post, nexla.connection, webhook, key, records, detect_schema)
            answer = await anyio.to_thread.run_sync(work)
        if answer.status != TOO_MANY:
            return _judged(webhook, answer, key)
        if left:
            await nexla.clock.sleep(retry_after(answer.headers, answer.data, nexla.now()) or pause)
            pause *= 2
    raise Failure.of(
        ErrorCode.RATE_LIMITED,
        f"The webhook of source {webhook.source_id} takes nothing more for now. This batch was not taken.",
        hint="Send the rest in a minute.",
        retryable=True,
    )


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: dict[str, str]
    data: Any


def _judged(webhook: Webhook, answer: _Answer, key: str) -> Taken:
    if OK <= answer.status < REDIRECT:
        told = answer.data if isinstance(answer.data, dict) else {}
        return Taken(_number(told, "datasetId", "dataset_id"), _number(told, "processed"))
    said = answer.data.get("error") if isinstance(answer.data, dict) else None
    error = scrub(said, (key,), 160) if isinstance(said, str) else ""
    where = f"The webhook of source {webhook.source_id}"
    if answer.status >= SERVER_ERROR:
        # The contract has a 500 for any failure to take the data; only this one says that nothing was.
        if " is " in error and error.split()[-1].isupper():
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"{where} takes nothing: {error}. This batch was not taken.",
                hint="Activate the source, then send the rest.",
                next_tool="activate",
            )
        raise _unclear(webhook, f"answered {answer.status}")
    moved = " It answered with a redirect, which is not followed." if answer.status < BAD_REQUEST else ""
    code = ErrorCode.AUTH_FAILED if answer.status in {401, 403} else ErrorCode.UPSTREAM_ERROR
    raise Failure.of(
        code,
        f"{where} refused the batch with {answer.status}{f': {error}' if error else ''}. It was not taken.{moved}",
        hint="Its key may have been changed." if code is ErrorCode.AUTH_FAILED else "Look at the source in Nexla.",
    )


def _post(
    connection: Connection, webhook: Webhook, key: str, records: Sequence[dict[str, Any]], detect_schema: bool
) -> _Answer:
    import requests  # noqa: PLC0415 - loaded when something is sent
    from requests.utils import get_environ_proxies  # noqa: PLC0415

    session = requests.Session()
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
    try:
        with session.post(
            webhook.url,
            data=json.dumps(list(records), ensure_ascii=False, allow_nan=False).encode(),
            params={"force_schema_detection": "true"} if detect_schema else {},
            headers={"Content-Type": "application/json", "Authorization": f"Basic {key}"},
            timeout=(connection.connect_seconds, connection.read_seconds),
            allow_redirects=False,
            stream=True,
            proxies=get_environ_proxies(webhook.url) if connection.trust_environment else {},
        ) as answer:
            return _Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, _told(answer))
    except requests.exceptions.SSLError as error:
        # Only a certificate that is refused says for certain that nothing was sent.
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise _not_reached(webhook, "SSLError") from None
        raise _unclear(webhook, "broke off the encrypted connection") from None
    except requests.exceptions.ConnectTimeout as error:
        raise _not_reached(webhook, type(error).__name__) from None
    except requests.exceptions.ConnectionError as error:
        if _never_connected(error):
            raise _not_reached(webhook, "no connection") from None
        raise _unclear(webhook, "ended the connection without an answer") from None
    except (requests.exceptions.RequestException, OSError):
        raise _unclear(webhook, "gave no answer in time") from None
    finally:
        session.close()


def _told(answer: Any) -> Any:
    """What the answer says, if it can be read; that it came is what counts."""
    try:
        body = read_bounded(answer.raw, MOST_ANSWER_BYTES, lambda: None)
        return parse_json(body, 20) if is_json(answer.headers.get("Content-Type", "")) else None
    except (UnreadableBodyError, OSError):
        return None
    except Exception as error:
        if type(error).__module__.startswith("urllib3"):
            return None
        raise


def _never_connected(error: Exception) -> bool:
    from urllib3.exceptions import NewConnectionError  # noqa: PLC0415

    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)


def _host_of(webhook: Webhook) -> str:
    """Host, and port unless it is that of https."""
    parts = urlsplit(webhook.url)
    try:
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port = "", None
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not safe or parts.username is not None:
        raise Failure.of(
            ErrorCode.UNSUPPORTED,
            f"The webhook address that Nexla names for source {webhook.source_id} is no https address. "
            "Nothing was sent.",
        )
    return host if port in {None, _HTTPS} else f"{host}:{port}"


def _plain(written: str) -> str:
    return written.strip().lower().removeprefix("https://").rstrip("/").removesuffix(f":{_HTTPS}")


def _number(told: dict[str, Any], *names: str) -> int | None:
    found = next((told[name] for name in names if name in told), None)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _not_reached(webhook: Webhook, why: str) -> Failure:
    return Failure.of(
        ErrorCode.UNREACHABLE,
        f"The webhook of source {webhook.source_id} cannot be reached ({why}). This batch was not taken.",
        hint="Send the rest again in a while.",
        retryable=True,
    )


def _unclear(webhook: Webhook, how: str) -> Failure:
    return Failure.of(
        ErrorCode.MAYBE_APPLIED,
        f"The webhook of source {webhook.source_id} {how}: the batch may have been taken.",
        hint="Look at the newest records of its nexset before sending those records again.",
        resource=f"source {webhook.source_id}",
        next_tool="get_samples",
        maybe_applied=True,
    )
