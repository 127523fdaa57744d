"""Answers with odd fields are read all the same; secrets are not."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nexla_mcp.adapter import models
from nexla_mcp.adapter.models import (
    Accessor,
    AsyncTask,
    AuditEntry,
    Credential,
    Destination,
    Flow,
    FlowNode,
    Lookup,
    Nexset,
    NotificationSetting,
    NotificationType,
    Org,
    OrgMember,
    Row,
    Source,
    Team,
    Transform,
    User,
)
from nexla_mcp.adapter.models.row import read_time
from nexla_mcp.domain.secrets import MASK

MODELS = sorted(
    (
        value
        for name in models.__all__
        if isinstance(value := getattr(models, name), type) and issubclass(value, Row) and value not in {Row, Flow}
    ),
    key=lambda model: model.__name__,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
REQUIRED: dict[str, Any] = {"id": 1, "type": "USER", "request_id": "1", "state": "ok", "resource_type": "source"}
REQUIRED |= {"window": "day", "category": "light"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_null_in_every_field_reads_as_its_default(model: type[Row]) -> None:
    needed = {name for name, field in model.model_fields.items() if field.is_required()}
    row = {name: (REQUIRED[name] if name in needed else None) for name in model.model_fields}
    read = model.model_validate(row)
    for name, field in model.model_fields.items():
        if name not in needed and not name.endswith("_ids"):
            assert getattr(read, name) == field.get_default(call_default_factory=True)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=20)
@given(value=JSON)
def test_no_value_of_an_optional_field_loses_the_row(model: type[Row], value: Any) -> None:
    needed = {name: REQUIRED[name] for name, field in model.model_fields.items() if field.is_required()}
    for name in set(model.model_fields) - set(needed):
        model.model_validate({**needed, name: value})


@pytest.mark.parametrize(
    ("model", "row", "field", "expected"),
    [
        (Source, {"id": "12"}, "id", 12),
        (Source, {"id": 1, "access_roles": [None, "owner"]}, "access_roles", ("owner",)),
        (Source, {"id": 1, "vendor": "text"}, "vendor", None),
        (Source, {"id": 1, "created_at": ""}, "created_at", None),
        (Source, {"id": 1, "source_config": '{"path": "a"}'}, "source_config", {"path": "a"}),
        (Source, {"id": 1, "source_config": "text"}, "source_config", None),
        (Source, {"id": 1, "status": "SOMETHING_NEW"}, "status", "SOMETHING_NEW"),
        (Source, {"id": 1, "data_credentials": {"id": 9}}, "data_credentials_id", 9),
        (Transform, {"id": 1, "access_roles": ["owner"]}, "access_roles", ("owner",)),
        (Transform, {"id": 1, "access_roles": {"owner": True, "admin": False}}, "access_roles", ("owner",)),
        (Transform, {"id": 1, "code": "print()"}, "code", "print()"),
        (Destination, {"id": 1, "sink_format": "tsv", "in_memory": None}, "sink_format", "tsv"),
        (Destination, {"id": 1, "data_set": {"id": 4, "name": None}}, "data_set_id", 4),
        (Nexset, {"id": 1, "data_sinks": [7, {"id": 8, "sink_type": "webhook"}]}, "data_sink_ids", (7, 8)),
        (Nexset, {"id": 1, "parent_data_sets": [{"id": 3}]}, "parent_data_set_id", 3),
        (Credential, {"id": 1, "credentials_version": 2}, "credentials_version", "2"),
        (Credential, {"id": 1, "template_config": []}, "template_config", None),
        (Lookup, {"id": 1, "data_sink_id": "55", "description": None}, "data_sink_id", 55),
        (Org, {"id": 1, "account_tier": {"name": "FREE"}}, "org_tier", {"name": "FREE"}),
        (OrgMember, {"id": 1, "access_role": "member"}, "access_role", ("member",)),
        (OrgMember, {"id": 1, "is_admin?": True}, "is_admin", True),
        (AuditEntry, {"id": 1, "impersonator_id": 5}, "impersonator_id", "5"),
        (AuditEntry, {"id": 1, "change_summary": "name"}, "change_summary", ("name",)),
        (AsyncTask, {"id": "a-b"}, "id", "a-b"),
        (AsyncTask, {"id": 7}, "id", "7"),
        (AsyncTask, {"id": "1", "error": {"code": 1}}, "error", {"code": 1}),
        (NotificationType, {"id": 1, "status": True}, "status", True),
        (NotificationType, {"id": 1, "status": "ACTIVE"}, "status", "ACTIVE"),
        (NotificationSetting, {"setting_id": 3, "notification_type_name": "n"}, "id", 3),
        (Accessor, {"type": "TEAM", "name": "ops"}, "subject", "ops"),
        (Team, {"id": 1, "members": [{"id": 2, "email": None}, None, 4]}, "id", 1),
    ],
)
def test_odd_but_plausible_rows(model: type[Row], row: dict[str, Any], field: str, expected: Any) -> None:
    assert getattr(model.model_validate(row), field) == expected


def test_the_admin_flag_with_the_question_mark_is_read() -> None:
    user = User.model_validate({"id": 1, "org_memberships": [{"id": 2, "is_admin?": True}]})
    assert user.org_memberships[0].is_admin is True


@pytest.mark.parametrize("identifier", [None, True, "x", [], 1.5])
def test_only_an_unreadable_id_loses_a_row(identifier: Any) -> None:
    with pytest.raises(ValidationError):
        Source.model_validate({"id": identifier})


def test_one_odd_item_does_not_lose_a_list() -> None:
    source = Source.model_validate({"id": 1, "run_ids": [{"id": 5}, {"id": "x"}, 6, None]})
    assert [run.id for run in source.run_ids] == [5, 6]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-04-06T21:02:17.000Z", datetime(2021, 4, 6, 21, 2, 17, tzinfo=timezone.utc)),
        ("2021-04-06 21:02:17 UTC", datetime(2021, 4, 6, 21, 2, 17, tzinfo=timezone.utc)),
        ("2021-04-06T23:02:17+02:00", datetime(2021, 4, 6, 21, 2, 17, tzinfo=timezone.utc)),
        (1617742937000, datetime(2021, 4, 6, 21, 2, 17, tzinfo=timezone.utc)),
        (1617742937, datetime(2021, 4, 6, 21, 2, 17, tzinfo=timezone.utc)),
        ("yesterday", None),
        ("", None),
        (True, None),
        ([], None),
        (1e300, None),
    ],
)
def test_times(text: Any, expected: datetime | None) -> None:
    assert read_time(text) == expected


@given(JSON)
def test_any_value_reads_as_an_aware_time_or_none(value: Any) -> None:
    moment = read_time(value)
    assert moment is None or moment.tzinfo is timezone.utc


def test_credential_contents_are_dropped_and_configurations_masked() -> None:
    canary = "hunter2-canary"
    credential = Credential.model_validate(
        {
            "id": 1,
            "credentials": {"password": canary},
            "api_keys": [{"api_key": canary}],
            "credentials_non_secure_data": {"password": canary, "host": "db"},
            "template_config": {"secret.key": canary},
        }
    )
    source = Source.model_validate(
        {
            "id": 1,
            "api_keys": [canary],
            "source_config": {
                "url.template": f"https://h/x?api_key={canary}",
                "headers": [f"Authorization: Bearer {canary}"],
            },
            "data_credentials": {"id": 2, "credentials": {"a": canary}},
        }
    )
    change = AuditEntry.model_validate({"object_changes": {"password": [canary, None], "name": ["a", "b"]}})
    assert canary not in f"{credential!r}{source!r}{change!r}"
    assert credential.credentials_non_secure_data == {"password": MASK, "host": "db"}
    assert change.object_changes == {"password": [MASK, None], "name": ["a", "b"]}


def test_a_tree_is_walked_parents_first() -> None:
    node = FlowNode.model_validate(
        {"id": 1, "children": [{"id": 2, "children": [{"id": 3}]}, {"id": 4, "children": None}]}
    )
    assert [item.id for item in node.walk()] == [1, 2, 3, 4]
