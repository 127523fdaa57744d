"""Everything of the protocol but the tools: resources, prompts, completions, progress, in both of its eras."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mcp_types as protocol
import pytest
from mcp import Client, MCPError
from pydantic import SecretStr

import nexla_mcp
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve
from nexla_mcp.server import INSTRUCTIONS, compose
from nexla_mcp.settings import Settings

pytestmark = pytest.mark.anyio

ERAS = ("legacy", "2026-07-28")
DOCUMENTS = ("concepts", "how-flows-work", "error-catalog", "runbook", "access-roles", "tool-guide", "changes")


@pytest.fixture(params=ERAS)
async def client(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Client]:
    async with connected_in(request.param, settings) as connected:
        yield connected


@asynccontextmanager
async def connected_in(era: str, settings: Settings) -> AsyncIterator[Client]:
    server, account = compose(settings)
    async with Client(server, mode=era) as connected:
        yield connected
    await account.close()


async def flow_rows(client: Client) -> list[dict[str, Any]]:
    answer = await client.call_tool("search_resources", {"types": ["flow"], "limit": 100})
    assert answer.structured_content
    return answer.structured_content["rows"]


def only_text(answer: protocol.ReadResourceResult) -> str:
    (contents,) = answer.contents
    assert isinstance(contents, protocol.TextResourceContents)
    return contents.text


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_the_server_says_who_it_is(era: str, settings: Settings) -> None:
    """`auto` asks `server/discover`; a client that pins the newer era does not ask."""
    async with connected_in(era, settings) as client:
        told, instructions, offered = client.server_info, client.instructions, client.server_capabilities
    assert told is not None
    assert told.name == "nexla-mcp"
    assert told.version == nexla_mcp.__version__
    assert instructions == INSTRUCTIONS
    assert offered is not None
    assert offered.tools is not None
    assert offered.resources is not None
    assert offered.prompts is not None
    assert offered.completions is not None


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_speaks_the_era_it_asked_for(era: str, settings: Settings) -> None:
    async with connected_in(era, settings) as client:
        assert (client.protocol_version == "2026-07-28") is (era == "2026-07-28")


# Resources


async def test_every_listed_resource_can_be_read(client: Client) -> None:
    resources = (await client.list_resources()).resources
    uris = [str(item.uri) for item in resources]
    assert len(uris) == len(set(uris))
    assert {f"nexla://docs/{name}" for name in DOCUMENTS} <= set(uris)
    assert any(uri.startswith("nexla://schemas/") for uri in uris)
    for item in resources:
        assert item.name
        assert item.title
        assert item.description
        text = only_text(await client.read_resource(str(item.uri)))
        if item.mime_type == "text/markdown":
            assert text.startswith("# ")
        else:
            assert json.loads(text)


async def test_templates_show_the_account_as_the_tools_do(client: Client) -> None:
    templates = {item.uri_template for item in (await client.list_resource_templates()).resource_templates}
    assert templates == {
        "nexla://flows/{id}",
        "nexla://nexsets/{id}/samples",
        "nexla://receipts/{id}",
        "nexla://schemas/connectors/{code}",
    }
    flow = (await flow_rows(client))[0]
    shown = only_text(await client.read_resource(f"nexla://flows/{flow['id']}"))
    called = await client.call_tool("get_flow", {"flow": flow["id"]})
    assert [part.text for part in called.content if part.type == "text"] == [shown]


async def test_samples_and_connectors_are_resources_too(client: Client) -> None:
    nexsets = await client.call_tool("search_resources", {"types": ["nexset"], "limit": 1})
    assert nexsets.structured_content
    identifier = nexsets.structured_content["rows"][0]["id"]
    assert only_text(await client.read_resource(f"nexla://nexsets/{identifier}/samples"))
    assert json.loads(only_text(await client.read_resource("nexla://schemas/connectors/snowflake")))


@pytest.mark.parametrize("era", ERAS)
async def test_a_receipt_is_a_resource_of_the_newest_changes_of_this_account(settings: Settings, era: str) -> None:
    with serve(SandboxOptions()) as own:
        login = SecretStr(own.service_key)
        async with connected_in(era, settings.model_copy(update={"api_url": own.url, "service_key": login})) as client:
            flow = next(row for row in await flow_rows(client) if row["status"] == "PAUSED")
            made = await client.call_tool("activate", {"resource": flow["id"], "verify": False})
            assert made.structured_content
            assert not made.is_error, made.structured_content
            operation = made.structured_content["operation"]
            shown = only_text(await client.read_resource(f"nexla://receipts/{operation}"))
            called = await client.call_tool("get_operation", {"operation": operation})
    assert [part.text for part in called.content if part.type == "text"] == [shown]
    assert called.structured_content
    assert called.structured_content["decision"] == "needed no confirmation"
    assert called.structured_content["arguments"]["resource"] == flow["id"]


@pytest.mark.parametrize(
    "uri",
    [
        "nexla://docs/nothing",
        "nexla://schemas/source/nothing",
        "nexla://schemas/connectors/nothing",
        "nexla://flows/999999999",
        "nexla://flows/1/2",
        "nexla://receipts/0123456789abcdef",
        "nexla://receipts/",
        "nexla://elsewhere",
        "file:///etc/passwd",
    ],
)
async def test_an_unknown_resource_is_an_error_of_the_request(client: Client, uri: str) -> None:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    assert caught.value.error.code == protocol.INVALID_PARAMS
    assert "Traceback" not in caught.value.error.message


async def test_a_tool_that_is_switched_off_takes_its_template_with_it(settings: Settings) -> None:
    without = settings.model_copy(update={"tools_deny": frozenset({"get_flow"})})
    async with connected_in("2026-07-28", without) as client:
        flow = (await flow_rows(client))[0]
        templates = {item.uri_template for item in (await client.list_resource_templates()).resource_templates}
        assert "nexla://flows/{id}" not in templates
        with pytest.raises(MCPError):
            await client.read_resource(f"nexla://flows/{flow['id']}")


# Prompts


async def test_every_prompt_can_be_got_with_its_required_arguments(client: Client) -> None:
    prompts = (await client.list_prompts()).prompts
    assert len(prompts) == 4
    for prompt in prompts:
        assert prompt.title
        assert prompt.description
        arguments = {item.name: "some value" for item in prompt.arguments or () if item.required}
        got = await client.get_prompt(prompt.name, arguments)
        (message,) = got.messages
        assert message.role == "user"
        assert message.content.type == "text"
        assert "{{" not in message.content.text
        assert all(value in message.content.text for value in arguments.values())


async def test_prompts_name_only_tools_that_exist(client: Client) -> None:
    names = {item.name for item in (await client.list_tools()).tools}
    for prompt in (await client.list_prompts()).prompts:
        arguments = {item.name: "x" for item in prompt.arguments or () if item.required}
        (message,) = (await client.get_prompt(prompt.name, arguments)).messages
        assert message.content.type == "text"
        assert any(name in message.content.text for name in names)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("nothing", {}), ("troubleshoot_flow", {}), ("troubleshoot_flow", {"flow": "x", "nonsense": "y"})],
    ids=["unknown prompt", "missing argument", "unknown argument"],
)
async def test_a_prompt_that_cannot_be_given_is_an_error_of_the_request(
    client: Client, name: str, arguments: dict[str, str]
) -> None:
    with pytest.raises(MCPError) as caught:
        await client.get_prompt(name, arguments)
    assert caught.value.error.code == protocol.INVALID_PARAMS


# Completions


async def test_ids_of_a_template_complete_by_id_and_by_name(client: Client) -> None:
    template = protocol.ResourceTemplateReference(type="ref/resource", uri="nexla://flows/{id}")
    rows = await flow_rows(client)
    everything = (await client.complete(template, {"name": "id", "value": ""})).completion
    assert set(everything.values) == {str(row["id"]) for row in rows}
    one = rows[0]
    by_id = (await client.complete(template, {"name": "id", "value": str(one["id"])})).completion
    assert by_id.values == [str(one["id"])]
    by_name = (await client.complete(template, {"name": "id", "value": one["name"].upper()})).completion
    assert str(one["id"]) in by_name.values


async def test_arguments_of_a_prompt_complete_to_names_and_twins_to_ids(client: Client) -> None:
    prompt = protocol.PromptReference(type="ref/prompt", name="troubleshoot_flow")
    rows = await flow_rows(client)
    names = [row["name"] for row in rows]
    twins = {name for name in names if names.count(name) > 1}
    assert twins, "acme has flows of one name"
    values = (await client.complete(prompt, {"name": "flow", "value": ""})).completion.values
    assert not twins & set(values)
    assert {row["name"] if row["name"] not in twins else str(row["id"]) for row in rows} == set(values)


@pytest.mark.parametrize("argument", ["nothing", "flow"])
async def test_a_completion_that_matches_nothing_is_empty(client: Client, argument: str) -> None:
    prompt = protocol.PromptReference(type="ref/prompt", name="troubleshoot_flow")
    found = (await client.complete(prompt, {"name": argument, "value": "zzz-no-such-thing"})).completion
    assert found.values == []


async def test_connectors_complete_without_an_account() -> None:
    template = protocol.ResourceTemplateReference(type="ref/resource", uri="nexla://schemas/connectors/{code}")
    async with connected_in("2026-07-28", Settings(_env_file=None)) as client:
        found = (await client.complete(template, {"name": "code", "value": "snow"})).completion
    assert "snowflake" in found.values


# Progress


async def test_a_health_check_tells_how_far_it_is(client: Client) -> None:
    steps: list[tuple[float, float | None, str | None]] = []

    async def watch(done: float, total: float | None, message: str | None) -> None:
        steps.append((done, total, message))

    flows = [row["id"] for row in await flow_rows(client)][:6]
    answer = await client.call_tool("run_health_check", {"flows": flows, "probe": False}, progress_callback=watch)
    assert not answer.is_error
    done = [step[0] for step in steps]
    assert done == sorted(set(done)), "progress only ever goes forward"
    assert steps
    assert all(total == len(flows) for _, total, _ in steps)
    assert done[-1] == len(flows)
    assert all(message for _, _, message in steps)


# Not configured


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    for name in ("NEXLA_SERVICE_KEY", "NEXLA_ACCESS_TOKEN", "NEXLA_API_URL", "NEXLA_MCP_ENV_FILE"):
        monkeypatch.delenv(name, raising=False)
    return Settings(state_dir=tmp_path, _env_file=None)


@pytest.mark.parametrize("era", ERAS)
async def test_without_a_login_the_server_starts_and_its_tools_say_what_is_missing(bare: Settings, era: str) -> None:
    async with connected_in(era, bare) as client:
        assert len((await client.list_tools()).tools) == 30
        assert only_text(await client.read_resource("nexla://docs/concepts"))
        answer = await client.call_tool("whoami", {})
    assert answer.is_error
    assert answer.structured_content
    assert answer.structured_content["code"] == "not_configured"
    assert "NEXLA_SERVICE_KEY" in json.dumps(answer.structured_content)
