"""The protocol's side of resources, prompts and completions."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import mcp_types as protocol
from mcp import MCPError
from mcp.server import ServerRequestContext

from nexla_mcp.domain.errors import Failure
from nexla_mcp.resources import schemas
from nexla_mcp.resources.completions import Completions
from nexla_mcp.resources.documents import Document, load_documents
from nexla_mcp.resources.live import LIVE_TEMPLATES, LiveTemplate
from nexla_mcp.resources.prompts import PromptTemplate, load_prompts
from nexla_mcp.tools.toolbox import Toolbox
from nexla_mcp.views.text import error_text

Context = ServerRequestContext[Any, Any]
Paginated = protocol.PaginatedRequestParams

DOCUMENTS = "nexla://docs/"


class Library:
    """Handlers for one server. Texts are read from disk at first use, an account only when it is asked about."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._completions = Completions(toolbox)

    @cached_property
    def _documents(self) -> dict[str, Document]:
        return {DOCUMENTS + document.name: document for document in load_documents()}

    @cached_property
    def _prompts(self) -> dict[str, PromptTemplate]:
        return {prompt.name: prompt for prompt in load_prompts()}

    @property
    def _live(self) -> list[LiveTemplate]:
        offered = {spec.name for spec in self._toolbox.offered}
        return [template for template in LIVE_TEMPLATES if template.tool in offered]

    async def list_resources(self, _: Context, __: Paginated | None) -> protocol.ListResourcesResult:
        documents = [
            protocol.Resource(
                uri=uri,
                name=document.name,
                title=document.title,
                description=document.description,
                mime_type="text/markdown",
            )
            for uri, document in self._documents.items()
        ]
        bodies = [
            protocol.Resource(
                uri=item.uri,
                name=item.uri.removeprefix(schemas.PREFIX),
                title=item.title,
                description=item.description,
                mime_type="application/schema+json",
            )
            for item in schemas.schema_resources()
        ]
        return protocol.ListResourcesResult(resources=documents + bodies)

    async def list_templates(self, _: Context, __: Paginated | None) -> protocol.ListResourceTemplatesResult:
        templates = [
            protocol.ResourceTemplate(
                uri_template=template.uri_template,
                name=template.name,
                title=template.title,
                description=template.description,
                mime_type="text/plain",
            )
            for template in self._live
        ]
        connectors = protocol.ResourceTemplate(
            uri_template=schemas.CONNECTOR_TEMPLATE,
            name="connector",
            title="Connector",
            description="Fields of a connector's credential, source and destination.",
            mime_type="application/json",
        )
        return protocol.ListResourceTemplatesResult(resource_templates=[*templates, connectors])

    async def read(self, _: Context, request: protocol.ReadResourceRequestParams) -> protocol.ReadResourceResult:
        uri = str(request.uri)
        if uri in self._documents:
            return _contents(uri, self._documents[uri].text, "text/markdown")
        if uri.startswith(schemas.PREFIX):
            text = schemas.read_schema(uri)
            if text is not None:
                return _contents(uri, text, "application/json")
        for template in self._live:
            identifier = template.match(uri)
            if identifier is not None:
                return await self._read_live(uri, template, identifier)
        raise _unknown(uri, "There is no such resource. resources/list and resources/templates/list name them all.")

    async def _read_live(self, uri: str, template: LiveTemplate, identifier: str) -> protocol.ReadResourceResult:
        outcome = await self._toolbox.call(template.tool, template.arguments(identifier))
        if outcome.error is not None:
            raise _unknown(uri, outcome.text)
        return _contents(uri, outcome.text, "text/plain")

    async def list_prompts(self, _: Context, __: Paginated | None) -> protocol.ListPromptsResult:
        return protocol.ListPromptsResult(
            prompts=[
                protocol.Prompt(
                    name=prompt.name,
                    title=prompt.title,
                    description=prompt.description,
                    arguments=[
                        protocol.PromptArgument(
                            name=argument.name, description=argument.description, required=argument.required
                        )
                        for argument in prompt.arguments
                    ],
                )
                for prompt in self._prompts.values()
            ]
        )

    async def get_prompt(self, _: Context, request: protocol.GetPromptRequestParams) -> protocol.GetPromptResult:
        prompt = self._prompts.get(request.name)
        if prompt is None:
            raise MCPError(
                code=protocol.INVALID_PARAMS,
                message=f"There is no prompt of that name. Prompts: {', '.join(self._prompts)}.",
            )
        try:
            text = prompt.render(dict(request.arguments or {}))
        except Failure as failure:
            raise MCPError(code=protocol.INVALID_PARAMS, message=error_text(failure.info)) from None
        message = protocol.PromptMessage(role="user", content=protocol.TextContent(type="text", text=text))
        return protocol.GetPromptResult(description=prompt.description, messages=[message])

    async def complete(self, _: Context, request: protocol.CompleteRequestParams) -> protocol.CompleteResult:
        reference, argument = request.ref, request.argument
        if isinstance(reference, protocol.PromptReference):
            values = await self._completions.of_prompt(argument.name, argument.value)
        else:
            values = await self._completions.of_template(str(reference.uri), argument.value)
        shown = values[:100]
        return protocol.CompleteResult(
            completion=protocol.Completion(values=shown, total=len(values), has_more=len(values) > len(shown))
        )


def _contents(uri: str, text: str, mime_type: str) -> protocol.ReadResourceResult:
    return protocol.ReadResourceResult(
        contents=[protocol.TextResourceContents(uri=uri, text=text, mime_type=mime_type)]
    )


def _unknown(uri: str, message: str) -> MCPError:
    return MCPError(code=protocol.INVALID_PARAMS, message=message, data={"uri": uri})
