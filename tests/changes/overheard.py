"""What anybody hears of a change: answers, questions, logs and every byte of state, to be searched for secrets."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
import pytest

from nexla_mcp.cli import doctor
from tests.changes.conftest import LAKE, Called, Scene

CANARY = "CanaryX"
"""Every secret planted begins with it, so that none can slip through under another ending."""
NAME = "Orders database"
PROBE = {"method": "GET", "route": "/data_credentials/{credential_id}/probe"}
CREATE = {"method": "POST", "route": "/data_credentials"}

Calling = Callable[..., Awaitable[Called]]


@dataclass(frozen=True)
class Planted:
    """One secret: what stands for it in a call, and what it is."""

    given: str
    secret: str
    literal: bool = False

    @property
    def echo(self) -> str:
        """What a careless platform says when it refuses it."""
        return f"login as orders/{self.secret} failed"


@dataclass
class Overheard:
    """Everything that left the server, or stayed on disk, while a scene was played."""

    scene: Scene
    caplog: pytest.LogCaptureFixture
    capfd: pytest.CaptureFixture[str]
    said: list[tuple[str, str]] = field(default_factory=list)

    @asynccontextmanager
    async def connected(self, **options: Any) -> AsyncIterator[Calling]:
        """As the scene's, every answer kept."""
        async with self.scene.connected(**options) as call:

            async def calling(tool: str, /, **arguments: Any) -> Called:
                answer: Called = await call(tool, **arguments)
                self.said.append((tool, answer.text))
                self.said.append((f"{tool}, structured", json.dumps(answer.structured, ensure_ascii=False)))
                self.said += self._kept()
                return answer

            yield calling

    async def look_around(self, call: Calling) -> None:
        """All the ways by which somebody may look at what happened."""
        newest = await call("get_operation")
        for row in newest.structured["operations"]:
            receipt = await call("get_operation", operation=row["operation"])
            assert receipt.structured["operation"] == row["operation"]
            await call("control_operation", operation=row["operation"], action="undo", dry_run=True)
        assert not (await call("whoami")).is_error
        for kind in ("credential", "source"):
            for found in (await call("search_resources", types=[kind], name=NAME)).structured["rows"]:
                await call("get_resource", type=kind, resource=found["id"])
        await anyio.to_thread.run_sync(doctor.run, self.scene.settings)

    def everything(self) -> list[tuple[str, str]]:
        """What was said and is kept, by where; long since there is much of it."""
        out, err = self.capfd.readouterr()
        asked = [(f"question {number}", repr(question)) for number, question in enumerate(self.scene.asked)]
        logged = [("log", self.caplog.text)]
        return [*self.said, *asked, *logged, ("stdout", out), ("stderr", err), *self._kept()]

    def find_none(self) -> None:
        """No canary, and the search looked where there was something to be found."""
        everything = self.everything()
        leaks = [(where, found) for where, text in everything for found in set(re.findall(rf"{CANARY}\w*", text))]
        assert leaks == []
        told = {where.partition(",")[0] for where, text in everything if text}
        assert {"get_operation", "whoami", "log", "stdout", "state operations.db"} <= told

    def _kept(self) -> list[tuple[str, str]]:
        """Every byte under the state directory, journals and locks included."""
        root = self.scene.settings.state_dir
        assert root is not None
        files = [file for file in root.rglob("*") if file.is_file()]
        return [(f"state {file.name}", file.read_bytes().decode("latin-1")) for file in files]


def login(password: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """The arguments of a call that makes a credential with this password."""
    fields = {"host": "db.acme.example", "port": 5432, "username": "orders", "database_name": "orders"}
    return {"name": NAME, "connector": "postgres", "credentials": {**fields, "password": password, **(changes or {})}}


def source(scene: Scene, password: str) -> dict[str, Any]:
    """The arguments of a call that makes a source whose configuration holds this password."""
    config = {"start.cron": "0 0 * * * ?", "path": "acme-data-lake/invoices", "pdf.document.password": password}
    credential = scene.row("data_credentials", name=LAKE)["id"]
    return {"name": NAME, "connector": "s3", "credential": credential, "config": config}


def received(scene: Scene) -> list[str]:
    """The passwords that the platform holds."""
    return [row["_sandbox"]["secrets"]["password"] for row in scene.rows("data_credentials", name=NAME)]


def writes(scene: Scene) -> list[Any]:
    return [row for row in scene.sandbox.world.requests.listed() if row["method"] != "GET" and row["route"] != "/token"]
