"""What people are told of a week, and what becomes of that, as past-tense values."""

from datetime import date
from typing import Literal

from pydantic import Field

from triage_agent.decision.item import Mode
from triage_agent.decision.review_events import Decided
from triage_agent.decision.values import Value


class ToDo(Value):
    """One thing that somebody had better do; `items`: some to look at."""

    what: str
    evidence: str
    concerns: str
    change: str
    items: tuple[str, ...]


class WeeklyNote(Value):
    """A week as people are told of it; no word of a request stands in it.

    `read_by`: the day by which somebody is to have read it. `figures`: all of them, by name.
    """

    week: str
    sentences: tuple[str, ...]
    to_do: tuple[ToDo, ...]
    read_by: date
    mode: Mode
    figures: dict[str, float | None]


class SummaryPosted(Value):
    """A week's summary reached those whom a name of the page means.

    `figures`: as they stood then, of items of that mode; empty where they weren't kept.
    """

    kind: Literal["SummaryPosted"] = "SummaryPosted"
    week: str
    to: str
    reference: str
    mode: Mode | None = None
    figures: dict[str, float | None] = Field(default_factory=dict)


class Reviewed(Decided):
    """Somebody whom the page names has read a week's summary."""

    kind: Literal["Reviewed"] = "Reviewed"
    week: str
