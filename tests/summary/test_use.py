"""Whether what the agent is allowed is too little or too much: told once that is sure."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import HOME, KINDS
from tests.ledger.conftest import EXAMPLES
from tests.summary.weeks_told import MONDAY
from triage_agent.decision.run_events import Allowance, Finished
from triage_agent.ledger.store import Ledger
from triage_agent.project import read_model
from triage_agent.summary.reading import WEEKS, read
from triage_agent.summary.telling import as_markdown, stands
from triage_agent.summary.weeks import parsed

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import NewLedger
    from triage_agent.decision.item import Mode
    from triage_agent.summary.findings import Finding
    from triage_agent.summary.reading import Summary

PAGE = read_model(HOME).page
WEEK = parsed("2026-W47")
DONE = {"tag": 9, "draft_reply": 5, "create_task": 5, "set_status": 0, "escalate": 0}
NONE: dict[str, Any] = dict.fromkeys(
    ("received", "settled", "escalated", "failed", "deferred", "refused"), 0
)
LIVE = Finished(**NONE, done=DONE)
OLD = Finished(**NONE)
"""How a run ends in shadow, and how one ended that counted nothing yet."""


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, new_ledger: NewLedger) -> Iterator[Ledger]:
    """One of each kind."""
    with closing(Ledger.open(new_ledger(request.param))) as opened:
        yield opened


def tell(ledger: Ledger, *weeks: Finished) -> None:
    """A run in each week, the last of them in the one that is told."""
    for number, finished in enumerate(reversed(weeks)):
        at = MONDAY - timedelta(weeks=number) + timedelta(hours=9)
        ledger.append(f"run-{number}", at, [(f"run-{number}", finished)])


def told(ledger: Ledger, mode: Mode = "live") -> Summary:
    return read(ledger, PAGE, mode, WEEK)


def used(number: int, of: int = 5000) -> Finished:
    """A run that is told so much of the allowance."""
    return Finished(**NONE, allowance=Allowance(used=number, of=of))


def about(summary: Summary, what: str) -> list[Finding]:
    return [one for one in summary.findings if what in one.what]


def test_the_allowance_is_a_figure(ledger: Ledger) -> None:
    """The fullest of the week, beside the week before and the mean; unknown where never told."""
    tell(ledger, used(1000), used(1500), OLD, used(2000), used(2500))
    figure = told(ledger).figure("API allowance")

    assert ("share", 0.5, 0.4) == (figure.unit, figure.now, figure.before)
    assert (0.4, None, 0.3, 0.2) == figure.weeks
    assert pytest.approx(0.3) == figure.mean
    assert [] == about(told(ledger), "requests of a day")
    assert told(ledger, "shadow").figure("API allowance").now == figure.now
    assert "| API allowance | 50.0 % | 40.0 % | 30.0 % |" in as_markdown(told(ledger))


@pytest.mark.parametrize(("number", "said"), [(4000, 0), (4001, 1), (5100, 1)])
def test_an_allowance_that_runs_short(ledger: Ledger, number: int, said: int) -> None:
    """Beyond four fifths somebody is told how much, what is usual, and what may be done."""
    tell(ledger, *[used(2000)] * WEEKS, used(number))
    found = about(told(ledger), "requests of a day run short")

    assert said == len(found)
    for one in found:
        share = f"{number / 5000:.1%}"
        assert f"{number:,} of 5,000 ({share}) used at most, usually 40.0%" in one.evidence
        assert "runs that week: 1" in one.evidence
        assert "whoever runs the agent" == one.concerns
        assert "workflow.item.look_back" in one.change


def test_an_allowance_that_is_told_for_the_first_time(ledger: Ledger) -> None:
    """There is no usual one to compare with, and none is made up."""
    tell(ledger, used(4900))
    (found,) = about(told(ledger), "run short")

    assert "(98.0%) used at most; runs that week: 1" in found.evidence


def test_an_action_that_is_never_done(ledger: Ledger) -> None:
    """It is named, last of all, once five weeks of live runs did without; a hand-over never is."""
    tell(ledger, *[LIVE] * (WEEKS + 1))
    summary = told(ledger)
    (found,) = about(summary, "may be done, and never is")

    assert ("set_status",) == summary.standing.unused
    assert "set status may be done, and never is" == found.what
    assert "not done once in 5 runs of 5 weeks, nor approved" == found.evidence
    assert "take may.set_status off the page" in found.change
    assert summary.findings[-1] == found
    assert dict(stands(summary))["permitted, and never done"].startswith("set status")


@pytest.mark.parametrize(
    "weeks",
    [
        [LIVE] * WEEKS,
        [OLD, *[LIVE] * WEEKS],
        [*[LIVE] * WEEKS, OLD],
        [Finished(**NONE, done={**DONE, "set_status": 1}), *[LIVE] * WEEKS],
        [Finished(**NONE, done={"tag": 9}), *[LIVE] * WEEKS],
    ],
    ids=["too few", "not live at first", "not live at last", "once done", "permitted since"],
)
def test_of_less_nothing_is_said(ledger: Ledger, weeks: list[Finished]) -> None:
    """Neither before five weeks of live runs, nor of what was done or couldn't be in one."""
    tell(ledger, *weeks)

    assert () == told(ledger).standing.unused
    assert [] == about(told(ledger), "never is")
    assert "permitted, and never done" not in dict(stands(told(ledger)))


def test_somebodys_yes_is_use(ledger: Ledger) -> None:
    """The listener does what was approved, and no run tells of that."""
    tell(ledger, *[LIVE] * (WEEKS + 1))
    told_of_it = [("item-1", EXAMPLES[kind]) for kind in ("Received", "Approved")]
    ledger.append("by-hand", MONDAY - timedelta(weeks=2), told_of_it)

    assert () == told(ledger).standing.unused


def test_in_shadow_nothing_is_said(ledger: Ledger) -> None:
    """Whatever ran before: in shadow nothing is done, and nothing is a permission too many."""
    tell(ledger, *[LIVE] * (WEEKS + 1))

    assert () == told(ledger, "shadow").standing.unused
