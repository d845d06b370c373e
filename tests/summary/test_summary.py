"""A week as it is told: by the command, of real runs, on two projects."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran, TypeIn, copied
from tests.forks.conftest import copied as copied_fork
from tests.jobs.conftest import written
from tests.ledger.conftest import EXAMPLES
from tests.sandboxes import running
from triage_agent import summarising, wiring
from triage_agent.decision import events, review_events
from triage_agent.jobs.report import RunReport
from triage_agent.ledger.store import Ledger
from triage_agent.project import read_model
from triage_agent.summary.telling import sentences
from triage_agent.summary.weeks import Week, last_full, of_day
from triage_agent.targets import Target

pytestmark = pytest.mark.long

WIDTH = 80
MADE_OF = ("Categories", "Stopped by", "Stopped for", "Came by", "What is missing")
LEADS: list[dict[str, Any]] = [
    {"Company": "One"},
    {"Company": "Two"},
    {"Company": "Three", "Description": "We dispute the invoice. I dispute it."},
    {"Company": "Four", "Email": None, "Description": "Demo?"},
]


@dataclass(frozen=True)
class Told:
    """A project after one run; `week`: in which that was."""

    target: Target
    report: RunReport
    week: Week

    def typed(self, type_in: TypeIn, *words: str) -> Ran:
        """The command, in this project."""
        where = ("--project", self.target.project, "--sandbox-url", str(self.target.sandbox_url))
        return type_in("summary", *words, *where)

    def ledger(self) -> Ledger:
        return wiring.open_ledger(self.target)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """One run over a few requests: some are settled, some are with people."""
    leads = written(tmp_path / "leads.jsonl", LEADS)
    with running(state=None, leads=leads) as url:
        yield _run(Target(copied(tmp_path / "project"), sandbox_url=url))


def _run(target: Target) -> Told:
    began = wiring.now()
    report = wiring.run(target, shadow=False, limit=None, only=None, progress=lambda *_: None)
    zone = read_model(target.project).page.workflow.time.zone
    return Told(target, report, of_day(began.astimezone(zone).date()))


def _counted(told: Told) -> dict[str, int]:
    statuses = [item.status for item in told.report.items]
    return {status: statuses.count(status) for status in ("settled", "escalated")}


def test_it_is_told_at_a_terminal(told: Told, type_in: TypeIn) -> None:
    """Three sentences, then tables of no more than 80 columns, in which nothing is always 0."""
    counted = _counted(told)
    ran = told.typed(type_in, "--week", str(told.week))
    lines = ran.out.splitlines()
    said = " ".join(ran.out.split())

    assert (0, "") == (ran.code, ran.err)
    assert f"In {told.week} 4 requests came; it is the first week on record." in said
    assert f"{counted['settled']} are settled, {counted['escalated']} with people" in said
    assert min(counted.values()) > 0
    assert [] == [line for line in lines if len(line) > WIDTH]
    assert re.search(r"^received +4 +- +-$", ran.out, flags=re.MULTILINE)
    assert not re.search(r"^\S.* 0 +- +-$", ran.out, flags=re.MULTILINE)


def test_it_is_told_in_markdown(told: Told, type_in: TypeIn) -> None:
    """The same sentences, what to do, and tables; no word of a request is among it."""
    ran = told.typed(type_in, "--week", str(told.week), "--format", "md")
    headings = re.findall("^#+ (.*)$", ran.out, flags=re.MULTILINE)

    assert f"Week {told.week}" == headings[0]
    assert ["What to do next", "Figures", *MADE_OF, "How it stands"] == headings[1:]
    assert "| received | 4 | - | - |" in ran.out
    assert [] == [word for word in ("Lind", "dispute", "Three") if word in ran.out]


def test_it_is_told_as_json(told: Told, type_in: TypeIn) -> None:
    """One object holds all of what the summary is, and its sentences."""
    ran = told.typed(type_in, "--week", str(told.week), "--format", "json")
    summary = summarising.summary(told.target, str(told.week))
    said = json.loads(ran.out)

    assert list(sentences(summary)) == said.pop("sentences")
    assert summary.model_dump(mode="json") == {
        **said,
        "since": summary.model_dump(mode="json")["since"],
        "until": summary.model_dump(mode="json")["until"],
    }
    assert str(told.week) == said["week"]
    assert 4 == next(one["now"] for one in said["figures"] if one["name"] == "received")


@pytest.mark.parametrize("form", ["text", "md", "json"])
def test_a_week_without_runs_says_so(told: Told, type_in: TypeIn, form: str) -> None:
    """It is no week of noughts: nobody ran the agent, and that is what to look at."""
    idle = str(told.week.before(3))
    ran = told.typed(type_in, "--week", idle, "--format", form)
    said = " ".join(ran.out.split())

    assert 0 == ran.code
    assert f"No run ended in {idle}, and nothing was received." in said
    assert "See whether the schedule still runs the agent: triage-agent status." in said


def test_a_week_of_a_run_that_found_nothing_is_told(told: Told) -> None:
    """A run that ended well is no missing one, and there is no share of nothing."""
    later = told.week.before(-2)
    with closing(told.ledger()) as ledger:
        at = wiring.now() + timedelta(weeks=2)
        ledger.append("run-2", at, [("run-2", EXAMPLES["Finished"])])
    said = sentences(summarising.summary(told.target, str(later)))

    assert said[0].startswith(f"In {later} 0 requests came, 0 in the week before, ")
    assert "So there is none that was settled, handed over or stopped." == said[1]


def test_the_first_week_is_the_first_one_alone(told: Told) -> None:
    """After weeks in which nothing came there is still a week before; and a mean of what was."""
    first = summarising.summary(told.target, str(told.week))
    second = summarising.summary(told.target, str(told.week.before(-1)))
    much_later = summarising.summary(told.target, str(told.week.before(-9)))

    assert (0, None) == (first.weeks, first.figure("received").mean)
    assert (1, 4, 4) == (
        second.weeks,
        second.figure("received").before,
        second.figure("received").mean,
    )
    assert (4, 0, 0) == (
        much_later.weeks,
        much_later.figure("received").before,
        much_later.figure("received").mean,
    )


def test_the_last_full_week_is_told_where_none_is_named(told: Told, type_in: TypeIn) -> None:
    """Of the week that isn't over nothing is told unasked."""
    later = summarising.summary(told.target, None, lambda: wiring.now() + timedelta(weeks=1))
    zone = read_model(told.target.project).page.workflow.time.zone
    ran = told.typed(type_in)

    assert str(told.week) == later.week
    assert str(last_full(wiring.now(), zone)) in ran.out


def test_a_word_that_is_no_week_is_refused(told: Told, type_in: TypeIn) -> None:
    """With how one is written; exit 2."""
    ran = told.typed(type_in, "--week", "2026-W54")

    assert 2 == ran.code
    assert "write it like 2026-W47" in ran.err


def test_an_old_week_is_told_as_its_items_stand_now(told: Told) -> None:
    """What was released a week later is settled in the week in which it came, in every telling."""
    week, next_week = str(told.week), str(told.week.before(-1))
    before = summarising.summary(told.target, week)
    escalated = next(one.item_id for one in told.report.items if one.status == "escalated")
    with closing(told.ledger()) as ledger:
        posted = ledger.story(escalated).posted
        assert posted
        later = wiring.now() + timedelta(weeks=1)
        steps = (
            EXAMPLES["Released"],
            events.Planned(names=(), category="demo_request"),
            review_events.Shown(action=posted, decisions=1),
        )
        ledger.append("by-hand", later, [(escalated, step) for step in steps])
    again = summarising.summary(told.target, week)
    after = summarising.summary(told.target, next_week)

    assert _moved(before, "escalated") - 1 == _moved(again, "escalated")
    assert _moved(before, "settled") + 1 == _moved(again, "settled")
    assert _moved(before, "released") == _moved(again, "released") == 0
    assert before.figure("stopped") == again.figure("stopped")
    assert sentences(before) != sentences(again)
    assert 1 == _moved(after, "released")
    assert again.figure("escalated").now == after.figure("escalated").before


def _moved(summary: Any, name: str) -> float:  # noqa: ANN401 - a summary
    value = summary.figure(name).now
    assert value is not None
    return float(value)


def test_a_fork_has_its_week(tmp_path: Path, type_in: TypeIn) -> None:
    """Support cases are told by their page's categories and rules, without a line of code."""
    folder = copied_fork(tmp_path)
    with running(state=None, leads=folder / "samples.jsonl") as url:
        told = _run(Target(folder, sandbox_url=url))
        summary = summarising.summary(told.target, str(told.week))
        text = told.typed(type_in, "--week", str(told.week))
        markdown = told.typed(type_in, "--week", str(told.week), "--format", "md")
    page = read_model(folder).page
    categories = {one.name for one in summary.categories}

    assert len(told.report.items) == summary.figure("received").now
    assert categories
    assert categories <= {*page.workflow.categories, "unclear"}
    assert summary.rules
    assert (0, 0) == (text.code, markdown.code)
    assert "| received |" in markdown.out
    assert not re.search(r"\b(lead|demo|sales)", text.out + markdown.out, flags=re.IGNORECASE)
