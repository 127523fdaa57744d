"""Every kind of fault on writes: done exactly once, or reported as perhaps done. Never twice, never in silence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import SecretStr

from nexla_mcp.adapter.connection import Connection
from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.models import Source
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.reconcile import Identity, create, same_config
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import RunningSandbox, serve
from tests.matrix.faulty import HastyClock

pytestmark = [pytest.mark.anyio, pytest.mark.long]

NEW = "made by the matrix"
BODY = {"name": NEW, "source_type": "s3", "source_config": {"path": "acme/in"}}
GRANT = [{"type": "USER", "email": "sam@acme.example", "access_roles": ["operator"]}]

FAULTS: dict[str, dict[str, Any]] = {
    "reset before": {"kind": "reset_before"},
    "closed before": {"kind": "reset_before", "how": "close"},
    "reset after": {"kind": "reset_after"},
    "late": {"kind": "late", "seconds": 5.0},
    "silence": {"kind": "hang", "ms": 20},
    "silence with the work done": {"kind": "hang", "ms": 20, "work": True},
    "truncated": {"kind": "truncated"},
    "429": {"kind": "status", "status": 429, "retry_after": 3},
    "500": {"kind": "status", "status": 500},
    "500 with the work done": {"kind": "status", "status": 500, "work": True},
    "502": {"kind": "status", "status": 502, "body": "html"},
    "503": {"kind": "status", "status": 503},
    "504 with the work done": {"kind": "status", "status": 504, "work": True},
    "401": {"kind": "status", "status": 401, "body": "empty"},
    "403": {"kind": "status", "status": 403},
    "expired token": {"kind": "expired_token"},
    "redirect": {"kind": "redirect"},
    "html": {"kind": "html"},
    "broken JSON": {"kind": "broken_json"},
    "nothing": {"kind": "empty"},
    "true": {"kind": "scalar"},
    "too deep": {"kind": "deep", "depth": 5_000},
    "another status inside": {"kind": "inner_status"},
    "latency": {"kind": "latency", "ms": 5},
    "gzip": {"kind": "gzip"},
}
REFUSED = {"403", "redirect"}
"""Nothing was done, and it is said so."""


@pytest.fixture(scope="module")
def acme() -> Iterator[RunningSandbox]:
    with serve(SandboxOptions()) as running:
        yield running


@dataclass
class Bench:
    """A source of its own on a sandbox, and an adapter whose sleeps move the sandbox's time."""

    sandbox: RunningSandbox
    nexla: Nexla
    body: dict[str, Any]
    """What creates a source."""
    source: int

    def rows(self, **wanted: Any) -> list[Mapping[str, Any]]:
        return [
            row
            for row in self.sandbox.world.store.all("data_sources")
            if all(row.get(name) == value for name, value in wanted.items())
        ]

    def settled(self) -> None:
        """Whatever is still to be done is done."""
        self.sandbox.world.clock.advance(60)
        self.sandbox.world.deferred.run_due()


@pytest.fixture
async def bench(acme: RunningSandbox) -> Any:
    nexla = adapter(acme)
    logins = acme.world.store.all("data_credentials")
    login = next(row["id"] for row in logins if row["credentials_type"] == "s3")
    body = {**BODY, "data_credentials_id": login}
    source = await nexla.sources.create({**body, "name": "target"})
    acme.world.requests.clear()
    yield Bench(acme, nexla, body, source.id)
    acme.world.faults.clear()
    for row in acme.world.store.all("data_sources"):
        if row["name"] in {NEW, "target", "changed"} or row.get("copied_from_id"):
            acme.world.store.delete("data_sources", row["id"])
    await nexla.aclose()


def adapter(sandbox: RunningSandbox, **settings: Any) -> Nexla:
    connection = Connection(
        api_url=sandbox.url, service_key=SecretStr(sandbox.service_key), requests_per_second=100.0, **settings
    )
    return Nexla(connection, clock=HastyClock(sandbox.world.clock.advance))


async def _create(bench: Bench) -> None:
    async def matching() -> list[Source]:
        return [row for row in await bench.nexla.sources.list() if row.name == NEW]

    identity = Identity(
        f'source "{NEW}"',
        matching,
        bench.nexla.sources.get,
        lambda row: same_config(BODY["source_config"], row.source_config),
    )
    await create(bench.nexla, ENDPOINTS["create_source"], Source, identity, body=bench.body)


async def _copy(bench: Bench) -> None:
    await bench.nexla.sources.copy(bench.source)


async def _update(bench: Bench) -> None:
    await bench.nexla.sources.update(bench.source, {"name": "changed"})


async def _delete(bench: Bench) -> None:
    await bench.nexla.sources.delete(bench.source)


async def _activate(bench: Bench) -> None:
    await bench.nexla.sources.activate(bench.source)


async def _pause(bench: Bench) -> None:
    await bench.nexla.sources.pause(bench.source)


async def _add(bench: Bench) -> None:
    await bench.nexla.accessors.add(ResourceType.SOURCE, bench.source, GRANT)


async def _replace(bench: Bench) -> None:
    await bench.nexla.accessors.replace(ResourceType.SOURCE, bench.source, GRANT)


def _grants(bench: Bench) -> int:
    rows = bench.sandbox.world.store.all("accessors")
    return sum(
        1
        for row in rows
        if bench.source in row.values() and "operator" in (row.get("access_roles") or row.get("roles") or ())
    )


@dataclass(frozen=True)
class Write:
    """A write, the route it goes to, and how often it took effect."""

    act: Callable[[Bench], Awaitable[None]]
    method: str
    route: str
    times: Callable[[Bench], int]
    before: Callable[[Bench], Awaitable[None]] | None = None
    """What has to be done first."""

    async def prepare(self, bench: Bench) -> None:
        if self.before is not None:
            await self.before(bench)


def _state(**wanted: Any) -> Callable[[Bench], int]:
    return lambda bench: len(bench.rows(id=bench.source, **wanted))


WRITES: dict[str, Write] = {
    "create": Write(_create, "POST", "/data_sources", lambda bench: len(bench.rows(name=NEW))),
    "copy": Write(
        _copy, "POST", "/data_sources/{source_id}/copy", lambda bench: len(bench.rows(copied_from_id=bench.source))
    ),
    "update": Write(_update, "PUT", "/data_sources/{source_id}", _state(name="changed")),
    "activate": Write(_activate, "PUT", "/data_sources/{source_id}/activate", _state(status="ACTIVE")),
    "pause": Write(_pause, "PUT", "/data_sources/{source_id}/pause", _state(status="PAUSED"), _activate),
    "delete": Write(_delete, "DELETE", "/data_sources/{source_id}", lambda bench: int(not bench.rows(id=bench.source))),
    "add accessors": Write(_add, "PUT", "/data_sources/{source_id}/accessors", _grants),
    "replace accessors": Write(_replace, "POST", "/data_sources/{source_id}/accessors", _grants),
}

written = pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))


@written
async def test_without_a_fault_it_is_done_once(write: Write, bench: Bench) -> None:
    await write.prepare(bench)
    await write.act(bench)
    assert write.times(bench) == 1


@written
@pytest.mark.parametrize("count", [1, 2, None], ids=["once", "twice", "always"])
@pytest.mark.parametrize("name", FAULTS)
async def test_done_once_or_said(write: Write, name: str, count: int | None, bench: Bench) -> None:
    await write.prepare(bench)
    bench.sandbox.world.faults.add(**FAULTS[name], method=write.method, route=write.route, count=count)
    failure: Failure | None = None
    try:
        with anyio.fail_after(60):
            await write.act(bench)
    except Failure as raised:
        failure = raised
    bench.sandbox.world.faults.clear()
    bench.settled()
    times = write.times(bench)
    assert times <= 1, "done twice"
    if failure is None:
        assert times == 1, "said to be done, and is not"
        return
    info = failure.info
    assert info.code is not ErrorCode.INTERNAL
    assert info.hint, info.message
    assert bench.sandbox.service_key not in info.model_dump_json()
    if times:
        assert info.maybe_applied, info
    if info.maybe_applied:
        assert info.code is ErrorCode.MAYBE_APPLIED
        assert name not in REFUSED


@pytest.mark.parametrize("name", ["reset after", "late", "silence with the work done", "504 with the work done"])
async def test_a_create_whose_answer_was_lost_is_found_again(name: str, bench: Bench) -> None:
    bench.sandbox.world.faults.add(**FAULTS[name], method="POST", route="/data_sources", count=1)
    await _create(bench)
    assert len(bench.rows(name=NEW)) == 1


async def test_a_token_that_ends_in_the_middle_of_a_write_is_renewed(bench: Bench) -> None:
    bench.sandbox.world.faults.add("expired_token", method="PUT", count=1)
    await bench.nexla.sources.update(bench.source, {"name": "changed"})
    assert bench.rows(id=bench.source, name="changed")
    assert bench.nexla.statistics.token_fetches == 2


async def test_two_copies_on_a_key_with_one_live_session_finish_their_calls(tmp_path: Path) -> None:
    """Each login ends the other's session; copies that share a directory take turns (contract 1.1)."""
    failures: list[str] = []
    with serve(SandboxOptions(single_session=True)) as sandbox:
        copies = [adapter(sandbox, state_directory=tmp_path) for _ in range(2)]

        async def forty_calls(nexla: Nexla) -> None:
            try:
                for _ in range(40):
                    await nexla.users.current()
            except Failure as failure:
                failures.append(failure.info.code.value)

        with anyio.fail_after(120):
            async with anyio.create_task_group() as tasks:
                for nexla in copies:
                    tasks.start_soon(forty_calls, nexla)
        assert failures == []
        assert all(nexla.takes_turns for nexla in copies)
        for nexla in copies:
            await nexla.aclose()
