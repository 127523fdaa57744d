"""The sandbox's own switches, under `/_sandbox`: state, time, faults, requests, sessions."""

from __future__ import annotations

from typing import Any

from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.errors import invalid
from nexla_mcp.sandbox.routing import Call, Reply, Route

_MOST_SECONDS = 400 * 86_400


def state(call: Call) -> dict[str, Any]:
    """Simulated time, documents by kind, and how much cut-off work is still to be done."""
    rows = call.world.store.execute("SELECT kind, COUNT(*) FROM documents GROUP BY kind ORDER BY kind")
    return {
        "now": iso(call.world.clock.now()),
        "counts": dict(rows),
        "deferred": len(call.world.deferred),
        "seed": call.world.options.seed,
    }


def advance_clock(call: Call) -> dict[str, Any]:
    """Pushes time on by `seconds` and runs everything that falls due."""
    seconds = call.fields().get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= _MOST_SECONDS:
        raise invalid(f"seconds must be a number from 0 to {_MOST_SECONDS}", field="seconds")
    call.world.clock.advance(seconds)
    call.world.deferred.run_due()
    call.world.simulation.advance_to_now()
    return state(call)


def add_fault(call: Call) -> dict[str, Any]:
    fields = dict(call.fields())
    try:
        return call.world.faults.add(str(fields.pop("kind", "")), **fields).described()
    except (TypeError, ValueError, AttributeError) as error:
        raise invalid(f"not a fault: {error}") from None


def list_faults(call: Call) -> Reply:
    return Reply(call.world.faults.listed(), paged=False)


def clear_faults(call: Call) -> dict[str, Any]:
    call.world.faults.clear()
    return {}


def list_requests(call: Call) -> Reply:
    return Reply(call.world.requests.listed(), paged=False)


def clear_requests(call: Call) -> dict[str, Any]:
    call.world.requests.clear()
    return {}


def list_troubles(call: Call) -> Reply:
    """The seed's manifest: which flows are in which kind of trouble."""
    return Reply(call.world.store.recall("troubles", []), paged=False)


def change_session(call: Call) -> dict[str, Any]:
    sessions = call.world.sessions
    fields = call.fields()
    unknown = sorted(set(fields) - {"single_session", "token_ttl", "expire_all"})
    if unknown:
        raise invalid(f"unknown: {', '.join(unknown)}")
    ttl = fields.get("token_ttl", sessions.token_ttl)
    if isinstance(ttl, bool) or not isinstance(ttl, int) or ttl < 1:
        raise invalid("token_ttl must be a whole number of seconds from 1", field="token_ttl")
    sessions.token_ttl = ttl
    sessions.single_session = bool(fields.get("single_session", sessions.single_session))
    if fields.get("expire_all"):
        sessions.expire_all()
    return {"single_session": sessions.single_session, "token_ttl": sessions.token_ttl}


def service_keys(call: Call) -> dict[str, str]:
    return call.world.sessions.service_keys()


ROUTES: tuple[Route, ...] = (
    Route("GET", "/state", state, authenticated=False),
    Route("POST", "/clock/advance", advance_clock, authenticated=False),
    Route("GET", "/faults", list_faults, authenticated=False),
    Route("POST", "/faults", add_fault, authenticated=False),
    Route("DELETE", "/faults", clear_faults, authenticated=False),
    Route("GET", "/requests", list_requests, authenticated=False),
    Route("DELETE", "/requests", clear_requests, authenticated=False),
    Route("GET", "/troubles", list_troubles, authenticated=False),
    Route("POST", "/session", change_session, authenticated=False),
    Route("GET", "/service_keys", service_keys, authenticated=False),
)
