"""Webhook ingestion: an address and a key of each source's own, and what a POST leaves behind (contract 27)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import RunningSandbox, serve

CONFIG = {"webhook.auth_type": "Nexla API Key", "schema.detection.once": True, "hash.enabled": False}


@dataclass
class Hook:
    """A webhook source in a sandbox of its own."""

    sandbox: RunningSandbox
    http: requests.Session
    source: dict[str, Any]

    @property
    def key(self) -> str:
        return str(self.source["api_keys"][0]["api_key"])

    @property
    def address(self) -> str:
        return str(self.source["api_keys"][0]["url"]).partition("?")[0]

    def get(self, path: str) -> Any:
        return self.http.get(self.sandbox.url + path, timeout=10).json()

    def put(self, path: str) -> None:
        self.http.put(self.sandbox.url + path, timeout=10).raise_for_status()

    def post(self, body: Any, *, key: str | None = None, **query: Any) -> requests.Response:
        """As a stranger to the API, with the key in the header."""
        stranger = requests.Session()
        stranger.trust_env = False
        headers = {"Authorization": f"Basic {self.key if key is None else key}", "X-Shop": "eu"}
        return stranger.post(self.address, json=body, params=query, headers=headers, timeout=10)

    def samples(self) -> list[dict[str, Any]]:
        (nexset,) = self.get(f"/data_sources/{self.source['id']}")["data_sets"]
        found: list[dict[str, Any]] = self.get(f"/data_sets/{nexset['id']}/samples")
        return found


@pytest.fixture
def hook() -> Iterator[Hook]:
    with serve(SandboxOptions(seed="empty")) as sandbox:
        http = requests.Session()
        http.trust_env = False
        login = {"Authorization": f"Basic {sandbox.service_key}"}
        token = http.post(f"{sandbox.url}/token", headers=login, timeout=10).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        body = {"name": "Shop events", "source_type": "nexla_rest", "source_config": CONFIG}
        source = http.post(f"{sandbox.url}/data_sources", json=body, timeout=10).json()
        found = Hook(sandbox, http, source)
        found.put(f"/data_sources/{source['id']}/activate")
        yield found


def test_the_first_records_make_the_nexset(hook: Hook) -> None:
    answer = hook.post([{"id": 1, "total": 2.5}, {"id": 2, "total": 3.0}])
    (nexset,) = hook.get(f"/data_sources/{hook.source['id']}")["data_sets"]
    assert (answer.status_code, answer.json()) == (200, {"datasetId": nexset["id"], "processed": 2})
    assert [row["id"] for row in hook.samples()] == [1, 2]
    schema = hook.get(f"/data_sets/{nexset['id']}")["output_schema"]["properties"]
    assert {name: item["type"] for name, item in schema.items()} == {"id": "integer", "total": "number"}


def test_later_records_feed_it_and_nothing_is_told_apart(hook: Hook) -> None:
    answers = [hook.post({"id": 1}).json(), hook.post({"id": 1}).json()]
    assert {answer["datasetId"] for answer in answers} == {answers[0]["datasetId"]}
    assert [row["id"] for row in hook.samples()] == [1, 1]
    runs = hook.get(f"/data_sources/{hook.source['id']}")["run_ids"]
    assert len(runs) == 2, "each delivery is a run of its own"


def test_the_schema_is_that_of_the_first_records_unless_it_is_forced(hook: Hook) -> None:
    nexset = hook.post({"id": 1}).json()["datasetId"]
    hook.post({"id": 2, "extra": "x"})
    assert set(hook.get(f"/data_sets/{nexset}")["output_schema"]["properties"]) == {"id"}
    hook.post({"id": 3, "extra": "x"}, force_schema_detection="true")
    assert set(hook.get(f"/data_sets/{nexset}")["output_schema"]["properties"]) == {"id", "extra"}


def test_the_key_may_stand_in_the_query(hook: Hook) -> None:
    answer = requests.post(hook.source["api_keys"][0]["url"], json={"id": 1}, timeout=10)
    assert answer.json()["processed"] == 1


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_bad_key_is_refused_and_nothing_is_taken(hook: Hook, key: str) -> None:
    assert hook.post({"id": 1}, key=key).status_code == 403
    assert hook.get(f"/data_sources/{hook.source['id']}")["data_sets"] == []


def test_a_paused_source_takes_nothing_and_says_so(hook: Hook) -> None:
    hook.put(f"/data_sources/{hook.source['id']}/pause")
    answer = hook.post({"id": 1})
    assert (answer.status_code, answer.json()) == (500, {"error": f"Source #{hook.source['id']} is PAUSED"})


def test_headers_and_parameters_become_attributes_when_asked_for(hook: Hook) -> None:
    hook.post({"id": 1}, include_headers="true", include_url_params="true", shop="north")
    (row,) = hook.samples()
    assert (row["header_x-shop"], row["url_param_shop"]) == ("eu", "north")
    assert not {"header_authorization", "header_content-type", "url_param_include_headers"} & set(row)


@pytest.mark.parametrize("body", [[], [1], "text", [[{"id": 1}]]])
def test_only_objects_are_taken(hook: Hook, body: Any) -> None:
    assert hook.post(body).status_code == 400


def test_nothing_runs_until_something_is_sent(hook: Hook) -> None:
    hook.sandbox.world.clock.advance(1800)
    source = hook.get(f"/data_sources/{hook.source['id']}")
    assert (source["data_sets"], source["run_ids"]) == ([], [])


def test_the_login_names_the_host_that_takes_them(hook: Hook) -> None:
    (org,) = hook.get("/orgs")
    assert f"//{org['org_webhook_host']}/" in hook.address
