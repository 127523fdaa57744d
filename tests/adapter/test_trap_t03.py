"""T3: the SDK's login is not thread-safe, and with one live session a key its threads throw each other out."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from nexla_sdk import NexlaClient

from tests.adapter.operations import READ, call, wire_name
from tests.adapter.scripted_server import TOKEN, Hit, Wire, answer

pytestmark = pytest.mark.anyio
THING = wire_name(READ)
LOGIN = "POST /token"


class OneSession:
    """Keeps only the newest token, as a platform with one live session a key would."""

    def __init__(self, server):
        self.numbers = itertools.count(1)
        self.live = ""
        self.lock = threading.Lock()
        server.on(LOGIN, self.log_in).on(THING, self.get)

    def log_in(self, hit: Hit, wire: Wire) -> None:
        with self.lock:
            self.live = f"token-{next(self.numbers)}"
            script = answer(200, {"access_token": self.live, "expires_in": 3600})
        script(hit, wire)

    def get(self, hit: Hit, wire: Wire) -> None:
        live = hit.headers["authorization"] == f"Bearer {self.live}"
        answer(200 if live else 401, {"id": 1} if live else None)(hit, wire)

    def throw_out(self) -> None:
        self.live = "somebody else's"


async def at_once(count, nexlas):
    answers = []

    async def one(nexla):
        answers.append((await call(nexla)).data)

    async with anyio.create_task_group() as group:
        for _, nexla in zip(range(count), itertools.cycle(nexlas), strict=False):
            group.start_soon(one, nexla)
    return answers


def test_t03_bare_sdk_logs_in_once_a_thread(server):
    together = threading.Barrier(8, timeout=20)

    def log_in(hit: Hit, wire: Wire) -> None:
        together.wait()  # passes only if eight logins are under way at the same time
        answer(200, TOKEN)(hit, wire)

    server.on(LOGIN, log_in).on(THING, answer(200, {}))
    client = NexlaClient(service_key="key", base_url=server.url, trace_enabled=False)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.request("GET", "/things/1"), range(8)))
    assert server.count(LOGIN) == 8


async def test_t03_a_cold_start_of_many_calls_logs_in_once(server, connect):
    server.on(THING, answer(200, {"id": 1}))
    assert await at_once(32, [connect()]) == [{"id": 1}] * 32
    assert server.count(LOGIN) == 1


async def test_t03_many_calls_with_one_stale_token_log_in_once_more(server, connect):
    session = OneSession(server)
    nexla = connect()
    await call(nexla)
    session.throw_out()
    assert await at_once(16, [nexla]) == [{"id": 1}] * 16
    assert server.count(LOGIN) == 2
    assert not nexla.takes_turns


async def test_t03_two_early_refusals_within_a_minute_start_turns(server, connect, clock):
    session = OneSession(server)
    nexla = connect()
    for _ in range(2):
        await call(nexla)
        session.throw_out()
    await call(nexla)
    assert nexla.takes_turns


async def test_t03_rare_refusals_start_no_turns(server, connect, clock):
    session = OneSession(server)
    nexla = connect()
    for _ in range(4):
        await call(nexla)
        session.throw_out()
        clock.elapsed += 61
    await call(nexla)
    assert not nexla.takes_turns


async def test_t03_copies_with_one_key_take_turns_instead_of_throwing_each_other_out(server, connect, tmp_path):
    OneSession(server)
    copies = [connect(state_directory=tmp_path) for _ in range(2)]
    for _ in range(4):
        for copy in copies:
            await call(copy)
    assert all(copy.takes_turns for copy in copies)
    assert await at_once(20, copies) == [{"id": 1}] * 20
    assert connect(state_directory=tmp_path).takes_turns
    assert "key-1234567890" not in " ".join(path.name for path in tmp_path.iterdir())
