"""Accounts for the write tools, as files.

A file is made once and copied for each case: a copy is served in a fiftieth of the time that it takes to found one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve
from nexla_mcp.settings import Settings
from tests.changes.conftest import Scene
from tests.matrix.faulty import HastyClock
from tests.matrix.picture import Picture
from tests.matrix.write_tools import SECRET_VARIABLE, SPARE, WRITES, Call, confirmed, id_of, operator, pause_it, spec


@dataclass
class Accounts:
    """Files with accounts: `acme` as founded; `running` with the flow of `SPEC` beside; `resting` with that paused;
    `half paused` with only its destination at rest."""

    folder: Path
    made: set[str] = field(default_factory=set)
    seen: dict[str, tuple[Picture, Picture, dict[str, int]]] = field(default_factory=dict)
    """Of each write: before, after, and how often each route was met without a fault."""

    @contextmanager
    def scene(self, account: str, state: Path, **options: Any) -> Iterator[Scene]:
        """A copy of an account, served."""
        state.mkdir(parents=True, exist_ok=True)
        file = state / "account.db"
        shutil.copy(self._file(account), file)
        with self._served(file, state, **options) as scene:
            yield scene

    @contextmanager
    def _served(self, file: Path, state: Path, **options: Any) -> Iterator[Scene]:
        with serve(SandboxOptions(db=file, **options)) as sandbox:
            settings = Settings(
                NEXLA_SERVICE_KEY=sandbox.service_key,
                NEXLA_API_URL=sandbox.url,
                requests_per_second=100.0,
                state_dir=state / "state",
                confirm="token",
                secret_variables=SECRET_VARIABLE,
                _env_file=None,
            )
            yield Scene(sandbox, settings, HastyClock(sandbox.world.clock.advance))

    def _file(self, account: str) -> Path:
        return self.folder / f"{account}.db"

    async def make(self) -> None:
        """Makes all of them, once."""
        if "acme" not in self.made:
            with self._served(self._file("acme"), self.folder / "acme"):
                self.made.add("acme")
        for account, before, steps in (
            ("running", "acme", _run),
            ("resting", "running", _rest),
            ("half paused", "running", _half_pause),
        ):
            if account in self.made:
                continue
            shutil.copy(self._file(before), self._file(account))
            with self._served(self._file(account), self.folder / account) as scene:
                async with scene.connected() as call:
                    await steps(scene, call)
                scene.settle()
            self.made.add(account)


async def _run(scene: Scene, call: Call) -> None:
    spare = {**WRITES["create_credential"].arguments(scene, ""), "name": SPARE}
    for tool, arguments in (("create_flow", spec()), ("create_credential", spare)):
        assert (await call(tool, **arguments)).state == "done"
    grant = {**operator(scene, ""), "role": "collaborator"}
    assert (await call("grant_access", **grant)).state == "done"


async def _rest(scene: Scene, call: Call) -> None:
    assert (await pause_it(scene, call)).state == "done"


async def _half_pause(scene: Scene, call: Call) -> None:
    sink = id_of(scene, "destination", "Orders EU in the lake")
    assert (await confirmed(call, "pause", type="destination", resource=sink)).state == "done"
