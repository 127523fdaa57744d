"""Every health check as a table of facts and what they mean."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from nexla_mcp.adapter.models import FlowHealth as PlatformHealth
from nexla_mcp.adapter.models import LogEntry, Notification, ProbeResult, ProbeState, Source
from nexla_mcp.domain.errors import ErrorCode, ErrorInfo
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.health import Finding, Verdict, pack_ids, unpack_ids
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.schedule import Schedule
from nexla_mcp.domain.times import Window
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.operations import health_checks as state_checks
from nexla_mcp.operations import health_checks_credentials as credential_checks
from nexla_mcp.operations import health_checks_messages as message_checks
from nexla_mcp.operations import health_checks_runs as run_checks
from nexla_mcp.operations.evidence import Counts, CredentialState, FlowEvidence, Look, Run
from nexla_mcp.operations.health_checks import judge
from nexla_mcp.operations.health_checks_base import Unjudged
from nexla_mcp.operations.health_thresholds import DEFAULTS

NOW = datetime(2026, 11, 18, 12, 20, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
SOURCE, DETECTED, DERIVED, SINK = (
    (ResourceType.SOURCE, 1),
    (ResourceType.NEXSET, 2),
    (ResourceType.NEXSET, 3),
    (ResourceType.DESTINATION, 4),
)
CHAIN = (SOURCE, DETECTED, DERIVED, SINK)
HOURLY = "0 0 * * * ?"


def lineage(*statuses: str | None) -> Lineage:
    """source → detected nexset → derived nexset → destination, credentials 91 and 94 at the ends."""
    statuses = statuses or ("ACTIVE",) * 4
    nodes = tuple(
        LineageNode(
            node_id=10 + index,
            parent_id=9 + index if index else None,
            depth=index,
            type=kind,
            id=identifier,
            name=f"{kind.value} {identifier}",
            status=status,
            credential_id={0: 91, 3: 94}.get(index),
        )
        for index, ((kind, identifier), status) in enumerate(zip(CHAIN, statuses, strict=True))
    )
    return Lineage(flow_id=10, name="orders", nodes=nodes)


def run(hours_ago: float, *records: int, errors: dict | None = None) -> Run:
    """One run: records of the nodes from the source down (one number stands for all), errors by node."""
    started = NOW - hours_ago * HOUR
    amounts = records * 4 if len(records) == 1 else records
    counts = {
        key: Counts(amount, amount * 100, (errors or {}).get(key, 0))
        for key, amount in zip(CHAIN, amounts, strict=False)
    }
    return Run(int(started.timestamp() * 1000), started, counts)


def steady(count: int = 12, start: float = 1, records: int = 1000) -> tuple[Run, ...]:
    return tuple(run(start + index, records) for index in range(count))


def worked(identifier: int) -> CredentialState:
    return CredentialState(
        identifier, verified_status="VERIFIED", verified_at=NOW - 200 * HOUR, probe=ProbeResult(state=ProbeState.OK)
    )


def evidence(**changes: object) -> FlowEvidence:
    """A flow in perfect health, but for `changes`."""
    healthy = FlowEvidence(
        lineage=lineage(),
        now=NOW,
        window=Window(NOW - 72 * HOUR, NOW),
        source=Source(id=1, created_at=NOW - 2000 * HOUR, updated_at=NOW - 1000 * HOUR),
        schedule_text=HOURLY,
        schedule=Schedule.read(HOURLY),
        runs=steady(),
        credentials=(worked(91), worked(94)),
    )
    return healthy.but(**changes)


def told(check, facts: FlowEvidence) -> list[tuple[Trouble, Verdict, int | None]]:
    return [(item.trouble, item.severity, item.id) for item in check(facts, DEFAULTS) if isinstance(item, Finding)]


def unjudged(check, facts: FlowEvidence) -> list[bool]:
    """For each thing that could not be judged, whether it was needed."""
    return [item.needed for item in check(facts, DEFAULTS) if isinstance(item, Unjudged)]


def test_a_flow_without_trouble_is_healthy():
    health = judge(evidence())
    assert (health.verdict, health.findings, health.not_checked) == (Verdict.HEALTHY, (), ())
    assert health.last_run == NOW - HOUR


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE"), []),
        (("ACTIVE", "ACTIVE", "ACTIVE", "PAUSED"), [(Trouble.HALF_PAUSED, Verdict.SICK, 4)]),
        (("ACTIVE", "ACTIVE", "PAUSED", "PAUSED"), [(Trouble.HALF_PAUSED, Verdict.SICK, 3)]),
        (
            ("ACTIVE", "PAUSED", "ACTIVE", "PAUSED"),
            [(Trouble.HALF_PAUSED, Verdict.SICK, 2), (Trouble.HALF_PAUSED, Verdict.SICK, 4)],
        ),
        (("PAUSED", "ACTIVE", "ACTIVE", "ACTIVE"), [(Trouble.HALF_PAUSED, Verdict.SICK, 1)]),
        (("ACTIVE", "ACTIVE", "ACTIVE", "INIT"), [(Trouble.HALF_PAUSED, Verdict.WARNING, 4)]),
        (("paused", "PAUSED", "PAUSED", "PAUSED"), []),
        (("INIT", "PAUSED", "PAUSED", "PAUSED"), []),
    ],
)
def test_half_paused_trees(statuses, expected):
    assert told(state_checks.check_half_paused, evidence(lineage=lineage(*statuses))) == expected


@pytest.mark.parametrize(
    ("status", "expected", "needed"),
    [
        ("ACTIVE", [], []),
        ("PROCESSING", [], []),
        ("RATE_LIMITED", [(Trouble.RATE_LIMITED, Verdict.SICK, 1)], []),
        ("ERROR", [(Trouble.SOURCE_ERROR, Verdict.SICK, 1)], []),
        (None, [], [True]),
        ("MOON", [], [True]),
    ],
)
def test_status_words(status, expected, needed):
    facts = evidence(lineage=lineage(status, "ACTIVE", "ACTIVE", "ACTIVE"))
    assert told(state_checks.check_statuses, facts) == expected
    assert unjudged(state_checks.check_statuses, facts) == needed


@pytest.mark.parametrize(
    "statuses",
    [("PAUSED",) * 4, ("INIT",) * 4, ("DRAFT", "INIT", "INIT", "INIT"), ("PAUSED", "PAUSED", "INIT", "INIT")],
)
def test_a_flow_at_rest_is_not_running_whatever_else_was_or_was_not_seen(statuses):
    facts = evidence(lineage=lineage(*statuses), runs=(), unread={Look.RUNS: "forbidden"}, twins=((77, None),))
    health = judge(facts)
    assert health.verdict is Verdict.NOT_RUNNING
    assert {item.trouble for item in health.findings} == {Trouble.NOT_RUNNING, Trouble.NAME_TWIN}
    assert not health.not_checked


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (0.5, []),
        (1.7, []),
        (1.8, [(Trouble.STALE_SOURCE, Verdict.SICK, 1)]),
        (70, [(Trouble.STALE_SOURCE, Verdict.SICK, 1)]),
    ],
)
def test_staleness_against_the_schedule(last, expected):
    assert told(state_checks.check_staleness, evidence(runs=steady(start=last))) == expected


def test_no_run_at_all_is_stale_once_the_first_is_overdue():
    assert told(state_checks.check_staleness, evidence(runs=())) == [(Trouble.STALE_SOURCE, Verdict.SICK, 1)]
    fresh = evidence(runs=(), source=Source(id=1, created_at=NOW - HOUR, updated_at=NOW - HOUR))
    assert told(state_checks.check_staleness, fresh) == []
    assert unjudged(state_checks.check_staleness, fresh) == [True]


def test_a_source_that_was_changed_after_it_was_due_is_not_stale_yet():
    resumed = Source(id=1, created_at=NOW - 2000 * HOUR, updated_at=NOW - HOUR)
    assert told(state_checks.check_staleness, evidence(runs=steady(start=50), source=resumed)) == []


def test_a_weekday_job_is_not_late_on_monday_morning():
    weekdays = "0 0 6 ? * MON-FRI"
    monday = datetime(2026, 11, 16, 5, 0, tzinfo=timezone.utc)
    friday = Run(None, datetime(2026, 11, 13, 6, 0, tzinfo=timezone.utc), {SOURCE: Counts(10)})
    facts = evidence(now=monday, runs=(friday,), schedule_text=weekdays, schedule=Schedule.read(weekdays))
    assert told(state_checks.check_staleness, facts) == []


@pytest.mark.parametrize(
    ("runs", "expected", "needed"),
    [
        (steady(8, start=2), [], []),
        (steady(8, start=4), [(Trouble.STALE_SOURCE, Verdict.WARNING, 1)], []),
        ((*steady(4, start=4), *steady(4, start=14)), [], []),
        (steady(3, start=40), [], [True]),
        ((), [], [True]),
    ],
    ids=["in rhythm", "silent", "long silences are usual", "too few runs", "no run"],
)
def test_without_a_schedule_a_source_is_held_to_its_own_rhythm(runs, expected, needed):
    facts = evidence(schedule=None, schedule_text=None, runs=runs)
    assert told(state_checks.check_staleness, facts) == expected
    assert unjudged(state_checks.check_staleness, facts) == needed


@pytest.mark.parametrize(
    ("node", "trouble"),
    [
        (SOURCE, Trouble.SOURCE_ERROR),
        (DETECTED, Trouble.ERROR_RATE),
        (DERIVED, Trouble.TRANSFORM_ERROR),
        (SINK, Trouble.DESTINATION_ERROR),
    ],
)
@pytest.mark.parametrize(
    ("errors", "severity"),
    [
        ((0, 0, 0), None),
        ((5, 5, 5), None),
        ((20, 20, 20), Verdict.WARNING),
        ((100, 100, 100), Verdict.SICK),
        ((400, 0, 0), Verdict.SICK),
        ((0, 300, 300), Verdict.WARNING),
    ],
    ids=["none", "stray", "some", "many", "just began", "recovered"],
)
def test_errors_of_the_last_runs(node, trouble, errors, severity):
    """`errors` of the newest three runs of 1,000 records, the newest first."""
    runs = tuple(run(1 + index, 1000, errors={node: count}) for index, count in enumerate(errors))
    expected = [(trouble, severity, node[1])] if severity else []
    assert told(run_checks.check_errors, evidence(runs=runs + steady(6, start=4))) == expected


@pytest.mark.parametrize(
    ("errors", "severity"),
    [
        ((0, 0, 0, 0, 0, 0), None),
        ((9, 9, 9, 9, 9, 9), None),
        ((2, 4, 7, 12, 18, 26), Verdict.SICK),
        ((0, 1, 2, 3, 5, 8), Verdict.WARNING),
        ((0, 0, 0, 0, 0, 90), None),
        ((26, 18, 12, 7, 4, 2), None),
        ((0, 0, 0, 0, 260, 1000), None),
        ((0, 0, 0, 300, 302, 305), None),
    ],
    ids=["none", "level", "rising", "rising slowly", "one spike", "falling", "broke just now", "broke before"],
)
def test_quarantine_growth(errors, severity):
    """`errors` of six runs of 1,000 records, the oldest first."""
    expected = [(Trouble.QUARANTINE_GROWTH, severity, 3)] if severity else []
    runs = tuple(run(6 - index, 1000, errors={DERIVED: count}) for index, count in enumerate(errors))[::-1]
    assert told(run_checks.check_growth, evidence(runs=runs)) == expected
    thrice = [count for count in errors for _ in range(3)]
    runs = tuple(run(18 - index, 1000, errors={DERIVED: count}) for index, count in enumerate(thrice))[::-1]
    assert told(run_checks.check_growth, evidence(runs=runs)) == expected


def test_growth_after_a_long_quiet_time_is_growth():
    errors = [0, 1] * 10 + list(range(10, 110, 10))
    runs = tuple(run(30 - index, 1000, errors={SOURCE: count}) for index, count in enumerate(errors))[::-1]
    assert told(run_checks.check_growth, evidence(runs=runs)) == [(Trouble.QUARANTINE_GROWTH, Verdict.SICK, 1)]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([1000] * 9, []),
        ([210] + [1000] * 8, []),
        ([190] + [1000] * 8, [(Trouble.VOLUME_DROP, Verdict.SICK, 1)]),
        ([150, 120] + [1000] * 8, [(Trouble.VOLUME_DROP, Verdict.SICK, 1)]),
        ([1000, 0] + [1000] * 8, []),
        ([0] + [1000] * 8, [(Trouble.EMPTY_SOURCE, Verdict.SICK, 1)]),
        ([0] * 9, [(Trouble.EMPTY_SOURCE, Verdict.SICK, 1)]),
        ([0, 1000, 0, 900, 0, 1000, 0, 950, 1000], []),
        ([10] + [1000] * 4, []),
    ],
    ids=["steady", "low", "drop", "drop of two", "was empty", "empty", "always empty", "often empty", "too few"],
)
def test_number_of_records(records, expected):
    runs = tuple(run(1 + index, amount) for index, amount in enumerate(records))
    assert told(run_checks.check_volume, evidence(runs=runs)) == expected


def test_a_drop_is_told_where_it_begins():
    runs = (run(1, 1000, 1000, 40, 40), *steady(8, start=2))
    assert told(run_checks.check_volume, evidence(runs=runs)) == [(Trouble.VOLUME_DROP, Verdict.SICK, 3)]


def test_a_run_that_may_still_count_is_not_held_against_the_usual():
    assert told(run_checks.check_volume, evidence(runs=(run(0.1, 3), *steady()))) == []


def test_records_that_failed_are_not_missing_too():
    runs = (run(1, 0, errors={SOURCE: 800}), *steady(8, start=2))
    assert Trouble.EMPTY_SOURCE not in {trouble for trouble, _, _ in told(run_checks.check_volume, evidence(runs=runs))}


def test_too_few_runs_for_a_usual_are_said_but_do_not_spoil_the_verdict():
    health = judge(evidence(runs=steady(3)))
    assert health.verdict is Verdict.HEALTHY
    assert len(health.not_checked) == 1


@pytest.mark.parametrize(
    ("state", "expected", "needed"),
    [
        ({"probe": ProbeResult(state=ProbeState.OK)}, [], []),
        (
            {"probe": ProbeResult(state=ProbeState.REFUSED, message="no")},
            [(Trouble.REFUSED_CREDENTIAL, Verdict.SICK, 1)],
            [],
        ),
        ({"probe": ProbeResult(state=ProbeState.PENDING)}, [], [True]),
        ({"probe": ProbeResult(state=ProbeState.UNCLEAR)}, [], [True]),
        ({"probe": ErrorInfo(code=ErrorCode.TIMEOUT, message="slow")}, [], [True]),
        ({"verified_status": "VERIFIED", "verified_at": NOW - 240 * HOUR}, [], []),
        (
            {"verified_status": "VERIFIED", "verified_at": NOW - 2400 * HOUR},
            [(Trouble.OLD_VERIFICATION, Verdict.WARNING, 1)],
            [],
        ),
        ({"verified_status": "FAILED", "verified_at": NOW - HOUR}, [(Trouble.REFUSED_CREDENTIAL, Verdict.SICK, 1)], []),
        ({"verified_status": "VERIFIED"}, [], [True]),
        ({"verified_status": "UNVERIFIED"}, [], [True]),
        ({}, [], [True]),
    ],
)
def test_logins(state, expected, needed):
    facts = evidence(credentials=(CredentialState(91, **state),))
    assert told(credential_checks.check_credentials, facts) == expected
    assert unjudged(credential_checks.check_credentials, facts) == needed


def notification(level: str, message: str, key=DETECTED, hours_ago: float = 5) -> Notification:
    words = {ResourceType.SOURCE: "SOURCE", ResourceType.NEXSET: "DATASET", ResourceType.DESTINATION: "SINK"}
    return Notification(
        id=1,
        level=level,
        message=message,
        resource_type=words[key[0]],
        resource_id=key[1],
        created_at=NOW - hours_ago * HOUR,
    )


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([("WARN", "Schema change detected")], [(Trouble.SCHEMA_DRIFT, Verdict.WARNING, 2)]),
        ([("INFO", "The schema of nexset orders changed")], [(Trouble.SCHEMA_DRIFT, Verdict.WARNING, 2)]),
        ([("INFO", "Schema detected")], []),
        ([("RESOLVED", "ok again"), ("WARN", "Schema change detected")], []),
        ([("ERROR", "Transform errors in the last run")], [(Trouble.TRANSFORM_ERROR, Verdict.WARNING, 2)]),
        ([("INFO", "Transform finished")], []),
        ([("INFO", "Run finished")], []),
    ],
)
def test_notifications(items, expected):
    facts = evidence(notifications=tuple(notification(*item) for item in items))
    assert told(message_checks.check_notifications, facts) == expected


def test_a_schema_change_with_errors_after_it_is_sick():
    failing = (run(1, 1000, errors={DERIVED: 300}), *steady(8, start=2))
    facts = evidence(notifications=(notification("WARN", "Schema change"),), runs=failing)
    assert told(message_checks.check_notifications, facts) == [(Trouble.SCHEMA_DRIFT, Verdict.SICK, 2)]


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Login failed: incorrect username or password", Trouble.REFUSED_CREDENTIAL),
        ("HTTP 401 from upstream", Trouble.REFUSED_CREDENTIAL),
        ("Access Denied (s3)", Trouble.REFUSED_CREDENTIAL),
        ("column discount_code not found in target table", Trouble.SCHEMA_DRIFT),
        ("unexpected field 'promo'", Trouble.SCHEMA_DRIFT),
        ("Schema mismatch: amount is string", Trouble.SCHEMA_DRIFT),
        ("KeyError: 'amount' in script line 3", Trouble.TRANSFORM_ERROR),
        ("transform failed on 12 records", Trouble.TRANSFORM_ERROR),
        ("Processed records=100, errors=0, size=2 kB", None),
        ("order 4010 written", None),
        ("3 records quarantined: output does not match the validation schema", None),
        (None, None),
    ],
)
def test_what_a_message_is_about(text, subject):
    assert message_checks.subject_of(text) is subject


def test_log_lines_name_the_kind_and_replace_the_bare_error_rate():
    failing = tuple(run(1 + index, 1000, errors={DETECTED: 300}) for index in range(3))
    line = LogEntry(
        timestamp=NOW, resource_id=2, resource_type="DATASET", severity="ERROR", log="unexpected field 'promo'"
    )
    without = judge(evidence(runs=failing + steady(6, start=4)))
    assert [item.trouble for item in without.findings] == [Trouble.ERROR_RATE]
    health = judge(evidence(runs=failing + steady(6, start=4), log_lines=(line,)))
    assert [item.trouble for item in health.findings] == [Trouble.SCHEMA_DRIFT]
    assert health.findings[0].said == "unexpected field 'promo'"


def test_counted_errors_come_with_the_line_that_tells_why():
    failing = tuple(run(1 + index, 1000, errors={SINK: 300}) for index in range(3)) + steady(6, start=4)
    said = {"timestamp": NOW, "resource_id": 4, "resource_type": "SINK", "severity": "ERROR"}
    lines = (
        LogEntry(**said, log_type="LOG", log="value out of range"),
        LogEntry(**said, log_type="SUMMARY", log="Processed records=700, errors=300"),
    )
    health = judge(evidence(runs=failing, log_lines=lines))
    assert [(item.trouble, item.said) for item in health.findings] == [
        (Trouble.DESTINATION_ERROR, "value out of range")
    ]


def test_log_lines_of_a_refused_login_count_only_where_the_login_was_not_seen_to_work():
    line = LogEntry(timestamp=NOW, resource_id=1, resource_type="SOURCE", severity="ERROR", log="access denied")
    untried = evidence(log_lines=(line,), credentials=())
    assert told(message_checks.check_log_lines, untried)[0][0] is Trouble.REFUSED_CREDENTIAL
    assert told(message_checks.check_log_lines, evidence(log_lines=(line,))) == []


@pytest.mark.parametrize("look", [Look.STATUS, Look.RUNS, Look.SCHEDULE, Look.NOTIFICATIONS])
def test_without_a_needed_look_nobody_is_called_healthy(look):
    health = judge(evidence(unread={look: "timeout"}))
    assert health.verdict is Verdict.UNKNOWN
    assert any("timeout" in item for item in health.not_checked)


def test_a_lost_row_makes_a_flow_unknown():
    lost = lineage().model_copy(update={"missing": ("nexset 3",)})
    assert judge(evidence(lineage=lost)).verdict is Verdict.UNKNOWN


def test_a_twin_is_a_warning_and_no_more():
    health = judge(evidence(twins=((77, "sam@acme.example"),)))
    assert health.verdict is Verdict.WARNING
    assert [(item.trouble, item.severity) for item in health.findings] == [(Trouble.NAME_TWIN, Verdict.WARNING)]


def test_nexlas_own_monitor_is_heard_only_where_ours_saw_nothing():
    red = PlatformHealth(status="RED", error_count=7)
    assert judge(evidence(platform=red)).verdict is Verdict.WARNING
    assert judge(evidence(platform=PlatformHealth(status="GREEN"))).verdict is Verdict.HEALTHY
    failing = tuple(run(1 + index, 1000, errors={SINK: 300}) for index in range(3)) + steady(6, start=4)
    sick = judge(evidence(platform=red, runs=failing))
    assert [item.trouble for item in sick.findings] == [Trouble.DESTINATION_ERROR]


def test_causes_come_before_what_follows_from_them():
    refused = CredentialState(91, probe=ProbeResult(state=ProbeState.REFUSED, message="no"))
    health = judge(evidence(runs=steady(start=30), credentials=(refused, worked(94))))
    assert [item.trouble for item in health.findings] == [Trouble.REFUSED_CREDENTIAL, Trouble.STALE_SOURCE]


def test_verdicts_are_ordered_worst_first():
    assert Verdict.worst([Verdict.HEALTHY, Verdict.SICK, Verdict.UNKNOWN]) is Verdict.SICK
    assert Verdict.worst([]) is Verdict.UNKNOWN


@pytest.mark.parametrize("ids", [[1001], [7, 3, 5000, 5001], list(range(1001, 4000, 17))])
def test_a_cursor_holds_the_flows_that_are_left(ids):
    assert unpack_ids(pack_ids(ids)) == sorted(ids)


@pytest.mark.parametrize("text", ["", ".", "a..b", "ä", "x" * 14, "1 2"])
def test_a_foreign_cursor_is_refused(text):
    with pytest.raises(ValueError, match=r"cursor|invalid"):
        unpack_ids(text)
