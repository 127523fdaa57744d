"""Configurations are judged before anything is sent, and a secret in one is never told, kept or passed on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nexla_mcp.adapter.secret_references import SecretPolicy, SecretStore
from nexla_mcp.connectors import load_catalog
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import OUTPUT, SECRET, secret
from nexla_mcp.operations.planning.checked_config import Checked, checked_config, refuse_markers

CANARY = "CANARY7f3a"
NUMBER = 8_675_309_421
POSTGRES = {"host": "db.example", "port": "5432", "username": "dana", "database_name": "orders"}
UNKNOWN = "unheard_of_system"
ROLES = ("credential", "source", "destination")


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PG_PW", "PG_USER", "OTHER"):
        monkeypatch.setenv(name, CANARY)


def store(*, literals: bool = False) -> SecretStore:
    return SecretStore(SecretPolicy(variables=("PG_*",), literals=literals))


def checked(role: str, code: str, values: Any, *, literals: bool = False) -> Checked:
    return checked_config(store(literals=literals), role, code, values, "config")


def refused(role: str, code: str, values: Any, *, literals: bool = False) -> Failure:
    """The failure, in which no value of the config stands."""
    with pytest.raises(Failure) as caught:
        checked(role, code, values, literals=literals)
    told = caught.value.info.model_dump_json() + str(caught.value)
    assert CANARY not in told
    assert str(NUMBER) not in told
    return caught.value


def login(**values: Any) -> dict[str, Any]:
    return {**POSTGRES, **values}


def test_a_reference_is_kept_as_a_marker_and_the_secret_nowhere() -> None:
    kept = store()
    made = checked_config(kept, "credential", "postgres", login(password="env:PG_PW"), "credentials")
    assert made.values == login(password=secret("env:PG_PW"))
    assert made.connector == "postgres"
    assert CANARY not in repr(made) + repr(kept)


def test_what_a_receipt_shows_can_be_given_again() -> None:
    made = checked("credential", "postgres", login(password="env:PG_PW"))
    assert checked("credential", "postgres", json.loads(json.dumps(made.values))) == made


@pytest.mark.parametrize("code", ["postgres", UNKNOWN])
def test_a_literal_secret_is_refused_naming_its_field(code: str) -> None:
    failure = refused("credential", code, login(password=CANARY))
    assert failure.info.code is ErrorCode.BAD_INPUT
    assert "config/" in failure.info.message
    assert "env:VARIABLE" in str(failure.info.hint)


def test_of_a_known_login_only_the_secret_is_a_secret() -> None:
    assert "config/password" in refused("credential", "postgres", login(password=CANARY)).info.message


@pytest.mark.parametrize(
    "values",
    [
        {"word": CANARY},
        {"": CANARY},
        {"a": {"": [CANARY]}},
        {"a": [[{"b": CANARY}]]},
        {"password": NUMBER},
        {"keys": {"api_key": NUMBER}},
        {"password": [NUMBER]},
    ],
)
def test_any_text_in_a_login_that_the_contract_does_not_know_may_be_the_secret(values: dict[str, Any]) -> None:
    assert refused("credential", UNKNOWN, values).info.code is ErrorCode.BAD_INPUT


def test_a_number_or_a_yes_in_such_a_login_is_none() -> None:
    values = {"port": 5432, "ssl": True, "schema": None, "empty": "", "list": []}
    assert checked("credential", UNKNOWN, values).values == values


def test_a_reference_that_the_operator_has_not_listed_is_refused() -> None:
    for reference in ("env:OTHER", "env:NEXLA_SERVICE_KEY", "file:/etc/hostname", "keyring:nexla/dana"):
        failure = refused("credential", "postgres", login(password=reference))
        assert failure.info.code is ErrorCode.NOT_ALLOWED
        assert "config/password" in failure.info.message


def test_a_reference_that_leads_nowhere_is_told_before_anything_is_sent() -> None:
    failure = refused("credential", "postgres", login(password="env:PG_NOWHERE"))
    assert failure.info.code is ErrorCode.NOT_CONFIGURED
    assert "config/password" in failure.info.message


def test_a_file_that_is_read_by_a_reference(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(CANARY)
    kept = SecretStore(SecretPolicy(folders=(tmp_path,)))
    reference = f"file:{tmp_path}/key"
    made = checked_config(kept, "credential", "postgres", login(password=reference), "credentials")
    assert made.values["password"] == secret(reference)


def test_an_allowed_literal_is_kept_by_reference_too() -> None:
    kept = store(literals=True)
    made = checked_config(kept, "credential", "postgres", login(password=CANARY), "credentials")
    assert CANARY not in repr(made)
    assert kept.revealed(made.values) == login(password=CANARY)


@pytest.mark.parametrize(
    ("role", "code", "values", "place"),
    [
        ("credential", "postgres", login(password="[hidden]"), "config/password"),
        ("credential", UNKNOWN, {"word": "[hidden]"}, "config/word"),
        ("source", UNKNOWN, {"address": "https://dana:[hidden]@host/"}, "config/address"),
        ("source", "s3", {"start.cron": "0 0 * * * ?", "path": "a", "extra": ["[hidden]"]}, "config/extra"),
    ],
)
@pytest.mark.parametrize("literals", [True, False])
def test_the_mask_is_no_secret_and_nothing_else(
    role: str, code: str, values: dict[str, Any], place: str, literals: bool
) -> None:
    failure = refused(role, code, values, literals=literals)
    assert failure.info.code is ErrorCode.BAD_INPUT
    assert place in failure.info.message


@pytest.mark.parametrize("role", ["source", "destination"])
@pytest.mark.parametrize("path", ["file:///data/orders", "file:orders.csv", "keyring:x/y", "env:PG_PW"])
def test_what_reads_like_a_reference_outside_of_a_login_stays_as_it_is(role: str, path: str) -> None:
    values = {"start.cron": "0 0 * * * ?", "path": path} if role == "source" else {"path": path, "data_format": "json"}
    assert checked(role, "s3", values).values == values
    assert checked(role, UNKNOWN, {"place": path}).values == {"place": path}


def test_a_config_of_an_unknown_connector_is_no_login() -> None:
    made = checked("source", UNKNOWN, {"place": "orders", "api_key": "env:PG_PW", "inner": {"token": ["env:PG_PW"]}})
    marker = secret("env:PG_PW")
    assert made.values == {"place": "orders", "api_key": marker, "inner": {"token": [marker]}}
    assert "config/api_key" in refused("source", UNKNOWN, {"api_key": CANARY}).info.message
    assert made.needs_credential
    assert len(made.notes) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://dana:{CANARY}@db.example/orders",
        f"Authorization: Bearer {CANARY}",
        f"https://api.example/orders?api_key={CANARY}&page={{page}}",
        f'{{"client_secret": "{CANARY}"}}',
    ],
)
def test_a_secret_in_an_innocent_field_is_refused_too(text: str) -> None:
    for role in ("source", "destination"):
        failure = refused(role, UNKNOWN, {"address": text})
        assert "config/address" in failure.info.message
        assert "create_credential" in str(failure.info.hint)
    failure = refused("credential", "postgres", login(password="env:PG_PW", host=text))
    assert "config/host" in failure.info.message


@pytest.mark.parametrize(
    "text", ["https://api.example/orders?page_token={page_token}", "select token_type from keys where id > 5"]
)
def test_what_only_speaks_of_secrets_is_none(text: str) -> None:
    assert checked("source", UNKNOWN, {"address": text}).values == {"address": text}


def test_columns_may_be_called_like_secrets() -> None:
    mapping = {"mode": "manual", "tracker_mode": "NONE", "mapping": {"api_key": {"api_key": "VARCHAR"}}}
    values = {"table": "orders", "database": "db", "insert.mode": "INSERT", "mapping": mapping}
    assert checked("destination", "postgres", values).values == values


@pytest.mark.parametrize("role", ROLES)
def test_a_code_close_to_a_known_one_is_taken_for_a_slip(role: str) -> None:
    failure = refused(role, "snowflak", {})
    assert failure.info.code is ErrorCode.BAD_INPUT
    assert "'snowflake'" in str(failure.info.hint)


@pytest.mark.parametrize("role", ROLES)
def test_a_code_close_to_none_is_taken_as_it_is_and_noted(role: str) -> None:
    made = checked(role, f" {UNKNOWN} ", {})
    assert (made.connector, made.values) == (UNKNOWN, {})
    assert UNKNOWN in made.notes[0]
    assert made.needs_credential is (role != "credential")


@pytest.mark.parametrize("word", ["gcp", "delta_lake", "cloudsql"])
def test_a_word_for_several_systems_is_answered_with_all_of_them(word: str) -> None:
    assert "Choose one of" in str(refused("source", word, {}).info.hint)


def test_what_people_call_a_system_is_its_code() -> None:
    assert checked("credential", "PostgreSQL", login(password="env:PG_PW")).connector == "postgres"


def test_no_code_at_all_is_refused() -> None:
    assert refused("source", " ", {}).info.code is ErrorCode.BAD_INPUT


@pytest.mark.parametrize(
    ("role", "code", "values", "told"),
    [
        ("source", "s3", {"path": "a"}, "config/start.cron: missing"),
        ("source", "s3", {"path": NUMBER, "start.cron": "0 0 * * * ?"}, "config/path: wrong type"),
        ("credential", "postgres", login(hots=CANARY), "config/hots: unknown field (expected: host"),
        ("credential", "postgres", login(password=NUMBER), "config/password: wrong type"),
        ("source", "s3", [CANARY], "not an object"),
        ("source", UNKNOWN, [CANARY], "must be an object"),
        ("source", UNKNOWN, CANARY, "must be an object"),
    ],
)
def test_what_contradicts_the_contract_names_the_field(role: str, code: str, values: Any, told: str) -> None:
    failure = refused(role, code, values)
    assert failure.info.code is ErrorCode.BAD_INPUT
    assert told in failure.info.message


def test_an_unknown_field_of_a_source_is_only_noted() -> None:
    values = {"path": "a", "start.cron": "0 0 * * * ?", "pathh": "b"}
    made = checked("source", "s3", values)
    assert made.values == values
    assert any("config/pathh" in note for note in made.notes)


def test_a_connector_that_cannot_play_the_role_says_what_it_can_be() -> None:
    catalog = load_catalog()
    connectors = [catalog.connector(item.code) for item in catalog.connectors()]
    lacking = next(connector for connector in connectors if connector.destination is None and connector.source)
    assert "source" in refused("destination", lacking.code, {}).info.message


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("code", ["s3", UNKNOWN])
def test_an_output_of_a_step_cannot_be_named_from_outside(role: str, code: str) -> None:
    failure = refused(role, code, {"path": [{OUTPUT: "source"}]})
    assert "config/path[0]" in failure.info.message


@pytest.mark.parametrize("word", [OUTPUT, SECRET])
def test_markers_are_found_wherever_they_are(word: str) -> None:
    with pytest.raises(Failure) as caught:
        refuse_markers({"a": [1, {"b": {word: "env:PG_PW"}}]}, "transform")
    assert "transform/a[1]/b" in caught.value.info.message
    refuse_markers({"a": [{word: 5}, {word: "x", "y": 1}, word]}, "transform")


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for item in items for text in texts(item)]


CATALOG = load_catalog()
CODES = [item.code for item in CATALOG.connectors()]
NAMES = sorted(
    {
        name
        for code in CODES
        for part in CATALOG.connector(code).parts()
        for field in part.fields
        for name in field.path
        if name not in {"*", "[]"}
    }
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.just(NUMBER)
    | st.just(NUMBER / 2)
    | st.text(max_size=5).map(lambda text: text + CANARY)
    | st.sampled_from(
        ["", f"https://dana:{CANARY}@host", f"[hidden]{CANARY}", f"password={CANARY};", "env:PG_PW", f"x:{CANARY}"]
    )
)
ODD_NAMES = ["password", "", "a/b", SECRET, OUTPUT, "*", "[]"]
KEYS = st.sampled_from(NAMES) | st.sampled_from(ODD_NAMES) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300)
@given(
    role=st.sampled_from(ROLES),
    code=st.sampled_from(CODES) | st.sampled_from([UNKNOWN, "gcp", ""]) | st.text(max_size=8),
    values=st.dictionaries(KEYS, VALUES, max_size=6) | VALUES,
    literals=st.booleans(),
)
@example(role="credential", code=UNKNOWN, values={"a": {SECRET: CANARY}}, literals=False)
@example(role="credential", code="postgres", values={SECRET: CANARY}, literals=True)
def test_whatever_comes_it_is_taken_or_refused_and_no_value_is_told(
    role: str, code: str, values: Any, literals: bool
) -> None:
    policy = SecretPolicy(variables=("PG_*",), literals=literals)
    before = json.dumps(values)
    try:
        made = checked_config(SecretStore(policy), role, code, values, "config")
    except Failure as failure:
        told = failure.info.model_dump_json() + str(failure)
        assert CANARY not in told
        assert str(NUMBER) not in told
        return
    finally:
        assert json.dumps(values) == before
    assert CANARY not in " ".join(made.notes)
    if role == "credential" and code == UNKNOWN:
        assert not any(CANARY in text for text in texts(made.values))
    assert json.loads(json.dumps(made.values)) == made.values


def test_a_deep_config_is_taken_or_refused() -> None:
    deep: Any = "x"
    for _ in range(190):
        deep = {"a": [deep]}
    assert checked("source", UNKNOWN, {"a": deep}).values == {"a": deep}
