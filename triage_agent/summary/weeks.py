"""ISO weeks by a page's own clock: from Monday, 0:00, to Monday."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from triage_agent.errors import WrongUsage

_WRITTEN = re.compile(r"(2[0-9]{3})-W([0-9]{2})")


@dataclass(frozen=True, order=True)
class Week:
    """One ISO week; where clocks are changed it is an hour longer or shorter."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    def before(self, weeks: int = 1) -> "Week":
        """The week so many weeks earlier."""
        return of_day(self.monday - timedelta(weeks=weeks))

    def begins(self, zone: ZoneInfo) -> datetime:
        """Its first moment, in UTC."""
        return datetime.combine(self.monday, time(), zone).astimezone(UTC)

    def ends(self, zone: ZoneInfo) -> datetime:
        """The first moment after it, in UTC."""
        return self.before(-1).begins(zone)


def of_day(day: date) -> Week:
    """The week in which a day lies."""
    year, number, _ = day.isocalendar()
    return Week(year, number)


def last_full(now: datetime, zone: ZoneInfo) -> Week:
    """The last week that is over."""
    return of_day(now.astimezone(zone).date()).before()


def parsed(written: str) -> Week:
    """A week as `2026-W47`; `WrongUsage` where there is none such."""
    found = _WRITTEN.fullmatch(written)
    week = Week(int(found[1]), int(found[2])) if found else None
    try:
        if week and week.monday:
            return week
    except ValueError:  # that year has no such week
        pass
    raise WrongUsage(f"--week {written!r} is no week; write it like 2026-W47")
