"""Time is counted while somebody works, on the clock of the page's zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.operating_model.working_time import WorkingHours, due

NEW_YORK = ZoneInfo("America/New_York")
HOURS = WorkingHours.parse("Mon-Fri 08:00-18:00")
HOLIDAYS = [date(2026, 11, 26), date(2026, 12, 25)]


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        pytest.param("2026-11-24T09:00", 4, "2026-11-24T13:00", id="within a day"),
        pytest.param("2026-11-24T14:00", 4, "2026-11-24T18:00", id="until closing time"),
        pytest.param("2026-11-24T14:01", 4, "2026-11-25T08:01", id="beyond closing time"),
        pytest.param("2026-11-24T18:00", 4, "2026-11-25T12:00", id="from closing time"),
        pytest.param("2026-11-24T23:30", 4, "2026-11-25T12:00", id="in the evening"),
        pytest.param("2026-11-24T03:00", 4, "2026-11-24T12:00", id="before opening time"),
        pytest.param("2026-11-20T17:00", 4, "2026-11-23T11:00", id="over a weekend"),
        pytest.param("2026-11-22T12:00", 4, "2026-11-23T12:00", id="on a Sunday"),
        pytest.param("2026-11-25T17:00", 4, "2026-11-27T11:00", id="over a holiday"),
        pytest.param("2026-11-26T10:00", 1, "2026-11-27T09:00", id="on a holiday"),
        pytest.param("2026-11-24T08:00", 10, "2026-11-24T18:00", id="a whole day"),
        pytest.param("2026-11-24T08:00", 24, "2026-11-27T12:00", id="several days"),
        pytest.param("2026-10-30T17:00", 2, "2026-11-02T09:00", id="over the end of summer time"),
        pytest.param("2026-03-06T17:00", 2, "2026-03-09T09:00", id="over its beginning"),
    ],
)
def test_due(start: str, hours: int, expected: str) -> None:
    """Nights, weekends and holidays don't count, and a change of the clock costs nothing."""
    begin = datetime.fromisoformat(start).replace(tzinfo=NEW_YORK)
    end = datetime.fromisoformat(expected).replace(tzinfo=NEW_YORK)

    moment = due(begin, timedelta(hours=hours), hours=HOURS, zone=NEW_YORK, holidays=HOLIDAYS)

    assert end == moment
    assert end.utcoffset() == moment.utcoffset()


def test_the_start_may_be_of_any_zone() -> None:
    """A start in another zone is the same moment, and the answer is in the page's zone."""
    start = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)

    moment = due(start, timedelta(hours=1), hours=HOURS, zone=NEW_YORK, holidays=())

    assert datetime(2026, 11, 24, 10, 0, tzinfo=NEW_YORK) == moment
    assert NEW_YORK is moment.tzinfo


@settings(max_examples=150, deadline=None)
@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy wants them naive
    allowed=st.timedeltas(timedelta(minutes=1), timedelta(days=5)),
    opens=st.integers(4, 12),
    length=st.integers(1, 11),
    last_day=st.integers(0, 6),
    holidays=st.sets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=40),
    zone=st.sampled_from(["America/New_York", "Europe/Berlin", "Asia/Kolkata", "UTC"]),
)
def test_what_is_due_is_due_at_work(
    start: datetime,
    allowed: timedelta,
    opens: int,
    length: int,
    last_day: int,
    holidays: set[date],
    zone: str,
) -> None:
    """The answer lies in working time, no less than the allowed time after the start."""
    hours = WorkingHours(frozenset(range(last_day + 1)), time(opens), time(opens + length))

    moment = due(start, allowed, hours=hours, zone=ZoneInfo(zone), holidays=holidays)

    assert last_day >= moment.weekday()
    assert moment.date() not in holidays
    assert hours.opens <= moment.time() <= hours.closes
    assert start + allowed - timedelta(hours=1) <= moment  # a night may be an hour shorter


@settings(max_examples=50, deadline=None)
@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy wants them naive
    first=st.timedeltas(timedelta(minutes=1), timedelta(days=2)),
    second=st.timedeltas(timedelta(minutes=1), timedelta(days=2)),
)
def test_working_time_adds_up(start: datetime, first: timedelta, second: timedelta) -> None:
    """Two lengths of time one after the other end when their sum does."""

    def after(moment: datetime, allowed: timedelta) -> datetime:
        return due(moment, allowed, hours=HOURS, zone=NEW_YORK, holidays=HOLIDAYS)

    assert after(start, first + second) == after(after(start, first), second)
