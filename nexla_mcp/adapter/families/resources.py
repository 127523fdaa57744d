"""Sources, nexsets and destinations: what runs (contract 6 to 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from nexla_mcp.adapter.families.family import EVERYTHING_I_SEE, Acted, Family, flag, written
from nexla_mcp.adapter.families.flow_answers import has_flows, read_flow
from nexla_mcp.adapter.models import Destination, Doc, Nexset, Resource, SampleRecord, Source
from nexla_mcp.adapter.rows import Rows, list_in, read_or_none, unreadable
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.secrets import mask_text
from nexla_mcp.domain.text import clean_text

M = TypeVar("M", bound=Resource)


class Runnable(Family, Generic[M]):
    """What sources, nexsets and destinations have in common."""

    model: type[M]
    word: str
    plural: str

    async def list(self, *, access_role: str = EVERYTHING_I_SEE) -> Rows[M]:
        """All of them that the caller can see; `access_role="owner"` for those the caller made."""
        return await self._all(f"list_{self.plural}", self.model, query={"access_role": access_role})

    async def get(self, resource_id: int, *, expand: bool = False) -> M:
        return await self._one(f"get_{self.word}", self.model, self.word, resource_id, {"expand": flag(expand)})

    async def create(self, body: Mapping[str, Any]) -> M:
        return await self._create(f"create_{self.word}", self.model, f"the new {self.word}", dict(body))

    async def update(self, resource_id: int, body: Mapping[str, Any]) -> M:
        """Change one. A configuration in the body replaces the whole configuration."""
        data = await self._change(f"update_{self.word}", resource_id, read=f"get_{self.word}", body=dict(body))
        return written(data, self.model, f"{self.word} {resource_id}")

    async def delete(self, resource_id: int) -> None:
        """Delete one, for ever."""
        await self._change(f"delete_{self.word}", resource_id, read=f"get_{self.word}")

    async def activate(self, resource_id: int, *, whole_flow: bool = False) -> Acted[M]:
        """Start it and everything downstream of it; the whole tree with `whole_flow` (contract 9.3)."""
        return await self._act("activate", resource_id, whole_flow=whole_flow)

    async def pause(self, resource_id: int, *, whole_flow: bool = False) -> Acted[M]:
        """Stop it and everything downstream of it; the whole tree with `whole_flow`."""
        return await self._act("pause", resource_id, whole_flow=whole_flow)

    async def copy(self, resource_id: int, options: Mapping[str, Any] | None = None) -> M:
        """Copy one; the copy carries `copied_from_id`. Options as in contract 6 to 8."""
        name = f"copy_{self.word}"
        return await self._create(
            name, self.model, f"the copy of {self.word} {resource_id}", dict(options or {}), resource_id
        )

    async def _act(self, verb: str, resource_id: int, *, whole_flow: bool) -> Acted[M]:
        data = await self._change(
            f"{verb}_{self.word}", resource_id, read=f"get_{self.word}", query={"all": flag(whole_flow)}
        )
        if has_flows(data):
            flow = read_flow(data, f"the flow of {self.word} {resource_id}")
            rows = (*flow.data_sources, *flow.data_sets, *flow.data_sinks)
            resource = next((row for row in rows if isinstance(row, self.model) and row.id == resource_id), None)
            return Acted(resource=resource, flow=flow)
        return Acted(resource=read_or_none(data, self.model))


class Sources(Runnable[Source]):
    model = Source
    word = "source"
    plural = "sources"


class Destinations(Runnable[Destination]):
    model = Destination
    word = "destination"
    plural = "destinations"


class Nexsets(Runnable[Nexset]):
    model = Nexset
    word = "nexset"
    plural = "nexsets"

    async def samples(
        self, nexset_id: int, *, count: int = 10, metadata: bool = False, live: bool = False
    ) -> Sequence[SampleRecord]:
        """Up to `count` records, from the cache or, `live`, from the stream; where they came from with `metadata`.

        Raises:
            Failure: `unreadable_answer` when the answer is no list.
        """
        query = {"count": count, "include_metadata": metadata, "live": live}
        data = (await self._call("list_nexset_samples", nexset_id, query=query)).data
        if isinstance(data, dict):
            data = data.get("samples", data.get("output", data))
        return [_sample(row) for row in list_in(data)]

    async def docs(self, nexset_id: int) -> Rows[Doc]:
        return await self._all("list_nexset_docs", Doc, nexset_id)

    async def replace_docs(self, nexset_id: int, docs: Sequence[Mapping[str, Any]]) -> None:
        """Put these documents in the place of all there are; an empty list removes all of them."""
        body = {"docs": [dict(doc) for doc in docs]}
        await self._change("replace_nexset_docs", nexset_id, read="list_nexset_docs", body=body)

    async def recommend_docs(self, nexset_id: int) -> str:
        """A description written by the platform's language model, as Markdown.

        Raises:
            Failure: `unreadable_answer` when there is none, e.g. because that feature is off.
        """
        return recommendation((await self._call("recommend_nexset_docs", nexset_id)).data)


def recommendation(data: Any) -> str:
    """The text in a recommendation's answer (contract 9.6, trap T12).

    Raises:
        Failure: `unsupported` when the platform says why there is none, `unreadable_answer` when it does not.
    """
    output = data.get("output") if isinstance(data, dict) else None
    why = output.get("errorMessage") if isinstance(output, dict) and not output.get("response") else None
    if isinstance(why, str) and why:
        raise Failure.of(
            ErrorCode.UNSUPPORTED,
            f"The platform suggests nothing: {mask_text(clean_text(why, 200)).rstrip('.')}.",
            hint="An admin of the org sets up a language model with configure_genai.",
            next_tool="configure_genai",
        )
    text = output.get("response") if isinstance(output, dict) else None
    if not isinstance(text, str):
        raise unreadable("a recommended description", data)
    return text


def _sample(row: Any) -> SampleRecord:
    """A bare record, or one wrapped with its metadata (contract 7)."""
    if not isinstance(row, dict) or "rawMessage" not in row:
        return SampleRecord(record=row)
    found = row.get("nexlaMetaData")
    meta: dict[str, Any] = found if isinstance(found, dict) else {}
    return SampleRecord.model_validate(
        {
            "record": row["rawMessage"],
            "ingested_at": meta.get("ingestTime"),
            "run_id": meta.get("runId"),
            "source_key": meta.get("sourceKey"),
            "source_offset": meta.get("sourceOffset"),
            "resource_type": meta.get("resourceType"),
            "resource_id": meta.get("resourceId"),
        }
    )
