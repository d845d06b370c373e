"""Working hours, and what "within four hours" means when nobody works at night."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WRITTEN = re.compile(
    rf"({'|'.join(_DAYS)})-({'|'.join(_DAYS)}) (\d\d):(\d\d)-(\d\d):(\d\d)",
)


@dataclass(frozen=True)
class WorkingHours:
    """The same hours on some days of the week, in the page's time zone."""

    days: frozenset[int]
    opens: time
    closes: time

    @classmethod
    def parse(cls, written: object) -> Self:
        """Reads `Mon-Fri 08:00-18:00`; anything else is a `ValueError` that shows the form."""
        match = _WRITTEN.fullmatch(str(written))
        if match is None:
            raise ValueError(f"{written!r} are no working hours; write them as Mon-Fri 08:00-18:00")
        first, last = _DAYS.index(match[1]), _DAYS.index(match[2])
        opens, closes = time(int(match[3]), int(match[4])), time(int(match[5]), int(match[6]))
        if first > last or opens >= closes:
            raise ValueError(f"{written!r} ends before it begins")
        return cls(frozenset(range(first, last + 1)), opens, closes)


def due(
    start: datetime,
    allowed: timedelta,
    *,
    hours: WorkingHours,
    zone: ZoneInfo,
    holidays: Collection[date],
) -> datetime:
    """The moment when `allowed` working time has passed since `start`, in `zone`.

    Time is counted on the clock of `zone`, so a change to summer time at night costs nothing.
    """
    clock = start.astimezone(zone).replace(tzinfo=None)
    left = allowed
    while True:
        opens = datetime.combine(clock.date(), hours.opens)
        closes = datetime.combine(clock.date(), hours.closes)
        works = clock.weekday() in hours.days and clock.date() not in holidays
        begins = max(clock, opens)
        if works and begins + left <= closes:
            return (begins + left).replace(tzinfo=zone)
        if works and begins < closes:
            left -= closes - begins
        clock = datetime.combine(clock.date() + timedelta(days=1), time())
