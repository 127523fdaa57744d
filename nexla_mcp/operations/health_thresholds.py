"""Where good ends, with the reason for each number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Thresholds:
    """Limits of the health checks. Rates are shares from 0 to 1."""

    error_warning: float = 0.01
    """One record in a hundred is more than stray bad input."""
    error_sick: float = 0.05
    """One in twenty is missing downstream where somebody will notice."""
    error_runs: int = 3
    """Runs an error rate is taken over: one odd run must not decide, an old trouble must not linger."""

    growth_groups: int = 6
    """Groups of runs in which a rise must show, at least one run each: fewer rise by chance."""
    growth_factor: float = 2.0
    """The newer half of them fails at least twice as often as the older half."""
    growth_step: float = 1.1
    """Each of the last groups fails at least a tenth more often than the one before."""
    growth_least: float = 0.001
    """Below one failed record in a thousand a rise is noise."""

    drop_share: float = 0.2
    """A run with less than a fifth of the usual records; quiet days and nights stay above it."""
    drop_runs: int = 5
    """Earlier runs needed before there is a `usual`."""
    usual_exceptions: float = 0.1
    """If a tenth of the earlier runs were as small (or as empty), small is part of the usual."""

    late_intervals: float = 1.5
    """A run may start late, but not half an interval late."""
    late_grace: timedelta = timedelta(minutes=15)
    """Queueing and the delay until metrics show, whatever the interval."""
    rhythm_runs: int = 5
    """Runs needed to know an unscheduled source's own rhythm."""
    rhythm_late: float = 3.0
    """Without a schedule only a silence of three usual gaps tells something,"""
    rhythm_longest: float = 1.5
    """and only if it is also half as long again as the longest one before."""

    settle: timedelta = timedelta(minutes=10)
    """A run younger than this may still be counting; contract 24 gives no end of a run."""
    verification_age: timedelta = timedelta(days=90)
    """The usual term after which passwords and keys are changed."""

    window_intervals: int = 72
    """How many scheduled runs to read back: enough for a median, few enough for one page."""
    shortest_window: timedelta = timedelta(days=1)
    """Metrics are asked for by day (contract 2.5)."""
    longest_window: timedelta = timedelta(days=30)
    """What is older says nothing about now."""
    default_window: timedelta = timedelta(days=7)
    """The second try where no schedule tells how often runs come: a week holds a weekend. The first is the
    shortest window, since a stream has a hundred runs in it; the last is the longest."""
    notification_window: timedelta = timedelta(days=3)
    """A schema change that was announced earlier has shown its effect in the runs by now."""
    log_lines: int = 200
    """Lines of the last run that are read of a flow in trouble."""


DEFAULTS = Thresholds()
