"""`probe_credential`: what the third party says now, never taken for more than it is."""

from __future__ import annotations

import pytest
import requests
from mcp import Client
from pydantic import SecretStr

from nexla_mcp.domain.clock import SystemClock
from nexla_mcp.sandbox import kinds
from nexla_mcp.server import compose
from tests.tools.conftest import connected

pytestmark = pytest.mark.anyio

PROBE = "/data_credentials/{credential_id}/probe"


class ImpatientClock(SystemClock):
    """Waiting takes no time, though time passes."""

    def __init__(self) -> None:
        self._waited = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._waited

    async def sleep(self, seconds: float) -> None:
        self._waited += seconds


@pytest.fixture
def sampled(sandbox):
    """Credentials that have rows behind them, for one test."""
    store = sandbox.world.store
    names = {"Acme data lake (S3)", "Snowflake analytics", "Support desk (MongoDB)"}
    before = [item for item in store.all(kinds.CREDENTIALS) if item["name"] in names]
    rows = [{"id": 1, "city": "Köln"}, {"id": 2, "city": "Paris"}]
    for item in before:
        store.put(kinds.CREDENTIALS, {**item, "_sandbox": {**item["_sandbox"], "sample": rows}})
    yield rows
    for item in before:
        store.put(kinds.CREDENTIALS, item)


async def test_a_login_that_works_is_ok(call):
    answer = await call("probe_credential", credential="Snowflake analytics")
    assert answer.structured["state"] == "ok"
    assert answer.structured["verified_status"] == "VERIFIED"
    assert answer.structured["connector"] == "snowflake"
    assert "entries" not in answer.structured


async def test_a_refused_login_is_an_answer_and_no_error(call, backstage):
    planted = next(item for item in backstage.troubles() if item["trouble"] == "refused_credential")
    answer = await call("probe_credential", credential=planted["credential_id"])
    assert not answer.is_error
    assert answer.structured["state"] == "refused"
    assert "password authentication failed" in answer.structured["message"]
    assert answer.structured["verified_status"] == "VERIFIED", "Nexla's record is older than the refusal"


@pytest.mark.parametrize("mode", ["tree", "sample"])
async def test_a_refused_login_sees_nothing(call, backstage, mode):
    planted = next(item for item in backstage.troubles() if item["trouble"] == "refused_credential")
    answer = await call("probe_credential", credential=planted["credential_id"], mode=mode, table="invoices")
    assert answer.structured["state"] == "refused"
    assert answer.structured["entries"] == []


def begun_in_the_background(sandbox) -> int:
    """The id of a request that the platform goes on with."""
    with requests.Session() as http:
        http.trust_env = False
        basic = {"Authorization": f"Basic {sandbox.service_key}"}
        token = http.post(f"{sandbox.url}/token", headers=basic, timeout=10).json()["access_token"]
        known = sandbox.world.store.all(kinds.CREDENTIALS)
        credential = next(item["id"] for item in known if item["name"] == "Snowflake analytics")
        answer = http.get(
            f"{sandbox.url}/data_credentials/{credential}/probe",
            params={"async": "true"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        return answer.json()["request_id"]


async def test_a_probe_that_goes_on_in_the_background_is_pending(settings, sandbox, backstage):
    fields = {"output": {}, "status": "pending", "request_id": begun_in_the_background(sandbox)}
    for field, value in fields.items():
        backstage.break_(kind="set_field", route=PROBE, field=field, value=value, count=None)
    server, account = compose(settings, ImpatientClock())
    async with Client(server) as client:
        answer = await client.call_tool("probe_credential", {"credential": "Snowflake analytics"})
    await account.close()
    assert not answer.is_error, answer.structured_content
    assert answer.structured_content["state"] == "pending"
    assert "Nothing is known yet" in answer.content[0].text


async def test_an_empty_folder_has_no_entries(call):
    answer = await call(
        "probe_credential", credential="Acme data lake (S3)", mode="tree", path="acme-lake/raw/part-0001.json"
    )
    assert answer.structured["state"] == "ok"
    assert answer.structured["entries"] == []


@pytest.mark.parametrize("fault", ["scalar", "empty", "html", "deep"])
async def test_an_answer_that_says_nothing_is_no_success(call, backstage, fault):
    backstage.break_(kind=fault, route=PROBE, count=None)
    answer = await call("probe_credential", credential="Snowflake analytics")
    assert answer.is_error or answer.structured["state"] == "unclear"
    assert "let Nexla in" not in answer.text


async def test_a_platform_error_is_not_blamed_on_the_credential(call, backstage):
    backstage.break_(kind="status", route=PROBE, status=403, count=None)
    answer = await call("probe_credential", credential="Snowflake analytics")
    assert answer.is_error
    assert answer.structured["code"] == "forbidden"


async def test_a_tree_lists_paths_to_the_depth_asked(call):
    top = await call("probe_credential", credential="Acme data lake (S3)", mode="tree")
    assert top.structured["entries"] == ["acme-lake"]
    two = await call("probe_credential", credential="Acme data lake (S3)", mode="tree", depth=2)
    assert {"acme-lake/", "acme-lake/raw", "acme-lake/stores"} <= set(two.structured["entries"])
    below = await call("probe_credential", credential="Acme data lake (S3)", mode="tree", path="acme-lake/raw")
    assert below.structured["entries"] == ["part-0001.json", "part-0002.json"]


async def test_a_database_tree_lists_tables(call):
    answer = await call(
        "probe_credential", credential="Snowflake analytics", mode="tree", database="ANALYTICS", depth=1
    )
    assert "PUBLIC.ORDERS" in answer.structured["entries"]


async def test_a_sample_gives_rows_whatever_the_store(call, sampled):
    table = await call("probe_credential", credential="Snowflake analytics", mode="sample", table="PUBLIC.ORDERS")
    assert table.structured["entries"] == sampled
    files = await call("probe_credential", credential="Acme data lake (S3)", mode="sample", path="acme-lake/raw")
    assert len(files.structured["entries"]) == 2
    assert "Paris" in files.structured["entries"][1]
    documents = await call("probe_credential", credential="Support desk (MongoDB)", mode="sample", table="tickets")
    assert documents.structured["entries"] == sampled


async def test_a_sample_of_nothing_asks_nobody(call, backstage):
    await call("whoami")
    backstage.forget()
    answer = await call("probe_credential", credential="Snowflake analytics", mode="sample")
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"
    assert "path" in answer.structured["hint"]
    assert backstage.requests() == []


async def test_a_path_that_does_not_exist_is_not_found(call):
    answer = await call("probe_credential", credential="Acme data lake (S3)", mode="tree", path="no/such/folder")
    assert answer.is_error
    assert answer.structured["code"] == "not_found"


async def test_a_credential_of_others_cannot_be_tried(call, settings, sandbox):
    rows = (await call("search_resources", types=["credential"], name="Payroll bureau")).structured["rows"]
    sam = settings.model_copy(update={"service_key": SecretStr(sandbox.service_keys["sam@acme.example"])})
    async with connected(sam) as call_as_sam:
        answer = await call_as_sam("probe_credential", credential=rows[0]["id"])
    assert answer.is_error
    assert answer.structured["code"] == "forbidden"
