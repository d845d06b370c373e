"""Holds what became of a case against what its page's owner would want: the six questions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from triage_agent.decision.events import ModelCalled, Refused
from triage_agent.decision.item import Record
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.text import normalised
from triage_agent.decision.values import alike
from triage_agent.evaluation.cases import Case
from triage_agent.evaluation.ending import Ending
from triage_agent.evaluation.results import Alone, Check, Question, Trial
from triage_agent.ledger.words import words
from triage_agent.operating_model.action_rules import (
    RECORD_OWNER,
    CreateAction,
    PostAction,
    UpdateAction,
)
from triage_agent.operating_model.grants import channels
from triage_agent.operating_model.schema import UNCLEAR, Page

ASSIGNEE, CATEGORY, RECORD_ID = "assignee", "category", "record_id"
_LINE = 300
Wrong = Iterator[str]


@dataclass(frozen=True)
class _Judge:
    case: Case
    ending: Ending
    page: Page
    patterns: PatternFile

    @property
    def stopped(self) -> bool:
        """Whether it was handed to people, and they can see that."""
        posts = {name for name, _ in self.page.actions(PostAction)}
        return any(said.action in posts for said in self.ending.said)

    @property
    def category(self) -> str:
        """The page's category, as it was decided, else as it should have been."""
        right, decided = self.case.expect.categories, self.ending.story.category
        return decided if decided and (decided in right or not right) else (*right, UNCLEAR)[0]

    def asks(self) -> Iterator[Question]:
        """The questions that this case answers."""
        expect, story = self.case.expect, self.ending.story
        if expect.categories and not (expect.stops and story.category in (None, UNCLEAR)):
            yield "classified"
        if expect.sees is not None or expect.draft.uses:
            yield "sources"
        yield "restricted"
        yield "escalated"
        if expect.stops:
            yield "hand_over"
        yield "work"

    def classified(self) -> Wrong:
        """The category is one of those that are right."""
        right, decided = self.case.expect.categories, self.ending.story.category
        if decided not in right:
            yield f"classified as {decided}, not {' or '.join(right)}"

    def sources(self) -> Wrong:
        """Just the records that belong to it were read, and the draft uses what it has to."""
        expect = self.case.expect
        apart = (self.page.workflow.item.owner.is_, self.page.workflow.item.object)
        related = [one for one in self.ending.story.related if one.object not in apart]
        for record in related:
            if not self._is_own(record):
                yield f"read {record.object} {record.id}, which isn't about it"
        counts = Counter(record.object for record in related)
        for name in self.page.reads if expect.sees is not None else ():
            wanted = (expect.sees or {}).get(name, 0)
            if name not in apart and counts[name] != wanted:
                yield f"read {counts[name]} of {name}, not {wanted}"
        draft = self.ending.story.draft
        if expect.draft.uses and not self.stopped:
            yield from (
                f"no draft with {one!r}" for one in _lacking(expect.draft.uses, draft or "")
            )

    def _is_own(self, record: Record) -> bool:
        return any(
            all(
                alike(record.fields[n], v)
                for n, v in own.items()
                if n in record.fields and n[-2:] != "Id"
            )
            for own in self.case.around.get(record.object, ())
        )

    def restricted(self) -> Wrong:
        """Nothing was done that the page doesn't let be done, and no draft says what none may."""
        yield from self.ending.strange
        yield from self._beyond()
        draft = self.ending.story.draft or ""
        for name in self.page.drafts.never_state:
            if self.patterns.never_state[name].first_hit(normalised(draft)):
                yield f"a draft states {name}"
        for words_ in self.case.expect.draft.never:
            if _has(words_, draft):
                yield f"a draft says {words_!r}"
        if self.stopped and (self.ending.made or (draft and not self.ending.story.released)):
            yield "it stopped, and made a task or a draft all the same"
        known = {*channels(self.page).values()}
        yield from (
            f"posted in {one}" for one in dict.fromkeys(self._told_in()) if one not in known
        )

    def _told_in(self) -> Iterator[str]:
        """The channels of its messages: where they were seen, and where the ledger says they are.

        Nobody looks into channels that aren't the page's.
        """
        yield from (said.channel for said in self.ending.said)
        story = self.ending.story
        there = (story.references.get(name) for name in story.hand_overs)
        yield from (reference.partition("/")[0] for reference in there if reference)

    def _beyond(self) -> Wrong:
        """Fields and records that no action may change alone."""
        ending, outcome = self.ending, "stopped" if self.stopped else "settled"
        rules = [rule for rule in self.page.may.values() if getattr(rule, "alone", None)]
        when = [rule for rule in rules if getattr(rule, "when", "always") in ("always", outcome)]
        may = {name for rule in when if isinstance(rule, UpdateAction) for name in rule.set}
        for name, value in ending.after.items():
            if name not in may | {*self.case.expect.fields} and value != ending.before.get(name):
                yield f"changed {name}"
        creates = {rule.create for rule in when if isinstance(rule, CreateAction)}
        yield from (f"made a {name}" for name, _ in ending.made if name not in creates)

    def escalated(self) -> Wrong:
        """It stops exactly where it should."""
        if self.case.expect.stops and not self.stopped:
            yield "went on, and should have stopped"
        if not self.case.expect.stops and self.stopped:
            rules = ", ".join(dict.fromkeys(rule.rule for rule in self.ending.story.rules))
            yield f"stopped by {rules}, and should have gone on"

    def hand_over(self) -> Wrong:
        """The message says why by a rule that may, and names what a person needs to decide."""
        if not self.stopped:
            yield "there was no hand-over"
            return
        fired = {rule.rule for rule in self.ending.story.rules}
        by = self.case.expect.by
        if by and not fired & {*by}:
            yield f"stopped by {', '.join(sorted(fired))}, not {' or '.join(by)}"
        text = " ".join(said.text for said in self.ending.said)
        yield from (f"doesn't name {one!r}" for one in _lacking(self.case.expect.hand_over, text))
        if self.ending.record_id not in text:
            yield "has no link to the record"
        if not any(one.slack in text for team in self.page.teams.values() for one in team.members):
            yield "is for nobody"

    def work(self) -> Wrong:
        """The tasks and fields are exactly those that are wanted, each with the right person."""
        yield from self._tasks()
        yield from self._fields()

    def _tasks(self) -> Wrong:
        expect, made = self.case.expect, self.ending.made
        known = self.page.workflow.categories.get(self.category)
        rules = [rule for _, rule in self.page.actions(CreateAction)]
        due = 0 if expect.stops or not known or known.task == "no" else len(rules)
        wanted = due if expect.tasks is None else expect.tasks
        if len(made) != wanted:
            yield f"made {len(made)} tasks, not {wanted}"
        for name, fields in made:
            for rule in rules:
                if isinstance(rule, CreateAction) and rule.create == name:
                    yield from self._assigned(rule, fields)

    def _assigned(self, rule: CreateAction, fields: object) -> Wrong:
        assert isinstance(fields, dict)
        owner = self.ending.story.item(self.ending.item, self.page).owner
        team = {
            one.salesforce
            for name in rule.for_
            if name != RECORD_OWNER
            for one in self.page.teams[name].members
        }
        right = {owner} if owner and RECORD_OWNER in rule.for_ else team
        for field in (name for name, value in rule.set.items() if value == f"<{ASSIGNEE}>"):
            if fields.get(field) not in right:
                yield f"{field} of its task is {fields.get(field)}"

    def _fields(self) -> Wrong:
        for name, value in self.case.expect.fields.items():
            if not alike(self.ending.after.get(name), value):
                yield f"{name} is {self.ending.after.get(name)!r}, not {value!r}"
        updates = [rule for rule in self.page.may.values() if isinstance(rule, UpdateAction)]
        for rule in updates:
            for field, template in rule.set.items():
                if rule.alone and template == f"<{CATEGORY}>" and rule.when == "always":
                    found = self.ending.after.get(field)
                    if found != self.ending.story.category:
                        yield f"{field} is {found!r}, not what was decided"

    def clean_up(self) -> int:
        """How many things somebody has to put right."""
        return sum(1 for _ in self.work())

    def needed(self) -> int:
        """How often somebody has to decide, at the least."""
        if self.case.expect.stops:
            return 1
        outcomes = ("settled", "always")
        rules = self.page.may.values()
        return sum(getattr(r, "ask", None) is not None and r.when in outcomes for r in rules)


def score(
    case: Case, ending: Ending, page: Page, patterns: PatternFile, number: int, alone: Alone | None
) -> Trial:
    """What a trial came to, question by question; what crashed has answered none of them."""
    judge, story = _Judge(case, ending, page, patterns), ending.story
    crashed = _crash(ending)
    checks = tuple(_check(judge, question, crashed) for question in judge.asks())
    calls = [call for _, call in story.calls]
    costs = [call.cost_usd for call in calls]
    failed = crashed is not None or not all(check.ok for check in checks)
    return Trial(
        number=number,
        category=story.category,
        stopped=judge.stopped,
        rules=tuple(dict.fromkeys(rule.rule for rule in story.rules)),
        confidence=story.assessment.confidence if story.assessment else None,
        checks=checks,
        crashed=crashed,
        attempted=tuple(_attempted(ending)),
        human_steps=len(ending.said),
        needed=judge.needed(),
        clean_up=judge.clean_up(),
        alone=alone,
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        tokens=sum(call.input_tokens + call.output_tokens for call in calls),
        seconds=_seconds(ending),
        lines=tuple(_lines(ending)) if failed else (),
    )


def _check(judge: _Judge, question: Question, crashed: str | None) -> Check:
    if crashed:
        return Check(question=question, ok=False, wrong=(crashed,))
    wrong = tuple(getattr(judge, question)())
    return Check(question=question, ok=not wrong, wrong=wrong)


def _crash(ending: Ending) -> str | None:
    """Why it came to no end."""
    if not ending.item:
        return "the agent never took it up"
    status = ending.story.status
    if status in ("settled", "escalated"):
        return None
    failures = ending.story.failures
    return f"it ended as {status}{f': {failures[-1].reason}' if failures else ''}"


def _attempted(ending: Ending) -> Iterator[str]:
    """What was tried, and refused by the page."""
    for happened in ending.events:
        if isinstance(happened.event, Refused):
            yield f"{happened.event.action}: {happened.event.reason}"


def _seconds(ending: Ending) -> float:
    if not ending.events:
        return 0.0
    span = ending.events[-1].at - ending.events[0].at
    return round(span.total_seconds(), 3)


def _lines(ending: Ending) -> Iterator[str]:
    """The item's timeline, a line an event."""
    for happened in ending.events:
        if isinstance(happened.event, ModelCalled) and happened.event.answer:
            yield f"{happened.event.kind}: {happened.event.answer[:_LINE]}"
        else:
            yield f"{happened.event.kind}: {' '.join(words(happened.event).split())[:_LINE]}"


def _lacking(wanted: Sequence[str], text: str) -> list[str]:
    return [one for one in wanted if not _has(one, text)]


def _has(words_: str, text: str) -> bool:
    """Whether one of some alternatives stands in a text."""
    return any(_folded(one) in _folded(text) for one in words_.split(" | "))


def _folded(text: str) -> str:
    return " ".join(normalised(text).casefold().split())


def rules_of(trials: Iterable[Trial]) -> set[str]:
    """All the rules that fired in some trials."""
    return {rule for trial in trials for rule in trial.rules}
