"""Delivering: what becomes of each write is an event, except where nobody can know it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.connectors.salesforce.writing import Writer
from triage_agent.decision.actions import CreateRecord, PostHandOver, UpdateRecord
from triage_agent.decision.events import Done, Failed, Intended
from triage_agent.decision.item import Record
from triage_agent.effects.deliver import (
    Effect,
    Entry,
    Mark,
    Messages,
    Overflow,
)
from triage_agent.operating_model.schema import Page

WriterTo = Callable[[str], Writer]
Deliver = Callable[..., list[Entry]]
Line = Callable[[Callable[[str, int], object]], str]
State = Callable[[], Any]
Lead = Callable[..., str]
Tag = Callable[..., UpdateRecord]
Task = Callable[..., CreateRecord]
EffectOf = Callable[..., Effect]
Write = Callable[..., list[Entry]]

NOBODY = Record(object="Lead", id="00Q000000000001AAA", fields={})
SALES = "C0SALESDEV1"
OVERFLOW = Overflow(
    Mark("run-1", "escalate.thread", "slack"), "sales_development", datetime.now(UTC)
)


def fails(part: str, fate: object) -> Callable[[str, int], object]:
    """Requests whose path has this part meet that fate; all others pass."""
    return lambda path, _before: fate if part in path else "passes"


def posts(action: PostHandOver, count: int, start: int = 0) -> list[Effect]:
    """Hand-overs of this many items."""
    return [Effect.of(f"{number:03d}", action, NOBODY) for number in range(start, start + count)]


def told(entries: list[Entry]) -> list[tuple[str, str]]:
    """Stream and kind of each event."""
    return [(stream, event.kind) for stream, event in entries]


def messages_in(state: State) -> list[tuple[str, str | None]]:
    """Key and thread of each message in the team's channel."""
    return [
        (message["metadata"]["event_payload"]["key"], message.get("thread_ts"))
        for message in state()["slack"][SALES]
    ]


def test_a_mark_names_a_write_for_good() -> None:
    """Item and action make the key, and every event about the write carries it."""
    mark = Mark("abc", "tag", "salesforce")

    assert "abc.tag" == mark.key
    assert ("abc", Intended(action="tag", key="abc.tag", system="salesforce")) == mark.intended()
    assert ("abc", Done(action="tag", key="abc.tag", reference="1")) == mark.done("1")
    assert ("abc", Failed(action="tag", code="X", reason="no")) == mark.failed("X", "no")


def test_an_effect_knows_where_it_goes(
    tag: Tag, task: Task, post: PostHandOver, effect: EffectOf
) -> None:
    """Posts go to Slack, records to Salesforce."""
    systems = [effect("abc", action).mark.system for action in (tag("1"), task("abc"), post)]

    assert ["salesforce", "salesforce", "slack"] == systems


def test_updates_are_told_one_by_one(
    url: str,
    writer_to: WriterTo,
    lead: Lead,
    tag: Tag,
    state: State,
    effect: EffectOf,
    write: Write,
) -> None:
    """Each row that is written is done; a refused one failed, by its code and fields alone."""
    first, second, third = lead(), lead(), lead()
    effects = [
        effect("a", tag(first)),
        effect("b", tag(second, Status="My secret plans")),
        effect("c", tag(third, Triage_Summary__c="x" * 300)),
    ]
    entries = write(writer_to(url), effects)
    refused = Failed(
        action="tag",
        code="INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        reason="Salesforce refused the row for Status",
        again=True,
    )

    assert [effects[0].mark.done(first), ("b", refused), effects[2].mark.done(third)] == entries
    assert {"demo_request", None} == {
        row.get("Triage_Category__c") for row in state()["salesforce"]["Lead"]
    }


def test_what_somebody_else_has_set_is_left_alone(
    url: str,
    writer_to: WriterTo,
    lead: Lead,
    tag: Tag,
    state: State,
    effect: EffectOf,
    write: Write,
) -> None:
    """An update is left undone as a whole where a field is neither as known nor as wanted."""
    name, category = "Triage_Summary__c", "Triage_Category__c"
    theirs, ours, plain = lead(**{name: "A rep's own words"}), lead(**{name: "Wants it"}), lead()
    wanted = {category: "demo_request", name: "Wants it"}
    held = {category: None, name: None}
    effects = [
        effect(item, tag(about, **wanted), **held)
        for item, about in (("a", theirs), ("b", ours), ("c", plain))
    ]
    overtaken, *others = write(writer_to(url), effects)

    assert effects[0].mark.overtaken("has another Triage_Summary__c") == overtaken
    assert [
        one.mark.done(about) for one, about in zip(effects[1:], (ours, plain), strict=True)
    ] == (others)
    assert {theirs: (None, "A rep's own words")} | dict.fromkeys(
        (ours, plain), ("demo_request", "Wants it")
    ) == {row["Id"]: (row.get(category), row.get(name)) for row in state()["salesforce"]["Lead"]}


@pytest.mark.parametrize(
    ("kept", "held"),
    [
        ("Wants a demo", "  Wants a demo \n"),
        ("two\r\nlines", "two\nlines"),
        ("x" * 254 + "…", "x" * 300),
    ],
    ids=["trimmed", "other ends of lines", "cut"],
)
def test_what_the_org_made_of_our_own_value_is_ours(
    url: str,
    writer_to: WriterTo,
    lead: Lead,
    tag: Tag,
    effect: EffectOf,
    write: Write,
    kept: str,
    held: str,
) -> None:
    """A value that was trimmed, or cut to the field's length, isn't taken for somebody else's."""
    about = lead(Triage_Summary__c=kept)
    one = effect("a", tag(about, Triage_Summary__c="Another"), Triage_Summary__c=held)

    assert [one.mark.done(about)] == write(writer_to(url), [one])


def test_creates_are_told_one_by_one(
    url: str, writer_to: WriterTo, task: Task, state: State, effect: EffectOf, write: Write
) -> None:
    """Each record that is there is done, with its id; a refused one failed."""
    effects = [effect("a", task("a")), effect("b", task("b", Priority="Whatever"))]
    (done, failed) = write(writer_to(url), effects)
    (row,) = state()["salesforce"]["Task"]

    assert effects[0].mark.done(row["Id"]) == done
    assert "a.create_task" == row["Triage_Key__c"]
    assert ("b", "Failed") == (failed[0], failed[1].kind)


def test_creating_again_creates_nothing(
    url: str, writer_to: WriterTo, task: Task, state: State, effect: EffectOf, write: Write
) -> None:
    """The same effect twice has one record, and tells the same."""
    effects = [effect("a", task("a"))]
    writer = writer_to(url)

    assert write(writer, effects) == write(writer, effects)
    assert 1 == len(state()["salesforce"]["Task"])


@pytest.mark.parametrize("fate", ["answer lost", "never arrives", 500])
def test_a_write_whose_answer_is_lost_has_no_event(
    line: Line,
    writer_to: WriterTo,
    lead: Lead,
    tag: Tag,
    task: Task,
    fate: object,
    effect: EffectOf,
    write: Write,
) -> None:
    """Where nobody can know what happened nothing is said: the write stays intended."""
    writer = writer_to(line(fails("/composite/", fate)))

    assert [] == write(writer, [effect("a", tag(lead()))])
    assert [] == write(writer, [effect("a", task("a"))])


@pytest.mark.parametrize(("part", "fate"), [("/composite/", 400), ("/describe", 503)])
def test_a_refused_batch_has_failed(
    line: Line,
    writer_to: WriterTo,
    tag: Tag,
    task: Task,
    part: str,
    fate: int,
    lead: Lead,
    effect: EffectOf,
    write: Write,
) -> None:
    """Where surely nothing was written each effect of the batch has failed, with the reason."""
    writer = writer_to(line(fails(part, fate)))
    updated = write(writer, [effect(item, tag(lead())) for item in "ab"])
    created = write(writer, [effect(item, task(item)) for item in "cd"])

    assert [(item, "Failed") for item in "abcd"] == told([*updated, *created])
    assert {str(fate)} == {
        event.code for _, event in [*updated, *created] if isinstance(event, Failed)
    }


def test_posts_are_done_with_their_place(
    url: str, deliver: Deliver, post: PostHandOver, state: State
) -> None:
    """A hand-over that was posted is done, as channel and time of its message."""
    effects = posts(post, 2)
    entries = deliver(url, effects)
    references = [f"{SALES}/{message['ts']}" for message in state()["slack"][SALES]]

    assert [
        one.mark.done(reference) for one, reference in zip(effects, references, strict=True)
    ] == entries
    assert [("000.escalate", None), ("001.escalate", None)] == messages_in(state)


@pytest.mark.parametrize("fate", ["answer lost", "never arrives", 503])
def test_a_post_whose_answer_is_lost_has_no_event(
    line: Line, deliver: Deliver, post: PostHandOver, state: State, fate: object
) -> None:
    """The lost one stays intended, is not posted again, and the others go on."""
    base = line(lambda _path, before: fate if before == 1 else "passes")
    entries = deliver(base, posts(post, 3))
    arrived = ["000", "001", "002"] if fate == "answer lost" else ["000", "002"]

    assert [("000", "Done"), ("002", "Done")] == told(entries)
    assert [f"{item}.escalate" for item in arrived] == [key for key, _ in messages_in(state)]


def test_a_refused_post_has_failed(line: Line, deliver: Deliver, post: PostHandOver) -> None:
    """A message that Slack surely didn't take has failed, and the others go on."""
    base = line(lambda _path, before: 403 if before == 0 else "passes")
    entries = deliver(base, posts(post, 2))

    assert [("000", "Failed"), ("001", "Done")] == told(entries)


@pytest.mark.parametrize(
    ("left", "thread", "waiting", "own"),
    [
        (20, None, 0, 0),
        (20, None, 19, 19),
        (20, None, 20, 19),
        (20, None, 500, 19),
        (1, None, 5, 0),
        (0, None, 5, 0),
        (20, "1.0", 5, 0),
    ],
)
def test_one_message_is_kept_for_the_thread(
    left: int, thread: str | None, waiting: int, own: int
) -> None:
    """All but one of the messages that are left may be a hand-over's own."""
    assert own == Messages(left, thread).split(waiting)


@given(st.integers(1, 30), st.lists(st.integers(0, 30)))
def test_no_run_posts_more_than_its_limit(limit: int, batches: list[int]) -> None:
    """However the hand-overs come in, own messages and the thread's head stay within the page."""
    messages, posted = Messages(limit), 0
    for waiting in batches:
        own = messages.split(waiting)
        messages.left -= own
        posted += own
        if own < waiting and not messages.thread:
            messages.thread = "1.0"
            posted += 1

    assert posted <= limit
    assert (sum(batches) >= limit) == (posted == limit)


def test_what_exceeds_the_limit_goes_into_one_thread(
    url: str, deliver: Deliver, page: Page, post: PostHandOver, state: State
) -> None:
    """Of 25 hand-overs 19 have messages of their own, 6 are replies to the twentieth message."""
    messages = Messages(page.limits.messages_per_run)
    entries = deliver(url, posts(post, 25), messages, OVERFLOW)
    kept = messages_in(state)
    own = [key for key, thread in kept if thread is None]
    replies = {key: thread for key, thread in kept if thread}

    assert [f"{n:03d}.escalate" for n in range(19)] + ["run-1.escalate.thread"] == own
    assert {f"{n:03d}.escalate": messages.thread for n in range(19, 25)} == replies
    assert [*[(f"{n:03d}", "Done") for n in range(19)], ("run-1", "Done")] == told(entries)[:20]
    assert 26 == len(entries)


def test_everything_after_the_limit_goes_into_the_same_thread(
    url: str, deliver: Deliver, post: PostHandOver, state: State
) -> None:
    """Once the thread is there later batches reply to it, and open no other."""
    messages = Messages(3)
    for start, overflow in ((0, None), (2, OVERFLOW), (4, None)):
        deliver(url, posts(post, 2, start), messages, overflow)
    threads = [thread for _, thread in messages_in(state)]

    assert [None, None, None, *[messages.thread] * 4] == threads


def test_without_a_thread_what_exceeds_the_limit_has_failed(
    line: Line, deliver: Deliver, post: PostHandOver, state: State
) -> None:
    """Where the common message is refused its replies wait for another try."""
    base = line(lambda _path, before: 403 if before == 1 else "passes")
    entries = deliver(base, posts(post, 3), Messages(2), OVERFLOW)

    assert [("000", "Done"), ("run-1", "Failed"), ("001", "Failed"), ("002", "Failed")] == told(
        entries
    )
    assert ["000.escalate"] == [key for key, _ in messages_in(state)]


def test_a_lost_common_message_has_no_event(
    line: Line, deliver: Deliver, post: PostHandOver
) -> None:
    """The thread's head may be there or not; its replies were surely not posted."""
    base = line(lambda _path, _before: "answer lost")
    entries = deliver(base, posts(post, 2), Messages(1), OVERFLOW)

    assert [("000", "Failed"), ("001", "Failed")] == told(entries)
