"""References to secrets are held to the operator's lists before anything is sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.changes.conftest import Scene
from tests.changes.overheard import CANARY, login, source, writes

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "reference",
    ["env:ORDERS_OTHER", "env:HOME", "file:/etc/hostname", "keyring:else/dana", "env:NEXLA_SERVICE_KEY"],
)
@pytest.mark.parametrize("tool", ["create_credential", "create_source"])
async def test_what_the_operator_did_not_list_is_refused_and_nothing_is_sent(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tool: str, reference: str
) -> None:
    for name in ("ORDERS_OTHER", "NEXLA_SERVICE_KEY"):
        monkeypatch.setenv(name, f"{CANARY}{name}")
    arguments = login(reference) if tool == "create_credential" else source(scene, reference)
    listed = {"secret_variables": ("ORDERS_PW",), "secret_folders": ("/nowhere",), "secret_keyring_services": ("it",)}
    async with scene.connected(**listed) as call:
        for dry_run in (True, False):
            refused = await call(tool, **arguments, dry_run=dry_run)
            assert refused.code == "not_allowed"
            assert "password" in refused.text
            assert CANARY not in refused.text + json.dumps(refused.structured)
    assert writes(scene) == []


@pytest.mark.parametrize("pattern", ["*", "NEXLA_*", "NEXLA_SERVICE_KEY"])
@pytest.mark.parametrize("reference", ["env:NEXLA_SERVICE_KEY", "env:NEXLA_ACCESS_TOKEN", " env:NEXLA_SERVICE_KEY"])
async def test_the_servers_own_login_can_never_be_named(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, pattern: str, reference: str
) -> None:
    monkeypatch.setenv(reference.strip().removeprefix("env:"), f"{CANARY}Key")
    async with scene.connected(secret_variables=(pattern,)) as call:
        refused = await call("create_credential", **login(reference))
    assert refused.code in {"not_allowed", "bad_input"}
    assert CANARY not in refused.text + json.dumps(refused.structured)
    assert "NEXLA_MCP_SECRET_VARIABLES=NEXLA" not in refused.text, "no setting would allow it"
    assert writes(scene) == []


async def test_a_path_that_leads_out_of_a_listed_folder_is_refused(scene: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (tmp_path / "outside").write_text(f"{CANARY}Outside")
    (folder / "link").symlink_to(tmp_path / "outside")
    async with scene.connected(secret_folders=(str(folder),)) as call:
        for path in (folder / "link", folder / ".." / "outside", tmp_path / "outside"):
            refused = await call("create_credential", **login(f"file:{path}"))
            assert refused.code == "not_allowed"
            assert CANARY not in refused.text
    assert writes(scene) == []
