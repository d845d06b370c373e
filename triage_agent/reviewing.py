"""What the `review` commands do: people decide at a terminal, whether Slack is there or not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

from triage_agent.errors import NotDecided, TriageError, WrongUsage
from triage_agent.targets import Target, systems
from triage_agent.wiring import acting, brake_of, held, mode_of, open_ledger, run

if TYPE_CHECKING:
    from triage_agent.decision.asking import Editable
    from triage_agent.decision.questions import Question
    from triage_agent.decision.story import Story
    from triage_agent.effects.deliver import Entry
    from triage_agent.jobs.report import ItemReport
    from triage_agent.ledger.store import Ledger
    from triage_agent.operating_model.schema import Page
    from triage_agent.review.approving import Reference, Room
    from triage_agent.review.deciding import Clicked
    from triage_agent.review.waiting import Case, Request, Waiting

Decision = Literal["claimed", "released", "corrected", "rejected", "approved", "edited"]
Decide = Callable[["Ledger", "Page", "Clicked"], str | None]
"""One of `review.deciding`: why it was not decided, if it was not."""
Answer = Callable[["Room", "Clicked", "Reference"], str | None]
"""Likewise, one of `review.approving`."""


@dataclass(frozen=True)
class Came:
    """What came of a decision that is on the ledger.

    `action`: the one for which somebody's word was wanted. `not_shown`: why Slack's message doesn't
    tell it yet. Where the agent goes on, `went_on` is how far it has come with the item, `left` why
    that is left to a later run, and `outcome` what it has told of the action since.
    """

    item_id: str
    decision: Decision
    by: str
    login: str
    action: str | None = None
    not_shown: str | None = None
    went_on: "ItemReport | None" = None
    left: str | None = None
    outcome: tuple[str, ...] = ()


@dataclass(frozen=True)
class Word:
    """What was typed about a request for somebody's word; `action`: which, where that was said.

    `seen` says which digest they have seen who give it, once they were shown what is asked.
    """

    wanted: str
    named: str | None
    action: str | None
    seen: "Callable[[Request], str]"


def waiting(target: Target) -> "list[Waiting]":
    """What waits for people, oldest first."""
    from triage_agent.review.waiting import waiting as told

    with _opened(target) as room:
        page = room.model.page
        return told(room.ledger, page, mode_of(target, page))


def look(target: Target, wanted: str) -> "Case":
    """All that there is to know about one item before one decides."""
    from triage_agent.review.waiting import case, item_of

    with _opened(target) as room:
        return case(room.ledger, room.model.page, item_of(room.ledger, wanted))


def claim(target: Target, wanted: str, named: str | None) -> Came:
    """Takes an item on oneself."""
    from triage_agent.review import deciding

    with _opened(target) as room:
        return _decided(target, room, _handed_over(room, wanted, named, "claimed", deciding.claim))


def release(target: Target, wanted: str, named: str | None, category: str) -> Came:
    """Has the agent go on with an item, as with one of that category; it does so at once."""
    from triage_agent.review import deciding

    with _opened(target) as room:
        decide = partial(deciding.release, category=_known(room.model.page, category))
        wish = _handed_over(room, wanted, named, "released", decide)
        came = _decided(target, room, wish)
    return _gone_on(target, came)


def correct(
    target: Target,
    wanted: str,
    named: str | None,
    wrong: str,
    category: str | None,
    note: str | None,
) -> Came:
    """Keeps what the agent got wrong."""
    from triage_agent.review import deciding

    with _opened(target) as room:
        known = category and _known(room.model.page, category)
        decide = partial(deciding.correct, wrong=wrong, category=known, note=note)
        return _decided(target, room, _handed_over(room, wanted, named, "corrected", decide))


def reject(target: Target, wanted: str, named: str | None, reason: str, action: str | None) -> Came:
    """Sets a hand-over aside as of no use; or says no to an action that asks."""
    from triage_agent.review import approving, deciding
    from triage_agent.review.waiting import item_of, meant

    if not reason.strip():
        raise WrongUsage("--reason is empty: say why")
    with _opened(target) as room:
        item = item_of(room.ledger, wanted)
        story = room.ledger.story(item)
        handed = [story.posted] if story.posted else []
        question = story.question(meant(story, action, [*handed, *_asking(story)]))
        if question:
            no = partial(approving.reject, reason=reason)
            wish = _asked(room, _reference(item, question), named, "rejected", no)
        else:
            decide = partial(deciding.reject, reason=reason)
            wish = _handed_over(room, wanted, named, "rejected", decide)
        return _decided(target, room, wish)


def approve(target: Target, word: Word) -> Came:
    """Says yes to what was seen; the agent does it at once."""
    from triage_agent.review import approving

    return _answered(target, word, _seen(target, word, {}), "approved", approving.approve)


def edit(target: Target, word: Word, settings: Sequence[str]) -> Came:
    """Says yes to what was seen with other values, each `FIELD=VALUE`; likewise."""
    from triage_agent.review import approving

    given = _given(settings)
    decide = partial(approving.edit, given=given)
    return _answered(target, word, _seen(target, word, given), "edited", decide)


@dataclass(frozen=True)
class _Wish:
    """What is to be decided about an item, whose word that takes, and in whose name it was typed.

    `action`: the one that asks, if one does.
    """

    item: str
    who: str
    named: str | None
    decision: Decision
    decide: "Callable[[Clicked], str | None]"
    action: str | None = None


def _handed_over(
    room: "Room", wanted: str, named: str | None, decision: Decision, decide: Decide
) -> _Wish:
    from triage_agent.review.deciding import NOTHING_TO_DECIDE, team_of
    from triage_agent.review.waiting import item_of

    item, page = item_of(room.ledger, wanted), room.model.page
    team = team_of(room.ledger.story(item), page)
    if team is None:
        raise NotDecided(NOTHING_TO_DECIDE)
    return _Wish(item, team, named, decision, partial(decide, room.ledger, page))


def _asked(
    room: "Room", reference: "Reference", named: str | None, decision: Decision, answer: Answer
) -> _Wish:
    item, action, _ = reference
    question = room.ledger.story(item).question(action)
    assert question

    def decide(clicked: "Clicked") -> str | None:
        return answer(room, clicked, reference)

    return _Wish(item, question.asked.who, named, decision, decide, action)


def _asking(story: "Story") -> list[str]:
    """The actions of an item for which somebody's word was ever wanted."""
    return list(dict.fromkeys(one.asked.action for one in story.questions.values()))


def _reference(item: str, question: "Question") -> "Reference":
    from triage_agent.review.approving import Reference

    return Reference(item, question.asked.action, question.asked.digest)


def _known(page: "Page", category: str) -> str:
    if category in page.workflow.categories:
        return category
    names = ", ".join(page.workflow.categories)
    raise WrongUsage(f"--category {category}: the operating model has only these: {names}")


def _given(settings: Sequence[str]) -> dict[str, str]:
    """The values that were typed, by field."""
    given: dict[str, str] = {}
    for one in settings:
        name, _, value = one.partition("=")
        if not value.strip():
            raise WrongUsage(f"--set {one}: write one like FIELD=VALUE")
        if name in given:
            raise WrongUsage(f"--set {name}: it is given twice")
        given[name] = value
    return given


def _check(given: Mapping[str, str], fields: "Sequence[Editable]") -> None:
    """Only what the operating model lets people write may be given."""
    known = {one.field: [str(choice) for choice in one.choices] for one in fields}
    for name, value in given.items():
        if name not in known:
            raise WrongUsage(
                f"--set {name}: by the operating model only these can be changed: "
                f"{', '.join(known) or 'none'}"
            )
        if known[name] and value not in known[name]:
            raise WrongUsage(
                f"--set {name}={value}: by the operating model it can only be one of these: "
                f"{', '.join(known[name])}"
            )


def _seen(target: Target, word: Word, given: Mapping[str, str]) -> "Reference":
    """What somebody's word is about: shown to whoever may give it, with the ledger put away."""
    from triage_agent.ledger.store import AGENT
    from triage_agent.review import approving
    from triage_agent.review.deciding import Clicked
    from triage_agent.review.waiting import case, item_of, meant

    with _opened(target) as room:
        item = item_of(room.ledger, word.wanted)
        story, page = room.ledger.story(item), room.model.page
        question = story.question(meant(story, word.action, _asking(story)))
        if question is None:
            raise NotDecided(approving.NO_REQUEST)
        by = acting(target, page, [question.asked.who], word.named)
        reference = _reference(item, question)
        fields = approving.to_edit(room, Clicked(item, by.slack, AGENT, _now()), reference)
        if isinstance(fields, str):
            raise NotDecided(fields)
        _check(given, fields)
        requests = case(room.ledger, page, item).asked
    (asked,) = [one for one in requests if one.digest == reference.digest]
    return reference._replace(digest=word.seen(asked.with_values(given)))


def _answered(
    target: Target, word: Word, reference: "Reference", decision: Decision, answer: Answer
) -> Came:
    """Has somebody's word put on record, and the agent go on with it, or ask afresh."""
    from triage_agent.decision.story import Story

    with _opened(target) as room:
        wish = _asked(room, reference, word.named, decision, answer)
        came, refused = _put_on_record(target, room, wish)
        is_open = Story.of(room.ledger.events(reference.item)).status == "open"
    if refused is None or is_open:
        came = _gone_on(target, came)
    if refused:
        later = f" That is left to the agent's next run: {came.left}." if came.left else ""
        raise NotDecided(refused + later)
    with _opened(target) as room:
        return replace(came, outcome=_outcome(room, reference))


def _outcome(room: "Room", reference: "Reference") -> tuple[str, ...]:
    """What the agent has told of a request since somebody gave their word."""
    from triage_agent.decision.reviews import standing
    from triage_agent.decision.story import Story

    story = Story.of(room.ledger.events(reference.item))
    asked = next(one for one in story.questions.values() if one.asked.digest == reference.digest)
    told = standing(story, asked.message, room.model.page).did if asked.message else ()
    afresh = () if story.question(reference.action) == asked else ("It is asked afresh.",)
    return (*(f"{one.label}{one.more}" for one in told if one.user is None), *afresh)


def _decided(target: Target, room: "Room", wish: _Wish) -> Came:
    came, refused = _put_on_record(target, room, wish)
    if refused:
        raise NotDecided(refused)
    return came


def _put_on_record(target: Target, room: "Room", wish: _Wish) -> tuple[Came, str | None]:
    """What came of it, and why it was not decided, if it was not: that may be told, too."""
    from triage_agent.decision.story import Story
    from triage_agent.ledger.store import AGENT
    from triage_agent.review.deciding import Clicked

    page, item = room.model.page, wish.item
    by = acting(target, page, [wish.who], wish.named)
    refused = wish.decide(Clicked(item, by.slack, AGENT, _now()))
    stale = Story.of(room.ledger.events(item)).stale
    not_shown = _shown(target, room.ledger, page, item) if stale or not refused else None
    return Came(item, wish.decision, by.name, by.login, wish.action, not_shown), refused


def _shown(target: Target, ledger: "Ledger", page: "Page", item: str) -> str | None:
    """Has the item's message tell it. Without Slack the decision stands all the same."""
    from triage_agent.authority.wire import Wire
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Guard
    from triage_agent.ledger.store import AGENT, WORKSPACE
    from triage_agent.review.showing import show_decisions
    from triage_agent.settings import Settings

    def keep(entries: "Sequence[Entry]") -> None:
        ledger.forget(item)  # another process may have told of something since
        ledger.append(AGENT, _now(), entries)

    settings, calls = Settings.of(target.project), CallLog()
    try:
        if target.is_real:
            settings.require_real()
        with systems(target, settings) as found:
            wire = Wire(page, found.hosts, live=mode_of(target, page) == "live")
            guard = Guard(wire, calls, brake_of(target, settings, ledger).check)
            slack = found.slack(calls, guard)
            try:
                ledger.claim_for(WORKSPACE, slack.workspace())
                return show_decisions(ledger, slack, page, item, keep)
            finally:
                keep([(item, event) for event in calls.drain()])
    except TriageError as exc:
        return f"It is on record; the message will say so later ({exc})."


def _gone_on(target: Target, came: Came) -> Came:
    """Has the agent go on with an item at once, where it can."""
    try:
        report = run(target, shadow=False, limit=None, only=came.item_id, progress=lambda *_: None)
    except TriageError as exc:
        return replace(came, left=str(exc))
    for item in report.items:
        if item.item_id == came.item_id:
            return replace(came, went_on=item)
    return replace(came, left=f"{report.run_id} had nothing to do for it")


@contextmanager
def _opened(target: Target) -> "Iterator[Room]":
    from triage_agent.project import read_model
    from triage_agent.review.approving import Room
    from triage_agent.settings import Settings

    model, settings = read_model(target.project), Settings.of(target.project)
    with closing(open_ledger(target)) as ledger:
        brake = brake_of(target, settings, ledger)
        yield Room(ledger, model, held(target, model.page, brake))


def _now() -> datetime:
    return datetime.now(UTC)
