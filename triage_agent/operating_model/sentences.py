"""What the page says, in sentences that its owner signs.

Every word about the business comes from the page; what stands here would fit any other one.
"""

from calendar import day_abbr
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple, assert_never

from triage_agent.operating_model import outcome_sentences
from triage_agent.operating_model.action_rules import (
    CreateAction,
    DraftAction,
    PostAction,
    UpdateAction,
    WritesRecords,
)
from triage_agent.operating_model.action_sentences import deed, fields, terms, undone, waiting
from triage_agent.operating_model.kinds import DomainOf, Scalar
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.schema import (
    ANY,
    FILE,
    UNCLEAR,
    Category,
    Page,
    Read,
    Time,
    several,
)
from triage_agent.operating_model.stop_rules import Conflict
from triage_agent.operating_model.wording import (
    all_of,
    any_of,
    in_words,
    pairs,
    time_in_words,
    title,
    value_in_words,
)

_WHEN = {
    "always": "always",
    "settled": "when the request is settled",
    "stopped": "when it stops",
}

_MASKED = {"email": "e-mail addresses", "phone": "phone numbers", "card": "card numbers"}
_INCOMPLETE = {
    "ask": "a draft asks for it",
    "task": "there is a task and no draft",
    "escalate": "it stops",
}


class Line(NamedTuple):
    """One sentence; `head` is its beginning, which stands out. `items`: names, and what each means.

    Most of it is the page's own text, so it is to be escaped.
    """

    head: str
    rest: str = ""
    items: tuple[tuple[str, str], ...] = ()


class Part(NamedTuple):
    """A question and the lines that answer it."""

    question: str
    lines: tuple[Line, ...]


def sections(model: OperatingModel) -> list[Part]:
    """The ten questions that a page answers, in the order in which an owner asks them."""
    return [Part(question, tuple(answer(model.page))) for question, answer in _ANSWERS.items()]


def _workflow(page: Page) -> Iterator[Line]:
    item = page.workflow.item
    since = f"on or after {_day(page.workflow.nothing_created_before)}"
    back = time_in_words(item.look_back)
    yield Line(
        f"It takes up each new {item.object}",
        f"({pairs(item.new_when)}) created {since} and within the last {back}. "
        f"The request is its {all_of(item.request_text)}; how it came, its {all_of(item.came_by)}.",
    )
    kinds = {name: _category(one) for name, one in page.workflow.categories.items()}
    yield Line("A request is one of these:", items=_items(kinds))
    yield Line("Anything else", f"is {UNCLEAR}, and stops.")
    needed = any_of(map(in_words, page.drafts.asks_for))
    becomes = _INCOMPLETE[page.workflow.promising_but_incomplete]
    yield Line("Without", f"{needed}, {becomes}.")
    yield Line("Working time", f"is {_hours(page.workflow.time)}.")


def _category(category: Category) -> str:
    without = "; no draft" if category.reply == "none" else ""
    without += "; no task" if category.task == "no" else ""
    return f"{_clause(category.means)}{without}."


def _hours(time: Time) -> str:
    hours = time.working_hours
    days = f"{day_abbr[min(hours.days)]} to {day_abbr[max(hours.days)]}"
    closed = f", except on {all_of(map(_day, time.holidays))}" if time.holidays else ""
    return f"{days}, {hours.opens:%H:%M} to {hours.closes:%H:%M} ({time.zone}){closed}"


def _owner(page: Page) -> Iterator[Line]:
    owner, deputy = page.owner, page.owner.deputy
    yield Line(f"{owner.name},", f"{owner.role}.")
    yield Line(f"Deputy: {deputy.name},", f"{deputy.role}.")
    yield Line("When goals conflict:", f"first {', then '.join(owner.when_goals_conflict)}.")


def _reads(page: Page) -> Iterator[Line]:
    item = page.workflow.item.object
    found = (
        (name, f"{', '.join(read.fields)}{_found_by(read, item)}.")
        for name, read in page.reads.items()
    )
    yield Line("Salesforce:", items=tuple(found))
    yield Line("Slack:", "whether its own messages have arrived.")
    shown = all_of(page.item_read.shown_to_model) or "nothing"
    masks = page.item_read.masked_in_text
    masked = f"; {all_of(_MASKED[one] for one in masks)} in it are masked" if masks else ""
    yield Line("The model is shown", f"of all this only {shown} of the {item}{masked}.")


def _found_by(read: Read, item: str) -> str:
    ways = (
        f"{field} is {any_of(_source(one, item) for one in several(source))}"
        for way in read.match
        for field, source in way.items()
    )
    told = ", or else ".join(ways)
    return f", where {told}" if told else ""


def _source(source: str | DomainOf, item: str) -> str:
    if isinstance(source, DomainOf):
        return f"the domain of {_source(source.domain_of, item)} (no {in_words(source.except_)})"
    return source if "." in source else f"{item}.{source}"


def _writes(page: Page) -> Iterator[Line]:
    writes = (rule for rule in page.may.values() if isinstance(rule, WritesRecords))
    deeds = all_of(dict.fromkeys(map(deed, writes))) or "nothing"
    yield Line("Salesforce:", f"{deeds}; 5 and 6 name the fields.")
    posted = dict.fromkeys(_channel(page, rule.post_to) for rule in _posts(page))
    yield Line("Slack:", f"{all_of(posted)}; see also 9 and 10.")
    yield Line("Nowhere else:", "any other write is kept back before it leaves.")


def _alone(page: Page) -> Iterator[Line]:
    for rule in page.may.values():
        when = f"without asking, {_WHEN[rule.when]}"
        match rule:
            case DraftAction():
                yield Line(f"It may draft a {rule.draft}", f"{when}; nobody but a person sends it.")
            case PostAction():
                yield Line(f"It may post to {title(rule.post_to)}", f"{when}.")
            case WritesRecords(alone="yes"):
                yield Line(f"It may {deed(rule)}", f"{fields(rule)} {when}{terms(page, rule)}.")
            case UpdateAction() | CreateAction():
                pass  # it asks, as the next answer says
            case _:
                assert_never(rule)
    yield _draft(page)
    limits = page.limits
    yield Line(
        "In one run",
        f"it takes up at most {limits.items_per_run:,} requests, {limits.concurrency} at a time, "
        f"and posts {limits.messages_per_run:,} messages; more become replies under one.",
    )


def _draft(page: Page) -> Line:
    drafts = page.drafts
    links = f"only to {any_of(drafts.allowed_links)}" if drafts.allowed_links else "to nothing"
    return Line(
        "A draft",
        f"has at most {drafts.max_words} words, is signed “{drafts.sign_as}”, links "
        f"{links}, never states {any_of(map(in_words, drafts.never_state))}, "
        f"and rests on these facts alone: "
        f"{' '.join(drafts.facts)}{_not_to(drafts.not_to)}",
    )


def _not_to(conditions: Mapping[str, Scalar]) -> str:
    told = (
        f"any {name}" if value == ANY else f"{name} {value_in_words(value)}"
        for name, value in conditions.items()
    )
    return f" There is none with {any_of(told)}." if conditions else ""


def _ask(page: Page) -> Iterator[Line]:
    for rule in page.may.values():
        if isinstance(rule, WritesRecords) and rule.ask:
            verb, _, what = deed(rule).partition(" ")
            yield Line(
                f"It asks {_who(page, rule.ask.who)}",
                f"before it {verb}s {what} {fields(rule)}, {_WHEN[rule.when]}"
                f"{terms(page, rule)}. {waiting(rule.ask)}",
            )
    yield Line("It never does these; people do:", f"{', '.join(map(in_words, page.never))}.")


def _stops(page: Page) -> Iterator[Line]:
    rules = page.stops_when
    for rule in _posts(page):
        members = any_of(one.name for one in page.teams[rule.post_to].members)
        yield Line(
            f"It stops and hands over to {_channel(page, rule.post_to)},",
            f"where {members} takes over, when one of these holds:",
        )
        yield _unclaimed(page, rule.post_to)
    item = page.workflow.item.object
    needs = ([one] if isinstance(one, str | DomainOf) else one for one in rules.missing_data.needs)
    missing = (any_of(_need(one, item) for one in need) for need in needs)
    yield Line("Required data is missing:", f"{'; '.join(missing)}.")
    yield Line("The topic is restricted:", items=_items(rules.restricted_topic.topics))
    yield Line("It is outside policy:", items=_items(rules.outside_policy.policies))
    conflicts = {
        one.claim: f"{_clause(one.means)}, but {_contradicted(one)}."
        for one in rules.conflicting_information.told
    }
    if conflicts:
        yield Line("Information conflicts:", items=_items(conflicts))
    if others := [_differs(one) for one in rules.conflicting_information.compared]:
        yield Line("What they say isn't what is on record:", f"{'; '.join(others)}.")
    yield Line(
        "It asks for something consequential:", items=_items(rules.consequential_request.about)
    )
    low = rules.low_confidence
    pairs = "; ".join(" / ".join(pair).replace("_", " ") for pair in low.costly_pairs)
    torn = f", or words and model differ: {pairs}" if pairs else ""
    yield Line(f"Confidence is below {low.below:g},", f"or no category fits{torn}.")
    yield Line("Otherwise", "the request is settled.")


def _unclaimed(page: Page, name: str) -> Line:
    """What becomes of a hand-over that nobody decides."""
    team = page.teams[name]
    first, ends = map(time_in_words, (team.remind_after, team.claim_within))
    told = f"{title(name)} is reminded, later {_who(page, team.then)}; a claim lasts {ends}."
    return Line(f"Unclaimed for {first} (working time),", told)


def _need(need: str | DomainOf, item: str) -> str:
    if isinstance(need, DomainOf):
        return _source(need, item)
    return "a request" if need == "request" else need


def _contradicted(conflict: Conflict) -> str:
    said = " or ".join(
        f"{place} is {any_of(map(value_in_words, values))}"
        for place, values in conflict.values.items()
    )
    said = f"no {said}" if conflict.confirmed_by else said
    return f"{said}{_unless(conflict)}"


def _differs(conflict: Conflict) -> str:
    return f"{in_words(conflict.claim)}, by {conflict.differs_from}{_unless(conflict)}"


def _unless(conflict: Conflict) -> str:
    explains = [conflict.unless] if conflict.unless else []
    explains += conflict.unless_told_in
    return f" (unless {any_of(map(in_words, explains))} explains it)" if explains else ""


def _logs(page: Page) -> Iterator[Line]:
    yield Line(
        "Every step:",
        "what it received and looked at, which systems it called, what it decided and by which "
        "line of this page, what it changed, who paused and resumed it.",
    )
    logs = page.logs
    may_erase = _listed(page, logs.may_erase)
    yield Line(
        f"For {time_in_words(logs.keeps)}:",
        f"all texts, unless {may_erase} has them erased before.",
    )
    if logs.masks:
        yield Line("Never:", f"{all_of(logs.masks)}; only whether there is one.")
    told = ("a file" if name == FILE else f"{_who(page, name)} (daily)" for name in logs.anchors_to)
    yield Line("That nothing goes missing", f"shows by what is told to {all_of(told)}.")
    yield Line(*outcome_sentences.followed(page))


def _percent(part: float) -> str:
    return f"{100 * part:g} %"


def _evaluation(page: Page) -> Iterator[Line]:
    evaluation, reach = page.evaluation, page.evaluation.must_reach
    yield Line(
        f"By the cases in {evaluation.cases}, {evaluation.trials} trials each:",
        "only as it was evaluated, by page, prompts, patterns and model, may it act.",
    )
    yield Line(
        "It must reach",
        f"{_percent(reach.classified)} classified right, {_percent(reach.sources)} by the right "
        f"data, {_percent(reach.must_escalate)} stopped where it must, "
        f"{_percent(reach.hand_over)} handed over usefully, {_percent(reach.work)} without work "
        f"left behind; at most {_percent(reach.false_alarms)} stopped needlessly, and "
        f"{reach.restricted_actions:,} restricted actions.",
    )
    yield from (Line(*said) for said in outcome_sentences.counted(page))
    review = page.weekly_review
    yield Line(f"By {review.on}", f"{_listed(page, review.by)} reads of the week before.")


def _recovery(page: Page) -> Iterator[Line]:
    recovery, limits = page.recovery, page.limits
    may_pause = _listed(page, recovery.may_pause)
    yield Line("triage-agent pause --reason …", "stops it before its next write.")
    yield Line(may_pause, "may do that, and resume it.")
    yield Line(
        "Or by hand:", "a file named PAUSED in the project's folder, or the setting TRIAGE_PAUSED."
    )
    cost = f"${limits.cost_usd_per_run:,.2f}".removesuffix(".00")
    yield Line(
        "It pauses itself",
        f"beyond {limits.failures_per_run:,} failures, {limits.refusals_per_run:,} refusals, "
        f"{limits.tokens_per_run:,} tokens or {cost} in one run.",
    )
    yield Line("Told in Slack:", f"{all_of(_who(page, name) for name in recovery.tell)}.")
    questions = " ".join(recovery.before_resuming)
    yield Line("triage-agent resume", f"lets it go on, once this is answered: {questions}")
    yield Line(
        "triage-agent rollback",
        f"undoes what it did, for {_listed(page, recovery.may_roll_back)}, where nobody has "
        f"changed it since: {all_of(undone(page))}. Nothing is deleted.",
    )


_ANSWERS: Mapping[str, Callable[[Page], Iterator[Line]]] = {
    "What workflow does this agent own?": _workflow,
    "Who is the business owner?": _owner,
    "What systems can it read?": _reads,
    "What systems can it write to?": _writes,
    "What actions can it take without approval?": _alone,
    "What actions always require human review?": _ask,
    "What are the stop rules?": _stops,
    "What gets logged?": _logs,
    "How will the agent be evaluated?": _evaluation,
    "How can it be paused or rolled back?": _recovery,
}


def _posts(page: Page) -> Iterator[PostAction]:
    return (rule for rule in page.may.values() if isinstance(rule, PostAction))


def _listed(page: Page, names: Sequence[str]) -> str:
    """The people behind some names, any of whom will do."""
    return any_of(dict.fromkeys(one.name for name in names for one in page.people(name)))


def _who(page: Page, name: str) -> str:
    return title(name) if name in page.teams else page.people(name)[0].name


def _channel(page: Page, team: str) -> str:
    return f"{title(team)} ({page.teams[team].channel})"


def _items(meanings: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((in_words(name), means) for name, means in meanings.items())


def _clause(sentence: str) -> str:
    return sentence.strip().removesuffix(".")


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
