"""`get_samples`: records, and the shape they have."""

from __future__ import annotations

import pytest

from nexla_mcp.sandbox import kinds

pytestmark = pytest.mark.anyio


@pytest.fixture
def ragged(sandbox):
    """A nexset whose records have gaps, nesting and mixed types, for one test."""
    store = sandbox.world.store
    nexset = next(item for item in store.all(kinds.NEXSETS) if item["name"] == "Parcel events, latest")
    records = [
        {"id": 1, "price": 1, "buyer": {"name": "Ann", "home": {"city": "Bonn", "geo": {"lat": 1.5}}}, "tags": ["a"]},
        {"id": 2, "price": 2.5, "buyer": {"name": None, "home": {}}, "tags": []},
        {"id": 3, "price": "3", "buyer": None, "open": True},
        {"id": 4, "price": 4},
    ]
    store.put(kinds.NEXSETS, {**nexset, "_sandbox": {**nexset["_sandbox"], "records": records}})
    yield nexset["id"]
    store.put(kinds.NEXSETS, nexset)


async def test_records_come_with_the_fields_they_have(call, sandbox):
    answer = await call("get_samples", nexset="Parcel events, latest")
    got = answer.structured
    assert got["live"] is False
    assert got["looked_at"] == len(got["records"]) == 5
    assert {field["name"] for field in got["fields"]} == set(got["records"][0])
    assert all(field["missing"] == 0 for field in got["fields"])
    stored = sandbox.world.store.get(kinds.NEXSETS, got["nexset_id"])["_sandbox"]["records"]
    assert got["records"] == stored[:5]


async def test_types_gaps_and_nesting_are_told(call, ragged):
    fields = {
        field["name"]: (set(field["types"]), field["missing"])
        for field in (await call("get_samples", nexset=ragged)).structured["fields"]
    }
    assert fields["id"] == ({"integer"}, 0)
    assert fields["price"] == ({"integer", "number", "string"}, 0)
    assert fields["buyer.name"] == ({"string"}, 0.75)
    assert fields["buyer.home.city"] == ({"string"}, 0.75)
    assert fields["buyer.home.geo"] == ({"object"}, 0.75)
    assert fields["tags"] == ({"array"}, 0.5)
    assert fields["open"] == ({"boolean"}, 0.75)


async def test_the_text_tells_the_share_of_gaps(call, ragged):
    text = (await call("get_samples", nexset=ragged)).text
    assert "buyer.name: string (75% missing)" in text


@pytest.mark.parametrize("live", [False, True])
async def test_as_many_as_asked_and_read_where_asked(call, live):
    answer = await call("get_samples", nexset="Parcel events, latest", limit=2, live=live)
    assert len(answer.structured["records"]) == 2
    assert answer.structured["live"] is live
    assert ("read live" in answer.text) is live


async def test_a_nexset_without_records_says_so(call, sandbox, ragged):
    store = sandbox.world.store
    nexset = store.get(kinds.NEXSETS, ragged)
    parent = store.get(kinds.NEXSETS, nexset["parent_data_set_id"])
    empty = [{**item, "_sandbox": {**item["_sandbox"], "records": []}} for item in (nexset, parent)]
    try:
        for item in empty:
            store.put(kinds.NEXSETS, item)
        answer = await call("get_samples", nexset=ragged)
    finally:
        for item in (nexset, parent):
            store.put(kinds.NEXSETS, item)
    assert not answer.is_error
    assert answer.structured["looked_at"] == 0
    assert answer.structured["fields"] == []
    assert "No samples" in answer.text


async def test_an_unknown_nexset_is_not_found(call):
    assert (await call("get_samples", nexset=999_999)).structured["code"] == "not_found"
    assert (await call("get_samples", nexset="no such nexset")).structured["code"] == "not_found"


async def test_more_than_a_hundred_is_refused(call):
    answer = await call("get_samples", nexset=1, limit=101)
    assert answer.structured["code"] == "bad_input"
