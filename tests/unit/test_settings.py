"""Settings from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.safety.policy import Toolset
from nexla_mcp.settings import DEFAULT_API_URL, load_settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415

    for name in list(os.environ):
        if name.startswith("NEXLA_"):
            monkeypatch.delenv(name)


def test_defaults() -> None:
    settings = load_settings()
    assert settings.service_key is None
    assert settings.api_url == DEFAULT_API_URL
    assert settings.policy.toolsets == frozenset(Toolset)
    assert not settings.policy.read_only


def test_lists_are_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXLA_MCP_TOOLSETS", "discover, Monitor")
    monkeypatch.setenv("NEXLA_MCP_TOOLS_DENY", "get_samples")
    policy = load_settings().policy
    assert policy.toolsets == {Toolset.DISCOVER, Toolset.MONITOR}
    assert policy.deny == {"get_samples"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NEXLA_MCP_TOOLSETS", "discover,everything"),
        ("NEXLA_MCP_DEADLINE_SECONDS", "hunter2"),
        ("NEXLA_MCP_READ_ONLY", "hunter2"),
        ("NEXLA_MCP_ENV_FILE", "/nowhere/hunter2.env"),
    ],
)
def test_a_wrong_value_names_its_variable_and_not_itself(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Failure) as caught:
        load_settings()
    info = caught.value.info
    assert info.code is ErrorCode.NOT_CONFIGURED
    assert variable in info.message
    assert "hunter2" not in str(info)


def test_an_env_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "nexla.env"
    file.write_text("NEXLA_SERVICE_KEY=from-file\nNEXLA_MCP_READ_ONLY=true\n")
    monkeypatch.setenv("NEXLA_MCP_ENV_FILE", str(file))
    assert load_settings().read_only
    key = load_settings().service_key
    assert key is not None
    assert key.get_secret_value() == "from-file"
    monkeypatch.setenv("NEXLA_SERVICE_KEY", "from-environment")
    key = load_settings().service_key
    assert key is not None
    assert key.get_secret_value() == "from-environment"


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXLA_SERVICE_KEY", "hunter2")
    assert "hunter2" not in repr(load_settings())


def test_a_blank_key_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXLA_SERVICE_KEY", "  ")
    assert load_settings().service_key is None


def test_named_settings_are_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXLA_MCP_ALERTS", "OnCall=slack:env:HOOK, log=json:file:/run/secrets/a=b")
    monkeypatch.setenv("NEXLA_MCP_PROFILES", "prod=env:PROD_KEY@https://prod.example/nexla-api,")
    settings = load_settings()
    assert settings.alerts == {"oncall": "slack:env:HOOK", "log": "json:file:/run/secrets/a=b"}
    assert settings.profiles == {"prod": "env:PROD_KEY@https://prod.example/nexla-api"}


@pytest.mark.parametrize("value", ["oncall", "=env:HOOK", "oncall=", "oncall=env:HOOK,log"])
def test_a_named_setting_that_is_no_pair_is_refused_without_its_value(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("NEXLA_MCP_ALERTS", value)
    with pytest.raises(Failure) as caught:
        load_settings()
    assert caught.value.info.code is ErrorCode.NOT_CONFIGURED
    assert "NEXLA_MCP_ALERTS" in caught.value.info.message
    assert "env:HOOK" not in caught.value.info.message
