"""Injected faults, each seen from the client's side of the connection."""

from __future__ import annotations

import gzip
import json
import socket
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
import requests

from nexla_mcp.sandbox.faults import KINDS, Faults, Stage


def teams(api) -> list[str]:
    return [row["name"] for row in api.get("/teams").json()]


def raw_exchange(api, method: str, path: str, body: bytes = b"", timeout: float = 10) -> tuple[bytes, bool]:
    """Bytes received on a bare socket, and whether the connection ended by a reset."""
    url = urlsplit(api.sandbox.url)
    head = (
        f"{method} {url.path}{path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {api.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    received = b""
    with socket.create_connection((url.hostname, url.port), timeout=timeout) as connection:
        connection.sendall(head.encode() + body)
        try:
            while chunk := connection.recv(65_536):
                received += chunk
        except ConnectionResetError:
            return received, True
    return received, False


def test_a_fault_counts_down_and_is_over(empty_api):
    empty_api.fault("status", status=503, route="/teams", count=2)
    assert [empty_api.get("/teams").status_code for _ in range(3)] == [503, 503, 200]
    assert empty_api.switch("GET", "/faults")[0]["hits"] == 2


def test_faults_in_a_row_answer_one_after_the_other(empty_api):
    empty_api.fault("status", status=503, route="/teams")
    empty_api.fault("status", status=429, route="/teams")
    assert [empty_api.get("/teams").status_code for _ in range(3)] == [503, 429, 200]


def test_a_fault_without_count_limit_lasts_until_cleared(empty_api):
    empty_api.fault("status", status=500, count=None)
    assert [empty_api.get("/teams").status_code for _ in range(4)] == [500] * 4
    empty_api.switch("DELETE", "/faults")
    assert empty_api.get("/teams").status_code == 200


def test_a_fault_may_let_the_first_requests_pass(empty_api):
    empty_api.fault("status", route="/teams", skip=1)
    assert [empty_api.get("/teams").status_code for _ in range(3)] == [200, 503, 200]


def test_faults_match_method_template_and_prefix(empty_api):
    created = empty_api.post("/teams", json={"name": "A"}).json()
    empty_api.fault("status", status=500, method="post", route="/teams")
    assert empty_api.get("/teams").status_code == 200
    assert empty_api.post("/teams", json={"name": "B"}).status_code == 500
    empty_api.fault("status", status=502, route="/teams/{id}")
    assert empty_api.get("/teams").status_code == 200
    assert empty_api.get(f"/teams/{created['id']}").status_code == 502
    empty_api.fault("status", status=504, route="/teams")
    assert empty_api.get(f"/teams/{created['id']}").status_code == 504


@pytest.mark.parametrize("retry_after", ["3600", "soon", "-5", "1.5", 7])
def test_retry_after_goes_out_as_given(empty_api, retry_after):
    empty_api.fault("status", status=429, retry_after=retry_after)
    answer = empty_api.get("/teams")
    assert answer.headers["Retry-After"] == str(retry_after)
    assert answer.json()["error_code"] == "RATE_001"


def test_retry_after_as_a_date_is_relative_to_the_answers_date(empty_api):
    empty_api.fault("status", status=429, retry_after_date_seconds=30)
    headers = empty_api.get("/teams").headers
    gap = parsedate_to_datetime(headers["Retry-After"]) - parsedate_to_datetime(headers["Date"])
    assert timedelta(seconds=29) <= gap <= timedelta(seconds=31)


def test_error_bodies_of_each_kind(empty_api):
    bodies = {}
    for body in ("envelope", "message", "empty", "html"):
        empty_api.fault("status", status=502, body=body, message="bad day")
        bodies[body] = empty_api.get("/teams")
    assert bodies["envelope"].json()["error_description"] == "bad day"
    assert bodies["message"].json() == {"message": "bad day"}
    assert bodies["empty"].content == b""
    assert bodies["html"].headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("work", "expected"), [(False, []), (True, ["A"])])
def test_an_error_may_come_after_the_work_was_done(empty_api, work, expected):
    empty_api.fault("status", status=504, method="POST", work=work)
    assert empty_api.post("/teams", json={"name": "A"}).status_code == 504
    assert teams(empty_api) == expected


@pytest.mark.parametrize(("kind", "expected"), [("reset_before", []), ("reset_after", ["A"])])
def test_a_reset_before_and_after_the_work(empty_api, kind, expected):
    empty_api.fault(kind, method="POST", route="/teams")
    received, reset = raw_exchange(empty_api, "POST", "/teams", b'{"name": "A"}')
    assert (received, reset) == (b"", True)
    assert teams(empty_api) == expected
    assert empty_api.switch("GET", "/requests")[-2]["status"] is None


@pytest.mark.parametrize(("kind", "expected"), [("reset_before", []), ("reset_after", ["A"])])
def test_a_connection_may_also_be_closed_politely_without_an_answer(empty_api, kind, expected):
    empty_api.fault(kind, method="POST", route="/teams", how="close")
    assert raw_exchange(empty_api, "POST", "/teams", b'{"name": "A"}') == (b"", False)
    assert teams(empty_api) == expected


def test_work_may_be_done_after_the_connection_was_cut(empty_api):
    empty_api.fault("late", method="POST", route="/teams", seconds=3600 / 2)
    assert raw_exchange(empty_api, "POST", "/teams", b'{"name": "A"}') == (b"", True)
    assert teams(empty_api) == []
    assert empty_api.switch("GET", "/state")["deferred"] == 1
    empty_api.advance(1800)
    assert teams(empty_api) == ["A"]


def test_silence_ends_when_the_client_leaves(empty_api):
    empty_api.fault("hang", route="/teams", method="POST", work=True)
    with pytest.raises(requests.exceptions.ReadTimeout):
        empty_api.post("/teams", json={"name": "A"}, timeout=0.2)
    assert teams(empty_api) == ["A"]


def test_silence_ends_with_a_close(empty_api):
    empty_api.fault("hang", route="/teams", ms=10)
    assert raw_exchange(empty_api, "GET", "/teams") == (b"", False)


def test_a_dripping_body_arrives_whole(empty_api):
    empty_api.fault("drip", route="/teams", ms=1, chunk_bytes=3)
    assert empty_api.get("/teams").json() == []


def test_a_truncated_body_is_shorter_than_announced(empty_api):
    empty_api.post("/teams", json={"name": "A"})
    empty_api.fault("truncated", route="/teams")
    received, reset = raw_exchange(empty_api, "GET", "/teams")
    head, _, body = received.partition(b"\r\n\r\n")
    announced = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line)
    assert (reset, len(body)) == (False, announced // 2)


def test_redirects_do_no_work(empty_api):
    empty_api.fault("redirect", method="POST", status=308, location="https://elsewhere.example/teams")
    answer = empty_api.post("/teams", json={"name": "A"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "https://elsewhere.example/teams")
    assert teams(empty_api) == []


def test_an_expired_token_stays_expired(empty_api):
    empty_api.fault("expired_token", route="/teams")
    assert empty_api.get("/teams").json()["error_code"] == "AUTH_003"
    assert empty_api.get("/teams").status_code == 401
    empty_api.log_in()
    assert empty_api.get("/teams").status_code == 200


def test_bodies_that_are_no_json(empty_api):
    empty_api.post("/teams", json={"name": "A"})
    answers = {}
    for kind in ("html", "broken_json", "empty", "nan", "deep", "scalar", "content_type"):
        empty_api.fault(kind, route="/teams")
        answers[kind] = empty_api.get("/teams")
    assert answers["html"].status_code == 200
    assert answers["html"].text.startswith("<!DOCTYPE html>")
    with pytest.raises(ValueError):
        json.loads(answers["broken_json"].content)
    assert answers["empty"].content == b""
    assert b"NaN" in answers["nan"].content
    assert answers["deep"].content.startswith(b"[" * 100_000)
    assert answers["scalar"].json() is True
    assert answers["content_type"].headers["Content-Type"] == "text/plain"


def test_compressed_bodies(empty_api):
    empty_api.fault("gzip", route="/teams")
    assert empty_api.get("/teams").json() == []
    empty_api.fault("corrupt_gzip", route="/teams")
    with pytest.raises(requests.exceptions.ContentDecodingError):
        empty_api.get("/teams")
    empty_api.fault("gzip_bomb", route="/teams", megabytes=2)
    received, _ = raw_exchange_closing(empty_api, "/teams")
    body = received.partition(b"\r\n\r\n")[2]
    assert len(body) < 10_000
    assert len(gzip.decompress(body)) > 2 * 1024 * 1024


def raw_exchange_closing(api, path: str) -> tuple[bytes, bool]:
    url = urlsplit(api.sandbox.url)
    head = (
        f"GET {url.path}{path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {api.token}\r\n"
        "Connection: close\r\n\r\n"
    )
    received = b""
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(head.encode())
        while chunk := connection.recv(65_536):
            received += chunk
    return received, False


def test_rows_may_be_damaged(empty_api):
    for name in "AB":
        empty_api.post("/teams", json={"name": name})

    def rows(kind: str, **fields):
        empty_api.fault(kind, route="/teams", **fields)
        return empty_api.get("/teams").json()

    assert [row["tags"] for row in rows("null_in_list", field="tags")] == [None, None]
    assert [row["tags"] for row in rows("null_in_list", field="tags", row=1)] == [[], None]
    broken, sound = rows("bad_row")
    assert broken["id"] == "broken"
    assert isinstance(sound["id"], int)
    assert all(isinstance(row["id"], str) for row in rows("string_ids"))
    assert all("name" not in row for row in rows("drop_field", field="name"))
    assert [row["owner"]["email"] for row in rows("set_field", field="owner.email", value=None)] == [None, None]
    assert rows("inner_status", status=500, message="boom") == {"status": 500, "message": "boom"}
    assert {"createdAt", "accessRoles"} <= set(rows("camel_case")[0])
    assert [row["impersonator_id"] for row in rows("impersonator_id")] == [5, 5]
    assert len(rows("drop_field", field="nothing")) == 2


def test_pages_may_be_capped_or_ignored(empty_api):
    for number in range(4):
        empty_api.post("/teams", json={"name": f"T{number}"})
    empty_api.fault("per_page_cap", route="/teams", per_page=2)
    assert len(empty_api.get("/teams?page=1&per_page=50").json()) == 2
    empty_api.fault("ignore_paging", route="/teams")
    assert len(empty_api.get("/teams?page=7&per_page=1").json()) == 4


def test_token_answers_may_be_damaged(empty_api):
    empty_api.fault("set_field", route="/token", field="expires_in", value="3600")
    assert empty_api.log_in()["expires_in"] == "3600"
    empty_api.fault("status", route="/token", status=503)
    with pytest.raises(requests.HTTPError):
        empty_api.log_in()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "earthquake"},
        {"kind": "status", "status": 99},
        {"kind": "status", "colour": "red"},
        {"kind": "status", "count": 0},
        {"kind": "reset_after", "how": "gently"},
        {"kind": "hang", "ms": "long"},
        {},
    ],
)
def test_a_fault_that_is_none_is_refused(empty_api, fault):
    url = f"{empty_api.sandbox.admin_url}/faults"
    assert empty_api.session.post(url, json=fault, timeout=10).status_code == 400
    assert empty_api.switch("GET", "/faults") == []


def test_each_kind_can_be_added_with_its_defaults():
    faults = Faults()
    for kind in KINDS:
        assert faults.add(kind).described()["kind"] == kind
    taken = faults.take("GET", "/teams", "/teams")
    assert len([fault for fault in taken if fault.stage in (Stage.INSTEAD, Stage.DELIVERY)]) == 1
