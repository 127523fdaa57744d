"""`list_access`: who reaches what, and who reaches only a part of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from nexla_mcp.sandbox import creation, kinds
from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.routing import Principal
from nexla_mcp.sandbox.serving import serve
from tests.tools.conftest import Call, connected

pytestmark = pytest.mark.anyio


async def access(call: Call, kind: str, resource: int | str, **arguments: Any) -> dict[str, Any]:
    answer = await call("list_access", type=kind, resource=resource, **arguments)
    assert not answer.is_error, answer.text
    return answer.structured


def who(answer: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    return {(grant["to"], grant["who"]): grant["roles"] for grant in answer["grants"]}


async def test_a_resource_shows_owner_and_grants(call):
    got = await access(call, "source", "Web Events")
    assert [row["owner"] for row in got["resources"]] == ["dana@acme.example"]
    assert "owner" in got["resources"][0]["my_roles"]
    assert who(got) == {("TEAM", "Data Platform"): ["operator"], ("USER", "sam@acme.example"): ["admin"]}
    assert "uneven" not in got


async def test_a_credential_has_grants_of_its_own(call):
    assert who(await access(call, "credential", "Snowflake analytics")) == {("TEAM", "Data Platform"): ["collaborator"]}
    assert who(await access(call, "credential", "Snowflake finance")) == {}


@pytest.mark.parametrize("kind", ["project", "team", "lookup", "flow"])
async def test_other_types_are_read_too(call, kind):
    row = (await call("search_resources", types=[kind])).structured["rows"][0]
    got = await access(call, kind, row["id"])
    assert [(item["type"], item["id"]) for item in got["resources"]] == [(kind, row["id"])]


async def test_a_whole_flow_shows_each_part_and_is_even_when_all_were_shared(call):
    got = await access(call, "flow", "Web Events", whole_flow=True)
    assert [row["type"] for row in got["resources"]] == [
        "flow", "source", "nexset", "nexset", "destination", "destination",
    ]  # fmt: skip
    assert set(who(got)) == {("TEAM", "Data Platform"), ("USER", "sam@acme.example")}
    assert "uneven" not in got, "a grant on each part is enough"


async def test_a_whole_flow_is_the_same_from_any_part(call):
    whole = await access(call, "flow", "Web Events", whole_flow=True)
    assert await access(call, "nexset", "Web events without bots", whole_flow=True) == whole
    assert await access(call, "destination", "Web events in the lake", whole_flow=True) == whole


async def test_who_reaches_only_a_part_is_named(settings):
    with serve(SandboxOptions()) as sandbox:
        store = sandbox.world.store
        users = {item["email"]: item["id"] for item in store.all(kinds.USERS)}
        dana = Principal(users["dana@acme.example"], store.all(kinds.ORGS)[0]["id"], is_org_admin=True)
        sink = next(item for item in store.all(kinds.DESTINATIONS) if item["name"] == "Web events in the lake")
        lena = ("USER", users["lena@acme.example"])
        creation.grant(sandbox.world, dana, kinds.DESTINATIONS, sink["id"], subject=lena, roles=["operator"])
        twin = creation.create_team(sandbox.world, dana, {"name": "Data Platform", "members": []})
        own = settings.model_copy(update={"api_url": sandbox.url, "service_key": SecretStr(sandbox.service_key)})
        async with connected(own) as call:
            got = await access(call, "flow", "Web Events", whole_flow=True)
            named = await call("list_access", type="team", resource="Data Platform")
    assert [item for item in got["uneven"] if "lena@acme.example" in item]
    assert "1 of the 5" in got["uneven"][0]
    assert len(got["uneven"]) == 1

    ambiguous = {(grant["to"], grant["who"]) for grant in got["grants"] if grant.get("ambiguous")}
    assert ambiguous == {("TEAM", "Data Platform")}
    assert named.structured["code"] == "ambiguous"
    assert str(twin["id"]) in named.structured["hint"]


async def test_without_a_twin_no_team_is_ambiguous(call):
    got = await access(call, "source", "Web Events")
    assert not any(grant.get("ambiguous") for grant in got["grants"])


@pytest.mark.parametrize("kind", ["user", "org"])
async def test_people_and_orgs_have_no_access_list(call, backstage, kind):
    await call("whoami")
    backstage.forget()
    answer = await call("list_access", type=kind, resource=1)
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"
    assert backstage.requests() == []


async def test_a_whole_flow_of_what_stands_in_no_one_flow_is_refused(call):
    answer = await call("list_access", type="credential", resource="Snowflake analytics", whole_flow=True)
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"


async def test_parts_that_cannot_be_read_are_named(call, backstage):
    backstage.break_(kind="status", method="GET", route="/data_sinks/{data_sink_id}/accessors", status=403, count=None)
    got = await access(call, "flow", "Web Events", whole_flow=True)
    assert len(got["not_read"]) == 2
    assert all(text.startswith("destination ") and "forbidden" in text for text in got["not_read"])
    assert len(got["resources"]) == 4
    alone = await call("list_access", type="destination", resource="Web events in the lake")
    assert alone.structured["code"] == "forbidden"


async def test_what_one_may_not_see_is_forbidden(call, settings, sandbox):
    hidden = (await access(call, "source", "General Ledger Entries"))["resources"][0]["id"]
    sam = settings.model_copy(update={"service_key": SecretStr(sandbox.service_keys["sam@acme.example"])})
    async with connected(sam) as call_as_sam:
        answer = await call_as_sam("list_access", type="source", resource=hidden)
    assert answer.structured["code"] == "forbidden"


def reach(answer: dict[str, Any]) -> dict[tuple[str, str], tuple[list[str], str]]:
    return {(row["type"], row["name"]): (row.get("roles", []), str(row.get("via", ""))) for row in answer["reach"]}


async def test_what_a_person_may_do_is_told_by_their_own_grants(call):
    got = await access(call, "source", "Web Events", person="sam@acme.example")
    ((roles, via),) = reach(got).values()
    assert "admin" in roles
    assert "USER sam@acme.example" in via
    assert {grant["who"] for grant in got["grants"]} <= {"sam@acme.example", "Data Platform"}


async def test_what_a_person_may_do_is_told_through_their_teams(settings):
    with serve(SandboxOptions()) as sandbox:
        store = sandbox.world.store
        (team,) = [row for row in store.all(kinds.TEAMS) if row["name"] == "Data Platform"]
        lena = next(row for row in store.all(kinds.USERS) if row["email"] == "lena@acme.example")
        member = {"id": lena["id"], "email": lena["email"], "admin": False}
        others = [row for row in team["members"] if row["id"] != lena["id"]]
        own = settings.model_copy(update={"api_url": sandbox.url, "service_key": SecretStr(sandbox.service_key)})
        async with connected(own) as call:
            store.put(kinds.TEAMS, {**team, "members": others})
            outside = await access(call, "source", "Web Events", person=lena["email"])
            store.put(kinds.TEAMS, {**team, "members": [*others, member]})
            inside = await access(call, "source", "Web Events", person=lena["email"])
    assert "TEAM Data Platform" not in str(outside["reach"])
    ((roles, via),) = reach(inside).values()
    assert "operator" in roles
    assert "TEAM Data Platform" in via


async def test_the_owner_reaches_what_is_theirs_and_a_stranger_nothing(settings):
    with serve(SandboxOptions()) as sandbox:
        store = sandbox.world.store
        of_teams = {member["email"] for row in store.all(kinds.TEAMS) for member in row["members"]}
        own = settings.model_copy(update={"api_url": sandbox.url, "service_key": SecretStr(sandbox.service_key)})
        async with connected(own) as call:
            members = (await call("list_org_members")).structured["rows"]
            loose = [row["email"] for row in members if row["email"] not in of_teams and not row.get("admin")]
            whole = await access(call, "flow", "Web Events", whole_flow=True, person="dana@acme.example")
            assert all("owner" in roles for roles, _ in reach(whole).values())
            for email in loose:
                got = await access(call, "credential", "Snowflake finance", person=email)
                assert all(not row.get("via") or row["via"] == ["owner"] for row in got["reach"])


async def test_a_team_that_shares_its_name_is_no_proof(settings):
    with serve(SandboxOptions()) as sandbox:
        store = sandbox.world.store
        users = {item["email"]: item["id"] for item in store.all(kinds.USERS)}
        dana = Principal(users["dana@acme.example"], store.all(kinds.ORGS)[0]["id"], is_org_admin=True)
        lena = {"id": users["lena@acme.example"], "admin": False}
        creation.create_team(sandbox.world, dana, {"name": "Data Platform", "members": [lena]})
        own = settings.model_copy(update={"api_url": sandbox.url, "service_key": SecretStr(sandbox.service_key)})
        async with connected(own) as call:
            got = await access(call, "source", "Web Events", person="lena@acme.example")
    assert [row.get("unverified") for row in got["reach"]] == [True]


async def test_who_is_no_member_is_not_called_without_access(call):
    answer = await call("list_access", type="source", resource="Web Events", person="nobody@elsewhere.example")
    assert answer.is_error
    assert answer.structured["code"] == "not_found"
