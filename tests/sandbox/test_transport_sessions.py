"""Tokens: getting one, its life, its end."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import requests

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve


def log_in(url: str, authorization: str | None) -> requests.Response:
    headers = {"Authorization": authorization} if authorization else {}
    return requests.post(f"{url}/token", headers=headers, timeout=10)


def test_token_answer_has_the_fields_of_the_contract(empty_api):
    token = empty_api.log_in()
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3600
    assert set(token["user"]) == {"id", "full_name", "email", "org", "impersonated"}
    assert set(token["org_membership"]) == {"api_key", "status", "is_admin?"}
    assert token["org"]["id"] == token["user"]["org"]
    assert token["org_membership"]["is_admin?"] is True
    assert token["org_membership"]["api_key"] != empty_api.sandbox.service_key


def test_a_key_may_be_sent_raw_or_in_base64(empty_sandbox):
    encoded = base64.b64encode(empty_sandbox.service_key.encode()).decode()
    assert log_in(empty_sandbox.url, f"Basic {empty_sandbox.service_key}").status_code == 200
    assert log_in(empty_sandbox.url, f"Basic {encoded}").status_code == 200


def test_an_unknown_key_is_refused_with_its_code(empty_sandbox):
    answer = log_in(empty_sandbox.url, "Basic nobody")
    assert (answer.status_code, answer.json()["error_code"]) == (401, "AUTH_002")


@pytest.mark.parametrize("authorization", [None, "Basic ", "Bearer x", "nonsense"])
def test_without_credentials_the_body_is_empty(empty_sandbox, authorization):
    answer = log_in(empty_sandbox.url, authorization)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["x-request-id"]


def test_an_unknown_token_gets_an_empty_401(empty_api):
    empty_api.token = "unknown"
    answer = empty_api.get("/teams")
    assert (answer.status_code, answer.content) == (401, b"")


def test_an_expired_token_is_named_as_such(empty_api):
    empty_api.advance(3600)
    answer = empty_api.get("/teams")
    assert (answer.status_code, answer.json()["error_code"]) == (401, "AUTH_003")
    assert empty_api.log_in()["expires_in"] == 3600
    assert empty_api.get("/teams").status_code == 200


def test_many_tokens_live_side_by_side_unless_told_otherwise(empty_api):
    first = empty_api.token
    empty_api.log_in()
    second, empty_api.token = empty_api.token, first
    assert empty_api.get("/teams").status_code == 200
    empty_api.switch("POST", "/session", json={"single_session": True})
    empty_api.log_in()
    for token in (first, second):
        empty_api.token = token
        assert empty_api.get("/teams").status_code == 401


def test_one_users_login_leaves_the_others_session(api):
    api.switch("POST", "/session", json={"single_session": True})
    dana = api.token
    api.log_in("sandbox-key-sam")
    api.token = dana
    assert api.get("/teams").status_code == 200


def test_logout_ends_the_token(empty_api):
    assert empty_api.post("/token/logout").status_code == 200
    assert empty_api.get("/teams").status_code == 401


def test_refresh_replaces_the_token(empty_api):
    before = empty_api.token
    after = empty_api.post("/token/refresh").json()["access_token"]
    assert empty_api.get("/teams").status_code == 401
    empty_api.token = after
    assert after != before
    assert empty_api.get("/teams").status_code == 200


def test_lifetime_can_be_chosen_and_all_tokens_ended(empty_api):
    empty_api.switch("POST", "/session", json={"token_ttl": 60})
    assert empty_api.log_in()["expires_in"] == 60
    empty_api.switch("POST", "/session", json={"expire_all": True})
    assert empty_api.get("/teams").json()["error_code"] == "AUTH_003"


def test_state_tokens_and_time_survive_a_restart(tmp_path: Path, api_of):
    options = SandboxOptions(seed="empty", db=tmp_path / "nexla.db")
    with serve(options) as running:
        api = api_of(running)
        team = api.post("/teams", json={"name": "Night shift"}).json()
        api.advance(1000)
        before = api.switch("GET", "/state")
        token = api.token
    with serve(options) as running:
        api = api_of(running)
        api.token = token
        after = api.switch("GET", "/state")
        assert after["counts"] == before["counts"]
        assert after["now"] >= before["now"]
        assert api.get(f"/teams/{team['id']}").json()["name"] == "Night shift"
