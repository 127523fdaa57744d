"""Plan of `configure_genai`: a login to a language model, its configuration, and what the org uses it for."""

from __future__ import annotations

from typing import Any

from nexla_mcp.adapter.identities import Creation
from nexla_mcp.adapter.models import Credential
from nexla_mcp.adapter.models.genai import GenAiConfig
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.genai import GenAiProvider, GenAiUsage
from nexla_mcp.domain.markers import output_of
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk
from nexla_mcp.operations.planning.checked_config import checked_config
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.settling import settled
from nexla_mcp.operations.planning.survey import name_lock
from nexla_mcp.safety.untrusted import quoted

TOOL = "configure_genai"
KEY_FIELD = "api_key"
"""Of the login. What it is called is published nowhere."""
_MODEL_FIELDS = {GenAiProvider.OPENAI: "openai_model", GenAiProvider.GOOGLE: "google_ai_model"}

Ref = int | dict[str, str]


async def plan_genai(
    planning: Planning,
    name: str,
    provider: GenAiProvider,
    usage: GenAiUsage,
    *,
    key: str | None,
    credential: int | None,
    model: str | None,
) -> Plan:
    """What is missing of login, configuration and use, each with its inverse.

    Raises:
        Failure: `bad_input` unless exactly one of key and credential is given; `conflict` where a configuration of
            that name is another one.
    """
    if not name.strip() or (key is None) == (credential is None):
        raise Failure.of(
            ErrorCode.BAD_INPUT,
            "A GenAI config needs a name, and either `key` or `credential`. Nothing was done.",
            hint='key="env:VARIABLE" makes a login; credential=ID takes one that there is.',
        )
    locks = (f"genai:{usage.value}", f"genai-config:{name}", name_lock(ResourceType.CREDENTIAL, _login_name(name)))
    await settled(planning, locks)
    build = _Build(planning, name, provider)
    login = await build.login(key) if key is not None else await build.existing_login(credential or 0)
    config = await build.config(login, model)
    await build.bind(config, usage)
    given: dict[str, Any] = {"name": name, "provider": provider.value, "usage": usage.value}
    chosen = {"key": build.reference} if key is not None else {"credential": credential}
    return Plan(
        tool=TOOL,
        arguments={**given, **chosen, "model": model},
        principal=str(planning.principal),
        risk=Risk.DISRUPTIVE if build.steps else Risk.WRITE,
        summary=f"Use the language model {quoted(name)} ({provider.value}) for {usage.value} in the whole org."
        if build.steps
        else f"GenAI config {quoted(name)} is in use for {usage.value} already, nothing to do.",
        steps=tuple(build.steps),
        existing=tuple(build.existing),
        also=tuple(build.also),
        notes=tuple(build.notes),
        locks=locks,
    )


class _Build:
    """The plan in the making."""

    def __init__(self, planning: Planning, name: str, provider: GenAiProvider) -> None:
        self.planning, self.name, self.provider = planning, name, provider
        self.steps: list[Step] = []
        self.existing: list[Target] = []
        self.also: list[str] = []
        self.notes: list[str] = []
        self.reference: Any = None

    async def login(self, key: str) -> Ref:
        """The login of that name, or the step that makes it."""
        store = self.planning.nexla.secrets
        checked = checked_config(store, "credential", self.provider.value, {KEY_FIELD: key}, "key")
        self.reference = checked.values[KEY_FIELD]
        body = {"name": _login_name(self.name), "credentials_type": checked.connector, "credentials": checked.values}
        found = await Creation(ResourceType.CREDENTIAL, body).identity(self.planning.nexla).list_matching()
        if len(found) > 1:
            raise _ambiguous(f"credential {quoted(_login_name(self.name))}", [row.id for row in found])
        if found:
            self.existing.append(Target(type=ResourceType.CREDENTIAL, id=found[0].id, name=found[0].name))
            self.notes.append("whether the existing login has the same key cannot be told: Nexla never gives it out")
            return found[0].id
        self.notes.append(f"the contract does not say what a login to a language model holds: {KEY_FIELD} is a guess")
        self.steps.append(
            Step(
                key="credential",
                action="create",
                arguments={"type": ResourceType.CREDENTIAL.value, "body": body},
                says=f"create credential {quoted(_login_name(self.name))}",
                undo=Act(
                    action="delete",
                    arguments={"type": ResourceType.CREDENTIAL.value, "id": output_of("credential")},
                ),
            )
        )
        return output_of("credential")

    async def existing_login(self, credential: int) -> Ref:
        row: Credential = await self.planning.nexla.credentials.get(credential)
        self.existing.append(Target(type=ResourceType.CREDENTIAL, id=row.id, name=row.name))
        return row.id

    async def config(self, login: Ref, model: str | None) -> Ref:
        """The configuration of that name, or the step that makes it."""
        values: dict[str, Any] = {"enable_doc_recommendations": True}
        if model is not None:
            values[_MODEL_FIELDS[self.provider]] = model
        found = await self.planning.nexla.genai.named(self.name)
        if len(found) > 1:
            raise _ambiguous(f"GenAI config {quoted(self.name)}", [row.id for row in found])
        if found:
            self._require_same(found[0], login, values)
            self.also.append(f"GenAI config {found[0].id} {quoted(self.name)} is there and is taken as it is")
            return found[0].id
        body = {"name": self.name, "type": self.provider.value, "config": values, "data_credentials_id": login}
        self.steps.append(
            Step(
                key="config",
                action="create_genai_config",
                arguments={"body": body},
                says=f"create GenAI config {quoted(self.name)}",
                undo=Act(action="delete_genai_config", arguments={"id": output_of("config")}),
            )
        )
        return output_of("config")

    def _require_same(self, row: GenAiConfig, login: Ref, values: dict[str, Any]) -> None:
        told = row.config or {}
        unlike = [name for name, value in values.items() if told.get(name) != value]
        unlike += ["type"] if row.type != self.provider.value else []
        other_login = row.data_credentials is not None and row.data_credentials.id != login
        if unlike or other_login:
            raise Failure.of(
                ErrorCode.CONFLICT,
                f"GenAI config {row.id} {quoted(row.name)} is there with another "
                f"{', '.join(unlike) or 'credential'}. Nothing was done.",
                hint="Take another name, or change that one with call_operation (update_gen_ai_config).",
                next_tool="call_operation",
            )

    async def bind(self, config: Ref, usage: GenAiUsage) -> None:
        """The step that makes the org use it, unless it does."""
        active = await self.planning.nexla.genai.active(usage.value)
        if active is not None and active.config_id == config:
            return
        former = None
        if active is not None and active.config_id is not None:
            former = {"config": active.config_id, "setting": active.id}
            self.also.append(f"{usage.value} uses GenAI config {active.config_id} now, and would no more")
        undo = {"setting": output_of("bind"), "usage": usage.value, "former": former}
        self.steps.append(
            Step(
                key="bind",
                action="bind_genai",
                arguments={"config": config, "usage": usage.value},
                says=f"let the org use it for {usage.value}",
                undo=Act(action="unbind_genai", arguments=undo),
            )
        )


def _login_name(name: str) -> str:
    return f"{name} login"


def _ambiguous(what: str, ids: list[int]) -> Failure:
    return Failure.of(
        ErrorCode.AMBIGUOUS,
        f"There are several of {what}: {', '.join(map(str, ids))}. Nothing was done.",
        hint="Take another name, or name a credential by its id.",
    )
