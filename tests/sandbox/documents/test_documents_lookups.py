"""Lookups and their rows (contract 13)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.documents.client import Company

ROWS = [
    {"code": "de", "name": "Germany"},
    {"code": "dk", "name": "Denmark"},
    {"code": "fr", "name": "France"},
]


@pytest.fixture
def path(acme: Company) -> str:
    payload = {"name": "countries", "data_type": "string", "map_primary_key": "code", "data_map": ROWS}
    return f"/data_maps/{acme.dana.ok('POST', '/data_maps', payload)['id']}"


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def test_entries_come_only_expanded(acme: Company, path: str) -> None:
    plain = acme.dana.ok("GET", path)
    assert "data_map" not in plain
    assert plain["map_entry_count"] == 3
    assert set(plain["map_entry_schema"]["properties"]) == {"code", "name"}
    assert acme.dana.ok("GET", f"{path}?expand=1")["data_map"] == ROWS
    assert [row["map_primary_key"] for row in acme.dana.ok("GET", "/data_maps")] == ["code"]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("de", ["Germany"]),
        ("fr,de", ["Germany", "France"]),
        ("d*", ["Germany", "Denmark"]),
        ("*", ["Germany", "Denmark", "France"]),
        ("xx", []),
        ("d%2A", ["Germany", "Denmark"]),
        ("[d]e", []),
    ],
)
def test_rows_are_found_by_keys_and_wildcards(acme: Company, path: str, keys: str, found: list[str]) -> None:
    assert names(acme.dana.ok("GET", f"{path}/entries/{keys}")) == found


def test_rows_are_upserted_by_their_key(acme: Company, path: str) -> None:
    acme.dana.ok(
        "PUT",
        f"{path}/entries",
        {"entries": [{"code": "de", "name": "GER"}, {"code": "it", "name": "Italy"}]},
    )
    assert names(acme.dana.ok("GET", f"{path}/entries/*")) == ["GER", "Denmark", "France", "Italy"]
    assert acme.dana.audit(path)[0]["object_changes"] == {"map_entry_count": [3, 4]}


def test_rows_without_the_key_are_refused_and_nothing_changes(acme: Company, path: str) -> None:
    acme.dana.refused(400, "PUT", f"{path}/entries", {"entries": [{"code": "it"}, {"name": "Spain"}]})
    assert acme.dana.ok("GET", path)["map_entry_count"] == 3


@pytest.mark.parametrize(("keys", "left"), [("de,fr", ["Denmark"]), ("d*", ["France"]), ("*", [])])
def test_rows_are_deleted_by_keys_and_a_star_empties(acme: Company, path: str, keys: str, left: list[str]) -> None:
    acme.dana.ok("DELETE", f"{path}/entries/{keys}")
    assert names(acme.dana.ok("GET", f"{path}/entries/*")) == left


def test_the_metadata_changes_and_the_lookup_goes(acme: Company, path: str) -> None:
    changed = acme.dana.ok("PUT", path, {"data_defaults": {"name": "?"}, "emit_data_default": True})
    assert (changed["data_defaults"], changed["emit_data_default"]) == ({"name": "?"}, True)
    assert set(acme.dana.ok("DELETE", path)) == {"code", "message"}
    acme.dana.refused(404, "GET", path)
