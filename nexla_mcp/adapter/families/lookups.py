"""Lookups and their entries (contract 13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families.family import EVERYTHING_I_SEE, Family, flag, require_items, written
from nexla_mcp.adapter.models import Lookup
from nexla_mcp.adapter.rows import Rows, list_in

ALL_KEYS = "*"

Entry = dict[str, Any]
Entries = list[Entry]


class Lookups(Family):
    async def list(self, *, access_role: str = EVERYTHING_I_SEE) -> Rows[Lookup]:
        return await self._all("list_lookups", Lookup, query={"access_role": access_role})

    async def get(self, lookup_id: int, *, expand: bool = False) -> Lookup:
        """One lookup; expanded, a small static one brings its entries in `data_map`."""
        return await self._one("get_lookup", Lookup, "lookup", lookup_id, {"expand": flag(expand)})

    async def create(self, body: Mapping[str, Any]) -> Lookup:
        return await self._create("create_lookup", Lookup, "the new lookup", dict(body))

    async def update(self, lookup_id: int, body: Mapping[str, Any]) -> Lookup:
        data = await self._change("update_lookup", lookup_id, read="get_lookup", body=dict(body))
        return written(data, Lookup, f"lookup {lookup_id}")

    async def delete(self, lookup_id: int) -> None:
        await self._change("delete_lookup", lookup_id, read="get_lookup")

    async def entries(self, lookup_id: int, keys: Sequence[str] | None = None) -> Entries:
        """The entries with these keys, one request each; all entries without keys.

        Raises:
            Failure: `bad_input` for a key that a path cannot carry (trap T16).
        """
        if keys is None:
            return await self._entries(lookup_id, ALL_KEYS)
        return [entry for key in keys for entry in await self._entries(lookup_id, key)]

    async def upsert(self, lookup_id: int, entries: Sequence[Mapping[str, Any]]) -> Entries:
        """Put these entries in by their primary key, over those there are."""
        require_items([*entries], "entries")
        endpoint = ENDPOINTS["upsert_lookup_entries"]
        body = {"entries": [dict(entry) for entry in entries]}
        ids = {"data_map_id": lookup_id}
        return _rows((await self._nexla.call(endpoint, ids=ids, body=body)).data or [])

    async def delete_entry(self, lookup_id: int, key: str) -> None:
        """Delete the entry with exactly this key. Wildcards and lists of keys are refused."""
        ids: dict[str, int | str] = {"data_map_id": lookup_id, "entry_keys": key}
        await self._nexla.call(ENDPOINTS["delete_lookup_entries"], ids=ids)

    async def _entries(self, lookup_id: int, key: str) -> Entries:
        ids: dict[str, int | str] = {"data_map_id": lookup_id, "entry_keys": key}
        return _rows((await self._nexla.call(ENDPOINTS["get_lookup_entries"], ids=ids)).data)


def _rows(data: Any) -> Entries:
    return [row for row in list_in(data) if isinstance(row, dict)]
