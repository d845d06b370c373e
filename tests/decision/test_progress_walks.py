"""Whatever becomes of an item, its steps stay in order: random lives, lucky and unlucky."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.decision import events
from triage_agent.decision.actions import Action, CreateRecord, PostHandOver, UpdateRecord
from triage_agent.decision.events import Event, FiredRule, Happened, Intended
from triage_agent.decision.hand_over import hand_over
from triage_agent.decision.item import Record
from triage_agent.decision.progress import (
    MAX_FAILURES,
    Assess,
    Deliver,
    Draft,
    GiveUp,
    LookUp,
    Nothing,
    Step,
    next_step,
    step_of,
)
from triage_agent.decision.stops import Stop
from triage_agent.decision.story import Story
from triage_agent.operating_model.schema import Page

if TYPE_CHECKING:
    from tests.decision.conftest import Make

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STOP = Stop(rule="restricted_topic", topic="legal", quote="we will sue")
RULE = FiredRule(rule=STOP.rule, topic=STOP.topic, source=STOP.source)
RECORD = Record(object="Lead", id="00Q000000000001AAA", fields={"Company": "Northwind"})
TAG = UpdateRecord(name="tag", object="Lead", record_id=RECORD.id, fields={"A__c": "x"})
TASK = CreateRecord(name="create_task", object="Task", fields={"K__c": "k"}, key_field="K__c")


@pytest.fixture(scope="module")
def post(make: "Make", page: Page) -> PostHandOver:
    """The action that hands an item over."""
    taker = page.teams["sales_development"].members[0]
    content = hand_over(make(), (STOP,), None, taker)
    return PostHandOver(name="escalate", team="sales_development", hand_over=content)


class Walk:
    """An item's life: each step is answered as the agent may, by the draws of a test."""

    def __init__(self, data: st.DataObject, post: PostHandOver, mode: str, *, lucky: bool) -> None:
        self._data, self._post, self._lucky, self._mode = data, post, lucky, mode
        self.events: list[Event] = [
            events.Received.model_validate(
                {"mode": mode, "object": "Lead", "record_id": RECORD.id, "record": RECORD},
            ),
        ]
        self.permitted: set[str] = set()
        self.done: set[str] = set()
        self.open: dict[str, Intended] = {}
        self.failures = 0
        self.stopped = False

    def step(self) -> Step:
        """The next step, checked for what holds whatever has happened."""
        story = [
            Happened(at=NOON + timedelta(seconds=n), run="run", event=event)
            for n, event in enumerate(self.events)
        ]
        step = next_step(story)
        assert step == next_step(story) == step_of(Story.of(story))
        assert bool(self.open) == isinstance(step, LookUp)
        gives_up = not self.open and not self.stopped and MAX_FAILURES <= self.failures
        assert gives_up == isinstance(step, GiveUp)
        return step

    def answer(self, step: Step) -> None:
        match step:
            case Assess():
                self._assess()
            case Draft(name):
                assert name in self.permitted
                self._draft(name)
            case GiveUp():
                self._stop()
            case Deliver(actions):
                self._deliver(actions)
            case LookUp(keys):
                assert list(self.open.values()) == list(keys)
                for key in keys:
                    self._found(key.action)
            case Nothing():
                raise AssertionError("nothing follows from nothing")

    def _draw(self, *choices: str) -> str:
        return choices[0] if self._lucky else self._data.draw(st.sampled_from(choices))

    def _add(self, event: Event) -> None:
        self.events.append(event)

    def _assess(self) -> None:
        way = self._data.draw(st.sampled_from(["draft", "settle", "stop"]))
        if self._draw("works", "fails") == "fails":
            self._fail("assess")
        elif way == "stop":
            self._stop()
        else:
            self._add(events.Assessed(category="new_business", confidence=0.9))
            if way == "settle" or not self._judge("draft_reply"):
                self._settle()

    def _draft(self, name: str) -> None:
        match self._draw("works", "fails", "withheld"):
            case "works":
                self._add(events.Drafted(action=name, words=1, text="Hello."))
                self._settle()
            case "fails":
                self._fail(name)
            case _:
                self._stop()

    def _settle(self) -> None:
        self._plan(TAG, TASK)

    def _stop(self) -> None:
        self.stopped = True
        self._add(events.Stopped(rules=(RULE,), stops=(STOP,)))
        self._plan(TAG, self._post)

    def _plan(self, *actions: Action) -> None:
        names = tuple(action.name for action in actions)
        self._add(events.Planned(names=names, category="new_business", actions=actions))
        for action in actions:
            self._judge(action.name)

    def _judge(self, name: str) -> bool:
        allowed = self._draw("allowed", "allowed", "refused") == "allowed"
        if allowed:
            self.permitted.add(name)
            self._add(events.Permitted(action=name, line="may"))
        else:
            self.permitted.discard(name)
            self._add(events.Refused(action=name, line="may", reason="a reason"))
        return allowed

    def _deliver(self, actions: Sequence[Action]) -> None:
        assert self._mode == "live"
        assert actions
        for action in actions:
            assert action.name in self.permitted
            assert action.name not in self.done
            self.open[action.name] = Intended(
                action=action.name,
                key=f"key.{action.name}",
                system="salesforce",
            )
            self._add(self.open[action.name])
        for action in actions:
            match self._draw("done", "failed", "lost"):
                case "done":
                    self._finish(action.name)
                case "failed":
                    del self.open[action.name]
                    self._fail(action.name)
                case _:
                    pass

    def _found(self, name: str) -> None:
        match self._draw("found", "not found", "put off"):
            case "found":
                self._finish(name)
            case "not found":
                del self.open[name]
                self._add(events.NotFound(action=name, key=f"key.{name}"))
            case _:
                pass

    def _finish(self, name: str) -> None:
        del self.open[name]
        self.done.add(name)
        self._add(events.Done(action=name, key=f"key.{name}", reference="00T"))

    def _fail(self, name: str) -> None:
        self.failures += 1
        self._add(events.Failed(action=name, code="500", reason="a reason"))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(["live", "shadow"]))
def test_any_life_is_orderly(post: PostHandOver, data: st.DataObject, mode: str) -> None:
    """Nothing is done unpermitted or twice; what is open is looked up; enough failures end it."""
    walk = Walk(data, post, mode, lucky=False)
    for _ in range(25):
        step = walk.step()
        if isinstance(step, Nothing):
            break
        walk.answer(step)

    if isinstance(step, Nothing):
        assert not walk.open
        assert step.status != "open"
        assert walk.stopped or step.status in ("settled", "failed")
        assert step.status != "escalated" or mode == "shadow" or "escalate" in walk.done


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["live", "shadow"]))
def test_a_lucky_life_ends(post: PostHandOver, data: st.DataObject, mode: str) -> None:
    """Where every step works, an item soon ends settled, or escalated if it stopped."""
    walk = Walk(data, post, mode, lucky=True)
    steps = 0
    while not isinstance(step := walk.step(), Nothing):
        walk.answer(step)
        steps += 1

    assert 3 >= steps
    assert Nothing("escalated" if walk.stopped else "settled") == step
    if mode == "live":
        assert {"tag", "escalate" if walk.stopped else "create_task"} == walk.done
