"""Credentials, and what can be seen through them (contract 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexla_mcp.adapter.families.family import EVERYTHING_I_SEE, Family, flag, written
from nexla_mcp.adapter.families.probes import read_failure, read_probe, read_sample, unfinished, without
from nexla_mcp.adapter.families.waiting import wait_for
from nexla_mcp.adapter.models import Credential, ProbeResult
from nexla_mcp.adapter.refused import Refused
from nexla_mcp.adapter.rows import Rows

PROBE_SECONDS = 45.0
"""How long a probe that the platform runs in the background is waited for."""


class Credentials(Family):
    async def list(
        self, *, credentials_type: str | None = None, access_role: str = EVERYTHING_I_SEE
    ) -> Rows[Credential]:
        """All credentials, optionally of one connector or vendor."""
        query = {"access_role": access_role, "credentials_type": credentials_type}
        return await self._all("list_credentials", Credential, query=query)

    async def get(self, credential_id: int, *, expand: bool = False) -> Credential:
        """One credential; expanded it says what uses it in `referenced_resource_ids`."""
        return await self._one("get_credential", Credential, "credential", credential_id, {"expand": flag(expand)})

    async def probe(self, credential_id: int) -> ProbeResult:
        """Log in to the third party now. A refusal is a result, not a failure (trap T19).

        A probe that the platform runs in the background is waited for, `PROBE_SECONDS` at most.

        Raises:
            Failure: when the platform did not try: no such credential, no permission, no answer.
        """
        return await self._look("probe_credential", credential_id, None)

    async def tree(
        self,
        credential_id: int,
        *,
        path: str | None = None,
        database: str | None = None,
        table: str | None = None,
        depth: int = 1,
    ) -> ProbeResult:
        """What there is below a path, or in a database; `details` holds the tree."""
        where = {"path": path, "database": database, "table": table}
        body = {"depth": depth, **{name: value for name, value in where.items() if value is not None}}
        return await self._look("probe_credential_tree", credential_id, body)

    async def sample(
        self, credential_id: int, *, path: str | None = None, database: str | None = None, table: str | None = None
    ) -> ProbeResult:
        """A few lines of a file or rows of a table."""
        where = {"path": path, "database": database, "table": table}
        return await self.sample_source(
            credential_id, {name: value for name, value in where.items() if value is not None}
        )

    async def sample_source(self, credential_id: int, source_config: Mapping[str, Any]) -> ProbeResult:
        """What a source with this configuration would read first."""
        return await self._look("probe_credential_sample", credential_id, dict(source_config))

    async def create(self, body: Mapping[str, Any]) -> Credential:
        """Create one. `body` carries the secrets; they are not in what comes back."""
        return await self._create("create_credential", Credential, "the new credential", dict(body))

    async def update(self, credential_id: int, body: Mapping[str, Any]) -> Credential:
        """Change one. `credentials` in the body replaces all of them (contract 5)."""
        data = await self._change("update_credential", credential_id, read="get_credential", body=dict(body))
        return written(data, Credential, f"credential {credential_id}")

    async def delete(self, credential_id: int) -> None:
        await self._change("delete_credential", credential_id, read="get_credential")

    async def _look(self, name: str, credential_id: int, body: Mapping[str, Any] | None) -> ProbeResult:
        return without(self._nexla.secrets.sent, await self._looked(name, credential_id, body))

    async def _looked(self, name: str, credential_id: int, body: Mapping[str, Any] | None) -> ProbeResult:
        async def ask_again(request_id: str) -> Any:
            query = {"async": True, "request_id": request_id}
            return (await self._call(name, credential_id, query=query, body=body)).data

        try:
            first = (await self._call(name, credential_id, body=body)).data
            data, still = await wait_for(first, ask_again, self._nexla.clock, PROBE_SECONDS)
        except Refused as refused:
            result = read_failure(refused)
            if result is None:
                raise
            return result
        if still is not None:
            return unfinished(still)
        return read_sample(data) if name == "probe_credential_sample" else read_probe(data)
