"""`create_credential`, `create_source`, `create_destination`: checked before, made once, taken back by undo."""

from __future__ import annotations

from typing import Any

import pytest

from tests.changes.conftest import LAKE, Scene

pytestmark = pytest.mark.anyio

POSTGRES = {"host": "db.acme.example", "port": 5432, "username": "reader", "database_name": "orders"}


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ORDERS_PASSWORD", "a-secret-of-the-test")
    return "env:ORDERS_PASSWORD"


def source(scene: Scene, **changes: Any) -> dict[str, Any]:
    login = scene.row("data_credentials", name=LAKE)["id"]
    config = {"start.cron": "0 0 * * * ?", "path": "acme-data-lake/new"}
    return {"name": "New source", "connector": "s3", "credential": login, "config": config, **changes}


async def undo(call: Any, operation: str) -> Any:
    asked = await call("control_operation", operation=operation, action="undo")
    token = asked.structured["confirmation"]
    return await call("control_operation", operation=operation, action="undo", confirmation=token)


async def test_a_login_is_stored_by_reference_and_tried(scene: Scene, password: str) -> None:
    arguments = {"name": "Orders DB", "connector": "postgresql", "credentials": {**POSTGRES, "password": password}}
    async with scene.connected(secret_variables=("ORDERS_*",)) as call:
        done = await call("create_credential", **arguments)
        assert done.state == "done"
        made = scene.row("data_credentials", name="Orders DB")
        assert made["_sandbox"]["secrets"]["password"] == "a-secret-of-the-test"
        assert made["credentials_type"] == "postgres"
        assert "probe: ok" in done.text
        again = await call("create_credential", **arguments)
        assert again.state == "unchanged"
        assert (await undo(call, done.structured["operation"])).state == "done"
    assert scene.rows("data_credentials", name="Orders DB") == []


@pytest.mark.parametrize(
    ("credentials", "code", "told"),
    [
        ({**POSTGRES, "password": "hunter2hunter2"}, "bad_input", "credentials/password"),
        ({**POSTGRES, "password": "env:HOME"}, "not_allowed", "NEXLA_MCP_SECRET_VARIABLES"),
        ({**POSTGRES, "password": "env:NEXLA_SERVICE_KEY"}, "not_allowed", "this server itself"),
        ({**POSTGRES, "password": "env:ORDERS_MISSING"}, "not_configured", "credentials/password"),
        (POSTGRES, "bad_input", "credentials/password: missing"),
        ({**POSTGRES, "password": "env:ORDERS_PASSWORD", "schema_nam": "x"}, "bad_input", "schema_name"),
    ],
)
async def test_a_login_that_cannot_be_right_is_never_sent(
    scene: Scene, password: str, credentials: dict[str, Any], code: str, told: str
) -> None:
    async with scene.connected(secret_variables=("ORDERS_*", "NEXLA_*")) as call:
        refused = await call("create_credential", name="Orders DB", connector="postgres", credentials=credentials)
    assert (refused.is_error, refused.code) == (True, code)
    assert told in refused.text
    assert "hunter2" not in refused.text
    assert scene.sent("POST", "/data_credentials") == 0


async def test_a_source_rests_until_it_is_activated(scene: Scene) -> None:
    async with scene.connected() as call:
        done = await call("create_source", **source(scene))
        assert done.state == "done"
        assert scene.row("data_sources", name="New source")["status"] == "INIT"
        assert (await call("create_source", **source(scene))).state == "unchanged"
        assert len(scene.rows("data_sources", name="New source")) == 1
        assert (await undo(call, done.structured["operation"])).state == "done"
    assert scene.rows("data_sources", name="New source") == []


async def test_a_destination_hangs_under_its_nexset(scene: Scene) -> None:
    nexset = scene.row("data_sets", name="Orders, cleaned")["id"]
    login = scene.row("data_credentials", name=LAKE)["id"]
    config = {"path": "acme-data-lake/copy", "data_format": "json"}
    arguments = {"name": "A copy", "connector": "s3", "nexset": nexset, "credential": login, "config": config}
    async with scene.connected() as call:
        done = await call("create_destination", **arguments)
        assert done.state == "done"
        made = scene.row("data_sinks", name="A copy")
        assert (made["data_set_id"], made["status"]) == (nexset, "INIT")
        assert (await call("create_destination", **arguments)).state == "unchanged"
        assert (await undo(call, done.structured["operation"])).state == "done"
    assert scene.rows("data_sinks", name="A copy") == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"config": {}}, "config/path"),
        ({"config": {"path": "x", "start.cron": 5}}, "config/start.cron"),
        ({"credential": None}, "credential: missing"),
        ({"credential": 999999}, "999999"),
        ({"connector": "snowflak"}, "snowflake"),
        ({"connector": "pinecone"}, "pinecone"),
        ({"name": "  "}, "name"),
    ],
)
async def test_the_offending_field_of_a_source_is_named_before_anything_is_sent(
    scene: Scene, change: dict[str, Any], told: str
) -> None:
    async with scene.connected() as call:
        refused = await call("create_source", **source(scene, **change))
    assert refused.is_error
    assert told in refused.text
    assert scene.sent("POST", "/data_sources") == 0


async def test_undo_names_what_others_hung_on_it_since(scene: Scene) -> None:
    """Deleting what somebody else built on since would take away theirs: that takes a person."""
    async with scene.connected() as call:
        done = await call("create_source", **source(scene))
        identifier = scene.row("data_sources", name="New source")["id"]
        await call("activate", resource=identifier, type="source")
        scene.settle()
        nexset = scene.row("data_sets", data_source_id=identifier)["id"]
        login = scene.row("data_credentials", name=LAKE)["id"]
        config = {"path": "acme-data-lake/copy", "data_format": "json"}
        await call("create_destination", name="Theirs", connector="s3", nexset=nexset, credential=login, config=config)
        asked = await call("control_operation", operation=done.structured["operation"], action="undo")
    assert asked.state == "confirmation_required"
    assert "approve_code" in asked.structured
    assert any("Theirs" in line for line in asked.structured["cannot_be_put_back"])
