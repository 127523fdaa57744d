"""How each kind of trouble is put into a healthy flow: its cause in the audit log, then its effect in the runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import kinds
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.seed.planting import Garden, Planted, python_transform
from nexla_mcp.sandbox.simulation.behaviour import watch
from nexla_mcp.sandbox.simulation.detection import schema_of
from nexla_mcp.sandbox.simulation.events import Event
from nexla_mcp.sandbox.simulation.notices import notify
from nexla_mcp.sandbox.simulation.schedule import beat_of, fires_between

if TYPE_CHECKING:
    from nexla_mcp.sandbox.store import Document


@dataclass(frozen=True)
class Ailment:
    """The flow as it now is, the node at fault, and the end of the history where that is not now."""

    planted: Planted
    kind: str
    document: Document
    what: str
    until: datetime | None = None
    credential_id: int | None = None


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def refused_credential(garden: Garden, planted: Planted) -> Ailment:
    since = garden.now - timedelta(days=2)
    credential = garden.credentials["billing_db"]
    shown = {**credential["credentials_non_secure_data"], "username": "nexla_ro"}
    verified = iso(garden.now - timedelta(days=140))
    credential = garden.world.store.put(kinds.CREDENTIALS, {**credential, "verified_at": verified})
    credential = garden.amend(
        kinds.CREDENTIALS, credential, "marco", since - timedelta(hours=20), credentials_non_secure_data=shown
    )
    refusal = 'FATAL: password authentication failed for user "nexla_ro"'
    facts = {"probe": "refused", "refusal": refusal, "refused_since": milliseconds(since)}
    hidden = {**credential["_sandbox"], **facts}
    garden.world.store.put(kinds.CREDENTIALS, {**credential, "_sandbox": hidden})
    what = "the credential of the source is refused since two days"
    return Ailment(planted, kinds.SOURCES, planted.source, what, credential_id=credential["id"])


def schema_drift(garden: Garden, planted: Planted) -> Ailment:
    since = garden.now - timedelta(days=2)
    detected, sink = _present(planted.detected), planted.destinations[0]
    old, new = "total_amount", "order_total"

    def drifted(record: dict[str, Any]) -> dict[str, Any]:
        return {new if name == old else name: str(value) if name == old else value for name, value in record.items()}

    records = [drifted(record) for record in detected["_sandbox"]["records"]]
    text = f'attribute "{old}" (number) is gone, "{new}" (string) is new'
    failure = {"kind": "schema_drift", "since": milliseconds(since), "text": text}
    detected = garden.amend(kinds.NEXSETS, detected, planted.spec.owner, since, output_schema=schema_of(records))
    detected = _with_records(garden, detected, records)
    detected = garden.behave(kinds.NEXSETS, detected, failure=failure)
    derived = _present(planted.derived)
    derived_records = [drifted(record) for record in derived["_sandbox"]["records"]]
    derived = garden.world.store.put(kinds.NEXSETS, {**derived, "output_schema": schema_of(derived_records)})
    derived = _with_records(garden, derived, derived_records)
    transform = _present(planted.transform)
    refusal = {
        "kind": "rejected",
        "since": milliseconds(since),
        "text": f'column "{old.upper()}" is NOT NULL, but attribute "{old}" is missing in the record',
        "watch": [
            watch(sink, kinds.DESTINATIONS, "sink_config"),
            watch(transform, kinds.CODE, "code"),
            watch(derived, kinds.NEXSETS, "transform_id"),
        ],
    }
    sink = garden.behave(kinds.DESTINATIONS, sink, failure=refusal)
    changed = replace(planted, detected=detected, derived=derived, destinations=[sink])
    return Ailment(changed, kinds.NEXSETS, detected, text)


def transform_error(garden: Garden, planted: Planted) -> Ailment:
    since = garden.now - timedelta(days=3)
    detected, derived, transform = _present(planted.detected), _present(planted.derived), _present(planted.transform)
    script = (
        "def transform(input, metadata, args):\n"
        "    input['amount_cents'] = int(input['amount'] * 100.0)\n"
        "    return input\n"
    )
    transform = garden.amend(
        kinds.CODE, transform, "sam", since, code=python_transform(script), code_type="jolt_custom"
    )
    text = "TypeError: can't multiply sequence by non-int of type 'float' (attribute \"amount\")"
    failure = {
        "kind": "transform_error",
        "since": milliseconds(since),
        "text": text,
        "watch": [watch(transform, kinds.CODE, "code"), watch(derived, kinds.NEXSETS, "transform_id")],
    }
    right = [
        {**record, "amount_cents": round(float(record["amount"]) * 100)} for record in detected["_sandbox"]["records"]
    ]
    derived = garden.world.store.put(kinds.NEXSETS, {**derived, "output_schema": detected["output_schema"]})
    hidden = {**derived["_sandbox"], "records": detected["_sandbox"]["records"], "records_when_repaired": right}
    derived = garden.behave(kinds.NEXSETS, {**derived, "_sandbox": hidden}, failure=failure)
    changed = replace(planted, derived=derived, transform=transform)
    return Ailment(changed, kinds.NEXSETS, derived, "the transform fails on every record, which pass unchanged")


def stale_source(garden: Garden, planted: Planted) -> Ailment:
    since = garden.now - timedelta(days=5)
    failure = {"kind": "stalled", "since": milliseconds(since), "text": "not scheduled"}
    source = garden.behave(kinds.SOURCES, planted.source, failure=failure)
    changed = replace(planted, source=source)
    return Ailment(changed, kinds.SOURCES, source, "active and daily, but has not run for five days")


def quarantine_growth(garden: Garden, planted: Planted) -> Ailment:
    since = garden.now - timedelta(days=10)
    failure = {
        "kind": "quarantine_growth",
        "since": milliseconds(since),
        "until": milliseconds(garden.now),
        "from": 0.01,
        "to": 0.26,
        "text": 'attribute "unit_cost" is not a number, e.g. "12,40"',
        "watch": [watch(planted.source, kinds.SOURCES, "source_config")],
    }
    source = garden.behave(kinds.SOURCES, planted.source, failure=failure)
    changed = replace(planted, source=source)
    return Ailment(changed, kinds.SOURCES, source, "quarantined records grew from 1% to over 20% of a run")


def half_paused_tree(garden: Garden, planted: Planted) -> Ailment:
    since = garden.now - timedelta(days=3, hours=5)
    derived = garden.amend(kinds.NEXSETS, _present(planted.derived), "sam", since, "pause", status="PAUSED")
    sink = garden.amend(kinds.DESTINATIONS, planted.destinations[0], "sam", since, "pause", status="PAUSED")
    derived = garden.behave(kinds.NEXSETS, derived, paused_at=milliseconds(since))
    sink = garden.behave(kinds.DESTINATIONS, sink, paused_at=milliseconds(since))
    _tell(garden, kinds.NEXSETS, derived, since, "PAUSE", "INFO", "was paused")
    changed = replace(planted, derived=derived, destinations=[sink])
    return Ailment(changed, kinds.NEXSETS, derived, "the source runs, the nexset and destination below it are paused")


def volume_drop(garden: Garden, planted: Planted) -> Ailment:
    since = _runs_ago(garden, planted, 2)
    config = {**planted.source["source_config"], "path": f"{planted.spec.place}/eu"}
    changed_at = since - timedelta(hours=9)
    source = garden.amend(kinds.SOURCES, planted.source, "lena", changed_at, source_config=config)
    failure = {
        "kind": "volume_drop",
        "since": milliseconds(since),
        "factor": 0.05,
        "text": "fewer files than usual",
        "watch": [watch(source, kinds.SOURCES, "source_config")],
    }
    source = garden.behave(kinds.SOURCES, source, failure=failure)
    _tell(garden, kinds.SOURCES, source, since, "MONITOR", "WARN", "read far fewer records than usual")
    changed = replace(planted, source=source)
    return Ailment(changed, kinds.SOURCES, source, "the last two runs read about 5% of the usual records")


def destination_write_error(garden: Garden, planted: Planted) -> Ailment:
    since = garden.now - timedelta(hours=30)
    sink = planted.destinations[0]
    config = {**sink["sink_config"], "table": "GL_ENTRIES_V2"}
    sink = garden.amend(kinds.DESTINATIONS, sink, "lena", since, sink_config=config)
    failure = {
        "kind": "rejected",
        "since": milliseconds(since),
        "text": 'permission denied on table "GL_ENTRIES_V2" for role "NEXLA_LOADER": INSERT is not granted',
        "watch": [watch(sink, kinds.DESTINATIONS, "sink_config")],
    }
    sink = garden.behave(kinds.DESTINATIONS, sink, failure=failure)
    changed = replace(planted, destinations=[sink])
    what = "every record is refused by the table, the login itself works"
    return Ailment(changed, kinds.DESTINATIONS, sink, what, credential_id=sink["data_credentials_id"])


def empty_file(garden: Garden, planted: Planted) -> Ailment:
    failure = {
        "kind": "empty",
        "since": milliseconds(_runs_ago(garden, planted, 3)),
        "text": f"source file empty: {planted.spec.place}/tracking.csv has 0 records",
        "watch": [watch(planted.source, kinds.SOURCES, "source_config")],
    }
    source = garden.behave(kinds.SOURCES, planted.source, failure=failure)
    changed = replace(planted, source=source)
    return Ailment(changed, kinds.SOURCES, source, "the last three runs found an empty file")


def rate_limited(garden: Garden, planted: Planted) -> Ailment:
    since = garden.now - timedelta(hours=6)
    source = garden.amend(kinds.SOURCES, planted.source, planted.spec.owner, since, status="RATE_LIMITED")
    _tell(garden, kinds.SOURCES, source, since, "MONITOR", "WARN", "is rate limited by the platform")
    changed = replace(planted, source=source)
    return Ailment(changed, kinds.SOURCES, source, "the platform holds the source back", until=since)


def paused_on_purpose(garden: Garden, planted: Planted) -> Ailment:
    since = garden.now - timedelta(days=9)

    def paused(kind: str, document: Document) -> Document:
        after = garden.amend(kind, document, planted.spec.owner, since, "pause", status="PAUSED")
        return garden.behave(kind, after, paused_at=milliseconds(since))

    changed = replace(
        planted,
        source=paused(kinds.SOURCES, planted.source),
        detected=paused(kinds.NEXSETS, _present(planted.detected)),
        derived=paused(kinds.NEXSETS, _present(planted.derived)),
        destinations=[paused(kinds.DESTINATIONS, sink) for sink in planted.destinations],
    )
    return Ailment(changed, kinds.SOURCES, changed.source, "not sick: paused as a whole on purpose", until=since)


def never_activated(_garden: Garden, planted: Planted) -> Ailment:
    return Ailment(planted, kinds.SOURCES, planted.source, "not sick: never activated, so it never ran")


def name_twins(_garden: Garden, planted: Planted) -> Ailment:
    return Ailment(planted, kinds.SOURCES, planted.source, "not sick: another flow has the same name")


AILMENTS: Mapping[str, Callable[[Garden, Planted], Ailment]] = {
    "refused_credential": refused_credential,
    "schema_drift": schema_drift,
    "transform_error_passed_through": transform_error,
    "stale_source": stale_source,
    "quarantine_growth": quarantine_growth,
    "half_paused_tree": half_paused_tree,
    "name_twins": name_twins,
    "volume_drop": volume_drop,
    "destination_write_error": destination_write_error,
    "empty_file": empty_file,
    "rate_limited": rate_limited,
    "paused_on_purpose": paused_on_purpose,
    "never_activated": never_activated,
}


def _present(document: Document | None) -> Document:
    if document is None:
        raise ValueError("a flow that never ran can have no such trouble")
    return document


def _with_records(garden: Garden, nexset: Document, records: list[dict[str, Any]]) -> Document:
    hidden = {**nexset["_sandbox"], "records": records}
    return garden.world.store.put(kinds.NEXSETS, {**nexset, "_sandbox": hidden})


def _runs_ago(garden: Garden, planted: Planted, runs: int) -> datetime:
    """Shortly before the run that many runs ago."""
    fires = fires_between(beat_of(planted.source), 0, milliseconds(garden.now) - 60_000, runs)
    return datetime.fromtimestamp(fires[0] / 1000, timezone.utc) - timedelta(minutes=10)


def _tell(garden: Garden, kind: str, document: Document, moment: datetime, event: str, level: str, text: str) -> None:
    message = f"{document['name']} {text}"
    notify(garden.world.store, document, Event(kind, document["id"], event, level, message), milliseconds(moment))
