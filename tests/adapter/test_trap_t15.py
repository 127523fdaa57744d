"""T15: the SDK's paginator loses rows or never ends. Ours reads to the end, or says where it stopped."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from nexla_sdk import NexlaClient

from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.adapter.paging import MAX_PAGES, Page, read_pages
from nexla_mcp.domain.errors import ErrorCode, Failure
from tests.adapter.scripted_server import Hit, Script, ScriptedServer, Wire, answer

pytestmark = pytest.mark.anyio
SOURCES = "GET /data_sources"
Connect = Callable[..., Nexla]


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {"id": number, "name": f"s{number}", "status": "ACTIVE", "source_type": "s3"} for number in range(1, count + 1)
    ]


def paged(
    everything: list[Any],
    *,
    cap: int = 1000,
    ignore: bool = False,
    headers: Callable[[int, int, int], dict[str, str]] | None = None,
) -> Script:
    """Serves pages of a list; `cap` is the most a page holds, `ignore` answers everything always."""

    def script(hit: Hit, wire: Wire) -> None:
        query = parse_qs(urlsplit(hit.target).query)
        page, size = int(query["page"][0]), min(cap, int(query["per_page"][0]))
        part = everything if ignore else everything[(page - 1) * size : page * size]
        told = headers(page, size, len(everything)) if headers else None
        answer(200, part, headers=told)(hit, wire)

    return script


def with_total(_: int, __: int, total: int) -> dict[str, str]:
    return {"X-Total-Count": str(total)}


def with_page_count(_: int, size: int, total: int) -> dict[str, str]:
    return {"X-Page-Count": str(-(-total // size))}


def with_link(page: int, size: int, total: int) -> dict[str, str]:
    return {"Link": f'<https://h/x>; rel="{"Next" if page * size < total else "Previous"}"'}


@pytest.mark.parametrize(
    ("count", "cap", "headers", "requests"),
    [
        (45, 1000, with_total, 1),
        (45, 1000, with_page_count, 1),
        (45, 1000, with_link, 1),
        (45, 1000, None, 2),
        (200, 1000, with_total, 2),
        (200, 1000, None, 3),
        (250, 100, with_total, 3),
        (45, 10, None, 6),
        (45, 10, with_total, 5),
        (45, 10, with_page_count, 5),
        (0, 1000, None, 1),
        (0, 1000, with_total, 1),
    ],
)
async def test_t15_every_row_and_no_request_too_many(
    server: ScriptedServer, connect: Connect, count: int, cap: int, headers: Any, requests: int
) -> None:
    server.on(SOURCES, paged(rows(count), cap=cap, headers=headers))
    found = await connect().sources.list()
    assert [row.id for row in found] == list(range(1, count + 1))
    assert (found.complete, found.stopped_because, found.next_page) == (True, None, None)
    assert server.count(SOURCES) == requests


async def test_t15_a_server_that_ignores_paging_is_read_once(server: ScriptedServer, connect: Connect) -> None:
    server.on(SOURCES, paged(rows(250), ignore=True))
    found = await connect().sources.list()
    assert len(found) == 250
    assert found.complete
    assert server.count(SOURCES) == 2


async def test_t15_the_sdk_goes_on_for_ever_on_such_a_server(server: ScriptedServer) -> None:
    server.on(SOURCES, paged(rows(25), ignore=True))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    seen = list(itertools.islice(client.sources.paginate(per_page=20), 200))
    assert len(seen) == 200
    assert len({source.id for source in seen}) == 25


async def test_t15_the_sdk_loses_rows_when_pages_are_capped(server: ScriptedServer) -> None:
    server.on(SOURCES, paged(rows(45), cap=10))
    client = NexlaClient(service_key="key", base_url=server.url, token_refresh_margin=60)
    assert len(list(client.sources.paginate(per_page=20))) == 10


async def test_t15_an_envelope_is_read_too(server: ScriptedServer, connect: Connect) -> None:
    server.on(SOURCES, answer(200, {"data": rows(3), "meta": {}}), answer(200, {"data": []}))
    assert len(await connect().sources.list()) == 3


async def test_t15_an_empty_answer_is_an_empty_list(server: ScriptedServer, connect: Connect) -> None:
    server.on(SOURCES, answer(204))
    assert len(await connect().sources.list()) == 0


async def test_t15_rows_that_moved_between_pages_come_once(server: ScriptedServer, connect: Connect) -> None:
    server.on(SOURCES, answer(200, rows(3)), answer(200, [{"id": 3}, {"id": 4}]), answer(200, []))
    assert [row.id for row in await connect().sources.list()] == [1, 2, 3, 4]


async def test_t15_too_few_rows_are_said(server: ScriptedServer, connect: Connect) -> None:
    told = {"X-Total-Count": "9"}
    server.on(SOURCES, answer(200, rows(3), headers=told), answer(200, [], headers=told))
    found = await connect().sources.list()
    assert not found.complete
    assert found.total == 9
    assert "9 rows" in str(found.stopped_because)


async def test_t15_a_count_that_is_too_low_is_not_believed(server: ScriptedServer, connect: Connect) -> None:
    server.on(SOURCES, answer(200, rows(3), headers={"X-Total-Count": "1"}), answer(200, [{"id": 4}]), answer(200, []))
    assert len(await connect().sources.list()) == 4


async def test_t15_a_fault_on_a_later_page_leaves_what_was_read(server: ScriptedServer, connect: Connect) -> None:
    server.on(SOURCES, answer(200, rows(3)), answer(500, {"message": "boom"}))
    found = await connect().sources.list()
    assert len(found) == 3
    assert (found.complete, found.next_page) == (False, 2)
    assert "page 2" in str(found.stopped_because)


async def test_t15_a_refusal_on_a_later_page_is_raised(server: ScriptedServer, connect: Connect) -> None:
    server.on(SOURCES, answer(200, rows(3)), answer(403, {"message": "no"}))
    with pytest.raises(Failure) as caught:
        await connect().sources.list()
    assert caught.value.info.code is ErrorCode.FORBIDDEN


async def test_t15_flows_are_one_object_a_page(server: ScriptedServer, connect: Connect) -> None:
    def page(*ids: int) -> Script:
        return answer(
            200,
            {
                "flows": [{"id": number, "data_source_id": number * 10, "children": []} for number in ids],
                "data_sources": [{"id": number * 10, "name": f"s{number}", "data_credentials_id": 7} for number in ids],
                "data_credentials": [{"id": 7, "name": "shared"}],
            },
        )

    server.on("GET /flows", page(1, 2), page(3), answer(200, {"flows": []}))
    found = await connect().flows.list()
    assert [flow.id for flow in found] == [1, 2, 3]
    assert [[row.name for row in flow.data_sources] for flow in found] == [["s1"], ["s2"], ["s3"]]
    assert all([row.id for row in flow.data_credentials] == [7] for flow in found)


async def test_t15_lists_show_what_is_shared_with_the_caller(server: ScriptedServer, connect: Connect) -> None:
    server.on(SOURCES, answer(200, []))
    await connect().sources.list()
    assert parse_qs(urlsplit(server.hits[-1].target).query)["access_role"] == ["collaborator"]


async def test_t15_one_bad_row_does_not_lose_the_others(server: ScriptedServer, connect: Connect) -> None:
    server.on(SOURCES, answer(200, [*rows(2), {"id": None}, "text", None], headers={"X-Total-Count": "5"}))
    found = await connect().sources.list()
    assert (len(found), found.unreadable, found.total) == (2, 3, 5)


async def test_t15_the_limit_is_said_with_the_page_to_go_on_at() -> None:
    async def fetch(page: int) -> Page:
        return Page([{"id": page * 10 + number} for number in range(10)])

    read = await read_pages(fetch, max_rows=25)
    assert (len(read.rows), read.complete, read.next_page) == (30, False, 4)


async def test_t15_rows_without_ids_that_never_end_are_stopped() -> None:
    counter = itertools.count()

    async def fetch(_: int) -> Page:
        return Page([{"line": next(counter)}])

    read = await read_pages(fetch)
    assert (len(read.rows), read.complete) == (MAX_PAGES, False)


async def test_t15_equal_rows_without_ids_are_not_repeats() -> None:
    lines = [{"log": "same"}, {"log": "same"}]

    async def fetch(page: int) -> Page:
        return Page(lines if page == 1 else [])

    assert (await read_pages(fetch)).rows == lines


async def test_t15_a_list_of_the_wrong_shape_is_no_empty_list(server: ScriptedServer, connect: Connect) -> None:
    server.on(SOURCES, answer(200, {"secret": "canary"}))
    with pytest.raises(Failure) as caught:
        await connect().sources.list()
    assert caught.value.info.code is ErrorCode.UNREADABLE_ANSWER
    assert "canary" not in json.dumps(caught.value.info.model_dump(mode="json"))
