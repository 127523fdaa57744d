"""Logging in with a service key, refreshing and ending a session (contract 1.1)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.routing import Call, Route
from nexla_mcp.sandbox.webhook_keys import host_of

if TYPE_CHECKING:
    from nexla_mcp.sandbox.sessions import Session
    from nexla_mcp.sandbox.world import World


def log_in(call: Call) -> dict[str, Any]:
    return _token(call.world, call.world.sessions.log_in(call.headers.get("authorization", "")))


def refresh(call: Call) -> dict[str, Any]:
    return _token(call.world, call.world.sessions.refresh(call.headers["authorization"]))


def log_out(call: Call) -> dict[str, Any]:
    call.world.sessions.log_out(call.headers["authorization"])
    return {}


def _token(world: World, session: Session) -> dict[str, Any]:
    user = world.store.get("users", session.user_id) or {}
    org = world.store.get("orgs", session.org_id) or {}
    principal = world.sessions.authenticate(f"Bearer {session.token}")
    api_key = hashlib.sha256(f"{session.user_id}:{session.org_id}".encode()).hexdigest()[:32]
    return {
        "access_token": session.token,
        "token_type": "Bearer",
        "expires_in": session.expires_in,
        "user": {
            "id": session.user_id,
            "full_name": user.get("full_name", ""),
            "email": user.get("email", ""),
            "org": session.org_id,
            "impersonated": False,
        },
        "org_membership": {"api_key": api_key, "status": "ACTIVE", "is_admin?": principal.is_org_admin},
        "org": {
            "id": session.org_id,
            "name": org.get("name", ""),
            "email_domain": org.get("email_domain", ""),
            "email": org.get("email"),
            "client_identifier": org.get("client_identifier"),
            "org_webhook_host": host_of(world, org),
        },
    }


ROUTES: tuple[Route, ...] = (
    Route("POST", "/token", log_in, authenticated=False),
    Route("POST", "/token/refresh", refresh),
    Route("POST", "/token/logout", log_out),
)
