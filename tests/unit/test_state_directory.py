"""Where operations are kept: for this user alone, one key, and no login in any byte."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.safety.database import Database
from nexla_mcp.safety.state import KEY_BYTES, Account, StateDirectory, default_state_root

LOGIN = "service-key-canary-6b1f"
PRINCIPAL = "user-12-org-3"


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """What is private must not be so by the user's umask alone."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path / "state", "https://nexla.example/nexla-api")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def filled(account: Account) -> StateDirectory:
    """The directory of a principal who has changed something."""
    state = account.directory(PRINCIPAL)
    state.make()
    account.remember(LOGIN, PRINCIPAL)
    state.key()
    with Database(state.database).writing() as connection:
        connection.execute("INSERT INTO decisions VALUES ('n', 'c', 'd', 'q', 'asked', 'u')")
    return state


def test_nobody_else_reads_anything_of_it(account: Account) -> None:
    state = filled(account)
    assert {mode(folder) for folder in (state.path, state.executors)} == {0o700}
    files = [path for path in account.path.rglob("*") if path.is_file()]
    assert {"key", "salt", "logins.json", "operations.db"} <= {file.name for file in files}
    assert {file.name: oct(mode(file)) for file in files if mode(file) != 0o600} == {}


def test_nobody_else_writes_beside_it(account: Account) -> None:
    filled(account)
    assert {mode(folder) for folder in (account.path, account.root)} == {0o700}


def test_files_beside_the_database_are_as_private(account: Account) -> None:
    state = filled(account)
    with Database(state.database).writing() as connection:
        connection.execute("DELETE FROM decisions")
        beside = [path for path in state.path.iterdir() if path.name.startswith("operations.db-")]
        assert beside
        assert {mode(path) for path in beside} == {0o600}


def test_a_folder_that_was_open_is_closed(account: Account) -> None:
    state = account.directory(PRINCIPAL)
    state.path.mkdir(parents=True, mode=0o777)
    state.make()
    assert mode(state.path) == 0o700


def test_a_folder_that_cannot_be_made_is_told_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Failure) as caught:
        StateDirectory(tmp_path / "file" / PRINCIPAL).make()
    assert caught.value.info.code is ErrorCode.NOT_CONFIGURED
    assert "NEXLA_MCP_STATE_DIR" in str(caught.value.info.hint)


def test_the_key_is_made_once_however_many_come_first(account: Account) -> None:
    state = account.directory(PRINCIPAL)
    state.make()
    keys: list[bytes] = []
    gate = threading.Barrier(16)

    def work() -> None:
        gate.wait()
        keys.append(StateDirectory(state.path).key())

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 16
    assert set(keys) == {state.key()}
    assert len(state.key()) == KEY_BYTES
    assert [path.name for path in state.path.iterdir() if path.is_file()] == ["key"]


def test_two_directories_have_two_keys(account: Account) -> None:
    one, other = account.directory("user-1-org-1"), account.directory("user-2-org-1")
    one.make()
    other.make()
    assert one.key() != other.key()


def test_a_login_is_known_again_without_being_kept(account: Account) -> None:
    assert account.known(LOGIN) is None
    state = filled(account)
    assert account.known(LOGIN) == state
    assert account.known(LOGIN + "x") is None
    kept = b"".join(path.read_bytes() for path in account.root.rglob("*") if path.is_file())
    assert LOGIN.encode() not in kept
    for piece in (LOGIN[:12], LOGIN[-12:], LOGIN.upper()):
        assert piece.encode() not in kept
    assert not any(LOGIN in str(path) for path in account.root.rglob("*"))


def test_a_fingerprint_is_worth_nothing_elsewhere(account: Account, tmp_path: Path) -> None:
    filled(account)
    elsewhere = Account(tmp_path / "elsewhere", account.scope)
    elsewhere.remember(LOGIN, PRINCIPAL)
    assert (account.path / "logins.json").read_text() != (elsewhere.path / "logins.json").read_text()


def test_logins_are_remembered_side_by_side(account: Account) -> None:
    for number in range(3):
        account.remember(f"login {number}", f"user-{number}-org-1")
        account.remember(f"login {number}", f"user-{number}-org-1")
    assert [account.known(f"login {number}") for number in range(3)] == [
        account.directory(f"user-{number}-org-1") for number in range(3)
    ]
    account.remember("login 1", "user-9-org-1")
    assert account.known("login 1") == account.directory("user-9-org-1")


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', '{"a": 1}', "null"])
def test_a_damaged_list_of_logins_knows_nobody(account: Account, content: str) -> None:
    filled(account)
    (account.path / "logins.json").write_text(content)
    assert account.known(LOGIN) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '"a"', "null"])
def test_a_damaged_list_of_logins_is_begun_anew(account: Account, content: str) -> None:
    filled(account)
    (account.path / "logins.json").write_text(content)
    account.remember(LOGIN, PRINCIPAL)
    assert account.known(LOGIN) == account.directory(PRINCIPAL)


def test_addresses_do_not_share_a_directory(tmp_path: Path) -> None:
    one, other = (Account(tmp_path, f"https://{name}.example/nexla-api") for name in ("one", "other"))
    one.remember(LOGIN, PRINCIPAL)
    assert other.known(LOGIN) is None
    assert one.directory(PRINCIPAL) != other.directory(PRINCIPAL)


def test_only_principals_that_changed_something_are_listed(account: Account) -> None:
    assert account.directories() == []
    account.directory("user-1-org-1").make()
    state = filled(account)
    assert account.directories() == [state]


def test_the_state_root_follows_the_users_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_state_root() == tmp_path / "nexla-mcp"
    monkeypatch.delenv("XDG_STATE_HOME")
    assert default_state_root().is_relative_to(Path.home())
