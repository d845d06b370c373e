"""Weeks by a page's own clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.errors import WrongUsage
from triage_agent.summary.weeks import Week, last_full, of_day, parsed

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    ("UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kathmandu")
).map(ZoneInfo)
DAYS = st.dates(date(2000, 1, 3), date(2999, 12, 1))
WEEKS = DAYS.map(of_day)


@given(week=WEEKS, zone=ZONES)
def test_a_week_is_seven_days_by_the_pages_clock(week: Week, zone: ZoneInfo) -> None:
    """From Monday, 0:00, to Monday, 0:00; an hour more or less where clocks are changed."""
    begins, ends = week.begins(zone), week.ends(zone)
    local = [moment.astimezone(zone).replace(tzinfo=None) for moment in (begins, ends)]

    assert timedelta(days=7) == local[1] - local[0]
    assert (0, datetime.min.time()) == (local[0].weekday(), local[0].time())
    assert ends - begins in {timedelta(hours=hours) for hours in (167, 168, 169)}
    assert UTC == begins.tzinfo == ends.tzinfo


@pytest.mark.parametrize(
    ("written", "hours"), [("2026-W13", 167), ("2026-W43", 169), ("2026-W47", 168)]
)
def test_a_week_of_a_changed_clock_is_shorter_or_longer(written: str, hours: int) -> None:
    """In Berlin the last week of March has an hour less, that of October an hour more."""
    week = parsed(written)

    assert timedelta(hours=hours) == week.ends(BERLIN) - week.begins(BERLIN)


@given(week=WEEKS, number=st.integers(0, 200), zone=ZONES)
def test_weeks_follow_each_other(week: Week, number: int, zone: ZoneInfo) -> None:
    """One ends where the next begins; so many before and as many after is the same week."""
    earlier = week.before(number)

    assert week == earlier.before(-number)
    assert week.begins(zone) == week.before().ends(zone)
    assert timedelta(weeks=number) == week.monday - earlier.monday
    assert (number == 0) == (earlier == week)
    assert earlier <= week


@given(week=WEEKS)
def test_a_week_reads_as_it_is_written(week: Week) -> None:
    """What is printed can be typed."""
    assert week == parsed(str(week))


@pytest.mark.parametrize(
    "written",
    [
        *("2026-W54", "2026-W00", "2025-W53", "W47", "2026-47", "2026-W4", "2026-W047", ""),
        *("2026-w47", "2026-W47\n", " 2026-W47", "0001-W01", "9999-W52", "２０２６-W47"),  # noqa: RUF001
    ],
)
def test_what_is_no_week_is_refused(written: str) -> None:
    """It is told how one is written; also where years have no such week."""
    with pytest.raises(WrongUsage, match="write it like 2026-W47"):
        parsed(written)


def test_a_year_may_have_a_53rd_week() -> None:
    """Where it does it is one, and the next year's first one follows."""
    assert Week(2027, 1) == parsed("2026-W53").before(-1)


@given(day=DAYS, hour=st.integers(0, 23), zone=ZONES)
def test_the_last_full_week_is_over(day: date, hour: int, zone: ZoneInfo) -> None:
    """It has ended, and none that has ended is later."""
    now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    week = last_full(now, zone)

    assert week.ends(zone) <= now < week.before(-1).ends(zone)


def test_monday_comes_earlier_in_the_east() -> None:
    """On Sunday evening in UTC it is Monday in Kathmandu, and another week is the last one."""
    now = datetime(2026, 11, 22, 20, tzinfo=UTC)

    assert ("2026-W46", "2026-W47") == (
        str(last_full(now, ZoneInfo("UTC"))),
        str(last_full(now, ZoneInfo("Asia/Kathmandu"))),
    )
