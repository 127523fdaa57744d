"""Schedules as Nexla keeps them: Quartz cron expressions in UTC (contract 2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from croniter import croniter


@dataclass(frozen=True)
class Schedule:
    """A Quartz expression of six or seven fields, seconds first."""

    expression: str

    @classmethod
    def read(cls, expression: object) -> Schedule | None:
        """The schedule, or None where there is none or it cannot be understood."""
        if not isinstance(expression, str) or not expression.strip():
            return None
        from croniter import croniter  # noqa: PLC0415 - only tools that judge staleness need it

        text = expression.strip()
        if len(text.split()) not in {6, 7} or not croniter.is_valid(text, second_at_beginning=True):
            return None
        return cls(text)

    def after(self, moment: datetime) -> datetime:
        """The first time it fires after `moment`."""
        return self._iterator(moment).get_next(datetime)

    def before(self, moment: datetime) -> datetime:
        """The last time it fired before `moment`."""
        return self._iterator(moment).get_prev(datetime)

    def interval(self, moment: datetime) -> timedelta:
        """The longer of the spans around `moment`'s last firing: weekends do not make a weekday job late."""
        last = self.before(moment)
        return max(self.after(last) - last, last - self.before(last))

    def _iterator(self, moment: datetime) -> croniter:
        from croniter import croniter  # noqa: PLC0415

        return croniter(self.expression, moment, second_at_beginning=True)
