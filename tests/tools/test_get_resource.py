"""`get_resource`: each type in full, secrets hidden, names resolved or the candidates named."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.sandbox import creation, kinds
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.routing import Principal
from nexla_mcp.sandbox.serving import serve
from tests.tools.conftest import Call, connected

pytestmark = pytest.mark.anyio


async def one_of(call: Call, kind: str, **filters: Any) -> dict[str, Any]:
    return (await call("search_resources", types=[kind], limit=500, **filters)).structured["rows"][0]


async def read(call: Call, kind: str, resource: int | str) -> dict[str, Any]:
    answer = await call("get_resource", type=kind, resource=resource)
    assert not answer.is_error, answer.text
    assert answer.text.startswith(f"{kind} {answer.structured['id']} ")
    return answer.structured


@pytest.mark.parametrize("kind", [item.value for item in ResourceType])
async def test_every_type_is_told_in_agreement_with_the_list(call, kind):
    row = await one_of(call, kind)
    details = await read(call, kind, row["id"])
    for field in ("type", "id", "name", "status", "owner"):
        assert details.get(field) == row.get(field), field
    assert details.get("facts") or details.get("related") or details.get("config")


async def test_a_source_tells_its_schedule_login_and_nexset(call):
    details = await read(call, "source", "Carrier Tracking")
    assert details["facts"]["connector"] == "ftp"
    assert details["facts"]["schedule"] == details["config"]["start.cron"]
    assert details["facts"]["next_scheduled_run"]
    assert details["facts"]["last_run_id"]
    related = {item["relation"]: item for item in details["related"]}
    assert related["credential"]["name"] == "Carrier SFTP"
    assert related["detected nexset"]["name"] == "1 - Carrier Tracking"


@pytest.mark.parametrize("name", ["Returns Portal", "Holiday Campaign 2025"])
async def test_a_source_at_rest_is_promised_no_run(call, name):
    details = await read(call, "source", name)
    assert details["facts"]["schedule"]
    assert "next_scheduled_run" not in details["facts"]


async def test_a_nexset_tells_its_attributes_and_neighbours(call):
    details = await read(call, "nexset", "Parcel events, latest")
    assert details["fields"]
    assert set(details["fields"].values()) <= {"string", "integer", "number", "boolean", "null", "object", "array"}
    relations = {item["relation"]: item["name"] for item in details["related"]}
    assert relations["parent nexset"] == "1 - Carrier Tracking"
    assert relations["destination"] == "Parcel events in Snowflake"
    assert details["facts"]["transform_id"]


async def test_a_destination_tells_where_it_writes_with_which_login(call):
    details = await read(call, "destination", "Parcel events in Snowflake")
    assert details["config"]["table"] == "PARCEL_EVENTS"
    relations = {item["relation"]: item["name"] for item in details["related"]}
    assert relations["credential"] == "Snowflake analytics"
    assert relations["nexset"] == "Parcel events, latest"


async def test_a_credential_tells_its_users_and_hides_its_secrets(call, sandbox):
    answer = await call("get_resource", type="credential", resource="Acme data lake (S3)")
    details = answer.structured
    assert details["status"] == "VERIFIED"
    assert details["config"]["region"] == "eu-west-1"
    assert details["config"]["access_key"] == "[hidden]"
    assert "AKIAACMELAKE" not in answer.text + str(details)
    used = {(item["type"], item["id"]) for item in details["related"] if item["relation"] == "used by"}
    store = sandbox.world.store
    sources = store.all("data_sources", data_credentials_id=details["id"])
    sinks = store.all("data_sinks", data_credentials_id=details["id"])
    assert used == {("source", item["id"]) for item in sources} | {("destination", item["id"]) for item in sinks}


async def test_a_flow_tells_each_node_with_its_status(call):
    details = await read(call, "flow", "Loyalty Members")
    nodes = [item for item in details["related"] if item["relation"] == "node"]
    assert [(item["type"], item["status"]) for item in nodes] == [
        ("source", "ACTIVE"),
        ("nexset", "ACTIVE"),
        ("nexset", "PAUSED"),
        ("destination", "PAUSED"),
    ]
    assert [item["name"] for item in details["related"] if item["type"] == "project"] == ["Marketing"]


async def test_code_is_readable(call):
    python = await read(call, "attribute_transform", "Mask e-mail address")
    assert "def transform(value)" in python["code"]
    record = await read(call, "transform", "Drop e-mail addresses")
    assert "nexla.custom" in record["code"]


async def test_a_lookup_shows_its_rows_and_a_team_its_members(call):
    lookup = await read(call, "lookup", "Country regions")
    assert {"code": "DE", "region": "DACH"} in lookup["entries"]
    assert len(lookup["entries"]) == 5
    team = await read(call, "team", "Data Platform")
    assert {item["email"] for item in team["entries"]} >= {"dana@acme.example", "sam@acme.example"}


async def test_a_project_lists_its_flows(call):
    project = await read(call, "project", "Supply Chain")
    names = {item["name"] for item in project["related"]}
    assert {"Carrier Tracking", "Product Catalog"} <= names
    assert project["facts"]["flows"] == len(project["related"])


async def test_an_unknown_id_is_not_found(call):
    answer = await call("get_resource", type="source", resource=999_999)
    assert answer.is_error
    assert answer.structured["code"] == "not_found"


async def test_what_belongs_to_others_is_forbidden(call, settings, sandbox):
    hidden = (await read(call, "source", "General Ledger Entries"))["id"]
    sam = settings.model_copy(update={"service_key": SecretStr(sandbox.service_keys["sam@acme.example"])})
    async with connected(sam) as call_as_sam:
        answer = await call_as_sam("get_resource", type="source", resource=hidden)
        by_name = await call_as_sam("get_resource", type="source", resource="General Ledger Entries")
    assert answer.is_error
    assert answer.structured["code"] == "forbidden"
    assert by_name.structured["code"] == "not_found", "a name one may not see must not be confirmed"


async def test_twins_are_named_with_ids_and_owners(call):
    twins = (await call("search_resources", types=["source"], name="Customer Master")).structured["rows"]
    answer = await call("get_resource", type="source", resource="customer master")
    assert answer.is_error
    assert answer.structured["code"] == "ambiguous"
    for twin in twins:
        assert str(twin["id"]) in answer.structured["hint"]
        assert twin["owner"] in answer.structured["hint"]


async def test_a_misspelt_name_brings_near_ones(call):
    answer = await call("get_resource", type="source", resource="Carier Trackin")
    assert answer.structured["code"] == "not_found"
    assert "Carrier Tracking" in answer.structured["hint"]
    assert answer.structured["next_tool"] == "search_resources"


async def test_digits_are_an_id_and_spaces_around_a_name_do_not_matter(call):
    by_name = await read(call, "source", "  Carrier Tracking ")
    assert await read(call, "source", str(by_name["id"])) == by_name


async def test_what_is_long_is_cut_and_the_budget_kept(settings):
    with serve(SandboxOptions(seed="empty")) as sandbox:
        users, orgs = (sandbox.world.store.all(kind) for kind in (kinds.USERS, kinds.ORGS))
        me = Principal(users[0]["id"], orgs[0]["id"], is_org_admin=True)
        wide = {f"column_{number}": {"type": "VARCHAR", "note": "x" * 40} for number in range(2_000)}
        source = creation.create_source(
            sandbox.world,
            me,
            {"name": "wide", "source_type": "file_upload", "source_config": {"path": "/in", "mapping": wide}},
        )
        nexset = creation.create_nexset(
            sandbox.world,
            me,
            {
                "name": "wide too",
                "data_source_id": source["id"],
                "output_schema": {"properties": {name: {"type": "string"} for name in wide}},
            },
        )
        code = creation.create_transform(
            sandbox.world,
            me,
            {"name": "long", "output_type": "record", "code_type": "python", "code": "x = 1\n" * 20_000},
        )
        own = settings.model_copy(update={"api_url": sandbox.url, "service_key": SecretStr(sandbox.service_key)})
        async with connected(own) as call:
            for kind, identifier in (("source", source["id"]), ("nexset", nexset["id"]), ("transform", code["id"])):
                answer = await call("get_resource", type=kind, resource=identifier)
                assert not answer.is_error, answer.text
                assert len(answer.text.encode()) + len(str(answer.structured).encode()) <= 26_000, kind
                assert answer.structured["not_read"], kind
                assert "Not read" in answer.text
        assert answer.structured["code"].startswith("x = 1")
