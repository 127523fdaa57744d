"""A web server on loopback that does exactly what a test's script says, byte by byte, and remembers what came."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

TOKEN = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 86400}


@dataclass(frozen=True)
class Hit:
    """One request as it came over the wire; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Wire:
    """The server's end of one connection."""

    socket: socket.socket

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Closes now: `socket.close` would wait for the reader that holds the socket as well."""
        os.close(self.socket.detach())


Script = Callable[[Hit, Wire], None]
"""Answers one request. To close without an answer, just return."""


def answer(
    status: int = 200,
    body: Any = None,
    *,
    headers: dict[str, str] | None = None,
    content_type: str = "application/json",
) -> Script:
    """A well-formed answer; `body` as bytes goes out as it is, anything else as JSON."""
    data = body if isinstance(body, bytes) else (b"" if body is None else json.dumps(body).encode())
    lines = [f"HTTP/1.1 {status} Any", f"Content-Length: {len(data)}", f"Content-Type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    raw = "\r\n".join(lines).encode() + b"\r\n\r\n" + data

    def script(_: Hit, wire: Wire) -> None:
        wire.send(raw)

    return script


def reset(_: Hit, wire: Wire) -> None:
    wire.reset()


@dataclass
class ScriptedServer:
    """Scripts by `METHOD path`; each is used once in its order, the last of a list for ever."""

    scripts: dict[str, list[Script]] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    ending: threading.Event = field(default_factory=threading.Event)
    """Set when the test is over: a script that keeps a client waiting waits on this, so that nothing hangs."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, operation: str, *scripts: Script) -> ScriptedServer:
        self.scripts[operation] = list(scripts)
        return self

    def count(self, operation: str) -> int:
        return sum(f"{hit.method} {hit.path}" == operation for hit in self.hits)

    def hang(self, _: Hit, __: Wire) -> None:
        self.ending.wait(30)

    def drip(self, data: bytes, every: float) -> Script:
        """Sends a byte at a time, `every` so many seconds, until the test ends."""

        def script(_: Hit, wire: Wire) -> None:
            for index in range(len(data)):
                if self.ending.wait(every):
                    return
                wire.send(data[index : index + 1])

        return script

    def _script(self, hit: Hit) -> Script:
        with self._lock:
            self.hits.append(hit)
            scripts = self.scripts.get(f"{hit.method} {hit.path}", [answer(404, {"message": "no script"})])
            return scripts.pop(0) if len(scripts) > 1 else scripts[0]

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as reader:
            while (hit := _read(reader)) is not None:
                self._script(hit)(hit, Wire(connection))
                if connection.fileno() == -1 or self.ending.is_set():
                    return


def closing(script: Script) -> Script:
    """The script, after which the connection is closed."""

    def wrapped(hit: Hit, wire: Wire) -> None:
        script(hit, wire)
        wire.close()

    return wrapped


def silent(_: Hit, wire: Wire) -> None:
    """Closes without an answer."""
    wire.close()


def _read(reader: Any) -> Hit | None:
    request = reader.readline().split()
    if len(request) < 3:
        return None
    headers: dict[str, str] = {}
    while (line := reader.readline().strip()) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", 0)))
    return Hit(request[0].decode(), request[1].decode(), headers, body)


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = ScriptedServer(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.on("POST /token", answer(200, TOKEN))
    threading.Thread(target=server.serve, args=(listener,), daemon=True).start()
    try:
        yield server
    finally:
        server.ending.set()
        listener.close()
