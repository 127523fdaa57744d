"""A recipe: a sentence of a person, the tool calls of an assistant, and the account afterwards, seen from outside.

Each recipe is a conversation through a real MCP client whose person can be asked. What is said and called is recorded
in `records/`, from which docs/recipes.md is made; a recipe that takes other calls than its record fails.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mcp_types as protocol
import pytest
import requests
from mcp import Client

from nexla_mcp.server import compose
from nexla_mcp.tools.budget import compact_json
from tests.changes.conftest import Called, Scene, agreeing, anyio_backend, scene
from tests.recipes.records import RECORDS, Line, Record

__all__ = ["anyio_backend", "scene"]

UPDATING = os.environ.get("NEXLA_MCP_UPDATE_RECIPES") == "1"
LONGEST_ARGUMENTS = 200
ROOM = 0.25
"""By how much a record's bytes may differ: times and ids are of different lengths."""
_VARYING = re.compile(r"\b[0-9a-f]{12,}\b|\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?\b|\b1\d{12}\b")


class Outside:
    """The REST API as anybody else sees it, with a login of its own."""

    def __init__(self, scene: Scene) -> None:
        self._url = scene.sandbox.url
        self._http = requests.Session()
        self._http.trust_env = False
        key = {"Authorization": f"Basic {scene.sandbox.service_key}"}
        token = self._http.post(f"{self._url}/token", headers=key, timeout=10).json()["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET, e.g. `get("/data_sources/1001")`."""
        answer = self._http.get(self._url + path, params=query, timeout=10)
        answer.raise_for_status()
        return answer.json()


@dataclass
class Recipe:
    """One conversation."""

    scene: Scene
    outside: Outside
    lines: list[Line] = field(default_factory=list)
    _listed: set[str] = field(default_factory=set)
    _found: str = ""
    _client: Any = None
    _expects_question: bool = False
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def open(self, **settings: Any) -> None:
        """Starts a copy of the server and connects; a second time it is another copy, over the same state."""
        await self._stack.aclose()
        server, account = compose(self.scene.settings.model_copy(update=settings), self.scene.clock)
        self._stack.push_async_callback(account.close)
        self._client = await self._stack.enter_async_context(Client(server, elicitation_callback=self._asked))
        self._listed = {tool.name for tool in (await self._client.list_tools()).tools}

    async def close(self) -> None:
        await self._stack.aclose()

    def says(self, sentence: str) -> None:
        """Something that the person says to the assistant."""
        self.lines.append(Line(person=sentence))

    async def call(self, tool: str, /, **arguments: Any) -> Called:
        """One tool call that nobody has to agree to. It must not fail.

        A tool that is not listed is reached as an assistant would: it has to have found it before.
        """
        return await self._called(tool, arguments)

    async def agreed(self, tool: str, /, **arguments: Any) -> Called:
        """One tool call in the middle of which the person is asked, and agrees."""
        self._expects_question = True
        asked = len(self.scene.asked)
        answer = await self._called(tool, arguments)
        self._expects_question = False
        assert len(self.scene.asked) > asked, "nobody was asked"
        return answer

    async def refused(self, tool: str, /, **arguments: Any) -> Called:
        """One tool call that has to fail."""
        return await self._called(tool, arguments, fails=True)

    async def _called(self, tool: str, arguments: dict[str, Any], *, fails: bool = False) -> Called:
        name, sent = tool, arguments
        if tool not in self._listed:
            assert tool in self._found, f"{tool} is not listed, and find_operation did not show it"
            of_the_call = {key: sent[key] for key in ("dry_run", "confirmation") if key in sent}
            inner = {key: value for key, value in sent.items() if key not in of_the_call}
            name, sent = "call_operation", {"operation": tool, "arguments": inner, **of_the_call}
        answer = await self._client.call_tool(name, sent)
        text = "\n".join(part.text for part in answer.content if part.type == "text")
        called = Called(text, answer.structured_content or {}, bool(answer.is_error))
        if name == "find_operation":
            self._found += text + json.dumps(called.structured)
        size = len(text.encode()) + len(compact_json(called.structured).encode())
        told = json.dumps(arguments, ensure_ascii=False)
        if len(told) > LONGEST_ARGUMENTS:
            told = told[:LONGEST_ARGUMENTS] + " …"
        through = f"call_operation → {tool}" if name != tool else tool
        line = Line(tool=through, arguments=_steady(told), answer=_steady(text.splitlines()[0]), bytes=size)
        self.lines.append(line)
        assert called.is_error is fails, text
        return called

    async def _asked(self, _: Any, params: Any) -> protocol.ElicitResult:
        self.scene.asked.append(params)
        assert self._expects_question, f"a person is asked: {params.message}"
        self.lines.append(Line(asked=_steady(params.message.splitlines()[0])))
        return agreeing(params)


def _steady(text: str) -> str:
    """The text without what is another one each time."""
    return _VARYING.sub("…", text)


@pytest.fixture
async def recipe(scene: Scene, request: pytest.FixtureRequest) -> AsyncIterator[Recipe]:
    """The conversation that begins with the module's SENTENCE."""
    module = request.module
    conversation = Recipe(scene, Outside(scene))
    conversation.says(module.SENTENCE)
    await conversation.open()
    failed = request.session.testsfailed
    yield conversation
    await conversation.close()
    if request.session.testsfailed == failed:
        _compare(Path(module.__file__).stem.removeprefix("test_"), module.__doc__, conversation)


def _compare(name: str, text: str, conversation: Recipe) -> None:
    title, _, rest = text.partition("\n")
    told = " ".join(rest.split())
    record = Record(name=name, title=title.strip().rstrip("."), told=told, lines=conversation.lines)
    if UPDATING:
        record.write(RECORDS)
        return
    known = Record.read(RECORDS / f"{name}.json")
    assert [line.tool for line in record.lines] == [line.tool for line in known.lines], "another way than recorded"
    assert (record.title, record.told) == (known.title, known.told)
    assert abs(record.bytes - known.bytes) <= ROOM * known.bytes
