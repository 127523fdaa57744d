"""Teams, users and orgs (contract 1.3, 15 to 17)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.documents.client import Company, credential_of, pipeline_of

SAM, KIM = {"email": "sam@acme.example"}, {"email": "kim@acme.example", "admin": True}


class TestTeams:
    @pytest.fixture
    def path(self, acme: Company) -> str:
        return f"/teams/{acme.dana.ok('POST', '/teams', {'name': 'Data', 'members': [SAM]})['id']}"

    def test_members_are_flat_rows(self, acme: Company, path: str) -> None:
        sam = {"id": acme.sam.principal.user_id, "email": "sam@acme.example", "admin": False}
        assert acme.dana.ask("GET", f"{path}/members").body == [sam]
        assert acme.dana.ok("GET", path)["members"] == [sam]

    def test_put_adds_post_replaces_delete_removes(self, acme: Company, path: str) -> None:
        def emails(method: str, body: Any = None) -> list[str]:
            return [item["email"] for item in acme.dana.ask(method, f"{path}/members", body).body]

        assert emails("PUT", {"members": [KIM]}) == ["sam@acme.example", "kim@acme.example"]
        assert emails("DELETE", {"members": [SAM]}) == ["kim@acme.example"]
        assert emails("POST", {"members": [SAM]}) == ["sam@acme.example"]
        assert emails("DELETE") == []

    def test_whether_the_caller_is_a_member(self, acme: Company, path: str) -> None:
        assert acme.dana.ok("GET", path)["member"] is False
        assert acme.sam.ok("GET", path)["member"] is True
        assert acme.sam.ok("GET", "/teams") == []
        assert len(acme.sam.ok("GET", "/teams?access_role=collaborator")) == 1

    def test_somebody_unknown_is_refused(self, acme: Company, path: str) -> None:
        acme.dana.refused(400, "POST", f"{path}/members", {"members": [{"email": "x@y.example"}]})
        assert len(acme.dana.ok("GET", path)["members"]) == 1

    def test_a_deleted_team_leaves_no_rules_behind(self, acme: Company, path: str) -> None:
        target = f"/data_credentials/{credential_of(acme.dana)}/accessors"
        team = {"type": "TEAM", "name": "Data", "access_roles": ["operator"]}
        acme.dana.ok("PUT", target, {"accessors": [team]})
        acme.dana.ok("DELETE", path)
        assert acme.dana.ok("GET", target) == []


class TestUsers:
    def test_the_caller_with_the_org_of_the_session(self, acme: Company) -> None:
        current = acme.sam.ask("GET", "/users/current").body
        assert (current["id"], current["email"]) == (acme.sam.principal.user_id, "sam@acme.example")
        assert current["org"]["id"] == acme.sam.principal.org_id
        assert [item["is_admin?"] for item in current["org_memberships"]] == [False]

    def test_colleagues_only(self, acme: Company) -> None:
        assert len(acme.sam.ok("GET", "/users")) == 3
        acme.sam.ok("GET", f"/users/{acme.dana.principal.user_id}")
        acme.sam.refused(403, "GET", f"/users/{acme.robin.principal.user_id}")
        acme.sam.refused(404, "GET", "/users/99")

    def test_expanded_with_counts(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.sam)
        acme.sam.ok("PUT", f"/data_sinks/{pipeline.late_sink}/activate")
        path = f"/users/{acme.sam.principal.user_id}?expand=1"
        counts = acme.sam.ok("GET", path)["account_summary"]["data_sinks"]["counts"]
        assert (counts["total"], counts["owner"], counts["active"]) == (2, 2, 1)

    def test_only_admins_make_and_change_others(self, acme: Company) -> None:
        payload = {"full_name": "New", "email": "new@acme.example"}
        acme.sam.refused(403, "POST", "/users", payload)
        made = acme.dana.ok("POST", "/users", payload)
        acme.dana.refused(400, "POST", "/users", payload)
        acme.sam.refused(403, "PUT", f"/users/{made['id']}", {"name": "Other"})
        acme.sam.ok("PUT", f"/users/{acme.sam.principal.user_id}", {"name": "Sam O."})
        assert acme.sam.ok("GET", f"/users/{acme.sam.principal.user_id}")["full_name"] == "Sam O."

    def test_nobody_lifts_their_own_limits(self, acme: Company) -> None:
        acme.sam.refused(403, "PUT", f"/users/{acme.sam.principal.user_id}", {"user_tier": "FREE_FOREVER"})

    def test_settings_have_text_ids(self, acme: Company) -> None:
        assert isinstance(acme.sam.ok("GET", "/user_settings")[0]["id"], str)

    def test_quarantine_settings_come_and_go(self, acme: Company) -> None:
        path = f"/users/{acme.sam.principal.user_id}/quarantine_settings"
        acme.sam.refused(404, "GET", path)
        config = {"start.cron": "0 0 0 ? * * *", "path": "bucket/errors"}
        given = {"data_credentials_id": credential_of(acme.sam), "config": config}
        made = acme.sam.ok("POST", path, given)
        assert (made["resource_type"], made["config"]) == ("USER", config)
        changed = acme.sam.ok("PUT", path, {**given, "config": {**config, "path": "elsewhere"}})
        assert changed["id"] == made["id"]
        acme.kim.refused(403, "GET", path)
        acme.sam.refused(400, "POST", path, {**given, "config": {"path": "x"}})
        acme.sam.ok("DELETE", path)
        acme.sam.refused(404, "GET", path)


class TestOrgs:
    @pytest.fixture
    def path(self, acme: Company) -> str:
        return f"/orgs/{acme.dana.principal.org_id}"

    def test_the_callers_org(self, acme: Company, path: str) -> None:
        assert [item["name"] for item in acme.sam.ok("GET", "/orgs")] == ["Acme"]
        org = acme.sam.ok("GET", path)
        assert [item["email"] for item in org["admins"]] == ["dana@acme.example"]
        acme.robin.refused(403, "GET", path)
        acme.sam.refused(403, "PUT", path, {"name": "Mine"})
        assert acme.dana.ok("PUT", path, {"name": "Acme Inc"})["name"] == "Acme Inc"

    def test_an_unknown_email_makes_a_user(self, acme: Company, path: str) -> None:
        given = {"members": [{"email": "new@acme.example", "access_role": ["admin"]}, SAM]}
        rows = {item["email"]: item for item in acme.dana.ok("PUT", f"{path}/members", given)}
        assert rows["new@acme.example"]["is_admin?"] is True
        assert rows["sam@acme.example"]["is_admin?"] is False
        assert acme.dana.ok("GET", f"/users/{rows['new@acme.example']['id']}")["status"] == "ACTIVE"

    def test_members_go_but_not_oneself(self, acme: Company, path: str) -> None:
        assert set(acme.dana.ok("DELETE", f"{path}/members", {"members": [SAM]})) == {"code", "message"}
        assert len(acme.dana.ok("GET", f"{path}/members")) == 2
        acme.dana.refused(400, "DELETE", f"{path}/members", {"members": [{"id": acme.dana.principal.user_id}]})
        acme.kim.refused(403, "DELETE", f"{path}/members", {"members": [KIM]})

    def test_an_update_without_a_role_leaves_the_role(self, acme: Company, path: str) -> None:
        acme.dana.ok("PUT", f"{path}/members", {"members": [{"email": "dana@acme.example"}]})
        rows = acme.dana.ok("GET", f"{path}/members")
        assert [item["email"] for item in rows if item["is_admin?"]] == ["dana@acme.example"]

    def test_custodians_are_bare_arrays_with_the_verbs_reversed(self, acme: Company, path: str) -> None:
        def emails(method: str, body: Any) -> list[str]:
            return [item["email"] for item in acme.dana.ok(method, f"{path}/custodians", body)]

        assert emails("PUT", [SAM]) == ["sam@acme.example"]
        assert emails("POST", [KIM]) == ["sam@acme.example", "kim@acme.example"]
        assert emails("PUT", [KIM]) == ["kim@acme.example"]
        acme.dana.ask("DELETE", f"{path}/custodians", [KIM])
        assert acme.dana.ok("GET", f"{path}/custodians") == []
        acme.dana.refused(400, "PUT", f"{path}/custodians", {"custodians": [SAM]})

    def test_the_summary_counts_detected_and_derived(self, acme: Company, path: str) -> None:
        pipeline = pipeline_of(acme.sam)
        acme.sam.ok("PUT", f"/data_sets/{pipeline.derived}/activate")
        expected = {
            "org_id": acme.dana.principal.org_id,
            "data_sources": {"total": 1, "active": 0, "paused": 0},
            "data_sets": {
                "derived": {"total": 1, "active": 1, "paused": 0},
                "detected": {"total": 1, "active": 0, "paused": 0},
            },
            "data_sinks": {"total": 2, "active": 1, "paused": 0},
        }
        assert acme.dana.ok("GET", f"{path}/account_summary") == expected
        assert acme.sam.ok("GET", "/orgs/account_summary") == expected
