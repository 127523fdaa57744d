"""Who sees and changes what; accessors and the audit log (contract 2.1, 21, 22)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.documents.client import START, Company, Pipeline, credential_of, pipeline_of


def rule(email: str, *roles: str) -> dict[str, Any]:
    return {"accessors": [{"type": "USER", "email": email, "access_roles": list(roles)}]}


def share(acme: Company, path: str, *roles: str) -> None:
    acme.dana.ok("PUT", f"{path}/accessors", rule("sam@acme.example", *roles))


class TestLists:
    def test_by_default_only_what_the_caller_created(self, acme: Company) -> None:
        mine, shared = credential_of(acme.sam), credential_of(acme.dana)
        share(acme, f"/data_credentials/{shared}", "collaborator")
        assert [row["id"] for row in acme.sam.ok("GET", "/data_credentials")] == [mine]
        both = acme.sam.ok("GET", "/data_credentials?access_role=collaborator")
        assert {row["id"]: row["access_roles"] for row in both} == {mine: ["owner"], shared: ["collaborator"]}

    @pytest.mark.parametrize(
        ("granted", "seen"),
        [("collaborator", {"collaborator"}), ("operator", {"collaborator", "operator"})],
    )
    def test_a_role_or_higher(self, acme: Company, granted: str, seen: set[str]) -> None:
        identifier = credential_of(acme.dana)
        share(acme, f"/data_credentials/{identifier}", granted)
        roles = ("collaborator", "operator", "admin", "owner")
        found = {role for role in roles if acme.sam.ok("GET", f"/data_credentials?access_role={role}")}
        assert found == seen

    def test_an_org_admin_is_admin_of_everything_in_the_org(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.sam)
        assert acme.dana.ok("GET", "/flows")["flows"] == []
        assert [node["id"] for node in acme.dana.ok("GET", "/flows?access_role=admin")["flows"]] == [pipeline.node]
        assert acme.robin.ok("GET", "/flows?access_role=collaborator")["flows"] == []

    def test_an_unknown_role_is_refused(self, acme: Company) -> None:
        acme.dana.refused(400, "GET", "/data_sources?access_role=king")


class TestRoles:
    @pytest.fixture
    def pipeline(self, acme: Company) -> Pipeline:
        return pipeline_of(acme.dana)

    def test_without_any_role_everything_is_forbidden(self, acme: Company, pipeline: Pipeline) -> None:
        for kind, identifier in pipeline.resources:
            acme.sam.refused(403, "GET", f"/{kind}/{identifier}")
            acme.sam.refused(404, "GET", f"/{kind}/999999")

    def test_a_collaborator_reads(self, acme: Company, pipeline: Pipeline) -> None:
        path = f"/data_sources/{pipeline.source}"
        share(acme, path, "collaborator")
        acme.sam.ok("GET", path)
        for method, suffix in (("PUT", "/activate"), ("PUT", ""), ("DELETE", ""), ("POST", "/accessors")):
            acme.sam.refused(403, method, path + suffix, {})

    def test_an_operator_runs_but_does_not_change(self, acme: Company, pipeline: Pipeline) -> None:
        path = f"/data_sinks/{pipeline.late_sink}"
        share(acme, path, "operator")
        acme.sam.ok("PUT", f"{path}/activate")
        acme.sam.refused(403, "PUT", path, {"name": "x"})

    def test_an_admin_changes_and_shares(self, acme: Company, pipeline: Pipeline) -> None:
        path = f"/data_sets/{pipeline.derived}"
        share(acme, path, "admin")
        acme.sam.ok("PUT", path, {"name": "renamed"})
        acme.sam.ok("PUT", f"{path}/accessors", rule("kim@acme.example", "collaborator"))
        acme.kim.ok("GET", path)

    def test_a_team_passes_its_role_to_its_members(self, acme: Company, pipeline: Pipeline) -> None:
        team = acme.dana.ok("POST", "/teams", {"name": "Finance", "members": [{"email": "kim@acme.example"}]})
        path = f"/data_sets/{pipeline.derived}"
        given = {"accessors": [{"type": "TEAM", "id": team["id"], "access_roles": ["operator"]}]}
        assert acme.dana.ok("PUT", f"{path}/accessors", given)[0]["name"] == "Finance"
        acme.kim.ok("GET", path)
        acme.sam.refused(403, "GET", path)
        acme.dana.ok("DELETE", f"/teams/{team['id']}/members")
        acme.kim.refused(403, "GET", path)

    def test_an_org_passes_its_role_to_its_members(self, acme: Company, pipeline: Pipeline) -> None:
        path = f"/data_sets/{pipeline.derived}"
        org = {"type": "ORG", "id": acme.dana.principal.org_id, "access_roles": ["collaborator"]}
        answer = acme.dana.ok("PUT", f"{path}/accessors", {"accessors": [org]})
        assert answer[0]["email_domain"] == "acme.example"
        acme.sam.ok("GET", path)
        acme.robin.refused(403, "GET", path)

    def test_a_role_on_one_resource_is_none_on_its_neighbours(self, acme: Company, pipeline: Pipeline) -> None:
        share(acme, f"/data_sets/{pipeline.derived}", "admin")
        acme.sam.refused(403, "GET", f"/data_sets/{pipeline.detected}")
        acme.sam.refused(403, "GET", f"/data_sinks/{pipeline.late_sink}")


def targets(acme: Company) -> dict[str, int]:
    pipeline = pipeline_of(acme.dana)
    code = {"code_type": "jolt_custom", "output_type": "record", "code_encoding": "none", "reusable": True}
    return {
        "data_credentials": pipeline.credential,
        "data_sources": pipeline.source,
        "data_sets": pipeline.derived,
        "data_sinks": pipeline.late_sink,
        "flows": pipeline.node,
        "data_maps": acme.dana.ok("POST", "/data_maps", {"name": "m", "data_type": "string"})["id"],
        "projects": acme.dana.ok("POST", "/projects", {"name": "p"})["id"],
        "teams": acme.dana.ok("POST", "/teams", {"name": "t"})["id"],
        "code_containers": acme.dana.ok("POST", "/code_containers", {"name": "c", "code": [], **code})["id"],
    }


KINDS = (
    "data_credentials",
    "data_sources",
    "data_sets",
    "data_sinks",
    "flows",
    "data_maps",
    "projects",
    "teams",
    "code_containers",
)


@pytest.mark.parametrize("kind", KINDS)
class TestAccessors:
    def test_put_adds_post_replaces_delete_removes(self, acme: Company, kind: str) -> None:
        path = f"/{kind}/{targets(acme)[kind]}/accessors"
        assert acme.dana.ok("GET", path) == []
        acme.dana.ok("PUT", path, rule("sam@acme.example", "collaborator"))
        both = acme.dana.ok("PUT", path, rule("kim@acme.example", "operator"))
        assert [item["email"] for item in both] == ["sam@acme.example", "kim@acme.example"]
        assert all(set(item) == {"type", "access_roles", "created_at", "updated_at", "email"} for item in both)
        merged = acme.dana.ok("PUT", path, rule("sam@acme.example", "admin"))
        assert set(merged[0]["access_roles"]) == {"collaborator", "admin"}
        only = acme.dana.ok("POST", path, rule("kim@acme.example", "admin"))
        assert [(item["email"], item["access_roles"]) for item in only] == [("kim@acme.example", ["admin"])]
        assert acme.dana.ok("DELETE", path, rule("kim@acme.example", "admin")) == []

    def test_a_delete_without_a_body_removes_all_but_the_owner(self, acme: Company, kind: str) -> None:
        path = f"/{kind}/{targets(acme)[kind]}"
        for email in ("sam@acme.example", "kim@acme.example"):
            acme.dana.ok("PUT", f"{path}/accessors", rule(email, "operator"))
        acme.sam.ok("GET", path)
        assert acme.dana.ok("DELETE", f"{path}/accessors") == []
        acme.sam.refused(403, "GET", path)
        acme.dana.ok("GET", path)


@pytest.mark.parametrize(
    "given",
    [
        {"type": "USER", "email": "nobody@acme.example", "access_roles": ["admin"]},
        {"type": "USER", "email": "sam@acme.example", "access_roles": ["king"]},
        {"type": "USER", "email": "sam@acme.example", "access_roles": []},
        {"type": "ROBOT", "id": 1, "access_roles": ["admin"]},
        "sam",
    ],
)
def test_a_rule_that_means_nobody_or_nothing_is_refused_and_removes_nothing(acme: Company, given: Any) -> None:
    path = f"/data_credentials/{credential_of(acme.dana)}/accessors"
    acme.dana.ok("PUT", path, rule("sam@acme.example", "operator"))
    acme.dana.refused(400, "POST", path, {"accessors": [given]})
    assert len(acme.dana.ok("GET", path)) == 1


class TestAuditLog:
    def test_an_entry_tells_who_what_and_when(self, acme: Company) -> None:
        identifier = credential_of(acme.sam)
        acme.dana.ok("PUT", f"/data_credentials/{identifier}", {"name": "renamed"})
        newest, oldest = acme.sam.audit(f"/data_credentials/{identifier}")
        assert (newest["event"], newest["item_type"], newest["item_id"]) == (
            "update",
            "DataCredentials",
            identifier,
        )
        assert newest["object_changes"] == {"name": ["warehouse", "renamed"]}
        assert newest["user"] == {"id": acme.dana.principal.user_id, "email": "dana@acme.example"}
        assert (newest["owner_id"], newest["owner_email"]) == (acme.sam.principal.user_id, "sam@acme.example")
        assert oldest["event"] == "create"
        assert newest["created_at"] == "2026-03-02T09:00:00.000Z"

    def test_sharing_leaves_associations(self, acme: Company) -> None:
        path = f"/data_credentials/{credential_of(acme.dana)}"
        share(acme, path, "operator")
        acme.dana.ok("DELETE", f"{path}/accessors")
        removed, added = acme.dana.audit(path)[:2]
        sam = {"type": "User", "id": acme.sam.principal.user_id}
        assert (added["event"], added["association_resource"]) == ("association_added", sam)
        assert added["object_changes"] == {"access_roles": [None, ["operator"]]}
        assert (removed["event"], removed["association_resource"]) == ("association_removed", sam)

    def test_widening_a_role_leaves_an_entry(self, acme: Company) -> None:
        path = f"/data_credentials/{credential_of(acme.dana)}"
        share(acme, path, "operator")
        before = len(acme.dana.audit(path))
        share(acme, path, "admin")
        assert len(acme.dana.audit(path)) == before + 1

    def test_days_are_both_included(self, acme: Company) -> None:
        path = f"/data_credentials/{credential_of(acme.dana)}"
        acme.world.clock.advance(timedelta(days=2).total_seconds())
        acme.dana.ok("PUT", path, {"name": "later"})
        day = START.date()
        for since, until, events in (
            (day, day, ["create"]),
            (day + timedelta(days=1), day + timedelta(days=2), ["update"]),
            (day, day + timedelta(days=2), ["update", "create"]),
        ):
            found = acme.dana.ok("GET", f"{path}/audit_log?from={since}&to={until}")
            assert [entry["event"] for entry in found] == events

    def test_the_log_of_an_org_shows_everything_in_it_to_its_admins(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.sam)
        path = f"/orgs/{acme.dana.principal.org_id}"
        seen = {(entry["item_type"], entry["item_id"]) for entry in acme.dana.audit(path)}
        assert {("DataSource", pipeline.source), ("DataSink", pipeline.late_sink)} <= seen
        sources = acme.dana.ok("GET", f"{path}/data_sources/audit_log")
        assert {entry["item_type"] for entry in sources} == {"DataSource"}
        acme.sam.refused(403, "GET", f"{path}/audit_log")
        acme.robin.refused(403, "GET", f"{path}/audit_log")

    def test_the_log_of_a_user_shows_what_they_did(self, acme: Company) -> None:
        identifier = credential_of(acme.sam)
        path = f"/users/{acme.sam.principal.user_id}"
        assert identifier in [entry["item_id"] for entry in acme.sam.audit(path)]
        acme.dana.audit(path)
        acme.kim.refused(403, "GET", f"{path}/audit_log")

    def test_a_log_can_be_asked_for_asynchronously(self, acme: Company) -> None:
        path = f"/data_sources/{pipeline_of(acme.dana).source}/audit_log?async=true"
        assert acme.dana.ok("GET", path)["status"] == "pending"
