"""The hand-made table against the published contract."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nexla_mcp.adapter import endpoints
from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.endpoints import ENDPOINTS, SDK_ONLY
from nexla_mcp.domain.errors import ErrorCode, Failure

CONTRACT = json.loads((Path(__file__).parents[1] / "contract" / "openapi.json").read_text())
VERBS = ("get", "post", "put", "delete", "patch")
PUBLISHED = sorted((verb.upper(), path) for path, item in CONTRACT["paths"].items() for verb in VERBS if verb in item)
OURS = [(endpoint.method, endpoint.template) for name, endpoint in ENDPOINTS.items() if name not in SDK_ONLY]


def test_every_published_operation_is_in_the_table_once() -> None:
    assert len(PUBLISHED) == 269
    assert sorted(OURS) == PUBLISHED


def test_what_is_not_published_is_named() -> None:
    unpublished = {
        name for name, endpoint in ENDPOINTS.items() if (endpoint.method, endpoint.template) not in PUBLISHED
    }
    assert unpublished == SDK_ONLY


def test_names_are_unique_and_are_their_keys() -> None:
    rows = [row for family in endpoints._FAMILIES for row in family.ENDPOINTS]
    assert len(rows) == len(ENDPOINTS) == len({row.name for row in rows})
    assert all(name == endpoint.name for name, endpoint in ENDPOINTS.items())


def test_the_default_is_never() -> None:
    assert Endpoint("x", "GET", "/x").repeatable is Repeatable.NEVER


def test_only_these_posts_change_nothing() -> None:
    reading = {name for name, row in ENDPOINTS.items() if row.repeatable is Repeatable.READ and row.method != "GET"}
    assert reading == {"probe_credential_tree", "probe_credential_sample", "search_flow_logs", "search_project_flows"}


def test_the_only_get_that_changes_something_is_never_repeated() -> None:
    changing = {
        name for name, row in ENDPOINTS.items() if row.method == "GET" and row.repeatable is not Repeatable.READ
    }
    assert changing == {"verify_email"}


def test_what_is_never_repeated() -> None:
    never = {name for name, row in ENDPOINTS.items() if row.repeatable is Repeatable.NEVER}
    assert never == {
        "approve_approval_request",
        "approve_self_signup_request",
        "create_async_task",
        "delete_all_notifications",
        "login",
        "logout",
        "reject_approval_request",
        "rerun_async_task",
        "sign_up",
        "transfer_resources",
        "verify_email",
    }


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("replace_source_accessors", Repeatable.IDEMPOTENT),
        ("add_org_custodians", Repeatable.IDEMPOTENT),
        ("upsert_lookup_entries", Repeatable.IDEMPOTENT),
        ("activate_source", Repeatable.IDEMPOTENT),
        ("probe_credential", Repeatable.READ),
        ("copy_flow", Repeatable.CREATE),
        ("create_source", Repeatable.CREATE),
    ],
)
def test_declarations_that_the_method_does_not_tell(name: str, declared: Repeatable) -> None:
    assert ENDPOINTS[name].repeatable is declared


def test_every_copy_and_create_by_post_is_declared_a_create_or_never() -> None:
    for name, row in ENDPOINTS.items():
        if name.startswith(("copy_", "create_")):
            assert row.repeatable in {Repeatable.CREATE, Repeatable.NEVER}, name


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=list(ENDPOINTS))
def test_every_path_can_be_filled_in_and_refuses_to_leave_itself(endpoint: Endpoint) -> None:
    names = re.findall(r"\{(\w+)\}", endpoint.template)
    assert set(endpoint.text_ids) <= set(names)
    path = endpoint.path({name: "word" if name in endpoint.text_ids else 7 for name in names})
    assert "{" not in path
    for name in names:
        with pytest.raises(Failure) as caught:
            endpoint.path({**{other: "word" if other in endpoint.text_ids else 7 for other in names}, name: "../1"})
        assert caught.value.info.code is ErrorCode.BAD_INPUT


def test_a_star_reads_a_lookup_and_never_empties_it() -> None:
    ids: dict[str, int | str] = {"data_map_id": 5, "entry_keys": "*"}
    assert ENDPOINTS["get_lookup_entries"].path(ids) == "/data_maps/5/entries/*"
    with pytest.raises(Failure):
        ENDPOINTS["delete_lookup_entries"].path(ids)
