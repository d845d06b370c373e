"""One item, one step: each function turns a step into the events that follow from it."""

import traceback
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, TypeVar

import structlog

from triage_agent.authority import gate
from triage_agent.decision import events
from triage_agent.decision.actions import Action
from triage_agent.decision.assessment import (
    Assessment,
    assessment_schema,
    draft_schema,
    read_assessment,
    read_draft,
)
from triage_agent.decision.drafts import signed, stops_of_draft
from triage_agent.decision.events import Event
from triage_agent.decision.item import Item
from triage_agent.decision.plan import Judged, draft_wanted, plan
from triage_agent.decision.prompts import Question, question
from triage_agent.decision.replies import lacking
from triage_agent.decision.stops import (
    Stop,
    declined,
    failed_repeatedly,
    stops_with_model,
    stops_without_model,
)
from triage_agent.effects.deliver import Entry
from triage_agent.errors import TriageError
from triage_agent.jobs.parts import Parts

log = structlog.get_logger()
Events = Iterator[Event]
Form = TypeVar("Form")
Verdict = events.Permitted | events.Held | events.Refused


@dataclass(frozen=True)
class Work:
    """An item as far as it is judged. `paid`: the answers that there are, by their keys."""

    item: Item
    judged: Judged
    paid: Mapping[str, str]

    def with_stops(self, stops: tuple[Stop, ...]) -> "Work":
        """The same work after more rules have fired."""
        judged = self.judged.model_copy(update={"stops": self.judged.stops + stops})
        return Work(self.item, judged, self.paid)


class Steps:
    """The steps of every item of a run, with what they have in common made once."""

    def __init__(self, parts: Parts) -> None:
        self._rules = parts.rules
        self._asker = parts.asker
        page = parts.rules.page
        self._assess_instructions = parts.rules.assess.render("instructions", page=page)
        self._draft_instructions = parts.rules.draft.render("instructions", page=page)
        self._assessment_schema = assessment_schema(page)
        self._draft_schema = draft_schema()

    def assess(self, work: Work) -> Events:
        """The floor, then the form, then what follows from both."""
        if stops := self._floor(work):
            yield from self._stop(work, stops)
            return
        asked = question(
            self._rules.assess,
            self._assess_instructions,
            work.item,
            "assessment",
            self._assessment_schema,
        )
        assessment = yield from self._filled(work, "assess", "assess", asked, read_assessment)
        if assessment:
            yield from self._judge(work, assessment)

    def _floor(self, work: Work) -> tuple[Stop, ...]:
        """What stops an item before a model is asked; nothing, once a person has released it."""
        return () if work.judged.released else stops_without_model(work.item, self._rules.patterns)

    def _judge(self, work: Work, assessment: Assessment) -> Events:
        yield events.Assessed(
            category=assessment.category[:60],
            confidence=assessment.confidence,
            assessment=assessment,
        )
        judged = work.judged.model_copy(update={"assessment": assessment})
        assessed = Work(work.item, judged, work.paid)
        stops = stops_with_model(work.item, self._rules.patterns, assessment)
        if stops and not judged.released:
            yield from self._stop(assessed, stops)
            return
        if wanted := draft_wanted(work.item, judged):
            verdict = self.verdict(assessed, wanted)
            yield verdict
            if isinstance(verdict, events.Permitted):
                return  # the plan follows when the draft is there
        yield from self._plan(assessed)

    def draft(self, work: Work, action: str) -> Events:
        """The reply, checked; a reply that fails its check stops the item."""
        said = work.judged.assessment
        asked = question(
            self._rules.draft,
            self._draft_instructions,
            work.item,
            "draft",
            self._draft_schema,
            category=work.judged.category(work.item.page),
            language=said.language_code if said else "",
            missing=list(lacking(work.item, said).values()) if said else [],
        )
        draft = yield from self._filled(work, "draft", action, asked, read_draft)
        if draft is None:
            return
        if stops := stops_of_draft(draft, work.item, self._rules.patterns):
            yield from self._stop(work, stops)
        else:
            text = signed(draft, work.item.page)
            yield events.Drafted(action=action, words=len(text.split()), text=text)
            judged = work.judged.model_copy(update={"draft": text})
            yield from self._plan(Work(work.item, judged, work.paid))

    def _filled(
        self,
        work: Work,
        purpose: Literal["assess", "draft"],
        action: str,
        asked: Question,
        read: Callable[[str], Form],
    ) -> Generator[Event, None, Form | None]:
        """The filled form; where there is none, what follows from that is told."""
        if work.paid and (paid := work.paid.get(self._asker.key(asked))):
            return read(paid)
        answer = self._asker.ask(purpose, asked)
        if answer.text is None:
            yield _called(work.item, answer.call, None)
            yield from self._no_answer(work, action, answer.call.outcome, str(answer.reason))
            return None
        try:
            form = read(answer.text)
        except ValueError as exc:
            torn = answer.call.model_copy(update={"outcome": "torn"})
            yield _called(work.item, torn, answer.text)
            reason = f"no filled form: {exc}"
            yield events.Failed(action=action, code="torn", reason=reason, again=True)
            return None
        yield _called(work.item, answer.call, answer.text)
        return form

    def give_up(self, work: Work, reason: str, times: int) -> Events:
        """Hands an item that keeps failing to a person."""
        yield from self._stop(work, (failed_repeatedly(reason, times),))

    def _no_answer(self, work: Work, action: str, outcome: str, reason: str) -> Events:
        """A model that declines has answered; one that can't be understood has failed."""
        if outcome in ("refused", "filtered"):
            yield from self._stop(work, (declined(reason),))
        else:
            yield events.Failed(action=action, code=outcome, reason=reason)

    def _stop(self, work: Work, stops: tuple[Stop, ...]) -> Events:
        """What fires for a released item is told, but it goes on, without what was unfit."""
        rules = tuple(
            events.FiredRule(rule=stop.rule, topic=stop.topic, source=stop.source, order=stop.order)
            for stop in stops
        )
        yield events.Stopped(rules=rules, stops=stops)
        yield from self._plan(work if work.judged.released else work.with_stops(stops))

    def _plan(self, work: Work) -> Events:
        actions = plan(work.item, work.judged)
        yield events.Planned(
            names=tuple(action.name for action in actions),
            category=work.judged.category(work.item.page),
            hand_overs=tuple(action.name for action in actions if action.kind == "post"),
            actions=actions,
        )
        for action in actions:
            yield self.verdict(work, action)

    def verdict(self, work: Work, action: Action) -> Verdict:
        """What the page says of an action, as the event that tells it."""
        request = gate.Request(action, work.item, bool(work.judged.stops))
        match gate.judge(request, self._rules.model):
            case gate.Allowed(line):
                return events.Permitted(action=action.name, line=line)
            case gate.NeedsApproval(line, who):
                return events.Held(action=action.name, line=line, who=who)
            case gate.Refused(line, reason):
                return events.Refused(action=action.name, line=line, reason=reason)


def _called(item: Item, call: events.Call, answer: str | None) -> events.ModelCalled:
    read = item.page.item_read
    shown, masked = tuple(read.shown_to_model), tuple(read.masked_in_text)
    return events.ModelCalled(call=call, shown=shown, masked=masked, answer=answer)


def taken(item: str, name: str, step: Iterator[Event]) -> list[Entry]:
    """One step of one item. What no one foresaw fails this item, and none of the others.

    Of a step that broke only what was paid for is kept, so that it can be taken again.
    """
    entries: list[Entry] = []
    try:
        entries.extend((item, event) for event in step)
    except TriageError:
        raise
    except Exception as exc:  # noqa: BLE001 - it is on the ledger as Failed
        code = type(exc).__name__
        log.error("a step broke", item=item, step=name, error=code, at=_places(exc))  # noqa: TRY400 - no traceback
        entries = [entry for entry in entries if entry[1].kind == "ModelCalled"]
        reason = "unexpected; the log says where"
        entries.append((item, events.Failed(action=name, code=code, reason=reason)))
    return entries


def _places(exc: Exception) -> list[str]:
    """Where an error came from. Its text and the variables there may hold people's data."""
    frames = traceback.extract_tb(exc.__traceback__)
    return [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
