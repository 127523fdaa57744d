"""The words of the seeded org are words of the contract: statuses, connectors, levels, roles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nexla_mcp.sandbox.options import SandboxOptions
from nexla_mcp.sandbox.serving import serve

CONTRACT = json.loads((Path(__file__).parents[1] / "contract" / "openapi.json").read_text())
SCHEMAS = CONTRACT["components"]["schemas"]
STATUSES = set(SCHEMAS["NotificationSettingResourceStatus"]["enum"])
ROLES = set(SCHEMAS["AccessRoles"]["items"]["enum"])


def connector_codes(family: str) -> set[str]:
    return {name.removesuffix(f"_{family}") for name in SCHEMAS if name.endswith(f"_{family}")}


@pytest.fixture(scope="module")
def acme(api_of):
    with serve(SandboxOptions(seed="acme")) as running:
        yield api_of(running)


def values(value: Any, name: str) -> set[str]:
    """Every text under that key, at any depth."""
    found: set[str] = set()
    if isinstance(value, dict):
        found = {value[name]} if isinstance(value.get(name), str) else set()
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return found.union(*(values(child, name) for child in children))


@pytest.mark.parametrize("path", ["/data_sources", "/data_sets", "/data_sinks"])
def test_statuses(acme, path):
    rows = acme.get(f"{path}?access_role=collaborator").json()
    assert rows
    assert {row["status"] for row in rows} <= STATUSES


@pytest.mark.parametrize(
    ("path", "field", "family"),
    [
        ("/data_sources", "source_type", "data_source"),
        ("/data_sinks", "sink_type", "data_sink"),
        ("/data_credentials", "credentials_type", "data_credential"),
    ],
)
def test_connector_codes(acme, path, field, family):
    rows = acme.get(f"{path}?access_role=collaborator").json()
    assert {row[field] for row in rows} <= connector_codes(family)
    assert {row["connector"]["type"] for row in rows} == {row[field] for row in rows}


def test_roles_everywhere(acme):
    for path in ("/data_sources", "/data_sets", "/projects", "/teams", "/data_maps", "/transforms"):
        for row in acme.get(f"{path}?access_role=collaborator").json():
            assert set(row["access_roles"]) <= ROLES, path


def test_notification_words(acme):
    rows = acme.get("/notifications").json()
    assert {row["level"] for row in rows} <= {"DEBUG", "INFO", "WARN", "ERROR", "RECOVERED", "RESOLVED"}
    assert {row["resource_type"] for row in rows} <= set(SCHEMAS["NotificationResourceType"]["enum"])


def test_no_secret_of_a_credential_is_in_any_answer(acme):
    stored = acme.sandbox.world.store.all("data_credentials")
    secrets = {
        value
        for document in stored
        for value in (document["_sandbox"].get("secrets") or {}).values()
        if isinstance(value, str) and len(value) > 5
    }
    answers = [
        acme.get(path).text
        for path in (
            "/data_credentials?access_role=collaborator",
            *(f"/data_credentials/{document['id']}?expand=1" for document in stored),
            "/data_sources?access_role=collaborator",
            "/flows?access_role=collaborator",
        )
    ]
    assert not [secret for secret in secrets if any(secret in answer for answer in answers)]
    assert not [answer for answer in answers if "_sandbox" in answer]
