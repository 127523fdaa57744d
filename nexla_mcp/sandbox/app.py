"""The HTTP side of a sandbox: from a request's bytes to an answer of the contract."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request

from nexla_mcp.sandbox import background
from nexla_mcp.sandbox.building import keep_clock
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.damage import damaged, status_answer
from nexla_mcp.sandbox.delivery import cut, drip, hang, send_whole, truncate
from nexla_mcp.sandbox.envelope import Answer, refused
from nexla_mcp.sandbox.errors import Refusal, invalid
from nexla_mcp.sandbox.faults import Fault, Stage
from nexla_mcp.sandbox.known_operations import KNOWN
from nexla_mcp.sandbox.matching import Match, RouteTable
from nexla_mcp.sandbox.paging import PagingRules, page_of
from nexla_mcp.sandbox.request_log import ServedRequest
from nexla_mcp.sandbox.routes import collected
from nexla_mcp.sandbox.routes.admin import ROUTES as ADMIN_ROUTES
from nexla_mcp.sandbox.routing import Call, Principal, Reply
from nexla_mcp.sandbox.webhooks import ROUTES as WEBHOOK_ROUTES
from nexla_mcp.sandbox.webhooks import WEBHOOK_PREFIX

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from nexla_mcp.sandbox.world import World

API_PREFIX = "/nexla-api"
ADMIN_PREFIX = "/_sandbox"
MAX_BODY_BYTES = 16 * 1024 * 1024

_logger = logging.getLogger("nexla_mcp.sandbox")
_NOBODY = Principal(user_id=0, org_id=0)


@dataclass
class _Asked:
    """One request, read."""

    method: str
    path: str
    url: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)


def create_app(world: World) -> Starlette:
    """The ASGI application: the API under `/nexla-api`, webhooks beside it, the admin endpoint under `/_sandbox`.

    Faults that cut a connection need the protocol class of `delivery`; the rest runs under any server.
    """
    api = _Api(world, RouteTable(collected(), KNOWN), API_PREFIX)
    webhooks = _Api(world, RouteTable(WEBHOOK_ROUTES), WEBHOOK_PREFIX)
    app = Starlette()
    parts: dict[str, ASGIApp] = {API_PREFIX: api, WEBHOOK_PREFIX: webhooks, ADMIN_PREFIX: _Admin(world)}
    app.router.default = _Front(parts, otherwise=app.router.default)
    return app


@dataclass(frozen=True)
class _Front:
    """The part that a path belongs to. Starlette's own routes would not match a path with a line break in it."""

    parts: Mapping[str, ASGIApp]
    otherwise: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = f"{scope.get('path', '')}/"
        part = next((part for prefix, part in self.parts.items() if path.startswith(f"{prefix}/")), self.otherwise)
        await part(scope, receive, send)


class _Endpoint:
    """What the API and the admin endpoint share: reading a request, working, refusing."""

    def __init__(self, world: World, table: RouteTable) -> None:
        self.world = world
        self.table = table

    async def read(self, scope: Scope, receive: Receive, prefix: str) -> _Asked:
        request = Request(scope, receive)
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > MAX_BODY_BYTES:
                raise Refusal(413, "the request body is too large")
        raw_path = scope.get("raw_path", scope["path"].encode()).decode("ascii", "replace")
        path = raw_path.partition("?")[0].removeprefix(prefix) or "/"
        url = f"{request.url.scheme}://{request.url.netloc}{prefix}{path}"
        return _Asked(request.method, path, url, dict(request.query_params), dict(request.headers), bytes(content))

    def before_work(self) -> None:
        """Brings the world up to date: what was cut off and is due now."""
        self.world.deferred.run_due()

    def matched(self, asked: _Asked) -> Match | None:
        return self.table.match(asked.method, asked.path)

    def work(self, asked: _Asked, rules: PagingRules, principal: Callable[[Match], Principal]) -> Answer:
        """Runs the handler; a refusal takes back whatever the handler had written."""
        timestamp = iso(self.world.clock.now())
        try:
            self.before_work()
            with self.world.store.transaction():
                return self._handled(asked, rules, principal)
        except Refusal as refusal:
            return refused(refusal, timestamp=timestamp, request_id=asked.request_id)
        except Exception:
            _logger.exception("%s %s failed", asked.method, asked.path)
            fault = Refusal(500, "the sandbox failed; its log says how")
            return refused(fault, timestamp=timestamp, request_id=asked.request_id)

    def _handled(self, asked: _Asked, rules: PagingRules, principal: Callable[[Match], Principal]) -> Answer:
        match = self.matched(asked)
        if match is None:
            allowed = self.table.methods(asked.path)
            if allowed:
                raise Refusal(405, f"{asked.method} is not allowed here; allowed: {', '.join(allowed)}")
            raise Refusal(404, "no such path")
        who = principal(match)
        if match.route is None:
            raise Refusal(501, f"the sandbox does not serve {asked.method} {match.template}")
        call = Call(
            world=self.world,
            principal=who,
            method=asked.method,
            route=match.template,
            path=match.path,
            query=asked.query,
            body=_json_body(asked.content),
            headers=asked.headers,
            url=asked.url,
            paging=rules,
        )
        result = match.route.handler(call)
        reply = result if isinstance(result, Reply) else Reply(result)
        if isinstance(reply.body, list) and reply.paged:
            rows, headers = page_of(reply.body, asked.url, asked.query, rules)
            return Answer(rows, reply.status, {**headers, **reply.headers})
        return Answer(reply.body, reply.status, dict(reply.headers))

    def stamped(self, answer: Answer, asked: _Asked) -> Answer:
        answer.headers["x-request-id"] = asked.request_id
        answer.headers["Date"] = format_datetime(self.world.clock.now(), usegmt=True)
        return answer


class _Admin(_Endpoint):
    """The sandbox's own switches: no authentication, no faults, no log of requests."""

    def __init__(self, world: World) -> None:
        super().__init__(world, RouteTable(ADMIN_ROUTES))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = await self.read(scope, receive, ADMIN_PREFIX)
        answer = self.work(asked, PagingRules(), lambda _match: _NOBODY)
        keep_clock(self.world)
        await send_whole(self.stamped(answer, asked), send)


class _Api(_Endpoint):
    """The platform's REST API, or its webhooks, with whatever faults are switched on."""

    def __init__(self, world: World, table: RouteTable, prefix: str) -> None:
        super().__init__(world, table)
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            asked = await self.read(scope, receive, self.prefix)
        except Refusal as refusal:
            request_id = uuid.uuid4().hex
            answer = refused(refusal, timestamp=iso(self.world.clock.now()), request_id=request_id)
            answer.headers.update({"x-request-id": request_id, "Connection": "close"})
            await send_whole(answer, send)
            return
        if self.world.options.latency_ms:
            await asyncio.sleep(self.world.options.latency_ms / 1000)
        match = self.matched(asked)
        faults = self.world.faults.take(asked.method, asked.path, match.template if match else None)
        for fault in faults:
            if fault.kind == "latency":
                await asyncio.sleep(fault["ms"] / 1000)
            elif fault.kind == "expired_token":
                self.world.sessions.expire(asked.headers.get("authorization", ""))
        await self._answer(asked, match, faults, scope, receive, send)

    def before_work(self) -> None:
        super().before_work()
        self.world.simulation.advance_to_now()
        background.advance(self.world)

    async def _answer(
        self,
        asked: _Asked,
        match: Match | None,
        faults: list[Fault],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        instead = next((fault for fault in faults if fault.stage is Stage.INSTEAD), None)
        delivery = next((fault for fault in faults if fault.stage is Stage.DELIVERY), None)
        answer: Answer | None = None
        if instead is None or instead.fields.get("work"):
            answer = self._worked(asked, faults)
        if instead is not None:
            answer = self._instead(asked, instead)
        unanswered = answer is None or (delivery is not None and delivery.kind == "reset_after")
        self._log(asked, match, faults, None if unanswered or answer is None else answer.status)
        if instead is not None and answer is None:
            if instead.kind == "hang":
                await hang(instead, scope, receive)
            else:
                await cut(scope, receive, instead["how"])
        elif answer is not None:
            await self._deliver(self.stamped(answer, asked), delivery, scope, receive, send)

    def _worked(self, asked: _Asked, faults: list[Fault]) -> Answer:
        answer = self.work(asked, _paging_rules(faults), lambda match: self._principal(asked, match))
        for fault in faults:
            if fault.stage is Stage.ANSWER:
                answer = damaged(answer, fault)
        return answer

    def _instead(self, asked: _Asked, fault: Fault) -> Answer | None:
        """The answer of a fault that stands in for the work; None where nothing is sent."""
        now = self.world.clock.now()
        if fault.kind == "status":
            return status_answer(fault, now=now, timestamp=iso(now), request_id=asked.request_id)
        if fault.kind == "redirect":
            return Answer(b"", fault["status"], {"Location": str(fault["location"])})
        if fault.kind == "late":
            self.world.deferred.add(fault["seconds"], lambda: self._worked(asked, []))
        return None

    def _principal(self, asked: _Asked, match: Match) -> Principal:
        if match.route is not None and not match.route.authenticated:
            return _NOBODY
        return self.world.sessions.authenticate(asked.headers.get("authorization", ""))

    def _log(self, asked: _Asked, match: Match | None, faults: list[Fault], status: int | None) -> None:
        self.world.requests.add(
            ServedRequest(
                at=iso(self.world.clock.now()),
                method=asked.method,
                path=asked.path,
                route=match.template if match else None,
                query_keys=sorted(asked.query),
                status=status,
                request_id=asked.request_id,
                faults=[fault.kind for fault in faults],
            )
        )

    async def _deliver(self, answer: Answer, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        if fault is None:
            await send_whole(answer, send)
        elif fault.kind == "drip":
            await drip(answer, fault, send)
        elif fault.kind == "truncated":
            await truncate(answer, scope, receive, send)
        else:
            await cut(scope, receive, fault["how"])


def _paging_rules(faults: list[Fault]) -> PagingRules:
    cap = next((int(fault["per_page"]) for fault in faults if fault.kind == "per_page_cap"), None)
    return PagingRules(cap, any(fault.kind == "ignore_paging" for fault in faults))


def _json_body(content: bytes) -> Any:
    """The JSON value of a request body; None where there is none."""
    if not content.strip():
        return None
    try:
        value = json.loads(content, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise invalid("the request body is not valid JSON") from None
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)
