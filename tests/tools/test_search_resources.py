"""`search_resources`: every type, every filter, every page; and never a silent gap."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from nexla_mcp.domain.resources import ResourceType
from tests.tools.conftest import Call, connected

pytestmark = pytest.mark.anyio

TYPES = [item.value for item in ResourceType]


async def rows_of(call: Call, **arguments: Any) -> list[dict[str, Any]]:
    answer = await call("search_resources", **{"limit": 500, **arguments})
    assert not answer.is_error, answer.text
    assert "cursor" not in answer.structured
    return answer.structured["rows"]


@pytest.mark.parametrize("kind", TYPES)
async def test_every_type_is_found_and_each_row_says_what_it_is(call, kind):
    rows = await rows_of(call, types=[kind])
    assert rows
    assert {row["type"] for row in rows} == {kind}
    assert all(isinstance(row["id"], int) and row["name"] for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)


async def test_all_types_are_searched_unless_some_are_named(settings):
    async with connected(settings.model_copy(update={"result_bytes": 1_000_000})) as call:
        assert {row["type"] for row in await rows_of(call)} == set(TYPES)


async def test_what_others_own_is_found_unless_only_mine_is_asked(call):
    everything = await rows_of(call, types=["flow"])
    theirs = {row["id"] for row in everything if row["owner"] == "sam@acme.example"}
    assert theirs
    mine = await rows_of(call, types=["flow"], only_mine=True)
    assert {row["owner"] for row in mine} == {"dana@acme.example"}
    assert {row["id"] for row in everything if row["owner"] == "dana@acme.example"} == {row["id"] for row in mine}


async def test_what_was_shared_with_a_member_is_found_with_the_role_it_was_shared_with(settings, sandbox):
    sam = settings.model_copy(update={"service_key": SecretStr(sandbox.service_keys["sam@acme.example"])})
    async with connected(sam) as call:
        found = {row["name"]: row for row in await rows_of(call, types=["source"])}
        mine = {row["name"] for row in await rows_of(call, types=["source"], only_mine=True)}
    assert found["Web Events"]["owner"] == "dana@acme.example"
    assert "admin" in found["Web Events"]["roles"]
    assert "Web Events" not in mine
    assert "Churn Features" in mine
    assert "General Ledger Entries" not in found


async def test_a_name_is_found_by_any_part_in_any_case(call):
    rows = await rows_of(call, name="cusTOMER mas", types=["flow", "source"])
    assert [row["name"] for row in rows] == ["Customer Master"] * 4


async def test_status_matches_whole_words_and_of_credentials_the_verification(call):
    paused = await rows_of(call, types=["source", "nexset", "destination"], status="paused")
    assert {row["status"] for row in paused} == {"PAUSED"}
    assert {row["type"] for row in paused} == {"source", "nexset", "destination"}
    assert await rows_of(call, types=["source"], status="paus") == []
    assert await rows_of(call, types=["credential"], status="verified")


async def test_tag_owner_and_connector_narrow_down(call):
    tagged = await rows_of(call, types=["flow"], tag="TIER-1")
    assert tagged
    assert all("tier-1" in row["tags"] for row in tagged)
    assert await rows_of(call, types=["flow"], tag="tier") == []

    priyas = await rows_of(call, types=["flow"], owner="priya@")
    assert [row["name"] for row in priyas] == ["Payroll Hours Export"]

    kafka = await rows_of(call, types=["credential", "source"], connector="kafka")
    assert {row["connector"] for row in kafka} == {"kafka"}
    assert {row["type"] for row in kafka} == {"credential", "source"}


async def test_a_flow_is_found_by_a_connector_at_either_end(call):
    names = {row["name"] for row in await rows_of(call, types=["flow"], connector="snowflake")}
    assert {"Marketplace Orders", "General Ledger Entries"} <= names
    assert "Churn Features" not in names


async def test_all_filters_must_hold(call):
    both = await rows_of(call, types=["flow"], tag="marketing", status="PAUSED")
    assert [row["name"] for row in both] == ["Holiday Campaign 2025"]


async def test_users_of_a_credential_are_found_with_their_flows(call, sandbox):
    credential = next(row for row in await rows_of(call, types=["credential"]) if row["name"] == "Clickstream Kafka")
    used = await rows_of(call, credential=credential["id"])
    assert used == await rows_of(call, credential="clickstream kafka")
    names = {"Web Events", "Mobile App Events", "Subscription Events"}
    assert {row["name"] for row in used if row["type"] == "flow"} == names
    store = sandbox.world.store
    wanted = {item["id"] for item in store.all("data_sources", data_credentials_id=credential["id"])}
    assert {row["id"] for row in used if row["type"] == "source"} == wanted
    assert {row["type"] for row in used} == {"credential", "source", "flow"}


async def test_a_project_holds_its_flows_and_what_stands_in_them(call):
    rows = await rows_of(call, project="Supply Chain")
    flows = {row["name"] for row in rows if row["type"] == "flow"}
    assert {"Carrier Tracking", "Product Catalog"} <= flows
    assert "Web Events" not in flows
    assert {"source", "nexset", "destination"} <= {row["type"] for row in rows}
    both = await rows_of(call, project="Supply Chain", credential="Carrier SFTP", types=["flow"])
    assert {row["name"] for row in both} == {"Carrier Tracking", "Warehouse Receipts"}


async def test_pages_give_every_row_once_and_in_order(call):
    whole = await rows_of(call, types=["nexset"])
    seen: list[dict[str, Any]] = []
    arguments: dict[str, Any] = {}
    while True:
        page = (await call("search_resources", types=["nexset"], limit=7, **arguments)).structured
        assert len(page["rows"]) <= 7
        assert page["offset"] == len(seen)
        seen += page["rows"]
        if "cursor" not in page:
            break
        arguments = {"cursor": page["cursor"]}
    assert seen == whole


@pytest.mark.parametrize("cursor", ["abc", "-1", "1.5", "", "9" * 30, "٣"])
async def test_a_cursor_of_somebody_else_is_refused(call, cursor):
    answer = await call("search_resources", cursor=cursor)
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"


async def test_types_that_may_not_be_listed_are_named(call, backstage):
    backstage.break_(kind="status", method="GET", route="/users", status=403, count=None)
    answer = await call("search_resources", types=["user", "team"])
    assert {row["type"] for row in answer.structured["rows"]} == {"team"}
    assert [item.partition(":")[0] for item in answer.structured["not_searched"]] == ["user"]
    assert "forbidden" in answer.structured["not_searched"][0]
    assert "user: forbidden" in answer.text


async def test_nothing_to_search_at_all_is_an_error(call, backstage):
    backstage.break_(kind="status", method="GET", route="/users", status=403, count=None)
    answer = await call("search_resources", types=["user"])
    assert answer.is_error
    assert answer.structured["code"] == "forbidden"


async def test_rows_that_cannot_be_read_are_counted(call, backstage):
    total = len(await rows_of(call, types=["source"]))
    backstage.break_(kind="bad_row", method="GET", route="/data_sources", count=None)
    answer = (await call("search_resources", types=["source"], limit=500)).structured
    assert answer["unreadable"] >= 1
    assert len(answer["rows"]) + answer["unreadable"] == total


async def test_nothing_found_says_what_was_searched(call):
    answer = await call("search_resources", name="no such thing anywhere")
    assert not answer.is_error
    assert answer.structured["total"] == 0
    assert "shared" in answer.text or "access" in answer.text


async def test_an_unknown_project_is_not_found_rather_than_empty(call):
    answer = await call("search_resources", project="Suply Chain")
    assert answer.is_error
    assert answer.structured["code"] == "not_found"
    assert "Supply Chain" in answer.structured["hint"]


async def test_notifications_are_searched_when_they_are_asked_for(call: Call) -> None:
    found = await call("search_resources", types=["notification"], name="error")
    assert not found.is_error
    assert found.structured["rows"]
    assert all(row["type"] == "notification" and "error" in row["name"].lower() for row in found.structured["rows"])
    everything = await call("search_resources", limit=500)
    assert "notification" not in {row["type"] for row in everything.structured["rows"]}


async def test_an_unknown_type_is_refused_with_the_valid_ones(call: Call) -> None:
    answer = await call("search_resources", types=["notifikation"])
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"
    assert "notification" in answer.text
