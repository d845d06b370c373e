"""Looking up: of what was interrupted, what is there is done and what isn't may be done again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from triage_agent.connectors.salesforce.writing import Writer
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.actions import CreateRecord, PostHandOver, UpdateRecord
from triage_agent.decision.events import NotFound
from triage_agent.effects.deliver import (
    Effect,
    Entry,
    Mark,
    Messages,
    Overflow,
)
from triage_agent.effects.look_up import Interrupted, look_up
from triage_agent.errors import Unavailable
from triage_agent.operating_model.schema import Page

WriterTo = Callable[[str], Writer]
SlackTo = Callable[[str], SlackConnector]
Line = Callable[[Callable[[str, int], object]], str]
LookUp = Callable[..., list[Entry]]
State = Callable[[], Any]
Deliver = Callable[..., list[Entry]]
Task = Callable[..., CreateRecord]
EffectOf = Callable[..., Effect]
Write = Callable[..., list[Entry]]

OVERFLOW = Overflow(
    Mark("run-1", "escalate.thread", "slack"), "sales_development", datetime.now(UTC)
)


@pytest.fixture
def looked_up(url: str, writer_to: WriterTo, slack_to: SlackTo, page: Page) -> LookUp:
    """What a look-up tells of effects that were intended just now or `later`; `base`: elsewhere."""

    def told(
        *effects: Effect, later: timedelta = timedelta(0), base: str | None = None
    ) -> list[Entry]:
        at = datetime.now(UTC) + later
        interrupted = [Interrupted(effect, at) for effect in effects]
        return look_up(writer_to(base or url), slack_to(base or url), page, interrupted)

    return told


def absent(effect: Effect) -> Entry:
    return effect.mark.stream, NotFound(action=effect.mark.name, key=effect.mark.key)


@pytest.mark.parametrize("fate", ["answer lost", "never arrives"])
def test_an_interrupted_create_is_found_by_its_key(
    line: Line,
    writer_to: WriterTo,
    task: Task,
    looked_up: LookUp,
    state: State,
    fate: str,
    effect: EffectOf,
    write: Write,
) -> None:
    """A record that was created though its answer was lost is done; otherwise it isn't there."""
    effects = [effect(item, task(item)) for item in ("a", "b")]
    base = line(lambda path, _before: fate if "/composite/" in path else "passes")
    silent = write(writer_to(base), effects)
    found = {row["Triage_Key__c"]: row["Id"] for row in state()["salesforce"]["Task"]}
    expected = [
        e.mark.done(found[e.mark.key], found=True) if e.mark.key in found else absent(e)
        for e in effects
    ]

    assert [] == silent
    assert (2 if fate == "answer lost" else 0) == len(found)
    assert expected == looked_up(*effects)


@pytest.mark.parametrize("fate", ["answer lost", "never arrives"])
def test_an_interrupted_post_is_found_by_its_key(
    line: Line,
    deliver: Deliver,
    post: PostHandOver,
    looked_up: LookUp,
    state: State,
    fate: str,
    effect: EffectOf,
) -> None:
    """A message that arrived though its answer was lost is done; otherwise it isn't there."""
    made = effect("a", post)
    base = line(lambda _path, _before: fate)
    silent = deliver(base, [made])
    there = [f"C0SALESDEV1/{message['ts']}" for message in state()["slack"]["C0SALESDEV1"]]
    expected = made.mark.done(there[0], found=True) if there else absent(made)

    assert [] == silent
    assert (fate == "answer lost") == bool(there)
    assert [expected] == looked_up(made)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=3)])
def test_an_interrupted_reply_is_found_in_its_thread(
    line: Line,
    deliver: Deliver,
    post: PostHandOver,
    looked_up: LookUp,
    later: timedelta,
    effect: EffectOf,
) -> None:
    """A reply is found also where its thread was opened long before."""
    made = effect("a", post)
    base = line(lambda _path, before: "answer lost" if before == 1 else "passes")
    entries = deliver(base, [made], Messages(1), OVERFLOW)
    ((stream, event),) = looked_up(made, later=later)

    assert ["run-1"] == [stream for stream, _ in entries]
    assert ("a", "Done") == (stream, event.kind)


def test_an_update_may_simply_be_done_again(looked_up: LookUp, effect: EffectOf) -> None:
    """Nothing tells whether an update took place, and a second one changes nothing more."""
    action = UpdateRecord(name="tag", object="Lead", record_id="1", fields={"Triage": "x"})
    made = effect("a", action)

    assert [absent(made)] == looked_up(made)


def test_everything_is_looked_up_at_once(
    url: str,
    writer_to: WriterTo,
    task: Task,
    post: PostHandOver,
    looked_up: LookUp,
    effect: EffectOf,
    write: Write,
) -> None:
    """Updates, records and messages of many items are told each to its own item."""
    there, gone = (effect(item, task(item)) for item in ("a", "b"))
    (created,) = write(writer_to(url), [there])
    update = effect(
        "c", UpdateRecord(name="tag", object="Lead", record_id="1", fields={"Triage": "x"})
    )
    message = effect("d", post)
    entries = looked_up(there, gone, update, message)

    assert [absent(update), created[0], absent(gone), absent(message)] == [
        entries[0],
        entries[1][0],
        *entries[2:],
    ]
    assert "Done" == entries[1][1].kind


def test_nothing_to_look_up_asks_nothing(looked_up: LookUp, state: State) -> None:
    """Without interrupted writes no request leaves."""
    assert [] == looked_up()
    assert [] == state()["requests"]


@pytest.mark.parametrize("part", ["/query", "conversations"])
def test_a_look_up_that_fails_tells_nothing(
    line: Line, task: Task, post: PostHandOver, looked_up: LookUp, part: str, effect: EffectOf
) -> None:
    """Where one system can't be asked the look-up is off: nothing is guessed."""
    base = line(lambda path, _before: "never arrives" if part in path else "passes")
    effects = [effect("a", action) for action in (task("a"), post)]
    with pytest.raises(Unavailable):
        looked_up(*effects, base=base)
