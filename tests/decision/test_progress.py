"""What comes next follows from an item's events alone: one table of histories and their steps."""
# ruff: noqa: E501 - a history stands on one line, as in a table

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from triage_agent.decision import events, review_events, run_events
from triage_agent.decision.actions import Action, CreateRecord, PostHandOver, UpdateRecord
from triage_agent.decision.events import Event, FiredRule, Happened, Intended
from triage_agent.decision.hand_over import hand_over
from triage_agent.decision.item import Item, Record
from triage_agent.decision.progress import (
    MAX_FAILURES,
    Assess,
    Deliver,
    Draft,
    GiveUp,
    LookUp,
    Nothing,
    Show,
    Step,
    next_step,
)
from triage_agent.decision.stops import Stop
from triage_agent.decision.story import Story
from triage_agent.operating_model.schema import Page

if TYPE_CHECKING:
    from tests.decision.conftest import Form, Make

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RECORD = Record(object="Lead", id="00Q000000000001AAA", fields={"Company": "Northwind"})
STOP = Stop(rule="restricted_topic", topic="legal", quote="we will sue")
TAG = UpdateRecord(name="tag", object="Lead", record_id=RECORD.id, fields={"A__c": "x"})
TASK = CreateRecord(name="create_task", object="Task", fields={"K__c": "k"}, key_field="K__c")


@pytest.fixture(scope="module")
def post(make: "Make", page: Page) -> PostHandOver:
    """The action that hands an item over."""
    taker = page.teams["sales_development"].members[0]
    content = hand_over(make(), (STOP,), None, taker)
    return PostHandOver(name="escalate", team="sales_development", hand_over=content)


def story_of(told: Sequence[Event]) -> list[Happened]:
    return [
        Happened(at=NOON + timedelta(seconds=n), run="run", event=event)
        for n, event in enumerate(told)
    ]


def received(mode: str = "live") -> Event:
    return events.Received.model_validate(
        {"mode": mode, "object": "Lead", "record_id": RECORD.id, "record": RECORD},
    )


ASSESSED = events.Assessed(category="new_business", confidence=0.9)
STOPPED = events.Stopped(
    rules=(FiredRule(rule=STOP.rule, topic=STOP.topic, source=STOP.source),),
    stops=(STOP,),
)


def planned(*actions: Action) -> Event:
    names = tuple(action.name for action in actions)
    return events.Planned(names=names, category="new_business", actions=actions)


def permitted(name: str) -> Event:
    return events.Permitted(action=name, line="may")


def refused(name: str) -> Event:
    return events.Refused(action=name, line="may", reason="a reason")


def intended(name: str) -> Intended:
    return Intended(action=name, key=f"key.{name}", system="salesforce")


def done(name: str) -> Event:
    return events.Done(action=name, key=f"key.{name}", reference="00T")


def not_found(name: str) -> Event:
    return events.NotFound(action=name, key=f"key.{name}")


def failed(name: str, reason: str = "a reason") -> Event:
    return events.Failed(action=name, code="500", reason=reason)


def drafted(name: str = "draft_reply") -> Event:
    return events.Drafted(action=name, words=1, text="Hello.")


READ = events.Read(looked_at=("Account",), record_ids=(), related=())
TWO = [received(), READ, ASSESSED, planned(TAG, TASK), permitted("tag"), permitted("create_task")]
ONE = [received(), ASSESSED, planned(TAG), permitted("tag")]
DRAFTING = [received(), ASSESSED, permitted("draft_reply")]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param([received()], Assess(), id="received"),
        pytest.param([received(), READ], Assess(), id="read"),
        pytest.param([received(), failed("assess")], Assess(), id="failed once"),
        pytest.param(
            [received(), *[failed("assess", "torn")] * MAX_FAILURES],
            GiveUp("torn"),
            id="failed too often",
        ),
        pytest.param([received(), ASSESSED], Assess(), id="assessed, then broken off"),
        pytest.param(DRAFTING, Draft("draft_reply"), id="a draft is allowed"),
        pytest.param(
            [received(), ASSESSED, refused("draft_reply")],
            Assess(),
            id="a draft is refused, then broken off",
        ),
        pytest.param([*DRAFTING, failed("draft_reply")], Draft("draft_reply"), id="a draft failed"),
        pytest.param(
            [*DRAFTING, failed("assess", "a"), *[failed("draft_reply", "b")] * 2],
            GiveUp("b"),
            id="failures of all steps count",
        ),
        pytest.param(TWO, Deliver((TAG, TASK)), id="planned"),
        pytest.param(
            [*DRAFTING, drafted(), planned(TASK), permitted("create_task")],
            Deliver((TASK,)),
            id="drafted",
        ),
        pytest.param([*TWO, intended("tag")], LookUp((intended("tag"),)), id="intended"),
        pytest.param(
            [*TWO, intended("tag"), intended("create_task")],
            LookUp((intended("tag"), intended("create_task"))),
            id="both intended",
        ),
        pytest.param([*TWO, intended("tag"), done("tag")], Deliver((TASK,)), id="one done"),
        pytest.param(
            [*TWO, intended("tag"), not_found("tag")],
            Deliver((TAG, TASK)),
            id="not found",
        ),
        pytest.param(
            [*TWO, intended("tag"), failed("tag")],
            Deliver((TAG, TASK)),
            id="a write failed",
        ),
        pytest.param(
            [*ONE, *[intended("tag"), failed("tag", "limit")] * MAX_FAILURES],
            GiveUp("limit"),
            id="a write failed too often",
        ),
        pytest.param([*ONE, intended("tag"), done("tag")], Nothing("settled"), id="settled"),
        pytest.param(
            [*TWO[:-2], permitted("tag"), refused("create_task"), intended("tag"), done("tag")],
            Nothing("failed"),
            id="one refused",
        ),
        pytest.param([*TWO[:-2], refused("tag"), permitted("create_task")], Deliver((TASK,)), id="tag refused"),
        pytest.param(
            [received("shadow"), ASSESSED, planned(TAG, TASK), permitted("tag"), permitted("create_task")],
            Nothing("settled"),
            id="shadow",
        ),
    ],
)  # fmt: skip
def test_what_comes_next(told: list[Event], expected: Step) -> None:
    """Each history of an item leads to its one next step."""
    assert expected == next_step(story_of(told))


STOPPED_TAIL = [intended("tag"), done("tag")]


@pytest.mark.parametrize(
    ("mode", "told", "expected"),
    [
        pytest.param("live", [], "deliver both", id="planned"),
        pytest.param("live", STOPPED_TAIL, "deliver the post", id="tagged"),
        pytest.param(
            "live",
            [*STOPPED_TAIL, intended("escalate"), done("escalate")],
            "escalated",
            id="handed over",
        ),
        pytest.param(
            "live",
            [*STOPPED_TAIL, *[intended("escalate"), failed("escalate")] * 7],
            "deliver the post",
            id="a hand-over is tried for ever",
        ),
        pytest.param(
            "live",
            [*[intended("tag"), failed("tag")] * 3, intended("escalate"), done("escalate")],
            "escalated",
            id="handed over untagged",
        ),
        pytest.param("shadow", [], "escalated", id="shadow"),
    ],
)
def test_what_comes_next_for_a_stopped_item(
    post: PostHandOver, mode: str, told: list[Event], expected: str
) -> None:
    """A stopped item ends once a person has it, and not before."""
    steps: dict[str, Step] = {
        "deliver both": Deliver((TAG, post)),
        "deliver the post": Deliver((post,)),
        "escalated": Nothing("escalated"),
    }
    plan = [planned(TAG, post), permitted("tag"), permitted("escalate")]

    assert steps[expected] == next_step(story_of([received(mode), STOPPED, *plan, *told]))


MAYA = {"by": "Maya", "login": "maya", "slack": "U1", "salesforce": "005000000000002AAA"}
CLAIMED = review_events.Claimed(**MAYA)
RELEASED = review_events.Released(**MAYA, category="new_business")
SHOWN = review_events.Shown(action="escalate", decisions=1)


@pytest.mark.parametrize(
    ("told", "expected", "status"),
    [
        pytest.param([CLAIMED], Show("escalate"), "open", id="claimed"),
        pytest.param([CLAIMED, SHOWN], Nothing("escalated"), "escalated", id="claimed and shown"),
        pytest.param([RELEASED], Assess(), "open", id="released"),
        pytest.param(
            [RELEASED, ASSESSED, permitted("draft_reply")],
            Draft("draft_reply"),
            "open",
            id="released and assessed",
        ),
        pytest.param(
            [RELEASED, *[failed("assess")] * MAX_FAILURES], Assess(), "open", id="never given up"
        ),
        pytest.param(
            [RELEASED, ASSESSED, planned(TAG, TASK), permitted("tag"), permitted("create_task")],
            Deliver((TAG, TASK)),
            "open",
            id="released and planned",
        ),
        pytest.param(
            [RELEASED, ASSESSED, planned(TASK), permitted("create_task"), done("create_task")],
            Show("escalate"),
            "open",
            id="released and done",
        ),
        pytest.param(
            [RELEASED, SHOWN, planned(TASK), permitted("create_task"), done("create_task")],
            Nothing("settled"),
            "settled",
            id="released, done and shown",
        ),
    ],
)
def test_what_people_decide_goes_on(
    post: PostHandOver, told: list[Event], expected: Step, status: str
) -> None:
    """A claim is shown; a release begins the way anew, which no rule stops and nobody gives up."""
    handed = [received(), STOPPED, planned(TAG, post), permitted("tag"), permitted("escalate")]
    handed += [done("tag"), done("escalate")]

    assert expected == next_step(story_of([*handed, *told]))
    assert status == Story.of(story_of([*handed, *told])).status


@pytest.mark.parametrize(
    ("told", "status"),
    [
        pytest.param([received()], "open", id="received"),
        pytest.param(ONE, "open", id="permitted"),
        pytest.param([*ONE, intended("tag")], "open", id="intended"),
        pytest.param([*ONE, intended("tag"), failed("tag")], "failed", id="failed"),
        pytest.param([*ONE, intended("tag"), done("tag")], "settled", id="done"),
        pytest.param([*ONE, STOPPED, planned(TAG), refused("tag")], "failed", id="nobody is told"),
    ],
)
def test_a_status_tells_how_an_item_ended(told: list[Event], status: str) -> None:
    """An item is open while a write may still happen, and has failed where one has."""
    assert status == Story.of(story_of(told)).status


def test_a_refused_hand_over_is_a_failure(post: PostHandOver) -> None:
    """A stopped item that nobody may be told about has failed."""
    told = [received(), STOPPED, planned(post), refused("escalate")]

    assert Nothing("failed") == next_step(story_of(told))


def test_a_later_plan_replaces_an_earlier_one(post: PostHandOver) -> None:
    """After giving up, only the hand-over counts; what was done before stays done."""
    told = [
        *TWO,
        intended("tag"),
        done("tag"),
        *[intended("create_task"), failed("create_task")] * 3,
    ]
    replanned = [STOPPED, planned(TAG, post), permitted("tag"), permitted("escalate")]

    assert Deliver((post,)) == next_step(story_of([*told, *replanned]))


def test_a_story_holds_what_the_steps_need(page: Page, form: "Form") -> None:
    """A story gives back the item as it was read, and the decision so far."""
    said = form()
    told = [received(), READ, ASSESSED.model_copy(update={"assessment": said}), drafted()]
    story = Story.of(story_of(told))

    assert Item("item", "live", RECORD, page, ()) == story.item("item", page)
    assert (NOON, said, (), "Hello.") == (
        story.judged().received_at,
        story.judged().assessment,
        story.judged().stops,
        story.judged().draft,
    )


def test_an_erased_item_is_gone(page: Page) -> None:
    """An item whose texts have been erased can't be worked on, and says so."""
    erased = events.Received(mode="live", object="Lead", record_id=RECORD.id)

    with pytest.raises(ValueError, match="the texts of item abc have been erased"):
        Story.of(story_of([erased])).item("abc", page)


def test_what_a_run_tells_changes_nothing() -> None:
    """A run's own events, and what the model cost, are no part of where an item stands."""
    call = events.Call(purpose="assess", key="k", asked="m", answered_by="m", outcome="answered",
        input_tokens=1, cached_tokens=0, output_tokens=1, cost_usd=None, seconds=0.1)  # fmt: skip
    told: list[Event] = [*TWO, events.ModelCalled(call=call), run_events.Broke(reason="a reason")]

    assert next_step(story_of(TWO)) == next_step(story_of(told))
    assert [("run", call)] == Story.of(story_of(told)).calls
