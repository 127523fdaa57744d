"""What every answer has, and how refusals read."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest


def test_every_answer_has_a_request_id_a_date_and_json(empty_api):
    seen = set()
    for path in ("/teams", "/nowhere", "/teams/1", "/runtimes"):
        answer = empty_api.get(path)
        assert answer.headers["Content-Type"] == "application/json"
        assert parsedate_to_datetime(answer.headers["Date"])
        seen.add(answer.headers["x-request-id"])
    assert len(seen) == 4


def test_the_date_is_simulated_time(empty_api):
    before = parsedate_to_datetime(empty_api.get("/teams").headers["Date"])
    empty_api.advance(86_400)
    empty_api.log_in()
    after = parsedate_to_datetime(empty_api.get("/teams").headers["Date"])
    assert after - before >= timedelta(days=1)


def test_refusals_come_in_the_documented_envelope(empty_api):
    answer = empty_api.get("/teams/999999")
    body = answer.json()
    assert answer.status_code == 404
    assert {"error", "error_description", "timestamp", "request_id"} <= set(body)
    assert body["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/", 404),
        ("PATCH", "/teams", 405),
        ("DELETE", "/orgs/1", 501),
        ("GET", "/users/notanumber", 404),
        ("GET", "/teams/99999999999999999999999999", 404),
    ],
)
def test_paths_that_are_not_served(empty_api, method, path, status):
    assert empty_api.call(method, path).status_code == status


@pytest.mark.parametrize("body", [b"{", b'{"a": NaN}', b"\xff", b"[" * 100_000, b'{"name": "\\ud800"}'])
def test_a_body_that_is_no_json_is_a_bad_request(empty_api, body):
    answer = empty_api.post("/teams", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "VAL_001")


def test_a_body_that_is_no_object_is_a_bad_request(empty_api):
    assert empty_api.post("/teams", json=[1]).status_code == 400


def test_the_vendor_content_type_is_accepted(empty_api):
    headers = {"Content-Type": "application/vnd.nexla.api.v1+json"}
    assert empty_api.post("/teams", data=b'{"name": "A"}', headers=headers).status_code == 200


def test_a_body_over_the_limit_is_refused(empty_api):
    answer = empty_api.post("/teams", data=b" " * (17 * 1024 * 1024))
    assert answer.status_code == 413


def test_requests_are_counted_without_values(empty_api):
    empty_api.switch("DELETE", "/requests")
    empty_api.get("/teams?access_role=owner")
    empty_api.get("/teams/424242")
    first, second = empty_api.switch("GET", "/requests")
    assert (first["method"], first["path"], first["query_keys"]) == ("GET", "/teams", ["access_role"])
    assert (second["route"], second["status"]) == ("/teams/{team_id}", 404)


def test_service_keys_and_state_are_open_on_the_admin_endpoint(empty_api):
    assert list(empty_api.switch("GET", "/service_keys").values()) == ["sandbox-key-dana"]
    assert empty_api.switch("GET", "/state")["counts"]["users"] == 1


@pytest.mark.parametrize("seconds", [-1, "soon", None, True, 10**12])
def test_time_only_goes_forward_by_a_sane_amount(empty_api, seconds):
    url = f"{empty_api.sandbox.admin_url}/clock/advance"
    assert empty_api.session.post(url, json={"seconds": seconds}, timeout=10).status_code == 400


def test_pages_of_a_list(empty_api):
    for number in range(5):
        empty_api.post("/teams", json={"name": f"Team {number}"})
    everything = empty_api.get("/teams")
    assert everything.headers["X-Total-Count"] == "5"
    assert "Link" not in everything.headers
    page = empty_api.get("/teams?page=2&per_page=2")
    assert [row["id"] for row in page.json()] == [row["id"] for row in everything.json()][2:4]
    assert (page.headers["X-Current-Page"], page.headers["X-Page-Count"]) == ("2", "3")
    assert page.links["Previous"]["url"].endswith("page=1&per_page=2")
    assert (
        empty_api.session.get(
            page.links["Next"]["url"], headers={"Authorization": f"Bearer {empty_api.token}"}, timeout=10
        ).json()
        == everything.json()[4:]
    )
    assert empty_api.get("/teams?page=9&per_page=2").json() == []


@pytest.mark.parametrize("query", ["page=0", "page=-1", "per_page=0", "per_page=x", "page=1.5"])
def test_page_parameters_must_be_positive_integers(empty_api, query):
    assert empty_api.get(f"/teams?{query}").status_code == 400


@pytest.mark.parametrize("name", ["%0A0", "%0A", "%0D%0A"])
def test_a_line_break_in_a_path_is_no_such_resource(empty_api, name):
    answer = empty_api.get(f"/teams/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
