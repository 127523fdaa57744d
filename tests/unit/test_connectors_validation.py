"""A config is checked against its connector; nothing that is not JSON-shaped breaks the check."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.connectors import Part, Problem, load_catalog, validate

CATALOG = load_catalog()


def part(code: str, role: str) -> Part:
    found = getattr(CATALOG.connector(code), role)
    assert found is not None
    return found


POSTGRES = {"host": "db", "port": 5432, "username": "u", "password": "env:PG", "database_name": "d"}
ITERATION = {"key": "k", "url.template": "https://example.com", "method": "GET", "iteration.type": "static.url"}


def test_a_config_that_is_right_has_no_problems() -> None:
    assert validate(part("postgres", "credential"), POSTGRES) == []
    assert validate(part("rest", "source"), {"rest.iterations": [ITERATION]}) == []


def test_a_missing_field_is_named_with_what_it_takes() -> None:
    assert validate(part("s3", "credential"), {}) == [
        Problem("s3_auth_type", "missing", ("Access Key", "ARN", "Instance Role"))
    ]


def test_a_value_outside_the_enum_is_named_without_the_value() -> None:
    (problem,) = validate(part("s3", "credential"), {"s3_auth_type": "hunter2"})
    assert (problem.field, problem.what, problem.severity) == ("s3_auth_type", "not an allowed value", "error")
    assert "hunter2" not in str(problem)


def test_an_unknown_field_is_a_warning_with_the_nearest_names() -> None:
    (problem,) = validate(part("postgres", "credential"), POSTGRES | {"schema_nam": "public"})
    assert (problem.field, problem.what, problem.severity) == ("schema_nam", "unknown field", "warning")
    assert problem.allowed[0] == "schema_name"


@pytest.mark.parametrize(
    ("port", "severity"), [("5432", "warning"), ("many", "error"), (True, "error"), ([], "error"), (None, "error")]
)
def test_a_wrong_type_is_an_error_unless_it_is_only_written_out(port: Any, severity: str) -> None:
    (problem,) = validate(part("postgres", "credential"), POSTGRES | {"port": port})
    assert (problem.field, problem.what, problem.allowed) == ("port", "wrong type", ("number",))
    assert problem.severity == severity


def test_a_secret_by_reference_passes_whatever_its_type() -> None:
    values = {"is_service_account": True, "project_id": "p", "json_creds": "env:GCP_KEY"}
    assert validate(part("gcs", "credential"), values) == []
    (problem,) = validate(part("gcs", "credential"), values | {"json_creds": "plain"})
    assert problem.what == "wrong type"


def test_nested_fields_are_checked_where_they_stand() -> None:
    broken = {"rest.iterations": [ITERATION, ITERATION | {"method": "FETCH"}, {"key": "k"}, 3]}
    problems = validate(part("rest", "source"), broken)
    assert [(problem.field, problem.what) for problem in problems] == [
        ("rest.iterations[1]/method", "not an allowed value"),
        ("rest.iterations[2]/url.template", "missing"),
        ("rest.iterations[2]/method", "missing"),
        ("rest.iterations[2]/iteration.type", "missing"),
        ("rest.iterations[3]", "wrong type"),
    ]


def test_columns_are_free_names_and_their_types_are_not() -> None:
    mapping = {"mode": "manual", "tracker_mode": "NONE", "mapping": {"id": {"ID": "NUMBER"}, "at": {"AT": "WHEN"}}}
    problems = validate(part("snowflake", "destination"), {"table": "t", "insert.mode": "INSERT", "mapping": mapping})
    assert [problem.field for problem in problems] == ["mapping/mapping/at/AT"]


def test_what_is_required_inside_is_not_missed_while_its_parent_is_absent() -> None:
    assert validate(part("s3", "destination"), {"path": "p", "data_format": "csv"}) == []


def test_what_stands_beside_the_config_is_checked_when_given() -> None:
    lookup = part("data_map", "destination")
    config = {"mapping": {"mode": "auto"}}
    assert validate(lookup, config) == []
    body: dict[str, Any] = {"name": "n", "sink_type": "data_map", "data_map": {"name": "n"}}
    assert [problem.field for problem in validate(lookup, config, body)] == ["data_map/map_primary_key"]
    assert [problem.field for problem in validate(lookup, config, {"name": "n"})] == ["data_map"]


def test_true_is_not_eleven_and_one_is_not_true() -> None:
    databricks = part("databricks", "credential")
    values = {"databricks_auth_type": "oidc", "ui.url_format": "jdbc_url", "databricks.cloud.type": "AWS"}
    assert validate(databricks, values | {"databricks.field.Auth_Flow": 1}) == []
    assert validate(databricks, values | {"databricks.field.Auth_Flow": True}) != []


@pytest.mark.parametrize("values", [None, [], "text", 3, True])
def test_what_is_no_object_is_one_problem(values: Any) -> None:
    assert validate(part("s3", "credential"), values) == [Problem("credentials", "not an object", ("object",))]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=12,
)
PARTS = [each for summary in CATALOG.connectors() for each in CATALOG.connector(summary.code).parts()]


@given(st.sampled_from(PARTS), st.data())
def test_validate_never_raises(each: Part, data: st.DataObject) -> None:
    keys = st.sampled_from([field.path[0] for field in each.fields] or ["other"]) | st.text(max_size=20)
    values = data.draw(st.dictionaries(keys, JSON, max_size=5) | JSON)
    for problem in validate(each, values, values if isinstance(values, dict) else None):
        assert str(problem)
        assert problem.severity in {"error", "warning"}
