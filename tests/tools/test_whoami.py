"""`whoami`: whose login it is, what it can see, whether it may change anything."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from tests.tools.conftest import connected

pytestmark = pytest.mark.anyio

COUNTED = ("credential", "source", "nexset", "destination", "flow")


def as_sam(settings, sandbox):
    return settings.model_copy(update={"service_key": SecretStr(sandbox.service_keys["sam@acme.example"])})


async def test_an_admin_is_told_who_and_where(call, sandbox):
    answer = (await call("whoami")).structured
    assert answer["email"] == "dana@acme.example"
    assert answer["org_name"] == "Acme"
    assert answer["org_admin"] is True
    assert answer["login"] == "service key"
    assert answer["host"] == urlsplit(sandbox.url).netloc
    assert answer["read_only"] is False
    skew = datetime.fromisoformat(answer["platform_time"].replace("Z", "+00:00")) - sandbox.world.clock.now()
    assert abs(skew.total_seconds()) < 60


async def test_counts_are_what_a_search_finds(call):
    counted = (await call("whoami")).structured["resources"]
    assert set(counted) == set(COUNTED)
    for kind in COUNTED:
        found = (await call("search_resources", types=[kind], limit=1)).structured
        assert counted[kind] == found["total"], kind


async def test_a_member_sees_less_and_is_no_admin(call, settings, sandbox):
    everything = (await call("whoami")).structured
    async with connected(as_sam(settings, sandbox)) as call_as_sam:
        answer = await call_as_sam("whoami")
    assert answer.structured["email"] == "sam@acme.example"
    assert answer.structured["user_id"] != everything["user_id"]
    assert answer.structured["org_admin"] is False
    assert "admin in org" not in answer.text
    for kind in COUNTED:
        assert 0 < answer.structured["resources"][kind] < everything["resources"][kind]


async def test_a_read_only_server_says_so(settings):
    async with connected(settings.model_copy(update={"read_only": True})) as call:
        answer = await call("whoami")
    assert answer.structured["read_only"] is True
    assert "read-only" in answer.text


async def test_what_may_not_be_counted_is_named_and_the_rest_stands(call, backstage):
    backstage.break_(kind="status", method="GET", route="/data_sinks", status=403, count=None)
    answer = (await call("whoami")).structured
    assert set(answer["resources"]) == set(COUNTED) - {"destination"}
    assert answer["not_read"] == ["destinations (forbidden)"]


async def test_a_wrong_key_is_an_error_without_the_key(settings):
    wrong = settings.model_copy(update={"service_key": SecretStr("canary-key-5d41402abc4b")})
    async with connected(wrong) as call:
        answer = await call("whoami")
    assert answer.is_error
    assert answer.structured["code"] == "auth_failed"
    assert "canary-key" not in answer.text + str(answer.structured)


async def test_without_a_login_the_variable_is_named(settings):
    async with connected(settings.model_copy(update={"service_key": None})) as call:
        answer = await call("whoami")
    assert answer.is_error
    assert answer.structured["code"] == "not_configured"
    assert "NEXLA_SERVICE_KEY" in answer.text
