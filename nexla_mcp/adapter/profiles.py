"""Other accounts that the operator has named, to look at and never to change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.secret_references import KINDS, SecretPolicy, resolve
from nexla_mcp.domain.errors import ErrorCode, Failure

SETTING = "NEXLA_MCP_PROFILES"


@asynccontextmanager
async def other_account(nexla: Nexla, profile: str) -> AsyncIterator[Nexla]:
    """The account of a profile, read only, open as long as the block.

    Raises:
        Failure: `not_configured` when it is not named or cannot be used, with the names there are.
    """
    other = Nexla(connection_of_profile(nexla.connection, profile), clock=nexla.clock)
    try:
        yield other
    finally:
        await other.aclose()


def connection_of_profile(own: Connection, profile: str) -> Connection:
    """`KEY_REFERENCE@API_URL`, or `KEY_REFERENCE` at the address of the own account."""
    name = profile.strip().lower()
    written = own.profiles.get(name)
    if written is None:
        known = f"Profiles: {', '.join(sorted(own.profiles))}." if own.profiles else "None is configured."
        raise Failure.of(
            ErrorCode.NOT_CONFIGURED,
            f"There is no profile {profile[:40]!r}. Nothing was compared.",
            hint=f"{known} The operator names them: {SETTING}=prod=env:PROD_SERVICE_KEY@https://HOST/nexla-api.",
        )
    # A path may hold the sign as well: the address is what begins like one.
    reference, at, url = written.partition("@http")
    if reference.partition(":")[0] not in KINDS:
        raise Failure.of(
            ErrorCode.NOT_CONFIGURED,
            f"{SETTING}: profile {name!r} holds no reference to a service key. Nothing was compared.",
            hint=f"The operator writes {SETTING}={name}=env:VARIABLE, file:PATH or keyring:SERVICE/USER.",
        )
    return replace(
        own,
        api_url=f"http{url}" if at else own.api_url,
        service_key=resolve(SecretStr(reference), SETTING),
        access_token=None,
        read_only=True,
        secret_policy=SecretPolicy(),
        alerts={},
        profiles={},
    )
