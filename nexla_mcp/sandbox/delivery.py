"""How an answer reaches the wire, or does not: whole, in drips, cut short, or not at all."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from nexla_mcp.sandbox.envelope import Answer
    from nexla_mcp.sandbox.faults import Fault

_TRANSPORT = "transport"


class ExposedConnection(H11Protocol):
    """uvicorn's HTTP/1.1 protocol that lets the application cut its own connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}


async def send_whole(answer: Answer, send: Send) -> None:
    await _start(answer, send)
    await send({"type": "http.response.body", "body": answer.content()})


async def drip(answer: Answer, fault: Fault, send: Send) -> None:
    """The body a few bytes at a time: a read timeout never trips, only a total deadline does."""
    content, size = answer.content(), int(fault["chunk_bytes"])
    await _start(answer, send)
    for start in range(0, len(content), size):
        await send({"type": "http.response.body", "body": content[start : start + size], "more_body": True})
        await asyncio.sleep(fault["ms"] / 1000)
    await send({"type": "http.response.body", "body": b""})


async def truncate(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """The announced length, half of the body, then the end of the connection."""
    content = answer.content()
    await _start(answer, send)
    await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
    await cut(scope, receive, "close")


async def hang(fault: Fault, scope: Scope, receive: Receive) -> None:
    """Silence until the time is over or the client has gone; then the connection closes."""
    gone = asyncio.ensure_future(_disconnected(receive))
    await asyncio.wait([gone], timeout=fault["ms"] / 1000)
    if gone.done():
        return
    gone.cancel()
    await cut(scope, receive, "close")


async def cut(scope: Scope, receive: Receive, how: str) -> None:
    """Ends the TCP connection: `reset` sends a RST (a linger time of zero), `close` a plain FIN."""
    transport = cast("asyncio.Transport", scope["state"][_TRANSPORT])
    if how == "reset":
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    await _disconnected(receive)


async def _start(answer: Answer, send: Send) -> None:
    content_length = str(len(answer.content()))
    headers = {**answer.headers, "Content-Length": content_length, "Content-Type": answer.content_type}
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        }
    )


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
