"""`preview_transform`: what code does to samples, before anything is changed."""

from __future__ import annotations

import pytest

from nexla_mcp.sandbox import kinds

pytestmark = pytest.mark.anyio

NEXSET = "1 - CRM Contacts"
SCRIPT = "def transform(input, metadata, args):\n    input.pop('email', None)\n    return input\n"


def samples(sandbox, name=NEXSET):
    (nexset,) = (item for item in sandbox.world.store.all(kinds.NEXSETS) if item["name"] == name)
    return nexset["_sandbox"]["records"]


async def test_fields_lost_gained_and_retyped_are_told(call, sandbox):
    code = [
        {"operation": "shift", "spec": {"email": "contact", "*": "&"}},
        {"operation": "cardinality", "spec": {"stage": "MANY"}},
    ]
    answer = await call("preview_transform", nexset=NEXSET, code=code, limit=5)
    got = answer.structured
    assert got["ran"] is True
    assert got["looked_at"] == got["transformed"] == 5
    assert (got["lost"], got["gained"]) == (["email"], ["contact"])
    assert got["retyped"] == [{"field": "stage", "before": ["string"], "after": ["array"]}]
    first = samples(sandbox)[0]
    assert got["records"][0]["before"] == first
    assert got["records"][0]["after"]["contact"] == first["email"]
    assert "5 of 5" in answer.text


async def test_nothing_is_changed(call, sandbox):
    store = sandbox.world.store
    before = [store.all(kind) for kind in (kinds.NEXSETS, kinds.CODE)]
    await call("preview_transform", nexset=NEXSET, code=[{"operation": "remove", "spec": {"email": ""}}])
    assert [store.all(kind) for kind in (kinds.NEXSETS, kinds.CODE)] == before


@pytest.mark.parametrize("by_name", [True, False])
async def test_one_that_exists_is_tried_by_id_or_name(call, sandbox, by_name):
    name = "Contacts with company: map"
    (transform,) = (item for item in sandbox.world.store.all(kinds.CODE) if item["name"] == name)
    answer = await call("preview_transform", nexset=NEXSET, transform=name if by_name else transform["id"])
    assert answer.structured["transform_id"] == transform["id"]
    assert (answer.structured["lost"], answer.structured["gained"]) == (["company"], ["account_name"])


async def test_a_record_that_fails_is_told_with_its_place(call):
    """A shift that is to write a field into what is a text already."""
    code = [{"operation": "shift", "spec": {"a": "out", "b": "out.inner"}}]
    records = [{"a": 1}, {"a": "text", "b": 2}, {"b": 3}]
    got = (await call("preview_transform", code=code, records=records)).structured
    assert got["looked_at"] == 3
    assert got["transformed"] + len(got["failures"]) == 3
    assert all(0 <= item["record"] < 3 and item["why"] for item in got["failures"])


async def test_a_script_is_checked_and_never_run(call):
    answer = await call("preview_transform", nexset=NEXSET, code=SCRIPT)
    got = answer.structured
    assert (got["ran"], got["problems"], got["looked_at"]) == (False, [], 0)
    assert "not run" in answer.text


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (SCRIPT.replace("input, metadata, args", "input"), "three positional arguments"),
        (SCRIPT.replace("):", ")"), "line 1"),
        ([{"operation": "shft", "spec": {}}], "shft"),
        ([{"operation": "shift"}], "cannot work"),
    ],
)
async def test_code_that_cannot_work_says_why(call, code, told):
    answer = await call("preview_transform", nexset=NEXSET, code=code)
    assert answer.structured["problems"]
    assert told in answer.text


@pytest.mark.parametrize(
    "arguments",
    [
        {"code": SCRIPT},
        {"nexset": NEXSET},
        {"nexset": NEXSET, "records": [{}], "code": SCRIPT},
        {"nexset": NEXSET, "code": SCRIPT, "transform": 1},
    ],
)
async def test_one_code_and_one_place_of_records(call, arguments):
    answer = await call("preview_transform", **arguments)
    assert answer.structured["code"] == "bad_input"


async def test_secrets_in_records_stay_hidden(call):
    records = [{"id": 1, "password": "what-nobody-sees"}]
    code = [{"operation": "shift", "spec": {"*": "&"}}]
    answer = await call("preview_transform", records=records, code=code)
    assert "what-nobody-sees" not in answer.text + str(answer.structured)
