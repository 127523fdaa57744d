"""From findings to ranked causes, each with steps that a tool can take."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.diagnosis import ChangeRow, Likelihood
from nexla_mcp.domain.results.health import Finding, Verdict
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.results.logs import LogLine
from nexla_mcp.domain.times import Window
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.operations.diagnosis import runs_to_compare
from nexla_mcp.operations.diagnosis_causes import causes_of
from nexla_mcp.operations.diagnosis_shapes import Shapes
from nexla_mcp.operations.evidence import Counts, FlowEvidence, Run
from nexla_mcp.tools.registry import all_tools

NOW = datetime(2026, 11, 18, 12, 20, tzinfo=timezone.utc)
SOURCE, DETECTED, DERIVED, SINK = (
    (ResourceType.SOURCE, 1),
    (ResourceType.NEXSET, 2),
    (ResourceType.NEXSET, 3),
    (ResourceType.DESTINATION, 4),
)
TREE = Lineage(
    flow_id=10,
    name="orders",
    nodes=tuple(
        LineageNode(
            node_id=10 + depth,
            parent_id=9 + depth if depth else None,
            depth=depth,
            type=kind,
            id=identifier,
            name=f"{kind.value} {identifier}",
            status="ACTIVE",
            credential_id={0: 91, 3: 94}.get(depth),
        )
        for depth, (kind, identifier) in enumerate((SOURCE, DETECTED, DERIVED, SINK))
    ),
)
SPECS = {spec.name: spec for spec in all_tools()}


def run(hours_ago: float, records: int = 1000, errors: int = 0) -> Run:
    started = NOW - timedelta(hours=hours_ago)
    return Run(round(started.timestamp() * 1000), started, {SOURCE: Counts(records, records, errors)})


def evidence(*runs: Run) -> FlowEvidence:
    return FlowEvidence(lineage=TREE, now=NOW, window=Window(NOW - timedelta(days=3), NOW), runs=runs)


def finding(trouble: Trouble, key=SOURCE, severity=Verdict.SICK, **fields) -> Finding:
    return Finding(trouble=trouble, severity=severity, type=key[0], id=key[1], evidence="seen", **fields)


def causes(*findings: Finding, lines=(), changes=(), shapes=None, runs=()):
    return causes_of(evidence(*runs), findings, lines, changes, shapes)


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize("key", [SOURCE, DETECTED, DERIVED, SINK])
def test_every_trouble_at_every_node_has_steps_that_a_tool_takes(trouble, key):
    (cause,) = causes(finding(trouble, key))
    assert trouble.meaning in cause.because[0]
    for step in cause.next:
        SPECS[step.tool].arguments.read(step.arguments)
        assert step.why
    has_login = key in {SOURCE, SINK}
    if has_login or trouble not in {Trouble.REFUSED_CREDENTIAL, Trouble.OLD_VERIFICATION}:
        assert cause.next


def test_causes_stand_before_what_follows_and_sick_before_odd():
    told = causes(
        finding(Trouble.NAME_TWIN, severity=Verdict.WARNING),
        finding(Trouble.STALE_SOURCE),
        finding(Trouble.SOURCE_ERROR),
        finding(Trouble.QUARANTINE_GROWTH),
        finding(Trouble.OLD_VERIFICATION, severity=Verdict.WARNING),
        finding(Trouble.REFUSED_CREDENTIAL),
    )
    assert [cause.trouble for cause in told] == [
        Trouble.REFUSED_CREDENTIAL,
        Trouble.QUARANTINE_GROWTH,
        Trouble.SOURCE_ERROR,
        Trouble.STALE_SOURCE,
        Trouble.OLD_VERIFICATION,
        Trouble.NAME_TWIN,
    ]


def test_how_sure_a_cause_is():
    error = LogLine(severity="ERROR", type=SINK[0], id=SINK[1], text="refused")
    told = causes(
        finding(Trouble.HALF_PAUSED),
        finding(Trouble.SOURCE_ERROR),
        finding(Trouble.DESTINATION_ERROR, SINK),
        lines=[error],
    )
    assert [cause.likelihood for cause in told] == [Likelihood.SEEN, Likelihood.POSSIBLE, Likelihood.LIKELY]
    assert causes(finding(Trouble.SOURCE_ERROR))[0].likelihood is Likelihood.LIKELY


def test_what_was_said_is_quoted_once():
    line = LogLine(severity="ERROR", type=SOURCE[0], id=SOURCE[1], text="login refused by host", count=7)
    other = LogLine(severity="ERROR", type=SINK[0], id=SINK[1], text="elsewhere")
    (cause,) = causes(finding(Trouble.SOURCE_ERROR, said="login refused"), lines=[line, other])
    assert cause.said == ("login refused by host",)
    assert any("7" in item for item in cause.because)


def test_unchanged_samples_speak_for_a_failing_transform_only():
    shapes = Shapes(frozenset({DERIVED}))
    with_it, without = causes(
        finding(Trouble.TRANSFORM_ERROR, DERIVED), finding(Trouble.DESTINATION_ERROR, DERIVED), shapes=shapes
    )
    assert any("pass through unchanged" in item for item in with_it.because)
    assert not any("pass through unchanged" in item for item in without.because)


def change(key, hours_ago: float, event: str = "update", what: str = "config") -> ChangeRow:
    return ChangeRow(at=NOW - timedelta(hours=hours_ago), type=key[0], id=key[1], event=event, what=(what,))


@pytest.mark.parametrize(
    ("changed", "suspected"),
    [
        (change(SINK, 5), True),
        (change(SOURCE, 5), True),
        (change((ResourceType.CREDENTIAL, 94), 5), True),
        (change((ResourceType.CREDENTIAL, 91), 5), False),
        (change(SINK, 5, event="create"), False),
        (change(SINK, 0.5), False),
    ],
    ids=["itself", "upstream", "its login", "another login", "its making", "after the last run"],
)
def test_a_change_near_the_node_before_the_run_is_suspected(changed, suspected):
    (cause,) = causes(finding(Trouble.DESTINATION_ERROR, SINK), changes=[changed], runs=[run(1), run(2)])
    assert any("was changed at" in item for item in cause.because) is suspected


def test_a_change_downstream_is_not_suspected_of_the_source():
    (cause,) = causes(finding(Trouble.SOURCE_ERROR), changes=[change(SINK, 5)], runs=[run(1)])
    assert not any("was changed at" in item for item in cause.because)


def test_what_is_seen_now_may_have_been_changed_after_the_last_run():
    (cause,) = causes(finding(Trouble.HALF_PAUSED, DERIVED), changes=[change(DERIVED, 0.1)], runs=[run(1)])
    assert any("was changed at" in item for item in cause.because)


@pytest.mark.parametrize(
    ("runs", "bad", "good"),
    [
        ((), None, None),
        ((run(1),), 0, None),
        ((run(1), run(2)), 0, 1),
        ((run(1), run(2, errors=500), run(3)), 1, 2),
        ((run(1), run(2, errors=3), run(3)), 0, 1),
        ((run(1, 0, 1), run(2, 0, 1), run(3)), 0, 2),
        ((run(1, 50), run(2, 40), run(3), run(4), run(5)), 0, 2),
        ((run(1, 0), run(2, 0)), 0, None),
    ],
    ids=["none", "one", "healthy", "failed", "stray errors", "nothing read", "volume drop", "always empty"],
)
def test_which_runs_are_compared(runs, bad, good):
    looked_at, reference = runs_to_compare(evidence(*runs))
    assert looked_at is (None if bad is None else runs[bad])
    assert reference is (None if good is None else runs[good])
