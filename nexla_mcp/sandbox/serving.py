"""Runs a sandbox over HTTP on the loopback interface: inside a program, or for ever as a command."""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from nexla_mcp.sandbox.app import ADMIN_PREFIX, API_PREFIX, create_app
from nexla_mcp.sandbox.building import build_world, close_world
from nexla_mcp.sandbox.delivery import ExposedConnection
from nexla_mcp.sandbox.webhooks import WEBHOOK_PREFIX

if TYPE_CHECKING:
    from types import FrameType

    from nexla_mcp.sandbox.options import SandboxOptions
    from nexla_mcp.sandbox.world import World

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class RunningSandbox:
    """`url` is the API's base URL with its prefix; `admin_url` that of the switches, without it."""

    url: str
    admin_url: str
    service_keys: dict[str, str]
    world: World

    @property
    def service_key(self) -> str:
        """The first user's key."""
        return next(iter(self.service_keys.values()))


class _Server(uvicorn.Server):
    """uvicorn in a thread: says when it listens, and ends without waiting for open connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


@contextmanager
def serve(options: SandboxOptions) -> Iterator[RunningSandbox]:
    """A sandbox that listens on 127.0.0.1 while the block runs; port 0 takes a free one.

    Raises OSError where the port is taken. Nothing is written to stdout, and no logging is set up.
    """
    listener = _listening_socket(options.port)
    try:
        world = build_world(options)
    except BaseException:
        listener.close()
        raise
    origin = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    world.webhook_origin = origin + WEBHOOK_PREFIX
    config = uvicorn.Config(
        create_app(world),
        http=ExposedConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        loop="asyncio",
    )
    server = _Server(config)
    thread = threading.Thread(target=_run, args=(server, listener), name="nexla-sandbox", daemon=True)
    thread.start()
    try:
        server.settled.wait()
        if not server.started:
            raise OSError("the sandbox could not start listening")
        yield RunningSandbox(origin + API_PREFIX, origin + ADMIN_PREFIX, world.sessions.service_keys(), world)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        close_world(world)


def run_forever(options: SandboxOptions) -> None:
    """Serves until SIGTERM or SIGINT, then returns. Call it on the main thread.

    Once it listens it prints one JSON line to stdout: `url`, `service_key`, `service_keys`.
    """
    stop = threading.Event()

    def asked_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    previous = {number: signal.signal(number, asked_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with serve(options) as sandbox:
            announcement = {
                "url": sandbox.url,
                "service_key": sandbox.service_key,
                "service_keys": sandbox.service_keys,
            }
            sys.stdout.write(json.dumps(announcement) + "\n")
            sys.stdout.flush()
            stop.wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _run(server: _Server, listener: socket.socket) -> None:
    try:
        server.run(sockets=[listener])
    finally:
        server.settled.set()


def _listening_socket(port: int) -> socket.socket:
    # the protocol is named because asyncio turns Nagle's delay off only for sockets that say TCP
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
