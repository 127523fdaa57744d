"""When a source runs: Quartz cron of `source_config["start.cron"]`, or a steady beat for streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from croniter import CroniterError, croniter

STREAM_SECONDS = 600
"""A streaming source is modelled as one run every ten minutes."""


def beat_of(source: dict[str, Any]) -> str | int:
    """The schedule in force: a cron expression, or the seconds between two cycles of a stream."""
    config = source.get("source_config") or {}
    expression = config.get("start.cron")
    if isinstance(expression, str) and croniter.is_valid(expression, second_at_beginning=True):
        return expression
    behaviour = (source.get("_sandbox") or {}).get("behaviour") or {}
    return int(behaviour.get("interval_seconds", STREAM_SECONDS))


@lru_cache(maxsize=64)
def fires_between(beat: str | int, after_ms: int, until_ms: int, cap: int) -> Sequence[int]:
    """The fire times in (after, until], oldest first; at most the newest `cap`, walked back from the end.

    Remembered, because many flows keep the same hours and cron arithmetic is slow.
    """
    fires: list[int] = []
    for fire in _backwards(beat, until_ms):
        if fire <= after_ms or len(fires) == cap:
            break
        fires.append(fire)
    return tuple(fires[::-1])


def next_fire(beat: str | int, after_ms: int) -> int | None:
    """The first fire time after the given one, or None for a schedule that has ended."""
    if isinstance(beat, int):
        return (after_ms // (beat * 1000) + 1) * beat * 1000
    try:
        return _ms(croniter(beat, _moment(after_ms), second_at_beginning=True).get_next(datetime))
    except CroniterError:
        return None


def _backwards(beat: str | int, until_ms: int) -> Iterator[int]:
    """The fire times up to and including the given one, the newest first."""
    if isinstance(beat, int):
        step = beat * 1000
        yield from range(until_ms // step * step, 0, -step)
        return
    # croniter's get_prev excludes the moment it starts from, and works in whole seconds
    walk = croniter(beat, _moment(until_ms // 1000 * 1000 + 1000), second_at_beginning=True)
    with suppress(CroniterError):
        while True:
            yield _ms(walk.get_prev(datetime))


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
