"""`check_data_quality`: rules and schemas held against samples, and never a pattern that stops the server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nexla_mcp.adapter.families.resources import Nexsets
from nexla_mcp.domain.secrets import MASK
from nexla_mcp.operations.quality import apart
from nexla_mcp.operations.quality.checking import _finding
from nexla_mcp.sandbox.shapes import nodes
from tests.tools.conftest import Call

pytestmark = pytest.mark.anyio

NEXSET = "Orders, cleaned"


async def checked(call: Call, **arguments: Any) -> dict[str, Any]:
    answer = await call("check_data_quality", nexset=NEXSET, **arguments)
    assert not answer.is_error, answer.text
    return answer.structured


async def samples(call: Call) -> list[dict[str, Any]]:
    return (await call("get_samples", nexset=NEXSET, limit=100)).structured["records"]


async def test_rules_that_hold_pass_and_the_number_of_samples_is_told(call: Call) -> None:
    records = await samples(call)
    rules = [
        {"field": "id", "required": True, "unique": True, "type": "integer"},
        {"field": "total_amount", "minimum": 0, "type": "number", "max_null_rate": 0},
        {"field": "currency", "pattern": "^[A-Z]{3}$"},
    ]
    got = await checked(call, rules=rules)
    assert (got["verdict"], got["findings"], got["held"]) == ("passed", [], 7)
    assert got["looked_at"] == len(records)
    assert got["live"] is False


async def test_each_broken_rule_is_counted_with_examples(call: Call) -> None:
    records = await samples(call)
    amounts = sorted(record["total_amount"] for record in records)
    middle = amounts[len(amounts) // 2]
    rules = [
        {"field": "nothing", "required": True},
        {"field": "total_amount", "maximum": middle},
        {"field": "currency", "pattern": "^EUR$", "type": "integer"},
        {"field": "currency", "unique": True},
    ]
    got = await checked(call, rules=rules)
    assert got["verdict"] == "failed"
    broken = {(item["field"], item["rule"].split()[0]): item for item in got["findings"]}
    assert broken["nothing", "required"]["failed"] == len(records)
    assert broken["total_amount", "at"]["failed"] == sum(amount > middle for amount in amounts)
    assert all(value > middle for value in broken["total_amount", "at"]["examples"])
    assert broken["currency", "pattern"]["failed"] == sum(record["currency"] != "EUR" for record in records)
    assert broken["currency", "type"]["failed"] == len(records)
    assert broken["currency", "unique"]["failed"] > 0


async def test_a_json_schema_is_held_against_every_sample(call: Call) -> None:
    records = await samples(call)
    schema = {
        "type": "object",
        "required": ["id", "discount"],
        "properties": {"currency": {"enum": ["EUR"]}, "id": {"type": "integer"}},
    }
    got = await checked(call, json_schema=schema)
    found = {item["field"]: item for item in got["findings"]}
    assert set(found) == {"discount", "currency"}
    assert found["discount"]["failed"] == len(records)
    assert found["currency"]["failed"] == sum(record["currency"] != "EUR" for record in records)


async def test_without_rules_some_are_suggested_which_the_samples_fulfil(call: Call) -> None:
    suggested = await checked(call)
    assert suggested["verdict"] == "suggested"
    again = await checked(call, json_schema=suggested["json_schema"], rules=suggested.get("rules"))
    assert again["verdict"] == "passed"
    assert set(suggested["json_schema"]["properties"]) == set((await samples(call))[0])


async def test_the_nexsets_own_schema_is_held_against_its_samples(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an answer carries one, which the contract does not promise."""
    answered = nodes.nexset_expanded

    def with_schema(*given: Any) -> dict[str, Any]:
        return {**answered(*given), "output_validation_schema": {"type": "object", "required": ["never_there"]}}

    monkeypatch.setattr(nodes, "nexset_expanded", with_schema)
    got = await checked(call)
    assert got["verdict"] == "failed"
    assert got["findings"][0]["field"] == "never_there"
    assert "own validation schema" in " ".join(got["notes"])


@pytest.mark.parametrize(
    "arguments",
    [
        {"rules": [{"field": "created_at", "pattern": r"^(?:(?:\S|.)+)+\x00$"}]},
        {"json_schema": {"properties": {"created_at": {"pattern": r"^(?:(?:\S|.)+)+\x00$"}}}},
        {
            "json_schema": {
                "$defs": {
                    **{f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(60)},
                    "a60": {"type": "object"},
                },
                "$ref": "#/$defs/a0",
            }
        },
    ],
    ids=["pattern", "pattern in a schema", "references"],
)
async def test_what_never_comes_to_an_end_is_ended(
    call: Call, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any]
) -> None:
    monkeypatch.setattr(apart, "SECONDS", 1.5)
    answer = await call("check_data_quality", nexset=NEXSET, **arguments)
    assert answer.structured["code"] == "bad_input"
    assert "to an end" in answer.text
    assert (await checked(call, rules=[{"field": "id", "required": True}]))["verdict"] == "passed"


@pytest.mark.parametrize(
    "arguments",
    [
        {"rules": [{"field": "currency", "pattern": "("}]},
        {"rules": [{"field": "currency", "pattern": "x" * 301}]},
        {"rules": [{"field": "currency"}]},
        {"rules": [{"field": "currency", "max_null_rate": 1.5}]},
        {"rules": [{"field": "currency", "type": "text"}]},
        {"json_schema": {"type": "nonsense"}},
        {"json_schema": {"properties": {"currency": {"pattern": "("}}}},
        {"json_schema": {"$ref": "#/$defs/nowhere"}},
        {"json_schema": {"$ref": "#"}},
        {"json_schema": {"$ref": "http://127.0.0.1:9/schema.json"}},
    ],
)
async def test_what_is_no_rule_is_refused_and_nothing_is_fetched(call: Call, arguments: dict[str, Any]) -> None:
    answer = await call("check_data_quality", nexset=NEXSET, **arguments)
    assert answer.structured["code"] == "bad_input", answer.text


async def test_no_samples_are_no_verdict(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any, **__: Any) -> list[Any]:
        return []

    monkeypatch.setattr(Nexsets, "samples", nothing)
    for arguments in ({}, {"rules": [{"field": "x", "max_null_rate": 1}]}):
        got = await checked(call, **arguments)
        assert (got["verdict"], got["looked_at"]) == ("unknown", 0)


@pytest.mark.parametrize(
    ("field", "value"), [("login.password", "hunter2word"), ("note", "Authorization: Bearer abcdef12345")]
)
def test_secrets_in_samples_are_no_examples(field: str, value: str) -> None:
    told = _finding({"field": field, "rule": "pattern", "failed": 1, "of": 1, "examples": [value]})
    assert MASK in json.dumps(told.model_dump())
    assert value not in json.dumps(told.model_dump())
