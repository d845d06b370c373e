"""Who has read a week's summary: that is on record, and a summary that nobody read stands out."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from triage_agent.decision.output import spaced
from triage_agent.decision.weekly import ToDo, WeeklyNote
from triage_agent.ledger.phrases import joined
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.weekly_reviews import posts, reviews
from triage_agent.operating_model.schema import WEEKDAYS, Page
from triage_agent.summary.findings import MOST, Finding
from triage_agent.summary.reading import Summary
from triage_agent.summary.restating import figures
from triage_agent.summary.telling import sentences
from triage_agent.summary.weeks import Week, parsed


def read_by(page: Page, week: Week) -> date:
    """The day by which somebody is to have read of a week: the page's first one after it."""
    return week.before(-1).monday + timedelta(days=WEEKDAYS.index(page.weekly_review.on))


def note(told: Summary, page: Page) -> WeeklyNote:
    """A week as those are told of it who are to read it."""
    return WeeklyNote(
        week=told.week,
        sentences=sentences(told),
        to_do=tuple(ToDo(**one.model_dump(include={*ToDo.model_fields})) for one in told.findings),
        read_by=read_by(page, parsed(told.week)),
        mode=told.mode,
        figures=figures(told),
    )


def unread(ledger: Ledger, page: Page, week: Week, now: datetime) -> list[str]:
    """Who was told of a week, where the day to read of it is over and nobody says so; else none."""
    after = read_by(page, week) + timedelta(days=1)
    if now < datetime.combine(after, time(), page.workflow.time.zone):
        return []
    if reviews(ledger, str(week)):
        return []
    return [one.to for _, one in posts(ledger, str(week))]


def with_unread(told: Summary, ledger: Ledger, page: Page, now: datetime) -> Summary:
    """First of all, that the summary of the week before was posted, and nobody has read it."""
    before = parsed(told.week).before()
    posted = unread(ledger, page, before, now)
    if not posted:
        return told
    first = _unread(before, read_by(page, before), posted)
    return told.model_copy(update={"findings": (first, *told.findings)[:MOST]})


def _unread(week: Week, day: date, to: Sequence[str]) -> Finding:
    """It comes before any other: whatever those say, nobody hears it."""
    return Finding(
        what=f"nobody says that they have read the summary of {week}",
        evidence=f"posted to {joined([*map(spaced, to)])}, to be read by {day:%A}, {day}",
        concerns="those whom weekly_review.by names",
        change=f"read it, and say so: triage-agent summary --week {week} --reviewed-by NAME",
        rank="unread",
    )
