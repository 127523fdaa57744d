"""Sources, nexsets and destinations (contract 6 to 8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.documents.client import Company, credential_of, pipeline_of

HIDDEN_IN_ROWS = {
    "data_sources": {"source_config", "api_keys", "data_credentials", "poll_schedule"},
    "data_sinks": {"sink_config", "data_credentials"},
}


@pytest.mark.parametrize("kind", sorted(HIDDEN_IN_ROWS))
def test_list_rows_are_smaller_than_the_object(acme: Company, kind: str) -> None:
    pipeline = pipeline_of(acme.dana)
    identifier = {"data_sources": pipeline.source, "data_sinks": pipeline.late_sink}[kind]
    full = acme.dana.ok("GET", f"/{kind}/{identifier}")
    row = next(row for row in acme.dana.ok("GET", f"/{kind}") if row["id"] == identifier)
    assert HIDDEN_IN_ROWS[kind] <= set(full)
    assert not HIDDEN_IN_ROWS[kind] & set(row)
    assert row["has_template"] is False


def test_a_source_names_its_detected_nexsets_and_expanded_their_schemas(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    path = f"/data_sources/{pipeline.source}"
    brief = acme.dana.ok("GET", path)["data_sets"]
    assert [(item["id"], item["version"]) for item in brief] == [(pipeline.detected, 1)]
    expanded = acme.dana.ok("GET", f"{path}?expand=1")["data_sets"][0]
    assert expanded["output_schema"]["properties"] == {"order_id": {"type": "integer"}}
    assert expanded["sample_service_id"] is None
    assert set(expanded["transform"]) == {"version", "data_maps", "transforms", "custom_config"}


def test_a_nexset_names_its_source_or_parent_and_its_destinations(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    detected = acme.dana.ok("GET", f"/data_sets/{pipeline.detected}")
    derived = acme.dana.ok("GET", f"/data_sets/{pipeline.derived}")
    assert (detected["data_source_id"], detected["data_source"]["id"]) == (pipeline.source, pipeline.source)
    assert detected["parent_data_sets"] == []
    assert derived["data_source_id"] is None
    assert [item["id"] for item in derived["parent_data_sets"]] == [pipeline.detected]
    assert [item["id"] for item in derived["data_sinks"]] == [pipeline.late_sink]


def test_a_destination_names_its_nexset_in_three_depths(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    path = f"/data_sinks/{pipeline.late_sink}"
    assert set(acme.dana.ok("GET", path)["data_set"]) == {"id", "name"}
    assert "output_schema" in acme.dana.ok("GET", f"{path}?expand=1")["data_set"]
    row = next(row for row in acme.dana.ok("GET", "/data_sinks") if row["id"] == pipeline.late_sink)
    assert row["data_set"]["status"] == "INIT"


def test_a_put_replaces_a_configuration_whole(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    source, sink = f"/data_sources/{pipeline.source}", f"/data_sinks/{pipeline.late_sink}"
    assert acme.dana.ok("PUT", source, {"source_config": {"a": "1"}})["source_config"] == {"a": "1"}
    assert acme.dana.ok("PUT", sink, {"sink_config": {}})["sink_config"] == {}
    entry = acme.dana.audit(source)[0]
    assert entry["object_changes"]["source_config"] == [
        {"table": "ORDERS", "start.cron": "0 0 * * * ?"},
        {"a": "1"},
    ]


def test_a_put_that_changes_nothing_leaves_no_entry(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    path = f"/data_sources/{pipeline.source}"
    before = acme.dana.audit(path)
    acme.dana.ok("PUT", path, {"name": "orders"})
    assert acme.dana.audit(path) == before


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("/data_sources", {"source_type": "s3", "source_config": {}}, "name"),
        ("/data_sources", {"name": "n", "source_config": {}}, "source_type"),
        ("/data_sources", {"name": "n", "source_type": "s3", "source_config": {}}, "data_credentials_id"),
        (
            "/data_sources",
            {"name": "n", "source_type": "s3", "data_credentials_id": 99, "source_config": {}},
            "99",
        ),
        ("/data_sources", {"name": "n", "source_type": "file_upload", "source_config": []}, "source_config"),
        ("/data_sets", {"name": "n"}, "parent_data_set_id"),
        ("/data_sets", {"name": "n", "parent_data_set_id": 99}, "99"),
        ("/data_sinks", {"name": "n", "sink_type": "s3", "sink_config": {}}, "data_set_id"),
        ("/data_sinks", {"name": "n", "sink_config": {}, "data_set_id": 99}, "sink_type"),
    ],
)
def test_what_is_missing_or_unknown_is_named(acme: Company, path: str, body: Any, word: str) -> None:
    assert word in acme.dana.refused(400, "POST", path, body)
    assert acme.dana.ok("GET", path) == []


@pytest.mark.parametrize("source_type", ["file_upload", "nexla_rest", "email"])
def test_some_sources_log_in_nowhere(acme: Company, source_type: str) -> None:
    payload = {"name": "drop", "source_type": source_type, "source_config": {}}
    assert "data_credentials" not in acme.dana.ok("POST", "/data_sources", payload)


def test_a_nexset_made_with_destinations_makes_and_takes_them(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    new = {
        "name": "new",
        "sink_type": "snowflake",
        "sink_config": {},
        "data_credentials_id": pipeline.credential,
    }
    sinks = [pipeline.early_sink, new]
    payload = {"name": "second", "parent_data_set_id": pipeline.derived, "has_custom_transform": True}
    made = acme.dana.ok("POST", "/data_sets", {**payload, "data_sinks": sinks})
    assert sorted(item["name"] for item in made["data_sinks"]) == ["new", "raw copy"]
    tree = acme.dana.ok("GET", f"/flows/{pipeline.node}")
    second = tree["flows"][0]["children"][0]["children"][0]["children"]
    assert {pipeline.late_sink, None} == {node["data_sink_id"] for node in second}
    below = next(node for node in second if node["data_set_id"] == made["id"])["children"]
    assert pipeline.early_sink in [node["data_sink_id"] for node in below]


def test_a_destination_of_type_data_map_makes_a_dynamic_lookup(acme: Company) -> None:
    pipeline = pipeline_of(acme.dana)
    payload = {"name": "codes", "sink_type": "data_map", "sink_config": {}, "data_set_id": pipeline.derived}
    sink = acme.dana.ok("POST", "/data_sinks", payload)
    lookup = acme.dana.ok("GET", f"/data_maps/{sink['data_map_id']}")
    assert lookup["data_sink_id"] == str(sink["id"])


class TestDeleting:
    def test_what_runs_is_not_deleted(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.ok("PUT", f"/flows/{pipeline.node}/activate")
        for kind, identifier in pipeline.resources:
            assert "pause" in acme.dana.refused(400, "DELETE", f"/{kind}/{identifier}")

    def test_what_feeds_something_is_not_deleted_and_says_what(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        assert str(pipeline.late_sink) in acme.dana.refused(400, "DELETE", f"/data_sets/{pipeline.derived}")
        assert str(pipeline.early_sink) in acme.dana.refused(400, "DELETE", f"/data_sources/{pipeline.source}")

    def test_leaves_first_the_whole_pipeline_can_go(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        for kind, identifier in reversed(pipeline.resources):
            acme.dana.ok("DELETE", f"/{kind}/{identifier}")
            acme.dana.refused(404, "GET", f"/{kind}/{identifier}")
        acme.dana.refused(404, "GET", f"/flows/{pipeline.node}")
        assert acme.dana.ok("GET", "/flows")["flows"] == []
        gone = [
            entry for entry in acme.dana.audit(f"/orgs/{acme.dana.principal.org_id}") if entry["event"] == "destroy"
        ]
        assert {entry["item_id"] for entry in gone} == {identifier for _, identifier in pipeline.resources}


class TestSamples:
    def test_cached_records_with_a_count(self, acme: Company) -> None:
        path = f"/data_sets/{pipeline_of(acme.dana).detected}/samples"
        assert acme.dana.ok("GET", f"{path}?count=2") == [{"order_id": 0}, {"order_id": 1}]
        assert len(acme.dana.ok("GET", f"{path}?count=100")) == 8
        acme.dana.refused(400, "GET", f"{path}?count=-1")

    @pytest.mark.parametrize("flag", ["1", "true", "True"])
    def test_metadata_in_milliseconds(self, acme: Company, flag: str) -> None:
        identifier = pipeline_of(acme.dana).detected
        rows = acme.dana.ok("GET", f"/data_sets/{identifier}/samples?include_metadata={flag}&count=1")
        assert rows[0]["rawMessage"] == {"order_id": 0}
        assert rows[0]["nexlaMetaData"]["resourceId"] == identifier
        assert rows[0]["nexlaMetaData"]["runId"] > 10**12

    def test_false_in_capitals_is_false(self, acme: Company) -> None:
        path = f"/data_sets/{pipeline_of(acme.dana).detected}/samples?include_metadata=False&count=1"
        assert acme.dana.ok("GET", path) == [{"order_id": 0}]


class TestDocs:
    def test_a_post_replaces_all(self, acme: Company) -> None:
        path = f"/data_sets/{pipeline_of(acme.dana).detected}/docs"
        acme.dana.ok("POST", path, {"docs": [{"name": "a", "text": "# A"}, {"name": "b", "text": "B\n"}]})
        acme.dana.ok("POST", path, {"docs": [{"name": "c", "text": "# C\n", "doc_type": "md"}]})
        docs = acme.dana.ok("GET", path)
        assert [(item["name"], item["text"], item["doc_type"]) for item in docs] == [("c", "# C\n", "md")]

    def test_public_is_refused(self, acme: Company) -> None:
        path = f"/data_sets/{pipeline_of(acme.dana).detected}/docs"
        acme.dana.refused(400, "POST", path, {"docs": [{"name": "a", "text": "", "public": True}]})

    def test_a_recommendation_without_genai_says_so(self, acme: Company) -> None:
        answer = acme.dana.ok("POST", f"/data_sets/{pipeline_of(acme.dana).detected}/docs/recommendation")
        assert "response" not in answer["output"]
        assert answer["output"]["errorMessage"]


class TestCopying:
    def test_a_source_is_copied_with_its_credential_cloned(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        acme.dana.ok("PUT", f"/flows/{pipeline.node}/activate")
        copy = acme.dana.ok("POST", f"/data_sources/{pipeline.source}/copy")
        assert (copy["copied_from_id"], copy["status"]) == (pipeline.source, "INIT")
        assert copy["data_credentials"]["copied_from_id"] == pipeline.credential
        assert copy["data_sets"] == []

    def test_a_credential_can_be_reused(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        path = f"/data_sinks/{pipeline.late_sink}/copy"
        copy = acme.dana.ok("POST", path, {"reuse_data_credentials": True})
        assert copy["data_credentials"]["id"] == pipeline.credential
        assert copy["data_set_id"] == pipeline.derived

    def test_a_nexset_is_copied_beside_the_original(self, acme: Company) -> None:
        pipeline = pipeline_of(acme.dana)
        copy = acme.dana.ok("POST", f"/data_sets/{pipeline.derived}/copy")
        assert copy["copied_from_id"] == pipeline.derived
        assert [item["id"] for item in copy["parent_data_sets"]] == [pipeline.detected]
        assert copy["data_sinks"] == []

    @pytest.mark.parametrize("kept", [True, False])
    def test_access_rules_come_along_when_asked(self, acme: Company, kept: bool) -> None:
        pipeline = pipeline_of(acme.dana)
        rule = {"type": "USER", "email": "sam@acme.example", "access_roles": ["operator"]}
        acme.dana.ok("PUT", f"/data_sources/{pipeline.source}/accessors", {"accessors": [rule]})
        copy = acme.dana.ok("POST", f"/data_sources/{pipeline.source}/copy", {"copy_access_controls": kept})
        rules = acme.dana.ok("GET", f"/data_sources/{copy['id']}/accessors")
        assert [item["email"] for item in rules] == (["sam@acme.example"] if kept else [])


class TestWhatOnlyThePlatformSets:
    """A request cannot choose the facts that follow from who asks and what happens."""

    @pytest.mark.parametrize(
        ("field", "value"),
        [("status", "ACTIVE"), ("owner_id", 1), ("org_id", 1), ("created_at", "2001-01-01T00:00:00.000Z")],
    )
    def test_of_a_source(self, acme: Company, field: str, value: Any) -> None:
        payload = {"name": "n", "source_type": "file_upload", "source_config": {}, field: value}
        made = acme.dana.ask("POST", "/data_sources", payload).body
        assert (acme.world.store.get("data_sources", made["id"]) or {})[field] != value

    def test_of_a_credential(self, acme: Company) -> None:
        identifier = credential_of(acme.dana, _sandbox={"probe": "refused"})
        acme.dana.ok("GET", f"/data_credentials/{identifier}/probe")


def test_a_credential_of_somebody_else_cannot_be_used(acme: Company) -> None:
    hidden = credential_of(acme.dana)
    payload = {"name": "n", "source_type": "snowflake", "source_config": {}, "data_credentials_id": hidden}
    acme.robin.refused(403, "POST", "/data_sources", payload)


def test_a_destination_of_somebody_else_cannot_be_taken(acme: Company) -> None:
    theirs, mine = pipeline_of(acme.dana), pipeline_of(acme.robin)
    payload = {"name": "n", "parent_data_set_id": mine.detected, "data_sinks": [theirs.late_sink]}
    acme.robin.refused(403, "POST", "/data_sets", payload)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("data_sources", {"source_type": None}),
        ("data_sinks", {"sink_type": 5}),
        ("data_credentials", {"credentials_type": None}),
        ("data_sources", {"ingest_method": {}}),
    ],
)
def test_a_put_of_a_wrong_type_is_refused(acme: Company, kind: str, body: Any) -> None:
    pipeline = pipeline_of(acme.dana)
    identifiers = {"data_sources": pipeline.source, "data_sinks": pipeline.late_sink}
    identifier = identifiers.get(kind, pipeline.credential)
    acme.dana.refused(400, "PUT", f"/{kind}/{identifier}", body)
