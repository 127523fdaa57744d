"""The store as one request sees it: each document is read once, however often shapes ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document, Store


class Documents(Protocol):
    """What reading needs of a store."""

    def get(self, kind: str, identifier: int) -> Document | None: ...

    def all(self, kind: str, **equals: Any) -> list[Document]: ...


class Reading(Protocol):
    """Whatever has documents to read: a world, or one caller's access to it."""

    @property
    def store(self) -> Documents: ...


class Snapshot:
    """Reads through to the store on first use. Its documents are shared: never change them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kinds: dict[str, dict[int, Document]] = {}
        self._single: dict[tuple[str, int], Document | None] = {}
        self._indexes: dict[tuple[str, str], dict[Any, list[Document]]] = {}

    def get(self, kind: str, identifier: int) -> Document | None:
        if kind in self._kinds:
            return self._kinds[kind].get(identifier)
        key = (kind, identifier)
        if key not in self._single:
            self._single[key] = self._store.get(kind, identifier)
        return self._single[key]

    def all(self, kind: str, **equals: Any) -> list[Document]:
        """As `Store.all`; the values looked for are ids, words or None."""
        if not equals:
            return list(self._of(kind).values())
        (first, value), *others = equals.items()
        found = self._index(kind, first).get(value, [])
        return [item for item in found if all(item.get(name) == wanted for name, wanted in others)]

    def _of(self, kind: str) -> dict[int, Document]:
        if kind not in self._kinds:
            self._kinds[kind] = {item["id"]: item for item in self._store.all(kind)}
        return self._kinds[kind]

    def _index(self, kind: str, field: str) -> dict[Any, list[Document]]:
        if (kind, field) not in self._indexes:
            index: dict[Any, list[Document]] = {}
            for item in self._of(kind).values():
                index.setdefault(item.get(field), []).append(item)
            self._indexes[kind, field] = index
        return self._indexes[kind, field]
