"""Makes one flow of the seed as if people had made it when they did."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import audit, creation, kinds
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.seed.logins import CREDENTIALS
from nexla_mcp.sandbox.seed.people import Cast, at
from nexla_mcp.sandbox.seed.records import records_of, shifted
from nexla_mcp.sandbox.shapes.common import is_database
from nexla_mcp.sandbox.simulation.detection import schema_of

if TYPE_CHECKING:
    from nexla_mcp.sandbox.routing import Principal
    from nexla_mcp.sandbox.seed.specs import FlowSpec, OutputSpec
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

STREAM_INTERVAL = 3600
"""The streams of acme close a cycle every hour, so that two weeks of them stay small."""
_FILES = frozenset({"s3", "gcs", "ftp"})


@dataclass
class Planted:
    """A flow's documents as they stand; `detected` and `derived` are None for a flow that never ran."""

    spec: FlowSpec
    source: Document
    detected: Document | None
    derived: Document | None
    transform: Document | None
    destinations: list[Document]

    def nodes(self) -> list[tuple[str, Document]]:
        """Kind and document of every node, from the source down."""
        nexsets = [(kinds.NEXSETS, item) for item in (self.detected, self.derived) if item is not None]
        return [(kinds.SOURCES, self.source), *nexsets, *((kinds.DESTINATIONS, item) for item in self.destinations)]


@dataclass
class Garden:
    """What flows are planted into. `now` is the moment at which the history ends."""

    world: World
    cast: Cast
    credentials: dict[str, Document]
    projects: dict[str, Document]
    now: datetime

    def past(self, moment: datetime) -> World:
        return at(self.world, moment)

    def plant(self, spec: FlowSpec) -> Planted:
        made = self.now - timedelta(days=spec.age_days)
        who = self.cast.people[spec.owner]
        source = self._source(spec, who, made)
        if spec.state == "INIT":
            planted = Planted(spec, source, None, None, None, [])
        else:
            planted = self._downstream(spec, who, made, source)
        self._assign(planted)
        self._share(planted, made + timedelta(hours=2))
        return planted

    def amend(
        self, kind: str, document: Document, by: str, moment: datetime, event: str = "update", **fields: Any
    ) -> Document:
        """Changes fields as somebody did at a moment, told in the audit log."""
        after = self.world.store.put(kind, {**document, **fields, "updated_at": iso(moment)})
        past = self.past(moment)
        audit.record(past, self.cast.people[by], event, kind, after, before=document)
        return after

    def behave(self, kind: str, document: Document, **facts: Any) -> Document:
        """Adds simulation facts, which no audit log tells."""
        hidden = dict(document.get("_sandbox") or {})
        hidden["behaviour"] = {**hidden.get("behaviour", {}), **facts}
        return self.world.store.put(kind, {**document, "_sandbox": hidden})

    def _source(self, spec: FlowSpec, who: Principal, made: datetime) -> Document:
        connector = CREDENTIALS[spec.credential].kind
        behaviour: dict[str, Any] = {"rows": spec.rows, "error_rate": spec.error_rate}
        if spec.cron is None:
            behaviour["interval_seconds"] = STREAM_INTERVAL
        return self._activated(
            spec,
            who,
            made,
            kinds.SOURCES,
            creation.create_source(
                self.past(made),
                who,
                {
                    "name": spec.name,
                    "description": spec.description or None,
                    "source_type": connector,
                    "data_credentials_id": self.credentials[spec.credential]["id"],
                    "source_config": _source_config(spec, connector),
                    "ingest_method": "STREAMING" if spec.cron is None else "POLL",
                    "ingestion_mode": "STREAMING" if spec.cron is None else "BATCH",
                    "flow_type": "streaming" if spec.cron is None else "batch",
                    "tags": list(spec.tags),
                    "_sandbox": {"behaviour": behaviour, "sample": self._records(spec)},
                },
            ),
        )

    def _downstream(self, spec: FlowSpec, who: Principal, made: datetime, source: Document) -> Planted:
        records = self._records(spec)
        first = {
            "name": f"1 - {spec.name}",
            "description": f"DataSet #1 detected from {spec.name}",
            "data_source_id": source["id"],
            "flow_type": source["flow_type"],
        }
        detected = self._nexset(spec, who, made + timedelta(minutes=10), first, records)
        transform = creation.create_transform(self.past(made + timedelta(minutes=25)), who, _transform_payload(spec))
        second = {
            "name": spec.derived,
            "parent_data_set_id": detected["id"],
            "has_custom_transform": True,
            "transform_id": transform["id"],
            "tags": list(spec.tags),
            "flow_type": source["flow_type"],
        }
        output = shifted(records, spec.renames)
        derived = self._nexset(spec, who, made + timedelta(minutes=30), second, output, keep=spec.keep)
        destinations = [
            self._destination(spec, who, made + timedelta(minutes=45), derived, wanted) for wanted in spec.outputs
        ]
        return Planted(spec, source, detected, derived, transform, destinations)

    def _nexset(
        self,
        spec: FlowSpec,
        who: Principal,
        made: datetime,
        payload: dict[str, Any],
        records: list[dict[str, Any]],
        **behaviour: Any,
    ) -> Document:
        full = {
            **payload,
            "output_schema": schema_of(records),
            "_sandbox": {"records": records, "behaviour": behaviour},
        }
        nexset = creation.create_nexset(self.past(made), who, full)
        return self._activated(spec, who, made, kinds.NEXSETS, nexset)

    def _destination(
        self, spec: FlowSpec, who: Principal, made: datetime, derived: Document, wanted: OutputSpec
    ) -> Document:
        connector = CREDENTIALS[wanted.credential].kind
        attributes = list(derived["output_schema"]["properties"])
        destination = creation.create_destination(
            self.past(made),
            who,
            {
                "name": wanted.name,
                "sink_type": connector,
                "data_set_id": derived["id"],
                "data_credentials_id": self.credentials[wanted.credential]["id"],
                "sink_config": _sink_config(wanted, connector, attributes),
                "flow_type": derived["flow_type"],
                "tags": list(spec.tags),
            },
        )
        return self._activated(spec, who, made, kinds.DESTINATIONS, destination)

    def _activated(self, spec: FlowSpec, who: Principal, made: datetime, kind: str, document: Document) -> Document:
        if spec.state == "INIT":
            return document
        after = self.world.store.put(kind, {**document, "status": "ACTIVE"})
        past = self.past(made + timedelta(minutes=50))
        audit.record(past, who, "activate", kind, after, changes={"status": ["INIT", "ACTIVE"]})
        return after

    def _assign(self, planted: Planted) -> None:
        project = self.projects.get(planted.spec.project or "")
        node = self.world.store.get(kinds.FLOW_NODES, planted.source["flow_node_id"])
        if project and node:
            self.world.store.put(kinds.FLOW_NODES, {**node, "project_id": project["id"]})

    def _share(self, planted: Planted, moment: datetime) -> None:
        past, who = self.past(moment), self.cast.people[planted.spec.owner]
        for grant in planted.spec.grants:
            subject_id = (
                self.cast.people[grant.subject].user_id if grant.type == "USER" else self.cast.teams[grant.subject]
            )
            for kind, document in planted.nodes():
                subject = (grant.type, subject_id)
                creation.grant(past, who, kind, document["id"], subject=subject, roles=[grant.role])

    def _records(self, spec: FlowSpec) -> list[dict[str, Any]]:
        rng = Random(f"{self.world.options.random_seed}:{spec.name}:{spec.owner}")
        return records_of(spec.family, rng, self.now)


def python_transform(script: str) -> list[dict[str, Any]]:
    """The `code` of a custom record transform (contract 10)."""
    encoded = base64.b64encode(script.encode()).decode()
    spec = {"language": "python", "encoding": "base64", "script": encoded}
    return [{"operation": "nexla.custom", "spec": spec}]


def _transform_payload(spec: FlowSpec) -> dict[str, Any]:
    shift = {**spec.renames, "*": "&"}
    return {
        "name": f"{spec.derived}: map",
        "description": f"Maps the records of {spec.name}",
        "output_type": "record",
        "code_type": "jolt_standard",
        "code_encoding": "none",
        "code": [{"operation": "shift", "spec": shift}],
        "reusable": True,
        "tags": list(spec.tags),
    }


def _source_config(spec: FlowSpec, connector: str) -> dict[str, Any]:
    config: dict[str, Any] = {} if spec.cron is None else {"start.cron": spec.cron}
    if connector in _FILES:
        return {**config, "path": spec.place, "advanced_settings": "Auto Detect"}
    if connector == "kafka":
        return {**config, "parser.type": "json", "topic": spec.place, "offset.mode": "latest"}
    if connector == "mongo":
        return {
            **config,
            "database": "desk",
            "mode": "default",
            "collection": spec.place,
            "mongo.query.expression": "{}",
        }
    if is_database(connector):
        database = CREDENTIALS[spec.credential].shown.get("database_name", "")
        table = {"database": database, "table": spec.place, "mode": "none"}
        return {**config, "db_query_mode": "Default", **table}
    step = {
        "key": "step1",
        "iteration.type": "paging.incrementing",
        "url.template": spec.place,
        "method": "GET",
        "response.data.path": "$.data[*]",
    }
    return {**config, "rest.iterations": [step]}


_TEXT = {"bigquery": "STRING", "databricks": "VARCHAR(65535)", "mysql": "VARCHAR(4096)", "redshift": "VARCHAR(65535)"}
"""What a column of text is called where it is not VARCHAR."""


def _sink_config(wanted: OutputSpec, connector: str, attributes: list[str]) -> dict[str, Any]:
    if connector in _FILES:
        return {"path": wanted.place, "data_format": "json", "output.dir.name.pattern": "{yyyy}/{MM}/{dd}"}
    if connector == "rest":
        body = "{message}"
        return {
            "url.template": wanted.place,
            "method": "POST",
            "content.type": "application/json",
            "body.template": body,
        }
    columns = {name: {name.upper(): _TEXT.get(connector, "VARCHAR")} for name in attributes}
    database = CREDENTIALS[wanted.credential].shown.get("database_name", "warehouse")
    return {
        "database": database,
        "table": wanted.place,
        "insert.mode": "UPSERT",
        "mapping": {"mode": "manual", "tracker_mode": "NONE", "mapping": columns},
    }
