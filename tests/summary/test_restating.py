"""A week that somebody was told of says, when it is told again, what has changed since."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import HOME
from tests.ledger.pages import Document
from tests.summary.weeks_told import MONDAY, tell_weeks
from triage_agent import terminal_summary
from triage_agent.decision.weekly import SummaryPosted
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.project import read_model
from triage_agent.summary.reading import Restated, Summary, read
from triage_agent.summary.restating import figures, with_restated
from triage_agent.summary.telling import restated
from triage_agent.summary.weeks import parsed

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEEK = "2026-W47"
POSTED = MONDAY + timedelta(days=8, hours=10)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """One about five weeks."""
    with closing(Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")) as opened:
        tell_weeks(opened)
        yield opened


def told(ledger: Ledger) -> Summary:
    """The last week as it stands now."""
    return with_restated(read(ledger, read_model(HOME).page, "live", parsed(WEEK)), ledger)


def post(ledger: Ledger, hours: int = 0, **fields: Any) -> None:  # noqa: ANN401 - an event's
    """Somebody was told of it, so many hours after the first."""
    some = {"week": WEEK, "to": "owner", "reference": "D1/1", "mode": "live", **fields}
    event = SummaryPosted.model_validate(some)
    ledger.append(AGENT, POSTED + timedelta(hours=hours), [(AGENT, event)])


def test_each_figure_that_changed_is_told(ledger: Ledger) -> None:
    """With what it was and when that was told; a median too, and one that wasn't known."""
    as_told = {**figures(told(ledger)), "escalated": 92.0, "cost": 1.5, "minutes to a touch": 12.0}
    post(ledger, figures={**as_told, "settled": None})
    summary = told(ledger)

    assert (
        Restated(name="settled", unit="items", was=None, now=104),
        Restated(name="escalated", unit="items", was=92, now=73),
        Restated(name="minutes to a touch", unit="minutes", was=12, now=None),
        Restated(name="cost", unit="USD", was=1.5, now=0),
    ) == summary.restated
    assert POSTED == summary.told_at
    assert (
        "Changed since it was told on 2026-11-24: settled 104 (was -), escalated 73 (was 92), "
        "minutes to a touch - (was 12), cost $0.00 (was $1.50)."
    ) == restated(summary)


def test_what_reads_alike_has_not_changed(ledger: Ledger) -> None:
    """Nothing is said where all is as it was, or differs by less than anybody is shown."""
    share = told(ledger).figure("stopped").now
    assert share
    post(ledger, figures={**figures(told(ledger)), "cost": 0.004, "stopped": share + 0.0001})

    assert (POSTED, ()) == (told(ledger).told_at, told(ledger).restated)


def test_what_was_told_first_counts(ledger: Ledger) -> None:
    """Of this week, and of items of the same mode, where figures were kept at all."""
    post(ledger, 0, mode=None)
    post(ledger, 1, mode="shadow", figures={"received": 1.0})
    post(ledger, 2, week="2026-W46", figures={"received": 2.0})
    untold = told(ledger)
    post(ledger, 3, figures={"received": 3.0, "of an earlier release": 1.0})
    post(ledger, 4, to="deputy", figures={"received": 4.0})
    first = told(ledger)

    assert (None, ()) == (untold.told_at, untold.restated)
    assert POSTED + timedelta(hours=3) == first.told_at
    assert [("received", 3.0)] == [(one.name, one.was) for one in first.restated]


def test_one_that_was_posted_before_figures_were_kept_is_read(ledger: Ledger) -> None:
    """Such an event has neither figures nor a mode."""
    old = {"kind": "SummaryPosted", "week": WEEK, "to": "owner", "reference": "D1/1"}
    event = SummaryPosted.model_validate(old)
    ledger.append(AGENT, POSTED, [(AGENT, event)])

    assert (None, {}) == (event.mode, event.figures)
    assert () == told(ledger).restated


@pytest.mark.parametrize("style", ["text", "md", "html", "json"])
def test_every_form_says_so(ledger: Ledger, style: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Below the sentences, and only where something has changed."""
    terminal_summary.show(told(ledger), style)
    before = capsys.readouterr().out
    post(ledger, figures={**figures(told(ledger)), "escalated": 92.0})
    terminal_summary.show(told(ledger), style)
    after = capsys.readouterr().out

    if style == "json":
        changed = {"name": "escalated", "unit": "items", "was": 92.0, "now": 73.0}
        assert [] == json.loads(before)["restated"]
        assert [changed] == json.loads(after)["restated"]
        return
    words = "Changed since it was told on 2026-11-24: escalated 73 (was 92)."
    before, after = (
        " ".join((Document(one).text if style == "html" else one).replace("\\", "").split())
        for one in (before, after)
    )
    assert "Changed since" not in before
    assert words in after
    assert after.index("are settled") < after.index(words) < after.index("What to do next")
