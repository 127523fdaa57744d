"""Transforms, attribute transforms and code containers (contract 10 to 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from nexla_mcp.adapter.families.family import Family, written
from nexla_mcp.adapter.models import AttributeTransform, CodeContainer, Transform
from nexla_mcp.adapter.rows import Rows

M = TypeVar("M", bound=CodeContainer)


class Code(Family, Generic[M]):
    """One view of the code containers. The API takes no access role here and answers what the caller sees."""

    model: type[M]
    word: str

    async def list(self) -> Rows[M]:
        return await self._all(f"list_{self.word}s", self.model)

    async def list_public(self) -> Rows[M]:
        """Those that the vendor provides."""
        return await self._all(f"list_public_{self.word}s", self.model)

    async def get(self, identifier: int) -> M:
        return await self._one(f"get_{self.word}", self.model, self.word.replace("_", " "), identifier)

    async def create(self, body: Mapping[str, Any]) -> M:
        return await self._create(f"create_{self.word}", self.model, f"the new {self.word}", dict(body))

    async def update(self, identifier: int, body: Mapping[str, Any]) -> M:
        data = await self._change(f"update_{self.word}", identifier, read=f"get_{self.word}", body=dict(body))
        return written(data, self.model, f"{self.word} {identifier}")

    async def delete(self, identifier: int) -> None:
        """Delete one, for ever. `used_by` says which nexsets use it."""
        await self._change(f"delete_{self.word}", identifier, read=f"get_{self.word}")


class Transforms(Code[Transform]):
    model = Transform
    word = "transform"

    async def copy(self, identifier: int) -> Transform:
        return await self._create("copy_transform", Transform, f"the copy of transform {identifier}", None, identifier)


class AttributeTransforms(Code[AttributeTransform]):
    model = AttributeTransform
    word = "attribute_transform"


class CodeContainers(Code[CodeContainer]):
    model = CodeContainer
    word = "code_container"

    async def copy(self, identifier: int) -> CodeContainer:
        what = f"the copy of code container {identifier}"
        return await self._create("copy_code_container", CodeContainer, what, None, identifier)
