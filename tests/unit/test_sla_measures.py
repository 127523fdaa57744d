"""Service levels over runs made by hand: what is exactly on the line, and what cannot be told."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.results.lineage import Lineage, LineageNode
from nexla_mcp.domain.results.sla import Kept, SlaCheck, SlaTarget
from nexla_mcp.operations.evidence import Counts, Run
from nexla_mcp.operations.sla_measures import Observed, judge, spell

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
SOURCE, NEXSET = (ResourceType.SOURCE, 1), (ResourceType.NEXSET, 2)
ONE, OTHER = (ResourceType.DESTINATION, 3), (ResourceType.DESTINATION, 4)
LINEAGE = Lineage(
    flow_id=10,
    name="Orders",
    nodes=tuple(
        LineageNode(node_id=10 + n, parent_id=parent, type=key[0], id=key[1], status="ACTIVE")
        for n, (key, parent) in enumerate([(SOURCE, None), (NEXSET, 10), (ONE, 11), (OTHER, 11)])
    ),
)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def run(hours_ago: float, *, one: int = 10, other: int = 10, errors: int = 0) -> Run:
    start = NOW - timedelta(hours=hours_ago)
    counts = {SOURCE: Counts(20, 0, errors), NEXSET: Counts(20), ONE: Counts(one), OTHER: Counts(other)}
    return Run(int(start.timestamp() * 1000), start, counts)


def judged(*runs: Run, cut: str | None = None, **wanted: Any) -> SlaCheck:
    target = SlaTarget.model_validate(wanted)
    within = timedelta(hours=2) if target.fresh_within else None
    (check,) = judge(target, Observed(LINEAGE, runs, cut, NOW, DAY, within))
    return check


def test_the_destination_that_waits_longest_decides_freshness() -> None:
    assert judged(run(1), run(3), fresh_within="2h").verdict is Kept.MET
    late = judged(run(1, other=0), run(3), fresh_within="2h")
    assert (late.verdict, late.id) == (Kept.BREACHED, OTHER[1])
    assert late.run_id == run(3).run_id


def test_freshness_is_met_up_to_the_very_moment() -> None:
    assert judged(run(2), fresh_within="2h").verdict is Kept.MET
    assert judged(run(2.001), fresh_within="2h").verdict is Kept.BREACHED


def test_runs_that_were_not_read_are_no_breach() -> None:
    assert judged(cut="too many", fresh_within="2h").verdict is Kept.UNKNOWN
    assert judged(run(1), cut="too many", min_records=11).verdict is Kept.UNKNOWN
    assert judged(run(1), cut="too many", max_error_rate=0.5).verdict is Kept.UNKNOWN
    assert judged(run(1), cut="too many", min_records=10).verdict is Kept.MET, "what is enough is not made less by more"


def test_only_runs_within_the_window_count() -> None:
    assert judged(run(1), run(30), min_records=20).verdict is Kept.BREACHED
    assert judged(run(1), run(23), min_records=20).verdict is Kept.MET


@given(st.lists(st.integers(0, 20), min_size=1, max_size=20), st.floats(0, 1))
def test_the_error_rate_is_that_of_all_runs_together(errors: list[int], most: float) -> None:
    check = judged(*(run(1 + n / 2, errors=number) for n, number in enumerate(errors)), max_error_rate=most)
    rate = sum(errors) / (20 * len(errors) + sum(errors))
    assert check.verdict is (Kept.BREACHED if rate > most else Kept.MET)


def test_a_silence_has_no_error_rate() -> None:
    assert judged(max_error_rate=0.5).verdict is Kept.UNKNOWN


@pytest.mark.parametrize(
    ("span", "told"), [(HOUR / 2, "30 min"), (HOUR, "1 h"), (5 * HOUR, "5 h"), (DAY, "24 h"), (3 * DAY, "3 days")]
)
def test_spans_are_spelt_in_their_sensible_unit(span: timedelta, told: str) -> None:
    assert spell(span) == told
