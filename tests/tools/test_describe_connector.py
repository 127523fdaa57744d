"""`describe_connector`: what the contract says of connectors, without asking the account."""

from __future__ import annotations

import pytest

from nexla_mcp.connectors import load_catalog
from tests.tools.conftest import connected

pytestmark = pytest.mark.anyio


async def test_without_a_code_all_are_listed(call):
    answer = await call("describe_connector")
    codes = [row["code"] for row in answer.structured["connectors"]]
    assert codes == sorted(set(codes))
    assert answer.structured["total"] == len(codes) >= 50
    assert {"s3", "snowflake", "rest", "kafka", "postgres"} <= set(codes)
    assert "fields" not in answer.structured


async def test_the_list_narrows_to_what_can_be_a_part(call):
    rows = (await call("describe_connector", part="destination")).structured["connectors"]
    assert all("destination" in row["can"] for row in rows)
    assert "email" in {row["code"] for row in rows}
    assert "aws_athena" not in {row["code"] for row in rows}


async def test_a_connector_shows_fields_required_first_and_marks_secrets(call):
    answer = (await call("describe_connector", connector="s3")).structured
    assert answer["containers"] == {
        "credential": "credentials",
        "source": "source_config",
        "destination": "sink_config",
    }
    fields = {(row["part"], row["name"]): row for row in answer["fields"]}
    assert fields["credential", "secret_key"]["secret"] is True
    assert "secret" not in fields["credential", "region"]
    assert fields["credential", "s3_auth_type"]["required"] is True
    assert "ARN" in fields["credential", "s3_auth_type"]["enum"]
    assert fields["source", "path"]["required"] is True
    for part in answer["containers"]:
        required = [row.get("required", False) for row in answer["fields"] if row["part"] == part]
        assert required == sorted(required, reverse=True)


@pytest.mark.parametrize("part", ["credential", "source", "destination"])
async def test_one_part_shows_only_that(call, part):
    answer = (await call("describe_connector", connector="s3", part=part)).structured
    assert {row["part"] for row in answer["fields"]} == {part}
    assert list(answer["containers"]) == [part]


async def test_a_misspelt_code_brings_the_nearest(call):
    answer = await call("describe_connector", connector="snowflak")
    assert answer.is_error
    assert answer.structured["code"] == "not_found"
    assert "snowflake" in answer.structured["hint"]


async def test_a_part_that_a_connector_lacks_is_refused_with_those_it_has(call):
    answer = await call("describe_connector", connector="aws_athena", part="destination")
    assert answer.is_error
    assert answer.structured["code"] == "bad_input"
    assert "credential, source" in answer.structured["hint"]


async def test_what_was_cut_says_by_what_to_narrow_and_each_part_fits(call):
    whole = (await call("describe_connector", connector="rest")).structured
    assert whole["truncated"] is True
    assert "part" in whole["narrow"]
    seen = 0
    for part in whole["containers"]:
        answer = (await call("describe_connector", connector="rest", part=part)).structured
        assert "truncated" not in answer
        seen += len(answer["fields"])
    assert seen == whole["total"] > len(whole["fields"])


async def test_every_connector_fits_by_its_parts(call):
    for connector in load_catalog().connectors():
        for part in connector.can:
            answer = await call("describe_connector", connector=connector.code, part=part)
            assert not answer.is_error
            assert "truncated" not in answer.structured, connector.code


async def test_no_request_reaches_nexla(settings, backstage):
    async with connected(settings) as call:
        backstage.forget()
        assert not (await call("describe_connector", connector="kafka")).is_error
    assert backstage.requests() == []
