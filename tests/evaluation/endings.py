"""A case and its ending as the tests of scores need them: all is well where nothing is changed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from triage_agent.decision.events import Event, FiredRule, Happened
from triage_agent.decision.item import Record
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.story import Story
from triage_agent.evaluation.cases import Case
from triage_agent.evaluation.ending import Ending, Said
from triage_agent.evaluation.results import Trial
from triage_agent.evaluation.scores import score
from triage_agent.jobs.parts import Rules
from triage_agent.operating_model.kinds import Scalar

ME, MAYA, OWNER = "00Q000000000001AAA", "005000000000002AAA", "005000000000009AAA"
ASKED: dict[str, Scalar] = {
    "Company": "Acme Lifts", "Email": "jo@acme.example", "Status": "Open - Not Contacted",
    "OwnerId": "00G000000000001AAA", "Description": "We want to buy. We have 40 technicians.",
}  # fmt: skip
ACME: dict[str, Scalar] = {"Name": "Acme Lifts", "Website": "acme.example", "Type": "Prospect"}
TASK: dict[str, Scalar] = {"Id": "00T000000000001AAA", "WhoId": ME, "OwnerId": MAYA}
_STORY = {*Story.__dataclass_fields__}
DRAFT = "Thank you for writing. How do you plan your work today?"


def goes_on(**expect: Any) -> Case:  # noqa: ANN401 - any of what a case expects
    """A case with one account around it, that wants a draft with thanks and one task."""
    known: dict[str, Any] = {
        "category": "new_business",
        "escalates": "no",
        "sees": {"Account": 1},
        "draft": {"uses": ["thank | glad"], "never": ["discount"]},
    }
    told = {"name": "goes on", "fields": ASKED, "around": {"Account": [ACME]}}
    return Case(**told, expect=known | expect)


def stops(**expect: Any) -> Case:  # noqa: ANN401 - likewise
    """A case that must stop by the page's policies, whose message names the company."""
    known: dict[str, Any] = {
        "escalates": "yes", "by": ["outside_policy", "low_confidence"], "sees": {"Account": 1},
        "hand_over": ["acme lifts", "tailor-made | to order"],
    }  # fmt: skip
    told = {"name": "stops", "fields": ASKED, "around": {"Account": [ACME]}}
    return Case(**told, expect=known | expect)


def record(name: str, number: int, fields: Mapping[str, Scalar]) -> Record:
    return Record(object=name, id=f"{name[:3]}{number:015}", fields=dict(fields))


def settled(**changes: Any) -> Ending:  # noqa: ANN401 - any of an ending's or its story's fields
    """An ending as `goes_on` wants it."""
    story: dict[str, Any] = {
        "mode": "live", "record": record("Lead", 1, ASKED), "category": "new_business",
        "related": (record("Account", 1, ACME),), "draft": DRAFT,
        "planned": ("tag", "create_task"), "states": {"tag": "done", "create_task": "done"},
    }  # fmt: skip
    return _ending(story, {"made": [("Task", TASK)]}, changes)


def escalated(**changes: Any) -> Ending:  # noqa: ANN401 - likewise
    """An ending as `stops` wants it."""
    rules = [FiredRule(rule="outside_policy", topic="custom_development", source="floor")]
    story: dict[str, Any] = {
        "mode": "live", "record": record("Lead", 1, ASKED), "category": "unclear",
        "related": (record("Account", 1, ACME),), "rules": rules,
        "planned": ("tag", "escalate"), "hand_overs": ("escalate",),
        "states": {"tag": "done", "escalate": "done"},
    }  # fmt: skip
    return _ending(story, {"said": [said()]}, changes)


def said(
    text: str = f"<@U0MAYA00002> Acme Lifts asks for something to order: https://crm/{ME}",
    channel: str = "C0SALESDEV1",
    action: str = "escalate",
) -> Said:
    return Said(channel, action, text)


def _ending(story: dict[str, Any], ended: dict[str, Any], changes: dict[str, Any]) -> Ending:
    told = story | {name: value for name, value in changes.items() if name in _STORY}
    tags = {"Triage_Category__c": told["category"], "Triage_Summary__c": "They ask."}
    known = {"record_id": ME, "item": "item-1", "before": ASKED}
    after = {**ASKED, **tags, **changes.get("changed", {})}
    others = {name: value for name, value in changes.items() if name not in _STORY | {"changed"}}
    return Ending(story=Story(**told), after=after, **(known | ended | others))


def happened(*events: Event) -> Sequence[Happened]:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return [Happened(at=at, run="run-1", event=event) for event in events]


def trial(case: Case, ending: Ending, rules: Rules) -> Trial:
    patterns: PatternFile = rules.patterns
    return score(case, ending, rules.page, patterns, 0, None)


def wrong(case: Case, ending: Ending, rules: Rules) -> dict[str, tuple[str, ...]]:
    """What is wrong, by question; only the questions that aren't answered yes."""
    checks = trial(case, ending, rules).checks
    assert all(check.ok == (not check.wrong) for check in checks)
    return {check.question: check.wrong for check in checks if not check.ok}
