"""Plain reads of the contract show no keys, whatever an entry of them looks like."""

from __future__ import annotations

from typing import Any

import pytest

from nexla_mcp.operations.contract_reading import without_keys

CANARY = "CANARY7f3a"


@pytest.mark.parametrize("entry", [CANARY, {"value": CANARY}, {"id": 1, "url": f"https://hook.example/{CANARY}"}])
def test_no_entry_of_api_keys_is_shown(entry: Any) -> None:
    shown = without_keys([{"id": 1, "source": {"name": "Hook", "api_keys": [entry]}}])
    assert CANARY not in str(shown)
    assert shown[0]["source"]["name"] == "Hook"


def test_an_empty_list_of_keys_stays_empty() -> None:
    assert without_keys({"api_keys": []}) == {"api_keys": []}
