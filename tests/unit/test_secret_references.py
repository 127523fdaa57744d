"""Secrets kept elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import SecretStr

from nexla_mcp.adapter.secret_references import resolve
from nexla_mcp.domain.errors import ErrorCode, Failure


def resolved(text: str) -> str | None:
    secret = resolve(SecretStr(text), "NEXLA_SERVICE_KEY")
    return secret.get_secret_value() if secret else None


def test_a_literal_is_itself() -> None:
    assert resolved("hunter2") == "hunter2"
    assert resolved("odd:prefix") == "odd:prefix"
    assert resolve(None, "NEXLA_SERVICE_KEY") is None


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "hunter2")
    assert resolved("env:MY_KEY") == "hunter2"


def test_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("hunter2\n")
    assert resolved(f"file:{file}") == "hunter2"


def test_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = ModuleType("keyring")
    stand_in.get_password = lambda service, user: f"{service}-{user}"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", stand_in)
    assert resolved("keyring:nexla/dana") == "nexla-dana"


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(Failure) as caught:
        resolved("keyring:nexla/dana")
    assert "nexla-mcp[keyring]" in caught.value.info.message


@pytest.mark.parametrize("reference", ["env:HUNTER2_NOWHERE", "file:/nowhere/hunter2", "keyring:hunter2"])
def test_a_reference_that_leads_nowhere_is_not_configured(reference: str) -> None:
    with pytest.raises(Failure) as caught:
        resolved(reference)
    assert caught.value.info.code is ErrorCode.NOT_CONFIGURED
    assert "NEXLA_SERVICE_KEY" in caught.value.info.message
    assert "hunter2" not in str(caught.value).lower()
