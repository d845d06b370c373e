"""Each line of the page does something: when it changes, something changes that can be seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from functools import cache, partial
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from tests.aspects_of_outcomes import outcomes
from triage_agent.authority import gate, soql
from triage_agent.authority.limits import Breaker
from triage_agent.authority.people import acting
from triage_agent.authority.wire import Request, Wire
from triage_agent.connectors.salesforce.reading import new_records, surroundings
from triage_agent.decision import missing
from triage_agent.decision import stops as rules_of_stops
from triage_agent.decision.actions import CreateRecord, HandOver, PostHandOver, UpdateRecord
from triage_agent.decision.asking import Asking, editable
from triage_agent.decision.assessment import Assessment, Claim, Draft, Flag, assessment_schema
from triage_agent.decision.drafts import signed, stops_of_draft
from triage_agent.decision.events import (
    Call,
    Done,
    Event,
    Failed,
    Happened,
    ModelCalled,
    Planned,
    Refused,
)
from triage_agent.decision.hand_over import words
from triage_agent.decision.item import Item, Record, came_by, identity, masked
from triage_agent.decision.patterns import Patterns
from triage_agent.decision.plan import Judged, draft_wanted, plan
from triage_agent.decision.prompts import question
from triage_agent.decision.readings import decoded
from triage_agent.decision.review_events import Claimed
from triage_agent.decision.stops import Stop, stops_with_model, stops_without_model
from triage_agent.decision.story import Story
from triage_agent.decision.undoing import Deed, Means, reversal
from triage_agent.decision.waiting import coming, waiting
from triage_agent.errors import NotAllowed
from triage_agent.jobs.parts import Rules
from triage_agent.operating_model.action_rules import UpdateAction, allowed
from triage_agent.operating_model.checks import contradictions
from triage_agent.operating_model.loading import FILE, Mark, OperatingModel
from triage_agent.operating_model.schema import MustReach, Page
from triage_agent.project import read_rules

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
Leaf = tuple[str | int, ...]

DESCRIPTIVE = {
    "owner.when_goals_conflict": "read by people, on the rendered page",
    "owner.deputy.role": "who they are, on the rendered page",
}
"""Lines that only describe, and where they are read."""

IN_A_RUN = {
    "workflow.mode": "tests/test_cli.py::test_real_systems",
    "limits.concurrency": "tests/jobs/test_pipeline.py::test_questions_at_once",
    "limits.items_per_run": "tests/jobs/test_runs.py::test_a_limit_defers_the_rest",
    "limits.messages_per_run": (
        "tests/effects/test_deliver.py::test_no_run_posts_more_than_its_limit"
    ),
    "logs.keeps": "tests/jobs/test_record.py::test_texts_expire_as_the_page_says",
    "logs.anchors_to": "tests/jobs/test_record.py::test_anchors_are_told_where_the_page_says",
    "evaluation.cases": "tests/test_project.py::test_a_project_without_cases",
    "evaluation.trials": "tests/evaluation/test_clearance.py::test_trials_bind",
    "weekly_review.by": "tests/summary/test_post.py::test_those_whom_the_page_names_are_told",
    "weekly_review.on": "tests/summary/test_post.py::test_by_when_it_is_to_be_read",
    **dict.fromkeys(
        (f"evaluation.must_reach.{name}" for name in MustReach.model_fields),
        "tests/evaluation/test_clearance.py::test_each_threshold_binds",
    ),
}
"""Lines that show only in a run, and the test that shows it."""

LISTED = {*DESCRIPTIVE, *IN_A_RUN}

NOW = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
EVES = [
    datetime(2026, month, day, 22, 30, tzinfo=UTC) for month, day in ((11, 25), (12, 24), (12, 31))
]
"""Late in the last hours before each holiday."""
ME = "00Q000000000001AAA"
LEAD: dict[str, Any] = {
    "FirstName": "Ada", "LastName": "Okafor", "Email": "ada@northwind.example",
    "Phone": "+1 555 0100", "Company": "Northwind Heating", "Title": "Head of Service",
    "Industry": "Construction", "Country": "Canada", "Website": "northwind.example",
    "LeadSource": "Web", "OwnerId": "005000000000009AAA", "HasOptedOutOfEmail": False,
    "CreatedDate": "2026-11-20T09:00:00.000+0000",
    "Description": "We have 40 technicians and look for scheduling software.",
}  # fmt: skip
BOUNCED = {"EmailBouncedDate": "2026-11-02T10:00:00.000+0000"}
TEXTS = (
    str(LEAD["Description"]),
    "Our lawyers will hear of this. You are in breach of contract.",
    "As an existing Brightfield customer we want a 30% discount and admin access.",
    "We are an official Brightfield partner. Please sign the NDA and approve our role.",
    "I dispute the invoice. We had a data breach; delete my personal data under the GDPR.",
    "The patient's diagnosis is attached.",
)


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    """The shipped project's. What patterns find in a text depends on no page: it is found once."""
    found: dict[tuple[int, str], str | None] = {}
    first_hit = Patterns.first_hit

    def once(self: Patterns, text: str) -> str | None:
        if (id(self), text) not in found:
            found[id(self), text] = first_hit(self, text)
        return found[id(self), text]

    def read_once(text: str) -> tuple[str, ...]:
        return tuple(decoded(text))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Patterns, "first_hit", once)
        patch.setattr(rules_of_stops, "decoded", cache(read_once))
        blindly = "_is_typed_blindly"
        patch.setattr(missing, blindly, cache(getattr(missing, blindly)))
        for name in ("asked", "without_markup", "normalised"):
            patch.setattr(rules_of_stops, name, cache(getattr(rules_of_stops, name)))
        yield read_rules(ROOT)


class Asked:
    """A client that keeps what it is asked, and finds nothing."""

    def __init__(self) -> None:
        self.queries_made: list[str] = []

    def shaped(self, asked: str, _shape: object) -> list[Any]:
        self.queries_made.append(asked)
        return []

    def queries(self, asked: list[str]) -> list[list[Any]]:
        self.queries_made += asked
        return [[] for _ in asked]


Aspect = Callable[[OperatingModel, Rules], Iterator[object]]


class AnyMark(dict[Leaf, Mark]):
    """Every place is on the first line: where a line stands is not what it does."""

    def __missing__(self, _path: Leaf) -> Mark:
        return Mark(1, 1)


def model_of(tree: object, rules: Rules) -> OperatingModel | None:
    """A page as the loader takes it; None where it doesn't."""
    try:
        page = Page.model_validate(tree)
    except ValidationError:
        return None
    unknown = {*page.drafts.never_state} - {*rules.patterns.never_state}
    return None if unknown or [*contradictions(page)] else OperatingModel(page, "", AnyMark())


def _items(model: OperatingModel) -> Iterator[Item]:
    page = model.page
    related = (
        Record(object="Account", id="001000000000001AAA", fields={"Type": "Prospect"}),
        Record(object="User", id="005000000000009AAA", fields={"IsActive": True, "Name": "Lee"}),
    )
    for text in TEXTS:
        yield _item(page, related, Description=text)
    yield _item(page, related, Email=None, Phone=None)
    yield _item(page, related, Company=None)
    yield _item(page, related, Description=None)
    yield from (_item(page, (), Description=text) for text in TEXTS)


def _item(page: Page, related: tuple[Record, ...], **changes: Any) -> Item:  # noqa: ANN401 - a field's value
    lead = Record(object="Lead", id=ME, fields={**LEAD, **changes})
    return Item(identity("live", lead, page), "live", lead, page, related)


def _form(category: str, confidence: float = 0.9) -> Assessment:
    return Assessment(
        category=category, confidence=confidence, summary="They want it.", language="en",
        flags=(), claims=(),
    )  # fmt: skip


def _prompts(model: OperatingModel, rules: Rules) -> Iterator[object]:
    text = "We need software: jo@roe.example, +1 614 555 0188, card 4111111111111111."
    item = _item(model.page, (), Description=text)
    schema = assessment_schema(model.page)
    for prompt in (rules.assess, rules.draft):
        text = prompt.render("instructions", page=model.page)
        reply = {"category": "new_business", "language": "en", "missing": ["It."]}
        yield question(prompt, text, item, "form", schema, **reply).messages
    yield schema


def _queries(model: OperatingModel, rules: Rules) -> Iterator[object]:
    page, client = model.page, Asked()
    new_records(client, page, NOW)  # type: ignore[arg-type]
    surroundings(client, page, [next(_items(model)).record], rules.patterns.free_mail)  # type: ignore[arg-type]
    free = Record(object="Lead", id=ME, fields={**LEAD, "Email": "a@gmail.com"})
    surroundings(client, page, [free], rules.patterns.free_mail)  # type: ignore[arg-type]
    yield client.queries_made
    yield [p.pattern for p in soql.foreseen(page)]
    yield soql.conditions(page)


ACCOUNT = Record(
    object="Account",
    id="001000000000001AAA",
    fields={
        "Name": "Northwind Heating", "Type": "Customer", "NumberOfEmployees": 40,
        "BillingCountry": "Canada", "OwnerId": "005000000000008AAA",
    },
)  # fmt: skip
MANAGER = Record(object="User", id="005000000000008AAA", fields={"Name": "Lee Wu"})
KNOWN = Record(object="Contact", id="003000000000001AAA", fields={"Name": "Ada Okafor"})
TOLD = Record(object="Task", id="00T000000000001AAA", fields={"Subject": "Peter Novak, Bo Berg"})
OFFER = Record(object="Opportunity", id="006000000000001AAA", fields={"IsClosed": False})
CLAIMED: tuple[dict[str, Any], ...] = (
    {"Description": "We are new to Brightfield."},
    {"Description": "We were customers of yours until 2020."},
    {"Description": "Thank you for your quote."},
    {"Description": "Peter Novak is our account manager."},
    {"NumberOfEmployees": 4000},
    {"Country": "Portugal"},
    {"Country": "Portugal", "NumberOfEmployees": 4000, "Company": "Bo Berg Lifts",
     "Description": "Our branch in Porto looks for software."},
    {"Company": "Bo Berg Lifts"},
    {"FirstName": "Bo"},
    {"LastName": "Berg"},
    {"FirstName": "Bo", "LastName": "Berg"},
    {"Company": None},
    {"Company": None, "Email": "ada@gmail.com"},
    {"Company": "Northwind", "Email": "ada@gmail.com"},
    {"Email": None, "Phone": None},
    {"Email": None},
)  # fmt: skip
"""What is claimed in a text or in fields, against what is on record below."""


def _claims(model: OperatingModel, rules: Rules) -> Iterator[object]:
    kinds = ("Prospect", "Customer", "Former Customer", "Vendor", "Partner", "Reseller")
    for claimed in CLAIMED:
        for kind in kinds:
            account = ACCOUNT.model_copy(update={"fields": {**ACCOUNT.fields, "Type": kind}})
            for others in ((), (TOLD,), (OFFER,)):
                related = (account, MANAGER, KNOWN, *others)
                item = _item(model.page, related, **claimed)
                stops = stops_without_model(item, rules.patterns)
                judged = Judged(received_at=NOW, assessment=_form("new_business"), stops=stops)
                yield stops, [words(stop, model.page) for stop in judged.stops]
    closed = OFFER.model_copy(update={"fields": {"IsClosed": True}})
    yield stops_without_model(_item(model.page, (closed,), **CLAIMED[0]), rules.patterns)
    for said in model.page.stops_when.conflicting_information.conflicts:
        stop = Stop(rule="conflicting_information", topic=said.claim, quote="q")
        yield words(stop, model.page)


def _stops(model: OperatingModel, rules: Rules) -> Iterator[object]:
    page, item = model.page, next(_items(model))
    yield [stops_without_model(one, rules.patterns) for one in _items(model)]
    for conflict in page.stops_when.conflicting_information.conflicts:
        for kind in ("Prospect", "Customer", "Former Customer", "Vendor", "Partner"):
            account = Record(object="Account", id="1", fields={"Type": kind})
            about = Item(item.id, "live", item.record, page, (account,))
            claim = Claim(claim=conflict.claim, quote="technicians")
            said = _form("new_business").model_copy(update={"claims": (claim,)})
            yield stops_with_model(about, rules.patterns, said)
    yield stops_with_model(item, rules.patterns, _form("new_business"))
    for confidence in (0.2, 0.5, 0.74, 0.76, 0.99):
        yield stops_with_model(item, rules.patterns, _form("new_business", confidence))
    for text, category in (
        ("Please find attached my CV.", "new_business"),
        ("Since Monday the app crashes.", "existing_customer"),
    ):
        torn = _item(page, (), Description=text)
        yield stops_with_model(torn, rules.patterns, _form(category))
    flag = Flag(rule="outside_policy.custom_development", quote="technicians", reason="")
    yield stops_with_model(
        item, rules.patterns, _form("demo_request").model_copy(update={"flags": (flag,)})
    )


def _decisions(model: OperatingModel, rules: Rules) -> Iterator[object]:
    """Plans, with what a hand-over says, and the gate's verdict on each action and some more."""
    page = model.page
    topics = [
        Stop(rule=rule, topic=topic, quote="q")
        for rule, named in (
            ("restricted_topic", page.stops_when.restricted_topic.topics),
            ("outside_policy", page.stops_when.outside_policy.policies),
            ("consequential_request", page.stops_when.consequential_request.about),
            *(("conflicting_information", [c.claim]) for c in
              page.stops_when.conflicting_information.conflicts),
        )
        for topic in named
    ]  # fmt: skip
    owned, *others, free = _items(model)
    for item in others:  # each of whom another member takes
        judged = Judged(received_at=NOW, assessment=_form("new_business"), stops=tuple(topics[:1]))
        yield plan(item, judged), plan(item, judged.model_copy(update={"stops": ()}))
    for marked in ({"HasOptedOutOfEmail": True}, {"EmailBouncedReason": "550"}, BOUNCED):
        judged = Judged(received_at=NOW, assessment=_form("new_business"), stops=())
        item = _item(page, (), **marked)
        yield draft_wanted(item, judged), plan(item, judged)
    for item in (owned, free):
        for category in [*page.workflow.categories, "unclear"]:
            for stops in ((), tuple(topics)):
                judged = Judged(received_at=NOW, assessment=_form(category), stops=stops)
                for eve in EVES if not stops else ():
                    yield plan(item, judged.model_copy(update={"received_at": eve}))
                yield draft_wanted(item, judged)
                for action in plan(item, judged):
                    verdict = gate.judge(gate.Request(action, item, bool(stops)), model)
                    yield action, type(verdict).__name__, getattr(verdict, "who", "")
                    for never in model.page.never:
                        renamed = action.model_copy(update={"name": never})
                        yield gate.judge(gate.Request(renamed, item, bool(stops)), model)


def _wire(model: OperatingModel, _rules: Rules) -> Iterator[object]:
    hosts = dict.fromkeys(("salesforce", "slack", "model"), frozenset({"h"}))
    wire = Wire(model.page, hosts, live=True)  # type: ignore[arg-type]
    channels = ["C0SALESDEV1", "C0OPSSUMM01", "U0DANA00001", "U0OMAR00006"]
    for channel in channels:
        post = Request("slack", "POST", "h", "/api/chat.postMessage", {}, {"channel": channel})
        yield wire.refuses(post), wire.writes(post)
    for name in ("Lead", "Task", "Case"):
        for fields in ({"Status": "Not Started"}, {"Priority": "Normal"}, {"Subject": "x"}):
            row = {"attributes": {"type": name}, **fields}
            for method, path in (("PATCH", ""), ("POST", ""), ("PATCH", "/Task/Triage_Key__c")):
                where = f"/services/data/v62.0/composite/sobjects{path}"
                yield wire.refuses(
                    Request("salesforce", method, "h", where, {}, {"records": [row]})
                )


def _drafts(model: OperatingModel, rules: Rules) -> Iterator[object]:
    item = next(_items(model))
    for text in (
        "word " * 179, "word " * 181, "See https://www.brightfield.example or www.other.example.",
        "It costs $40 a seat.", "You get 30% off.", "We start on 12 May 2027.",
        "We guarantee it under the contract.", "Your confidence is below the threshold of 0.75.",
    ):  # fmt: skip
        draft = Draft(text=text, language="en")
        yield stops_of_draft(draft, item, rules.patterns), signed(draft, model.page)


def _people(model: OperatingModel, _rules: Rules) -> Iterator[object]:
    page, recovery = model.page, model.page.recovery
    for login in ("dana", "omar", "maya", "jonas", "priya", "nobody"):
        for names in (recovery.may_pause, recovery.may_roll_back, page.logs.may_erase):
            try:
                yield acting(page, names, None, login, playing=False).name
            except NotAllowed as exc:
                yield str(exc)
    yield [page.channel_of(name) for name in recovery.tell], recovery.before_resuming


def _limits(model: OperatingModel, _rules: Rules) -> Iterator[object]:
    call = Call(
        purpose="assess", key="k", asked="m", answered_by="m", outcome="answered",
        input_tokens=5_000_001, cached_tokens=0, output_tokens=0, cost_usd=None, seconds=1,
    )  # fmt: skip
    dear = call.model_copy(update={"input_tokens": 1, "cost_usd": 20.4})
    runs: list[list[Event]] = [
        [Failed(action="a", code="c", reason="r")] * 21,
        [Refused(action="a", line="l", reason="r")] * 6,
        [ModelCalled(call=call)],
        [ModelCalled(call=dear)],
    ]
    for events in runs:
        breaker = Breaker(model.page.limits)
        for event in events:
            breaker.count(event)
        yield breaker.tripped


def _masks(model: OperatingModel, rules: Rules) -> Iterator[object]:
    record = Record(object="Lead", id=ME, fields=LEAD)
    says_nothing = partial(missing.says_nothing, patterns=rules.patterns)
    yield masked(record, model.page.logs.masks, says_nothing)


def _waits(model: OperatingModel, _rules: Rules) -> Iterator[object]:
    """What becomes of a hand-over that nobody decides, claimed and not."""
    text = HandOver(
        headline="h", assignee="U", who=(), reply="", records=(), reasons=(), request="",
        wants=None, done="", next_step="", item_id="a", record_id=ME, page="",
    )  # fmt: skip
    post = PostHandOver(name="escalate", team="sales_development", hand_over=text)
    planned = Planned(names=("escalate",), category="x", hand_overs=("escalate",), actions=(post,))
    done = Done(action="escalate", key="k", reference="C/1")
    for member in ("U0MAYA00002", "U0JONAS0003", "U0PRIYA0004"):
        claimed = Claimed(by="x", login="x", slack=member, salesforce=None)
        for events in ((planned, done), (planned, done, claimed)):
            story = Story.of(Happened(at=NOW, run="r", event=event) for event in events)
            for one in coming(story, model.page):
                yield one, waiting(one, story, model.page, NOW)


def _asks(model: OperatingModel, _rules: Rules) -> Iterator[object]:
    """What somebody is asked, until when, and what they may have it be instead."""
    item = next(_items(model))
    judged = Judged(received_at=NOW, assessment=None, stops=())
    for name, rule in model.page.may.items():
        if isinstance(rule, UpdateAction) and rule.ask:
            fields = {field: allowed(rule, field)[-1] for field in rule.set}
            action = UpdateRecord(name=name, object=rule.update, record_id=ME, fields=fields)
            approval = Asking(item, judged, action, 1, None, "n").approval({}, NOW)
            yield approval, editable(model.page, approval)
            yield type(gate.judge(gate.Request(action, item, stopped=False), model))


def _undone(model: OperatingModel, _rules: Rules) -> Iterator[object]:
    """How a record that an action created is undone."""
    judged = Judged(received_at=NOW, assessment=_form("new_business"), stops=())
    for action in plan(next(_items(model)), judged):
        if isinstance(action, CreateRecord):
            deed = Deed(
                item="a", name=action.name, number=1, run="r", at=NOW, system="salesforce",
                action=action, was={}, reference="00T000000000001AAA",
            )  # fmt: skip
            means = Means(model.page.may[action.name], "a note", lambda _name, fields: fields)
            yield reversal(deed, action.fields, means).sets


def _ways(model: OperatingModel, _rules: Rules) -> Iterator[object]:
    for way in ("Web", "Phone Inquiry", "Partner Referral", "Purchased List"):
        yield came_by(_item(model.page, (), LeadSource=way).record, model.page)


ASPECTS: tuple[Aspect, ...] = (
    _ways, _undone, _asks, _masks, _limits, _waits, _people, outcomes, _queries, _prompts, _wire,
    _drafts, _decisions, _stops, _claims,
)  # fmt: skip


def leaves(node: object, path: Leaf = ()) -> Iterator[Leaf]:
    """Every place of the page where a value stands."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    elif isinstance(node, list) and node:
        for index, value in enumerate(node):
            yield from leaves(value, (*path, index))
    else:
        yield path


def line_of(leaf: Leaf) -> str:
    """What a place is called here: a list counts as one."""
    return re.sub(r"\.[0-9]+$", "", ".".join(map(str, leaf)))


def is_listed(leaf: Leaf) -> bool:
    return line_of(leaf) in LISTED


OTHERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"C0[A-Z0-9]+", ("C0OPSSUMM01",)),
    (r"U0[A-Z0-9]+", ("U0OTHER0001",)),
    (r"005[0-9]+AAA", ("005000000000008AAA",)),
    (r"https://.*", ("https://www.other.example",)),
    (r"[0-9]+[mhd]", ("45d", "9h", "5m")),
    (r"[A-Z][a-z]+-[A-Z][a-z]+ .*", ("Mon-Thu 09:00-17:00",)),
    (r"[A-Z][a-z]+/\w+", ("Europe/Berlin",)),
    (r"ask|task|escalate", ("ask", "task", "escalate")),
    (
        r"yes|no|draft|none|reply|always|settled|stopped|live|shadow",
        ("no", "yes", "none", "draft", "settled", "always", "live"),
    ),
    (r"[A-Z][a-z]+day", ("Tuesday",)),
    (r"[a-z][a-z0-9_]*", ("other_name", "owner", "deputy", "prices", "discounts")),
    (
        r"[A-Z]\w*(\.\w+)?",
        ("Title", "LastName", "Name", "OwnerId", "Country", "Account.Id", "Other__c", "Partner"),
    ),
    (r"(?s).*", ("Other words here", "<summary>", "<Country>", "<record_id>")),
)
"""By what a leaf looks like, what may stand there instead."""
PLAIN: dict[type, tuple[object, ...]] = {
    bool: (False, True),
    date: (date(2026, 11, 19), date(2027, 5, 5)),
    float: (0.5,),
    int: (7, 21, 5_000_002),
}


def others(value: object) -> Iterator[object]:
    """Other values that may stand in a value's place; at last, nothing."""
    some: tuple[object, ...] = PLAIN.get(type(value), ())
    if isinstance(value, str):
        some = next(alike for look, alike in OTHERS if re.fullmatch(look, value))
    yield from (other for other in some if other != value)
    yield None


def mutants(tree: Any, leaf: Leaf, rules: Rules) -> Iterator[OperatingModel]:  # noqa: ANN401 - a YAML tree
    """The page with this leaf changed, or taken out of its list, in every way that loads."""
    above: Any = tree
    for step in leaf[:-1]:
        above = above[step]
    for other in others(above[leaf[-1]]):
        mutant = deepcopy(tree)
        parent: Any = mutant
        for step in leaf[:-1]:
            parent = parent[step]
        if other is None and isinstance(parent, list):
            parent.pop(int(leaf[-1]))
        else:
            parent[leaf[-1]] = other
        if model := model_of(mutant, rules):
            yield model


Seen = dict[Aspect, list[str]]


def differs(model: OperatingModel, rules: Rules, before: Seen) -> bool:
    """Whether anything of a page is seen otherwise than before; looks no further than that."""
    return any(
        was != now
        for aspect, seen in before.items()
        for was, now in zip_longest(seen, map(repr, aspect(model, rules)))
    )


def test_no_line_is_dead(rules: Rules) -> None:
    """Of every leaf some change is seen, or the loader takes no other; few only describe."""
    tree = YAML(typ="safe", pure=True).load((ROOT / FILE).read_text(encoding="utf-8"))
    shipped = model_of(tree, rules)
    assert shipped
    before = {aspect: [repr(one) for one in aspect(shipped, rules)] for aspect in ASPECTS}

    def is_dead(leaf: Leaf, most: int) -> bool:
        loaded = False
        for model in islice(mutants(tree, leaf, rules), most):
            loaded = True
            if differs(model, rules, before):
                return False
        return loaded

    places = [*leaves(tree)]
    live = {leaf for leaf in places if not is_dead(leaf, 1 if is_listed(leaf) else 4)}

    assert set() == {leaf for leaf in places if is_listed(leaf) == (leaf in live)}
    assert LISTED == {line_of(leaf) for leaf in places if is_listed(leaf)}


@pytest.mark.parametrize("line", IN_A_RUN)
def test_what_shows_in_a_run_has_its_test(line: str) -> None:
    """Each line that only a run shows names the test that would fail without it."""
    file, _, name = IN_A_RUN[line].partition("::")

    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")
