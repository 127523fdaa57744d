"""People who ask for an account by themselves, and domains that may not (contract 20)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.errors import forbidden, invalid, not_found
from nexla_mcp.sandbox.payloads import required, text
from nexla_mcp.sandbox.routes.families import fields_of
from nexla_mcp.sandbox.routing import Call, Route

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document

REQUESTS = "self_signup_requests"
BLOCKED = "self_signup_blocked_domains"
_EMAIL = re.compile(r"[^@\s]+@([^@\s]+\.[^@\s]+)")


def sign_up(call: Call) -> Any:
    """Nothing tells a stranger's request from anybody else's, so it is kept once by its address."""
    payload = call.fields()
    required(payload, "email", "full_name")
    email = _EMAIL.fullmatch(text(payload, "email"))
    if email is None:
        raise invalid("email must be an address", field="email")
    if call.world.store.all(BLOCKED, domain=email[1].lower()):
        raise invalid("this domain may not sign up", field="email")
    if not call.world.store.all(REQUESTS, email=email[0]):
        fields = {"email": email[0], "full_name": text(payload, "full_name"), "status": "pending"}
        call.world.store.insert(REQUESTS, {**fields, "invite_id": payload.get("invite")})
    return {}


def verify_email(call: Call) -> Any:
    """The token stands in a mail that the sandbox never sends: the id of the request takes its place."""
    token = call.query.get("token", "")
    found = call.world.store.get(REQUESTS, int(token)) if token.isascii() and token.isdigit() else None
    if found is None or found["status"] not in {"pending", "email_verified"}:
        raise invalid("the token is not valid", field="token")
    call.world.store.put(REQUESTS, {**found, "status": "email_verified"})
    return {}


def list_requests(call: Call) -> list[Any]:
    _only_admins(call)
    return [
        fields_of(item, "id", "status", "email", "full_name", "invite_id") for item in call.world.store.all(REQUESTS)
    ]


def approve(call: Call) -> Any:
    _only_admins(call)
    found = call.world.store.get(REQUESTS, call.id("request_id"))
    if found is None or found["status"] == "rejected":
        raise forbidden()
    call.world.store.put(REQUESTS, {**found, "status": "approved"})
    return {}


def list_blocked(call: Call) -> list[Any]:
    _only_admins(call)
    return [fields_of(item, "id", "domain") for item in call.world.store.all(BLOCKED)]


def block(call: Call) -> Any:
    _only_admins(call)
    domain = _domain(call)
    if not call.world.store.all(BLOCKED, domain=domain):
        call.world.store.insert(BLOCKED, {"domain": domain})
    return {}


def change_blocked(call: Call) -> Any:
    found = _blocked(call)
    call.world.store.put(BLOCKED, {**found, "domain": _domain(call)})
    return {}


def unblock(call: Call) -> Any:
    call.world.store.delete(BLOCKED, _blocked(call)["id"])
    return {}


def _blocked(call: Call) -> Document:
    _only_admins(call)
    found = call.world.store.get(BLOCKED, call.id("domain_id"))
    if found is None:
        raise not_found("Blocked domain", call.id("domain_id"))
    return found


def _domain(call: Call) -> str:
    required(call.fields(), "domain")
    return text(call.fields(), "domain").lower()


def _only_admins(call: Call) -> None:
    if not call.principal.is_org_admin:
        raise forbidden()


_DOMAIN = "/self_signup_blocked_domains/{domain_id}"

ROUTES: tuple[Route, ...] = (
    Route("POST", "/signup", sign_up, authenticated=False),
    Route("GET", "/signup/verify_email", verify_email, authenticated=False),
    Route("GET", "/self_signup_requests", list_requests),
    Route("PUT", "/self_signup_requests/{request_id}/approve", approve),
    Route("GET", "/self_signup_blocked_domains", list_blocked),
    Route("POST", "/self_signup_blocked_domains", block),
    Route("PUT", _DOMAIN, change_blocked),
    Route("DELETE", _DOMAIN, unblock),
)
