"""What references in a tool's arguments may name, and how they become secrets for one request only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.adapter.secret_references import LONGEST, SecretPolicy, SecretStore
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.markers import SECRET, secret
from tests.unit.plans import JSON

CANARY = "canary-5d0c2f"
FIELD = "credentials/password"


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = ModuleType("keyring")
    stand_in.get_password = lambda service, user: CANARY if user == "dana" else None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", stand_in)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The one folder that is allowed, beside one that is not; `key` in both."""
    for name in ("allowed", "forbidden"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "key").write_text(f"{CANARY}\n")
    return tmp_path / "allowed"


def code_of(act: Callable[[], object]) -> ErrorCode | None:
    """Which failure there is, if any. None of them tells a secret, and each names the field."""
    try:
        act()
    except Failure as failure:
        assert CANARY not in failure.info.model_dump_json()
        assert FIELD in failure.info.message
        return failure.info.code
    return None


def checked(policy: SecretPolicy, reference: str) -> ErrorCode | None:
    """Judged and followed when it is named, and once more when it is sent: both say the same."""
    store = SecretStore(policy)
    code = code_of(lambda: store.check(reference, FIELD))
    again = code_of(lambda: store.revealed({"credentials": {"password": secret(reference)}}))
    assert code is again
    return code


@pytest.mark.parametrize(
    ("variables", "name", "code"),
    [
        ((), "SNOWFLAKE_PW", ErrorCode.NOT_ALLOWED),
        (("SNOWFLAKE_PW",), "SNOWFLAKE_PW", None),
        (("SNOWFLAKE_PW",), "SNOWFLAKE_PW2", ErrorCode.NOT_ALLOWED),
        (("SNOWFLAKE_PW",), "snowflake_pw", ErrorCode.NOT_ALLOWED),
        (("OTHER", "SNOWFLAKE_*"), "SNOWFLAKE_PW", None),
        (("SNOWFLAKE_*",), "MY_SNOWFLAKE_PW", ErrorCode.NOT_ALLOWED),
        (("*",), "SNOWFLAKE_PW", None),
        (("*",), "NEXLA_SERVICE_KEY", ErrorCode.NOT_ALLOWED),
        (("NEXLA_SERVICE_KEY", "NEXLA_*"), "NEXLA_SERVICE_KEY", ErrorCode.NOT_ALLOWED),
        (("*",), "nexla_service_key", ErrorCode.NOT_ALLOWED),
        (("*",), "NEXLA_SERVICE_KEY ", ErrorCode.NOT_ALLOWED),
        (("*",), "NOWHERE_TO_BE_FOUND", ErrorCode.NOT_CONFIGURED),
        (("*",), "EMPTY", ErrorCode.NOT_CONFIGURED),
        (("*",), "", ErrorCode.NOT_CONFIGURED),
        (("*",), "A\udcffB\ud800", ErrorCode.NOT_CONFIGURED),
        (("*",), "A\0B", ErrorCode.NOT_CONFIGURED),
    ],
)
def test_variables(
    monkeypatch: pytest.MonkeyPatch, variables: tuple[str, ...], name: str, code: ErrorCode | None
) -> None:
    for known in ("SNOWFLAKE_PW", "SNOWFLAKE_PW2", "MY_SNOWFLAKE_PW", "NEXLA_SERVICE_KEY"):
        monkeypatch.setenv(known, CANARY)
    monkeypatch.setenv("EMPTY", " ")
    assert checked(SecretPolicy(variables=variables), f"env:{name}") is code


@given(st.lists(st.sampled_from(["*", "N*", "NEXLA_*", "?EXLA_?"]), max_size=3), st.text(max_size=10))
def test_this_servers_own_variables_are_never_anybodys(variables: list[str], rest: str) -> None:
    with pytest.raises(Failure) as caught:
        SecretPolicy(variables=tuple(variables)).check(f"env:NEXLA_{rest}", FIELD)
    assert caught.value.info.code is ErrorCode.NOT_ALLOWED


def test_a_refusal_names_the_setting_that_would_allow_it() -> None:
    for reference, setting in (
        ("env:PW", "NEXLA_MCP_SECRET_VARIABLES=PW"),
        ("file:/etc/key", "NEXLA_MCP_SECRET_FOLDERS"),
        ("keyring:nexla/dana", "NEXLA_MCP_SECRET_KEYRING_SERVICES"),
    ):
        with pytest.raises(Failure) as caught:
            SecretPolicy().check(reference, FIELD)
        assert setting in str(caught.value.info.hint)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("{allowed}/key", None),
        ("{allowed}/../allowed/key", None),
        ("{allowed}/nothing", ErrorCode.NOT_CONFIGURED),
        ("{allowed}", ErrorCode.NOT_CONFIGURED),
        ("{allowed}/../forbidden/key", ErrorCode.NOT_ALLOWED),
        ("{allowed}/./../forbidden/key", ErrorCode.NOT_ALLOWED),
        ("{forbidden}/key", ErrorCode.NOT_ALLOWED),
        ("{allowed}x/key", ErrorCode.NOT_ALLOWED),
        ("/etc/hostname", ErrorCode.NOT_ALLOWED),
        ("", ErrorCode.NOT_ALLOWED),
        ("{allowed}/\0", ErrorCode.NOT_ALLOWED),
        ("~nobody-of-that-name/key", ErrorCode.NOT_ALLOWED),
    ],
)
def test_files(folder: Path, path: str, code: ErrorCode | None) -> None:
    told = path.format(allowed=folder, forbidden=folder.with_name("forbidden"))
    assert checked(SecretPolicy(folders=(folder,)), f"file:{told}") is code
    assert checked(SecretPolicy(), f"file:{told}") is ErrorCode.NOT_ALLOWED


def test_no_link_leads_out_of_an_allowed_folder(folder: Path) -> None:
    policy = SecretPolicy(folders=(folder,))
    (folder / "file").symlink_to(folder.with_name("forbidden") / "key")
    (folder / "inside").symlink_to(folder / "key")
    (folder / "folder").symlink_to(folder.with_name("forbidden"))
    (folder / "circle").symlink_to(folder / "circle")
    assert checked(policy, f"file:{folder}/file") is ErrorCode.NOT_ALLOWED
    assert checked(policy, f"file:{folder}/file ") is ErrorCode.NOT_ALLOWED
    assert checked(policy, f"file:{folder}/folder/key") is ErrorCode.NOT_ALLOWED
    assert checked(policy, f"file:{folder}/circle") in {ErrorCode.NOT_ALLOWED, ErrorCode.NOT_CONFIGURED}
    assert checked(policy, f"file:{folder}/inside") is None


def test_an_allowed_folder_may_itself_be_a_link(folder: Path) -> None:
    link = folder.with_name("link")
    link.symlink_to(folder)
    assert checked(SecretPolicy(folders=(link,)), f"file:{folder}/key") is None
    assert checked(SecretPolicy(folders=(folder,)), f"file:{link}/key") is None


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"x" * (LONGEST + 1)])
def test_a_file_that_holds_no_secret_is_told(folder: Path, content: bytes) -> None:
    (folder / "key").write_bytes(content)
    assert checked(SecretPolicy(folders=(folder,)), f"file:{folder}/key") is ErrorCode.NOT_CONFIGURED


def test_a_long_file_is_read_whole_or_not_at_all(folder: Path) -> None:
    (folder / "key").write_bytes(b"x" * LONGEST)
    found = SecretStore(SecretPolicy(folders=(folder,))).revealed(secret(f"file:{folder}/key"))
    assert len(found) == LONGEST


@pytest.mark.parametrize(
    ("services", "entry", "code"),
    [
        ((), "nexla/dana", ErrorCode.NOT_ALLOWED),
        (("nexla",), "nexla/dana", None),
        (("nexla",), "other/dana", ErrorCode.NOT_ALLOWED),
        (("nexla",), "nexla", ErrorCode.NOT_CONFIGURED),
        (("nexla",), "nexla/", ErrorCode.NOT_CONFIGURED),
        (("nexla",), "nexla/stranger", ErrorCode.NOT_CONFIGURED),
        (("nexla",), "", ErrorCode.NOT_ALLOWED),
    ],
)
@pytest.mark.usefixtures("keyring")
def test_keyrings(services: tuple[str, ...], entry: str, code: ErrorCode | None) -> None:
    assert checked(SecretPolicy(keyring_services=services), f"keyring:{entry}") is code


@pytest.mark.parametrize("reference", [CANARY, f"other:{CANARY}", " env:NEXLA_SERVICE_KEY", "ENV:PW", "literal:1", ""])
def test_what_is_no_reference_leads_nowhere(monkeypatch: pytest.MonkeyPatch, reference: str) -> None:
    monkeypatch.setenv("NEXLA_SERVICE_KEY", CANARY)
    monkeypatch.setenv("PW", CANARY)
    assert code_of(lambda: SecretStore(SecretPolicy(variables=("*",), literals=True)).check(reference, FIELD)) in {
        ErrorCode.NOT_CONFIGURED,
        ErrorCode.NOT_ALLOWED,
    }


def test_a_literal_is_refused_unless_the_operator_allows_it() -> None:
    store = SecretStore()
    assert code_of(lambda: store.keep(CANARY, FIELD)) is ErrorCode.BAD_INPUT
    with pytest.raises(Failure) as caught:
        store.keep(CANARY, FIELD)
    assert '{"password": "env:VARIABLE"}' in str(caught.value.info.hint)


def test_an_allowed_literal_lives_in_this_process_alone() -> None:
    store = SecretStore(SecretPolicy(literals=True))
    reference, other = store.keep(CANARY, FIELD), store.keep("another", FIELD)
    assert CANARY not in reference
    assert CANARY not in repr(store)
    assert store.keep(CANARY, FIELD) == reference != other
    assert store.revealed({"a": secret(reference), "b": secret(other)}) == {"a": CANARY, "b": "another"}
    successor = SecretStore(SecretPolicy(literals=True))
    body = {"credentials": {"password": secret(reference)}}
    assert code_of(lambda: successor.revealed(body)) is ErrorCode.NOT_CONFIGURED
    assert successor.keep(CANARY, FIELD) != reference


def test_secrets_are_put_only_into_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", CANARY)
    store = SecretStore(SecretPolicy(variables=("PW",)))
    body = {"name": "env:PW", "credentials": {"password": secret("env:PW"), "list": [1, secret("env:PW")]}}
    kept = repr(body)
    assert store.sent == ()
    assert store.revealed(body) == {"name": "env:PW", "credentials": {"password": CANARY, "list": [1, CANARY]}}
    assert store.sent == (CANARY,)
    assert repr(body) == kept
    assert CANARY not in repr(store)


def test_a_secret_is_read_anew_for_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    store = SecretStore(SecretPolicy(variables=("PW",)))
    for value in ("first", "second"):
        monkeypatch.setenv("PW", value)
        assert store.revealed([secret("env:PW")]) == [value]
    assert set(store.sent) == {"first", "second"}
    monkeypatch.delenv("PW")
    with pytest.raises(Failure):
        store.revealed([secret("env:PW")])


def test_what_a_secret_says_is_not_followed_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE", "env:TWO")
    monkeypatch.setenv("TWO", CANARY)
    assert SecretStore(SecretPolicy(variables=("*",))).revealed(secret("env:ONE")) == "env:TWO"


@given(JSON)
def test_what_holds_no_reference_goes_out_as_it_is(body: Any) -> None:
    store = SecretStore()
    assert store.revealed(body) == body
    assert store.sent == ()


@pytest.mark.parametrize("value", [{SECRET: 5}, {SECRET: "env:PW", "more": 1}, {SECRET: None}, {"secret": "env:PW"}])
def test_what_only_looks_like_a_marker_is_none(value: dict[str, Any]) -> None:
    assert SecretStore().revealed(value) == value
