"""`export_flow`: a live flow as a spec, which `create_flow` takes for what is there, and builds anew when it is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from nexla_mcp.sandbox.seed.flows_commerce import COMMERCE
from nexla_mcp.sandbox.seed.flows_insight import INSIGHT
from nexla_mcp.settings import Settings
from tests.changes.conftest import SPEC, Called, Scene, anyio_backend, scene
from tests.matrix.write_tools import confirmed

__all__ = ["anyio_backend", "scene"]

pytestmark = pytest.mark.anyio

FLOWS = (*COMMERCE, *INSIGHT)
TWINS = {spec.name for spec in FLOWS if spec.trouble == "name_twins"}
HALF_PAUSED = next(spec.name for spec in FLOWS if spec.trouble == "half_paused_tree")
STREAMS = {spec.name for spec in FLOWS if spec.cron is None}
"""Without a schedule, which the published connector of a stream wants: the export says that create_flow will, too."""
ONE_OF_A_KIND = {"Shopify Orders", "Returns Portal", HALF_PAUSED, "Holiday Campaign 2025"}
"""Rebuilt in the ordinary run: healthy, without anything below its source, half paused, resting."""


def of(scene: Scene, person: str) -> Settings:
    key = next(key for key in scene.sandbox.service_keys.values() if person in key)
    return scene.settings.model_copy(update={"service_key": type(scene.settings.service_key)(key)})


def ids(scene: Scene, person: str) -> dict[int, str]:
    """The flows that a person owns, by id."""
    owner = scene.row("users", email=f"{person}@acme.example")["id"]
    return {row["flow_node_id"]: row["name"] for row in scene.rows("data_sources", owner_id=owner)}


def spec_of(answer: Called) -> dict[str, Any]:
    """The spec as the file in the text has it, which is the one in the structured content."""
    assert not answer.is_error, answer.text
    _, _, rest = answer.text.partition('<data from="flow.yaml">\n')
    read = yaml.safe_load(rest.rpartition("</data>")[0])
    assert read == answer.structured["spec"]
    return dict(read)


@pytest.mark.parametrize("person", ["dana", "sam"])
async def test_every_flow_is_there_as_its_export_says(scene: Scene, person: str) -> None:
    """Of all flows of the org: the export is a spec that leaves them unchanged."""
    other, before = Scene(scene.sandbox, of(scene, person), scene.clock), scene.snapshot()
    flows = ids(scene, person)
    async with other.connected() as call:
        for flow, name in flows.items():
            answer = await call("export_flow", flow=flow)
            made = await call("create_flow", **spec_of(answer), dry_run=True)
            if list(flows.values()).count(name) > 1:
                assert made.code == "ambiguous"
                assert "refuses" in answer.text
            elif name in STREAMS:
                assert made.code == "bad_input"
                assert "create_flow would refuse it" in answer.text
            else:
                assert made.state == "unchanged", (name, made.text)
    assert scene.snapshot() == before
    assert flows


async def test_a_flow_of_somebody_else_is_exported_and_said_to_be_so(scene: Scene) -> None:
    """Between them, and with what they only see, that is every flow of the org."""
    own = {**ids(scene, "dana"), **ids(scene, "sam")}
    (flow,) = (row["flow_node_id"] for row in scene.rows("data_sources") if row["flow_node_id"] not in own)
    assert len(own) + 1 == len(FLOWS)
    async with scene.connected() as call:
        answer = await call("export_flow", flow=flow)
    assert spec_of(answer)["name"] == scene.row("data_sources", flow_node_id=flow)["name"]
    assert "not yours" in " ".join(answer.structured["notes"])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(spec.name, marks=() if spec.name in ONE_OF_A_KIND else pytest.mark.long)
        for spec in FLOWS
        if spec.owner == "dana" and spec.name not in TWINS
    ],
)
async def test_a_deleted_flow_is_built_anew_from_its_export(scene: Scene, name: str) -> None:
    async with scene.connected(confirm="token") as call:
        exported = await call("export_flow", flow=name)
        spec = spec_of(exported)
        gone = await confirmed(call, "delete_resource", type="flow", resource=scene.flow_id(name))
        assert gone.state == "done", gone.text
        assert not scene.rows("data_sources", name=name)
        if name in STREAMS:
            spec["source"]["config"]["start.cron"] = "0 0 * * * ?"
        _mend_logins(scene)
        built = await confirmed(call, "create_flow", **{**spec, "verify": False})
        assert built.state == "done", built.text
        again = await call("export_flow", flow=name)
    assert spec_of(again) == spec


def _mend_logins(scene: Scene) -> None:
    """Nothing is built with a login that is refused, as that of one flow is."""
    for login in scene.rows("data_credentials"):
        facts = {**login["_sandbox"], "probe": "ok"}
        scene.sandbox.world.store.put("data_credentials", {**login, "_sandbox": facts})


async def test_what_a_spec_cannot_hold_is_said(scene: Scene) -> None:
    async with scene.connected() as call:
        answer = await call("export_flow", flow=HALF_PAUSED)
    told = " ".join(answer.structured["not_held"])
    assert "rests while the others run" in told
    assert answer.structured["spec"]["activate"] is False


async def test_a_trigger_is_said_to_be_left_out(scene: Scene) -> None:
    store = scene.sandbox.world.store
    source, other = (
        scene.row("data_sources", name="Shopify Orders"),
        scene.row("data_sinks", name="Payments in Redshift"),
    )
    store.put("data_sources", {**source, "data_sink_id": other["id"]})
    store.put("data_sinks", {**other, "data_source_id": source["id"]})
    async with scene.connected() as call:
        triggered = await call("export_flow", flow=source["flow_node_id"])
        triggering = await call("export_flow", flow=scene.flow_id("Stripe Payments"))
    assert f"destination {other['id']} triggers it" in triggered.text
    assert f"triggered source of destination {other['id']}" in triggering.text


async def test_hidden_fields_are_left_out_and_named(scene: Scene) -> None:
    source = scene.row("data_sources", name="Shopify Orders")
    config = {**source["source_config"], "api_key": "canary-5f1e", "auth": {"token": "canary-77aa", "mode": "x"}}
    scene.sandbox.world.store.put("data_sources", {**source, "source_config": config})
    async with scene.connected() as call:
        answer = await call("export_flow", flow=source["flow_node_id"])
    told = " ".join(answer.structured["not_held"])
    assert "api_key" in told
    assert "auth/token" in told
    assert "canary" not in answer.text + json.dumps(answer.structured)
    assert {"api_key", "auth"}.isdisjoint(answer.structured["spec"]["source"]["config"])


async def test_a_second_nexset_of_the_source_and_all_below_it_is_left_out(scene: Scene) -> None:
    source = scene.row("data_sources", name="Shopify Orders")
    world = scene.sandbox.world
    second = _second_nexset(scene, source)
    async with scene.connected() as call:
        answer = await call("export_flow", flow=source["flow_node_id"])
        assert (await call("create_flow", **spec_of(answer), dry_run=True)).state == "unchanged"
    told = " ".join(answer.structured["not_held"])
    assert f"nexset {second}" in told
    assert "second nexset" in told
    assert world.store.get("data_sets", second) is not None


def _second_nexset(scene: Scene, source: Mapping[str, Any]) -> int:
    from nexla_mcp.sandbox import creation  # noqa: PLC0415 - only this test reaches into the platform
    from nexla_mcp.sandbox.routing import Principal  # noqa: PLC0415

    payload = {"name": "Another", "data_source_id": source["id"], "status": "ACTIVE"}
    made = creation.create_nexset(scene.sandbox.world, Principal(source["owner_id"], source["org_id"]), payload)
    return int(made["id"])


async def test_a_name_that_several_have_is_exported_as_an_id(scene: Scene) -> None:
    source = scene.row("data_sources", name="Shopify Orders")
    login = scene.sandbox.world.store.get("data_credentials", source["data_credentials_id"])
    assert login is not None
    async with scene.connected() as call:
        named = await call("export_flow", flow=source["flow_node_id"])
        scene.sandbox.world.store.insert(
            "data_credentials", {key: value for key, value in login.items() if key != "id"}
        )
        by_id = await call("export_flow", flow=source["flow_node_id"])
    assert named.structured["spec"]["source"]["credential"] == login["name"]
    assert by_id.structured["spec"]["source"]["credential"] == login["id"]


async def test_a_grant_on_one_part_alone_is_not_made_one_on_all(scene: Scene) -> None:
    async with scene.connected() as call:
        built = await call("create_flow", **{**SPEC, "verify": False})
        assert built.state == "done"
        source = scene.row("data_sources", name=SPEC["name"])
        grant = {"type": "source", "resources": [source["id"]], "to": "user", "who": "sam@acme.example"}
        assert (await call("grant_access", **grant, role="operator")).state == "done"
        answer = await call("export_flow", flow=source["flow_node_id"])
    assert [rule["who"] for rule in answer.structured["spec"]["access"]] == ["Finance Analytics"]
    assert "sam@acme.example" in " ".join(answer.structured["not_held"])


async def test_as_json_it_is_the_same(scene: Scene) -> None:
    async with scene.connected() as call:
        answer = await call("export_flow", flow="Shopify Orders", format="json")
    _, _, rest = answer.text.partition('<data from="flow.json">\n')
    assert json.loads(rest.rpartition("</data>")[0]) == answer.structured["spec"]


async def test_half_a_spec_is_never_shown(scene: Scene) -> None:
    async with scene.connected(result_bytes=2_000) as call:
        answer = await call("export_flow", flow="Shopify Orders")
        assert (await call("create_flow", **answer.structured["spec"], dry_run=True)).state == "unchanged"
    assert "flow.yaml" not in answer.text


async def test_a_part_that_cannot_be_read_is_not_left_out_in_silence(scene: Scene) -> None:
    scene.break_("status", method="GET", route="/data_sinks/{sink_id}", status=403, count=None)
    async with scene.connected() as call:
        answer = await call("export_flow", flow="Shopify Orders")
    assert (answer.is_error, answer.code) == (True, "forbidden")
