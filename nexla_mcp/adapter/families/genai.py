"""Language models of an org (contract 20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nexla_mcp.adapter.endpoints import ENDPOINTS
from nexla_mcp.adapter.families.family import Family, written
from nexla_mcp.adapter.models.genai import GenAiConfig, GenAiSetting
from nexla_mcp.adapter.reconcile import Created, Identity, create, find
from nexla_mcp.adapter.rows import Rows, read_or_none
from nexla_mcp.domain.errors import ErrorCode, Failure


class GenAi(Family):
    async def configs(self) -> Rows[GenAiConfig]:
        return await self._all("list_gen_ai_configs", GenAiConfig)

    async def config(self, config_id: int) -> GenAiConfig:
        return await self._one("get_gen_ai_config", GenAiConfig, "GenAI config", config_id)

    async def named(self, name: str) -> list[GenAiConfig]:
        """All of exactly that name.

        Raises:
            Failure: `upstream_error` when not all could be read: a second of the same name must not be made.
        """
        rows = await self.configs()
        if not rows.complete:
            raise Failure.of(ErrorCode.UPSTREAM_ERROR, "The GenAI configs could not be read to the end.")
        return [row for row in rows if row.name == name]

    async def create(self, body: Mapping[str, Any], before: list[int]) -> Created[GenAiConfig]:
        """Made once; looked for when its answer is lost. `before`: ids of those of that name that were there."""
        endpoint = ENDPOINTS["create_gen_ai_config"]
        identity = self._identity(str(body["name"]), body.get("type"))
        return await create(self._nexla, endpoint, GenAiConfig, identity, body=dict(body), before=before)

    async def find(self, body: Mapping[str, Any], before: list[int]) -> Created[GenAiConfig]:
        """What a create came to that was cut off.

        Raises:
            Failure: `NothingFound` when it came to nothing.
        """
        return await find(self._nexla, self._identity(str(body["name"]), body.get("type")), before, window=0)

    async def delete(self, config_id: int) -> None:
        await self._change("delete_gen_ai_config", config_id, read="get_gen_ai_config")

    async def settings(self) -> Rows[GenAiSetting]:
        return await self._all("list_gen_ai_org_settings", GenAiSetting)

    async def active(self, usage: str) -> GenAiSetting | None:
        """The setting in force for exactly that usage; one for all usages that stands in for it is not it."""
        try:
            data = (await self._call("get_active_gen_ai_config", query={"gen_ai_usage": usage})).data
        except Failure as failure:
            if failure.info.code is not ErrorCode.NOT_FOUND:
                raise
            return None
        setting = read_or_none(data, GenAiSetting)
        return setting if setting is not None and setting.gen_ai_usage in {None, usage} else None

    async def bind(self, config_id: int, usage: str) -> GenAiSetting:
        """Use a config for something. Whatever was used for that before becomes inactive."""
        body = {"gen_ai_config_id": config_id, "gen_ai_usage": usage}
        data = (await self._call("create_gen_ai_org_setting", body=body)).data
        return written(data, GenAiSetting, f"the GenAI setting for {usage}")

    async def delete_setting(self, setting_id: int) -> None:
        await self._change("delete_gen_ai_org_setting", setting_id, read="get_gen_ai_org_setting")

    def _identity(self, name: str, kind: Any) -> Identity[GenAiConfig]:
        async def matching() -> list[GenAiConfig]:
            return await self.named(name)

        return Identity(f'GenAI config "{name}"', matching, self.config, lambda row: row.type in {None, kind})
