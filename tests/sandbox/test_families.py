"""What the families beside pipelines do beyond storing: decisions, bindings, and tasks that take their time."""

from __future__ import annotations

import pytest

from nexla_mcp.sandbox.background import ENDS_AFTER_MS, STARTS_AFTER_MS

RUNNING, ENDED = STARTS_AFTER_MS / 1000 + 1, ENDS_AFTER_MS / 1000 + 1


@pytest.fixture
def sam(api, api_of, sandbox):
    """Somebody in the same org who administers nothing."""
    other = api_of(sandbox)
    other.log_in("sandbox-key-sam")
    return other


def started(api, kind, **arguments):
    answer = api.post("/async_tasks", json={"type": kind, "arguments": arguments})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def ended(api, kind, **arguments):
    task = started(api, kind, **arguments)
    api.advance(ENDED)
    return api.get(f"/async_tasks/{task}").json()


def test_a_runtime_is_active_or_not(api, sam):
    runtime = api.post("/runtimes", json={"name": "spark", "dockerpath": "acme/spark:1"}).json()
    assert runtime["active"] is False
    assert api.put(f"/runtimes/{runtime['id']}/activate").json()["active"] is True
    assert api.put(f"/runtimes/{runtime['id']}/pause").json()["active"] is False
    assert sam.get(f"/runtimes/{runtime['id']}").status_code == 403
    assert sam.get("/runtimes").json() == []
    assert api.post("/runtimes", json={"name": 5}).status_code == 400
    api.delete(f"/runtimes/{runtime['id']}")
    assert api.get(f"/runtimes/{runtime['id']}").status_code == 403


def test_a_decision_on_a_request_is_final(api, sam):
    first, second = (row["id"] for row in api.get("/approval_requests/pending").json())
    assert sam.put(f"/approval_requests/{first}/approve").status_code == 403
    assert api.put(f"/approval_requests/{first}/approve").json()["status"] == "approved"
    assert api.delete(f"/approval_requests/{first}/reject", json={"reason": "late"}).status_code == 403
    assert api.delete(f"/approval_requests/{second}/reject", json={"reason": "not now"}).json() is None
    assert api.get("/approval_requests/pending").json() == []
    assert [row["status"] for row in sam.get("/approval_requests/requested").json()] == ["approved"]
    rejected = api.sandbox.world.store.get("approval_requests", second)
    assert (rejected["status"], rejected["rejection_reason"]) == ("rejected", "not now")


def test_binding_a_genai_config_takes_the_usage_from_the_one_before(api, sam):
    def config(name):
        body = {"name": name, "type": "genai_openai", "config": {"enable_doc_recommendations": True}}
        login = api.ids("/data_credentials")[0]
        return api.post("/gen_ai_integration_configs", json={**body, "data_credentials_id": login}).json()["id"]

    def active(usage):
        return api.get("/gen_ai_org_settings/active_config", params={"gen_ai_usage": usage})

    nexset = api.ids("/data_sets")[0]
    without = api.post(f"/data_sets/{nexset}/docs/recommendation").json()["output"]
    assert "response" not in without
    assert active("gen_docs").status_code == 404
    first, second = config("first"), config("second")
    for usage, bound in (("all", first), ("gen_docs", first), ("gen_docs", second)):
        body = {"gen_ai_config_id": bound, "gen_ai_usage": usage}
        assert api.post("/gen_ai_org_settings", json=body).status_code == 200
    assert active("gen_docs").json()["get_ai_config_id"] == second
    assert active("check_code").json()["get_ai_config_id"] == first
    assert len(api.get("/gen_ai_org_settings").json()) == 3
    recommended = api.post(f"/data_sets/{nexset}/docs/recommendation").json()["output"]
    assert recommended["statusCode"] == 200
    assert recommended["response"]
    assert api.delete(f"/gen_ai_integration_configs/{second}").status_code == 400
    assert sam.get("/gen_ai_integration_configs").status_code == 403


def test_an_org_switches_a_way_to_log_in_on_and_off(api):
    org = api.ids("/orgs")[0]
    body = {"name": "Okta", "protocol": "saml", "secret_config": {"key": "very-secret"}, "oidc_id_claims": {"a": 1}}
    config = api.post("/api_auth_configs", json=body).json()
    assert "very-secret" not in str(config)
    assert isinstance(config["oidc_id_claims"], str)
    (setting,) = api.get(f"/orgs/{org}/auth_settings").json()
    assert (setting["enabled"], setting["auth_config"]["id"]) == (False, config["id"])
    assert api.put(f"/orgs/{org}/auth_settings/{setting['id']}", json={"enabled": True}).json()["enabled"] is True
    api.delete(f"/api_auth_configs/{config['id']}")
    assert api.get(f"/orgs/{org}/auth_settings").json() == []


def test_a_blocked_domain_cannot_sign_up(api, sam):
    api.post("/self_signup_blocked_domains", json={"domain": "spam.example"})
    assert api.post("/signup", json={"email": "a@spam.example", "full_name": "A"}).status_code == 400
    assert api.post("/signup", json={"email": "b@fine.example", "full_name": "B"}).status_code == 200
    (request,) = api.get("/self_signup_requests").json()
    assert api.get("/signup/verify_email", params={"token": request["id"]}).status_code == 200
    api.put(f"/self_signup_requests/{request['id']}/approve")
    assert [row["status"] for row in api.get("/self_signup_requests").json()] == ["approved"]
    assert sam.get("/self_signup_requests").status_code == 403


def test_the_marketplace_is_seen_by_all_and_changed_by_custodians(api, sam):
    (domain,) = api.post("/marketplace/domains", json={"name": "Sales"}).json()
    path = f"/marketplace/domains/{domain['id']}"
    assert [row["name"] for row in sam.get("/marketplace/domains").json()] == ["Sales"]
    assert sam.put(path, json={"name": "Mine"}).status_code == 403
    added = api.post(f"{path}/custodians", json=[{"email": "sam@acme.example"}]).json()
    assert [row["email"] for row in added] == ["sam@acme.example"]
    assert sam.put(path, json={"name": "Ours"}).json()["name"] == "Ours"
    nexset = api.ids("/data_sets")[0]
    (item,) = api.post(f"{path}/items", json={"name": "Orders", "data_set_id": nexset}).json()
    assert item["name"] == "Orders"
    api.delete(path)
    assert api.get("/marketplace/domains").json() == []


@pytest.mark.parametrize("collection", ["data_schemas", "doc_containers"])
def test_schemas_and_documents_are_shared_and_audited(api, sam, collection):
    identifier = api.sandbox.world.store.all(collection)[0]["id"]
    rule = {"type": "USER", "email": "sam@acme.example", "access_roles": ["operator"]}
    assert sam.get(f"/{collection}/{identifier}/accessors").status_code == 403
    given = api.put(f"/{collection}/{identifier}/accessors", json={"accessors": [rule]}).json()
    assert [row["email"] for row in given] == ["sam@acme.example"]
    assert sam.get(f"/{collection}/{identifier}/accessors").status_code == 200
    assert api.get(f"/{collection}/{identifier}/audit_log").json()


def test_the_old_path_of_a_flow_shares_the_same_flow(api):
    flow = api.get("/flows").json()["flows"][0]["id"]
    rule = {"type": "USER", "email": "lena@acme.example", "access_roles": ["collaborator"]}
    api.put(f"/data_flows/{flow}/accessors", json={"accessors": [rule]})
    assert "lena@acme.example" in str(api.get(f"/flows/{flow}/accessors").json())


def test_a_task_waits_runs_and_ends_and_acts_when_it_ends(api):
    flow = next(node for node in api.get("/flows").json()["flows"] if node["status"] == "ACTIVE")
    task = started(api, "BulkPauseFlows", flow_ids=[flow["id"]])
    path = f"/async_tasks/{task}"
    assert isinstance(task, str)
    assert (api.get(path).json()["status"], api.get(f"{path}/result").status_code) == ("pending", 400)
    api.advance(RUNNING)
    assert api.get(path).json()["status"] == "running"
    assert api.delete(path).status_code == 400
    assert api.get(f"/flows/{flow['id']}").json()["flows"][0]["status"] == "ACTIVE"
    api.advance(ENDED)
    assert api.get(path).json()["status"] == "completed"
    assert api.get(f"{path}/result").json() == {"paused": [flow["id"]]}
    assert api.get(f"/flows/{flow['id']}").json()["flows"][0]["status"] == "PAUSED"
    assert api.get(f"{path}/download_link").status_code == 400
    assert [row["id"] for row in api.get("/async_tasks/by_status/completed").json()] == [task]
    assert api.get("/async_tasks/of_type/CallProbe").json() == []


def test_tasks_on_notifications_act_on_all_of_the_callers_own(api, sam):
    assert api.get("/notifications/count", params={"read": 0}).json()["count"]
    assert ended(api, "BulkMarkAsReadNotifications", notification_ids="all")["status"] == "completed"
    assert api.get("/notifications/count", params={"read": 0}).json() == {"count": 0}
    others = sam.get("/notifications/count").json()
    assert ended(api, "BulkDeleteNotifications", notification_ids="all")["status"] == "completed"
    assert api.get("/notifications").json() == []
    assert sam.get("/notifications/count").json() == others


def test_a_result_is_fetched_until_it_is_acknowledged_and_a_rerun_makes_a_new_one(api):
    task = ended(api, "GetAuditLogs", resource_type="projects")
    path = f"/async_tasks/{task['id']}"
    entries = api.get(f"{path}/result").json()["entries"]
    assert {entry["item_type"] for entry in entries} == {"Project"}
    assert api.get(f"{path}/download_link").json().startswith("https://")
    assert api.post(f"{path}/acknowledge").json()["status"] == "completed"
    assert (api.get(f"{path}/result").status_code, api.get(f"{path}/download_link").status_code) == (404, 404)
    again = api.post(f"{path}/rerun").json()
    assert again["id"] != task["id"]
    api.advance(ENDED)
    assert len(api.get(f"/async_tasks/{again['id']}/result").json()["entries"]) == len(entries)
    assert api.delete(path).status_code == 200
    assert api.get(path).status_code == 404


def test_a_task_that_cannot_do_its_work_fails_and_says_why(api):
    task = ended(api, "CallProbe", data_credentials_id=999_999)
    assert (task["status"], task["error"]["code"]) == ("failed", 404)
    assert ended(api, "BulkPauseFlows", flow_ids=[999_999])["status"] == "failed"


def test_tasks_on_people_are_for_admins_and_have_their_effect(api, sam):
    people = {user["email"]: user["id"] for user in api.get("/users").json()}
    marco = people["marco@acme.example"]
    body = {"type": "DeactivateUser", "arguments": {"user_id": marco}}
    assert sam.post("/async_tasks", json=body).status_code == 403
    assert ended(api, "DeactivateUser", user_id=marco)["status"] == "completed"
    assert api.get(f"/users/{marco}").json()["status"] == "DEACTIVATED"
    owners = {"owner_id": people["sam@acme.example"], "delegate_owner_id": people["dana@acme.example"]}
    moved = ended(api, "ChownUserResources", **owners)["result"]["moved"]
    assert moved["projects"] >= 1
    assert sam.get("/projects").json() == []


@pytest.mark.parametrize(
    "body",
    [
        {"type": "Nothing", "arguments": {}},
        {"type": "CallProbe"},
        {"type": "CallProbe", "arguments": {"data_credentials_id": 1, "more": 2}},
        {"type": "CallProbe", "arguments": []},
    ],
)
def test_a_task_that_makes_no_sense_is_refused(api, body):
    assert api.post("/async_tasks", json=body).status_code == 400
    assert api.get("/async_tasks").json() == []


def test_the_types_explain_what_they_take(api, sam):
    for kind in api.get("/async_tasks/types").json():
        explained = api.get(f"/async_tasks/explain_arguments/{kind}").json()
        assert explained
        assert all(isinstance(text, str) for text in explained.values())
    assert api.get("/async_tasks/explain_arguments/Nothing").status_code == 404
    task = started(api, "CallProbe", data_credentials_id=1)
    assert sam.get(f"/async_tasks/{task}").status_code == 404
