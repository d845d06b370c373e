"""A week's summary is told in Slack once, to those whom the page names, who say they read it."""

from __future__ import annotations

import shutil
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.conftest import HOME
from tests.ledger.conftest import EXAMPLES
from tests.sandboxes import running
from tests.summary.weeks_told import MONDAY, tell_week
from triage_agent import holding, summarising, wiring
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.events import Event, Planned
from triage_agent.decision.review_events import Shown
from triage_agent.errors import AnswerLost, NotAllowed, Unavailable, WrongUsage
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.ledger.weekly import Wanted, examples
from triage_agent.sandbox.leads import SAMPLE
from triage_agent.targets import Target

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import TypeIn
    from triage_agent.summary.posting import Sent

Json = dict[str, Any]
LAST, BEFORE = "2026-W47", "2026-W46"
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
"""A Tuesday, on which the summary of the week before ought to have been read."""
TEAM = "C0OPSSUMM01"
OPS = f"""  ops:
    channel: {TEAM}
    remind_after: 15m
    claim_within: 30m
    then: owner
    members: [{{name: Lee Okoro, slack: U0LEE000009, salesforce: 005000000000009AAA, login: lee}}]
"""
"""A team that nothing else is said to."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A sandbox whose Slack nobody has posted in."""
    with running(state=None, leads=SAMPLE) as served:
        yield served


class Killed(BaseException):
    """The process has ended here."""


@dataclass
class Desk:
    """A project of its own about two weeks; `seen`: what there was in Slack before."""

    url: str
    project: Path
    seen: int = 0

    @property
    def target(self) -> Target:
        return Target(self.project, sandbox_url=self.url)

    def edit(self, was: str, becomes: str) -> None:
        """Changes the page."""
        page = self.project / "operating_model.yaml"
        text = page.read_text(encoding="utf-8")
        assert 1 == text.count(was)
        page.write_text(text.replace(was, becomes), encoding="utf-8")

    def post(self, week: str | None = None, now: datetime = NOW) -> list[Sent]:
        """Tells of a week, the last full one where none is named."""
        return summarising.post(self.target, week, lambda: now, lambda _seconds: None)

    def every(self) -> list[tuple[str, Json]]:
        """Every summary in Slack, with whom it is for."""
        slack = requests.get(f"{self.url}/sandbox/state", timeout=10).json()["slack"]
        told = [(channel, one) for channel, some in slack.items() for one in some]
        ours = [(to, one) for to, one in told if "triage_week" in str(one.get("metadata"))]
        return sorted(ours, key=lambda one: float(one[1]["ts"]))

    def told(self) -> list[str]:
        """Whom a summary reached in this test, in order."""
        return [channel for channel, _ in self.every()[self.seen :]]

    def events(self, *kinds: str) -> list[Event]:
        """What the agent's own stream holds of some kinds."""
        with closing(wiring.open_ledger(self.target)) as ledger:
            return [one.event for one in ledger.told(AGENT, *kinds)]

    def first_to_do(self, week: str, now: datetime = NOW) -> str:
        """What is to be done first by a week's summary."""
        findings = summarising.summary(self.target, week, lambda: now).findings
        return findings[0].what if findings else ""


@pytest.fixture
def desk(url: str, tmp_path: Path) -> Desk:
    shutil.copy(HOME / "operating_model.yaml", tmp_path)
    found = Desk(url, tmp_path)
    found.seen = len(found.every())
    with closing(wiring.open_ledger(found.target)) as ledger:
        for weeks in (1, 0):
            came = {("demo_request", ""): 3, ("demo_request", "missing_data"): 1}
            tell_week(ledger, MONDAY - timedelta(weeks=weeks), came, failed=1)
    return found


def test_those_whom_the_page_names_are_told(desk: Desk) -> None:
    """Each under weekly_review.by gets it, a team in its channel, and that is on record."""
    sent = desk.post()
    to_people = desk.told()
    desk.edit("  by: [owner, deputy]", "  by: [ops]")
    desk.edit("teams:\n", f"teams:\n{OPS}")
    team = desk.post()

    assert ["owner", "deputy"] == [one.to for one in sent]
    assert [one.reference.split("/")[0] for one in sent if one.reference] == to_people
    assert [*to_people, TEAM] == desk.told()
    assert ["ops"] == [one.to for one in team]
    posted = [one.model_dump() for one in desk.events("SummaryPosted")]
    assert [(LAST, one.to, one.reference) for one in [*sent, *team]] == [
        (one["week"], one["to"], one["reference"]) for one in posted
    ]


def test_what_it_says(desk: Desk) -> None:
    """The sentences, what to do with its evidence, and by when it is to be read; nothing else."""
    desk.post()
    told = summarising.summary(desk.target, LAST, lambda: NOW)
    _, message = desk.every()[-1]

    assert f"Week {LAST}" in message["text"]
    for part in (told.findings[0].what, told.findings[0].evidence, told.findings[0].change):
        assert part in str(message["blocks"])
    assert "In 2026-W47 5 requests came, 5 in the week before" in str(message["blocks"])
    assert "To be read by Monday, 2026-11-23." in str(message["blocks"])
    assert f"--week {LAST} --reviewed-by NAME" in str(message["blocks"])


def test_twice_is_once(desk: Desk) -> None:
    """Who was told isn't told again of the same week; of another week they are."""
    first, second = desk.post(), desk.post()

    assert [(one.to, one.reference, True) for one in first] == [
        (one.to, one.reference, one.before) for one in second
    ]
    assert 2 == len(desk.told())
    assert [False, False] == [one.before for one in desk.post(BEFORE)]
    assert 4 == len(desk.told())


def test_at_the_same_moment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process is faster by a moment, whoever is second leaves it."""
    append = Ledger.append
    others: list[list[Sent]] = []

    def slowly(self: Ledger, *given: Any, **options: Any) -> None:  # noqa: ANN401 - as it is
        if options.get("after") and not others:
            others.append([])
            others[0] += desk.post()
        append(self, *given, **options)

    monkeypatch.setattr(Ledger, "append", slowly)
    sent = desk.post()

    assert [False, False] == [one.before for one in others[0]]
    assert [True, True] == [one.before for one in sent]
    assert 2 == len(desk.told())


@pytest.mark.parametrize("is_there", [False, True])
def test_killed_in_between(desk: Desk, monkeypatch: pytest.MonkeyPatch, *, is_there: bool) -> None:
    """Whoever was perhaps told isn't told once more, and the command says so; the others are."""
    tell = SlackConnector.tell_week

    def killed(self: SlackConnector, *given: Any) -> None:  # noqa: ANN401 - as it is
        if is_there:
            tell(self, *given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(SlackConnector, "tell_week", killed)
        with suppress(Killed):
            desk.post()
    owner, deputy = desk.post()

    assert (None, True) == (owner.reference, owner.before)
    assert "perhaps it has arrived" in str(owner.why)
    assert deputy.reference
    assert 1 + is_there == len(desk.told())


def test_what_surely_failed_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a refusal it is told the next time; after a lost answer it isn't."""
    errors = iter([Unavailable("slack", "BUSY", "busy"), AnswerLost("slack", "CUT", "cut")])

    def failing(*_given: object) -> None:
        raise next(errors)

    with monkeypatch.context() as patch:
        patch.setattr(SlackConnector, "tell_week", failing)
        failed = desk.post()
    again = desk.post()

    assert [None, None] == [one.reference for one in failed]
    assert [True, False] == [one.reference is not None for one in again]
    assert 1 == len(desk.told())


def test_in_shadow_the_owner_alone_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else hears of what would have been."""
    monkeypatch.setattr(summarising, "mode_of", lambda *_: "shadow")

    assert ["owner"] == [one.to for one in desk.post()]
    assert 1 == len(desk.told())


def test_while_paused_the_owner_alone_is_told(desk: Desk) -> None:
    """The others are once it has been resumed."""
    holding.pause(desk.target, "dana", "odd tags")
    owner, deputy = desk.post()
    holding.resume(desk.target, "dana", lambda questions: ["Yes."] * len(questions))

    assert owner.reference
    assert "the agent is paused" in str(deputy.why)
    assert [True, False] == [one.before for one in desk.post()]
    assert 2 == len(desk.told())


def test_a_week_that_goes_on_is_not_told(desk: Desk) -> None:
    """Nor can anybody have read of it as a whole."""
    with pytest.raises(WrongUsage, match="2026-W48: it isn't over"):
        desk.post("2026-W48")
    with pytest.raises(WrongUsage, match="2026-W48: it isn't over"):
        summarising.review(desk.target, "2026-W48", "dana", lambda: NOW)


def test_who_may_say_that_they_read_it(desk: Desk) -> None:
    """Those whom the page names, once each; others are told who may."""
    for _ in range(2):
        said = summarising.review(desk.target, None, "omar", lambda: NOW)
    with pytest.raises(NotAllowed, match=r"maya is none .* with --reviewed-by"):
        summarising.review(desk.target, None, "maya", lambda: NOW)

    assert "Omar Haddad has read the summary of 2026-W47." == said
    assert [("omar", LAST)] == [
        (one.model_dump()["login"], one.model_dump()["week"]) for one in desk.events("Reviewed")
    ]


def test_unread_comes_first(desk: Desk) -> None:
    """Until somebody says that they read it, that is the next week's first finding."""
    usual = desk.first_to_do(LAST)
    desk.post(BEFORE)
    unread = desk.first_to_do(LAST)
    ranks = [one.rank for one in summarising.summary(desk.target, LAST, lambda: NOW).findings]
    summarising.review(desk.target, BEFORE, "dana", lambda: NOW)

    assert "nobody says that they have read the summary of 2026-W46" == unread
    assert ["unread", "work"] == ranks
    assert "1 item came to no end" == usual == desk.first_to_do(LAST)


def test_what_changed_since_it_was_told(desk: Desk) -> None:
    """The week says so when it is told again; the next one, and who is told later, don't."""
    desk.post()
    with closing(wiring.open_ledger(desk.target)) as ledger:
        span = (MONDAY, MONDAY + timedelta(weeks=1))
        (item,) = examples(ledger, "live", *span, Wanted(status="escalated"), 9)
        posted = ledger.story(item).posted
        assert posted
        steps = (
            EXAMPLES["Released"],
            Planned(names=(), category="demo_request"),
            Shown(action=posted, decisions=1),
        )
        ledger.append("by-hand", NOW, [(item, step) for step in steps])
    again = summarising.summary(desk.target, LAST, lambda: NOW)
    after = summarising.summary(desk.target, "2026-W48", lambda: NOW)
    desk.edit("  by: [owner, deputy]", "  by: [ops]")
    desk.edit("teams:\n", f"teams:\n{OPS}")
    desk.post()

    assert [("settled", 3, 4), ("escalated", 1, 0), ("waiting", 1, 0)] == [
        (one.name, one.was, one.now) for one in again.restated
    ]
    assert NOW == again.told_at
    assert () == after.restated
    assert "Changed since" not in str(desk.every()[-1])
    assert again.restated == summarising.summary(desk.target, LAST, lambda: NOW).restated


def test_by_when_it_is_to_be_read(desk: Desk) -> None:
    """Nothing is said of it before the page's day is over, by the page's clock."""
    desk.edit("on: Monday", "on: Wednesday")
    desk.post()
    running_week, midnight = "2026-W48", datetime(2026, 11, 26, 5, tzinfo=UTC)
    late = desk.first_to_do(running_week, midnight)
    early = desk.first_to_do(running_week, midnight - timedelta(seconds=1))

    assert ("nobody says that they have read the summary of 2026-W47", "") == (late, early)


def test_the_commands(desk: Desk, type_in: TypeIn) -> None:
    """They say who was told and who read it; what isn't surely told ends with 1."""
    where = ("--week", "2026-W03", "--project", desk.project, "--sandbox-url", desk.url)
    told, again = (type_in("summary", "--post", *where) for _ in range(2))
    read = type_in("summary", "--reviewed-by", "Dana Reyes", *where)
    refused = type_in("summary", "--reviewed-by", "maya", *where)
    both = type_in("summary", "--reviewed-by", "dana", "--post", *where)

    assert [0, 0, 0, 3, 2] == [one.code for one in (told, again, read, refused, both)]
    assert "owner: told, as " in told.out
    assert "deputy: told, before, as" in again.out
    assert "Dana Reyes has read the summary of 2026-W03." in read.out
    holding.pause(desk.target, "dana", "odd tags")
    paused = type_in("summary", "--post", "--week", "2026-W02", *where[2:])
    assert 1 == paused.code
    assert "deputy: not surely told: the agent is paused" in " ".join(paused.out.split())
