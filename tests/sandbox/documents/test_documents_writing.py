"""What requests may set and name, and what moving, sharing and asking asynchronously do."""

from __future__ import annotations

from typing import Any

import pytest

from nexla_mcp.sandbox.audit import Author
from tests.sandbox.documents.client import Company, credential_of, pipeline_of


class TestMoving:
    def test_a_destination_goes_to_another_flow(self, acme: Company) -> None:
        first, second = pipeline_of(acme.dana), pipeline_of(acme.dana)
        path = f"/data_sinks/{first.late_sink}"
        moved = acme.dana.ok("PUT", path, {"data_set_id": second.derived})
        assert moved["data_set_id"] == second.derived
        sinks = acme.dana.ok("GET", f"/flows/{second.node}")["data_sinks"]
        origins = {item["id"]: item["origin_node_id"] for item in sinks}
        assert origins[first.late_sink] == second.node
        assert acme.dana.ok("GET", f"/flows/{first.node}")["data_sets"][1]["data_sink_ids"] == []
        assert acme.dana.ok("GET", f"{path}/flow")["flows"][0]["id"] == second.node
        assert acme.dana.audit(path)[0]["object_changes"]["data_set_id"] == [first.derived, second.derived]

    def test_a_destination_taken_by_a_new_nexset_belongs_to_its_flow(self, acme: Company) -> None:
        first, second = pipeline_of(acme.dana), pipeline_of(acme.dana)
        payload = {"name": "n", "parent_data_set_id": second.detected, "has_custom_transform": False, "transform": {}}
        acme.dana.ok("POST", "/data_sets", {**payload, "data_sinks": [first.late_sink]})
        assert acme.dana.ok("GET", f"/data_sinks/{first.late_sink}/flow")["flows"][0]["id"] == second.node
        stored = acme.world.store.get("data_sinks", first.late_sink) or {}
        assert stored["origin_node_id"] == second.node

    def test_a_nexset_takes_what_is_below_along(self, acme: Company) -> None:
        first, second = pipeline_of(acme.dana), pipeline_of(acme.dana)
        acme.dana.ok("PUT", f"/data_sets/{first.derived}", {"parent_data_set_id": second.detected})
        flow = acme.dana.ok("GET", f"/flows/{second.node}")
        assert {first.derived} < {item["id"] for item in flow["data_sets"]}
        assert {first.late_sink} < {item["id"] for item in flow["data_sinks"]}
        assert {item["origin_node_id"] for item in flow["data_sinks"]} == {second.node}

    def test_nothing_goes_below_itself_and_a_detected_nexset_stays(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.refused(400, "PUT", f"/data_sets/{pipeline.derived}", {"parent_data_set_id": pipeline.derived})
        acme.dana.refused(400, "PUT", f"/data_sets/{pipeline.detected}", {"parent_data_set_id": pipeline.derived})

    def test_moving_needs_access_to_the_new_place(self, acme: Company) -> None:
        theirs, mine = pipeline_of(acme.dana), pipeline_of(acme.robin)
        acme.robin.refused(403, "PUT", f"/data_sinks/{mine.late_sink}", {"data_set_id": theirs.derived})
        acme.robin.refused(403, "PUT", f"/data_sets/{mine.derived}", {"parent_data_set_id": theirs.derived})
        acme.robin.refused(403, "PUT", f"/data_sets/{mine.derived}", {"data_sinks": [theirs.late_sink]})
        acme.dana.refused(400, "PUT", f"/data_sinks/{theirs.late_sink}", {"data_set_id": None})


class TestReferences:
    @pytest.mark.parametrize("kind", ["data_sources", "data_sinks"])
    def test_a_credential_in_a_put_needs_access_and_cannot_be_taken_away(self, acme: Company, kind: str) -> None:
        pipeline = pipeline_of(acme.sam)
        identifier = {"data_sources": pipeline.source, "data_sinks": pipeline.late_sink}[kind]
        hidden, shown = credential_of(acme.dana), credential_of(acme.sam)
        path = f"/{kind}/{identifier}"
        acme.sam.refused(403, "PUT", path, {"data_credentials_id": hidden})
        acme.sam.refused(400, "PUT", path, {"data_credentials_id": None})
        assert acme.sam.ok("PUT", path, {"data_credentials_id": shown})["data_credentials"]["id"] == shown

    def test_somebody_elses_code_cannot_be_used(self, acme: Company) -> None:
        code = {"name": "c", "code": [], "code_type": "jolt_custom", "output_type": "record", "code_encoding": "none"}
        hidden = acme.dana.ok("POST", "/code_containers", {**code, "reusable": True})["id"]
        pipeline = pipeline_of(acme.sam)
        acme.sam.refused(403, "PUT", f"/data_sets/{pipeline.derived}", {"transform_id": hidden})

    def test_copies_for_others_are_an_admins_and_stay_in_the_org(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.sam)
        path = f"/data_sources/{pipeline.source}/copy"
        kim, robin = acme.kim.principal.user_id, acme.robin.principal.user_id
        acme.sam.refused(403, "POST", path, {"owner_id": kim})
        acme.dana.refused(403, "POST", path, {"owner_id": robin, "org_id": acme.robin.principal.org_id})
        copy = acme.dana.ok("POST", path, {"owner_id": kim})
        assert copy["owner"]["id"] == kim
        assert acme.dana.audit(f"/data_sources/{copy['id']}")[0]["user"]["email"] == "dana@acme.example"


class TestAuthors:
    def test_an_entry_names_the_request_without_its_query(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.ok("PUT", f"/data_sinks/{pipeline.late_sink}/activate?note=secret")
        entry = acme.dana.audit(f"/data_sinks/{pipeline.late_sink}")[0]
        assert entry["request_url"] == f"/nexla-api/data_sinks/{pipeline.late_sink}/activate"
        assert entry["request_user_agent"] == "tests/1.0"

    def test_without_a_request_it_is_the_platform(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        oldest = acme.dana.audit(f"/data_sets/{pipeline.detected}")[-1]
        assert oldest["request_user_agent"] == Author.user_agent

    def test_quarantine_settings_are_told(self, acme: Company) -> None:
        user = f"/users/{acme.sam.principal.user_id}"
        config = {"start.cron": "0 0 0 ? * * *", "path": "bucket/errors"}
        given = {"data_credentials_id": credential_of(acme.sam), "config": config}
        acme.sam.ok("POST", f"{user}/quarantine_settings", given)
        acme.sam.ok("DELETE", f"{user}/quarantine_settings")
        gone, made = [
            entry["object_changes"]
            for entry in acme.sam.audit(user)
            if "quarantine_settings" in entry["change_summary"]
        ]
        assert made == {"quarantine_settings": [None, config]}
        assert gone == {"quarantine_settings": [config, None]}


class TestAsynchronous:
    def test_a_pause_happens_without_being_polled(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.ok("PUT", f"/flows/{pipeline.node}/activate")
        acme.dana.ok("PUT", f"/flows/{pipeline.node}/pause?all=1&async=true")
        assert acme.statuses(pipeline) == ["PAUSED"] * 5

    def test_a_poll_changes_nothing(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        path = f"/flows/{pipeline.node}/pause?all=1&async=true"
        started = acme.dana.ok("PUT", path)
        acme.dana.ok("PUT", f"/flows/{pipeline.node}/activate")
        polled = acme.dana.ok("PUT", f"{path}&request_id={started['request_id']}")
        assert polled["status"] == "completed"
        assert acme.statuses(pipeline) == ["ACTIVE"] * 5

    def test_a_request_id_counts_only_where_it_was_given(self, acme: Company) -> None:
        first, second = credential_of(acme.dana), credential_of(acme.dana)
        started = acme.dana.ok("GET", f"/data_credentials/{first}/probe?async=true")
        query = f"async=true&request_id={started['request_id']}"
        acme.dana.refused(404, "GET", f"/data_credentials/{second}/probe?{query}")

    def test_a_log_is_complete_when_polled(self, acme: Company) -> None:
        path = f"/data_sources/{pipeline_of(acme.dana).source}/audit_log"
        started = acme.dana.ok("GET", f"{path}?async=true")
        polled = acme.dana.ok("GET", f"{path}?async=true&request_id={started['request_id']}")
        assert polled["result"] == {"entries": acme.dana.ok("GET", path)}


class TestSharing:
    def test_another_org_gets_nexsets_only_and_only_as_sharer(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)

        def rule(*roles: str) -> dict[str, Any]:
            return {"accessors": [{"type": "USER", "email": "robin@beta.example", "access_roles": list(roles)}]}

        acme.dana.refused(400, "PUT", f"/data_sources/{pipeline.source}/accessors", rule("sharer"))
        acme.dana.refused(400, "PUT", f"/data_sets/{pipeline.derived}/accessors", rule("collaborator"))
        answer = acme.dana.ask("PUT", f"/data_sets/{pipeline.derived}/accessors", rule("sharer"))
        assert answer.status == 200  # the published enum of roles leaves sharer out

    def test_the_same_role_again_changes_nothing(self, acme: Company) -> None:
        path = f"/data_credentials/{credential_of(acme.dana)}"
        rule = {"type": "USER", "email": "sam@acme.example", "access_roles": ["operator"]}
        for _ in range(2):
            acme.dana.ok("PUT", f"{path}/accessors", {"accessors": [rule]})
        events = [entry["event"] for entry in acme.dana.audit(path)]
        assert events == ["association_added", "create"]


class TestMembers:
    @pytest.fixture
    def path(self, acme: Company) -> str:
        return f"/orgs/{acme.dana.principal.org_id}/members"

    def test_a_post_replaces_and_keeps_the_caller(self, acme: Company, path: str) -> None:
        rows = acme.dana.ask("POST", path, {"members": [{"email": "kim@acme.example"}]}).body
        assert [item["email"] for item in rows] == ["dana@acme.example", "kim@acme.example"]

    def test_memberships_rest_and_come_back(self, acme: Company, path: str) -> None:
        sam = {"members": [{"email": "sam@acme.example"}]}

        def status(verb: str) -> str:
            rows = acme.dana.ask("PUT", f"{path}/{verb}", sam).body
            return next(item["org_membership_status"] for item in rows if item["email"] == "sam@acme.example")

        assert (status("deactivate"), status("activate")) == ("DEACTIVATED", "ACTIVE")
        acme.sam.refused(403, "PUT", f"{path}/deactivate", sam)
        acme.dana.refused(400, "PUT", f"{path}/deactivate", {"members": [{"email": "robin@beta.example"}]})


def test_users_are_made_in_ones_own_org(acme: Company) -> None:
    payload = {"full_name": "N", "email": "n@acme.example", "default_org_id": acme.robin.principal.org_id}
    acme.dana.refused(403, "POST", "/users", payload)
    acme.sam.refused(400, "PUT", f"/users/{acme.sam.principal.user_id}", {"email": "kim@acme.example"})


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_transforms_are_shared_under_their_own_name(acme: Company, method: str) -> None:
    code = {"name": "c", "code": [], "code_type": "jolt_custom", "output_type": "record", "code_encoding": "none"}
    identifier = acme.dana.ok("POST", "/transforms", {**code, "reusable": True})["id"]
    rule = {"type": "USER", "email": "sam@acme.example", "access_roles": ["collaborator"]}
    body = {"accessors": [rule]} if method == "PUT" else None
    rows = acme.dana.ask(method, f"/transforms/{identifier}/accessors", body).body
    assert rows == acme.dana.ok("GET", f"/code_containers/{identifier}/accessors")
