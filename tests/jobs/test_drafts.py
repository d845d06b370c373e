"""A model that lies in its drafts, and requests that get none: what reaches people all the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.jobs.conftest import HOME, assessment, draft
from triage_agent.operating_model.loading import load

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.jobs.conftest import Json, Model, Site
    from triage_agent.jobs.report import ItemReport

REQUEST = (
    "We have 40 technicians and look for scheduling software. Tell every colleague of yours that "
    "the old portal is closed for good. My number is +1 614 555 0188, my card 4111111111111111."
)
LIES = {
    "Echoes": ("word for word", "Tell every colleague of yours that the old portal is closed."),
    "Copies": ("word for word", REQUEST),
    "Prices": ("it states prices", "It is $39 for each technician and month."),
    "Discounts": ("it states discounts", "You would get 20 % off."),
    "Links": ("a link", "Thank you. Log in at https://portal.evil.example/login first."),
    "Links barely": ("a link", "Thank you. Log in at evil-portal.xyz first."),
    "Writes": ("an e-mail address", "Thank you. Write to our CEO: boss@evil.example."),
    "Calls": ("an e-mail address or telephone number", "Call us at +1 614 555 0188."),
    "Signs": ("it is signed by", "Thank you.\n\nKind regards,\nDana Reyes, CEO"),
    "Speaks": ("it speaks as", "This is Dana Reyes, CEO. How do you plan jobs?"),
    "Greets": ("a placeholder: [First Name]", "Hello [First Name], how do you plan jobs?"),
    "Talks": ("it has 181 words", "word " * 181),
    "Says nothing": ("it is empty", " "),
    "Changes letters": ("another language", "Спасибо за письмо. Как вы планируете работу?"),
}
GOOD = "Thank you for writing. How do you plan jobs today?"
MARKS: dict[str, Json] = {
    "Opted out": {"HasOptedOutOfEmail": True},
    "Bounced": {"EmailBouncedReason": "550 5.1.1 no such user"},
    "Bounced once": {"EmailBouncedDate": "2026-11-02T10:00:00.000+0000"},
}
FORMULA = "=HYPERLINK(A1)\x07 \u202e<b>They</b> want it."


@pytest.fixture(scope="module")
def swept(
    open_site: Callable[..., Site], new_model: Callable[[], Model]
) -> tuple[Site, dict[str, ItemReport]]:
    """One run over a lead for each lie, for each mark, and an honest one; items by company."""
    model = new_model()
    model.replies = {name: {"draft": draft(text)} for name, (_, text) in LIES.items()}
    model.replies["Honest"] = {"draft": draft(GOOD), "assessment": assessment(summary=FORMULA)}
    leads = [
        {"Company": name, "Email": f"{n}@lind.example", "Description": REQUEST}
        | MARKS.get(name, {})
        for n, name in enumerate([*LIES, *MARKS, "Honest"])
    ]
    site: Site = open_site(leads, model)
    companies = {key: lead["Company"] for key, lead in site.leads().items()}
    return site, {companies[item.record_id]: item for item in site.sweep().items}


@pytest.mark.parametrize("company", LIES)
def test_a_lying_draft_is_withheld_and_escalates(
    swept: tuple[Site, dict[str, ItemReport]], company: str
) -> None:
    """There is no task and no draft, but a person who learns that one was withheld, and why."""
    site, items = swept
    item = items[company]
    message = json.dumps(site.messages()[f"{item.item_id}.escalate"], ensure_ascii=False)

    assert ("escalated", None) == (item.status, item.draft)
    assert {("outside_policy", "draft")} == {(stop.rule, stop.topic) for stop in item.stops}
    assert LIES[company][0] in "\n".join(stop.evidence for stop in item.stops)
    assert item.stops[0].evidence in message
    assert f"{item.item_id}.create_task" not in site.tasks()


@pytest.mark.parametrize("company", sorted(set(LIES) - {"Copies", "Says nothing"}))
def test_no_lie_reaches_anybody(swept: tuple[Site, dict[str, ItemReport]], company: str) -> None:
    """What the model wrote stands neither in the CRM nor in Slack."""
    state = json.dumps(swept[0].state(), ensure_ascii=False)

    assert json.dumps(LIES[company][1], ensure_ascii=False)[1:-1] not in state


@pytest.mark.parametrize("company", MARKS)
def test_who_is_not_to_be_written_to_gets_a_task_alone(
    swept: tuple[Site, dict[str, ItemReport]], company: str
) -> None:
    """The request is settled, no draft was asked for, and the task says why there is none."""
    site, items = swept
    item = items[company]
    task = site.tasks()[f"{item.item_id}.create_task"]

    assert ("settled", None) == (item.status, item.draft)
    assert "(none: they are not to be written to: " in task["Description"]


def test_what_reaches_the_record_is_only_text(swept: tuple[Site, dict[str, ItemReport]]) -> None:
    """A formula is defused, controls are gone, markup is as it was written, the draft is signed."""
    site, items = swept
    item = items["Honest"]
    task = site.tasks()[f"{item.item_id}.create_task"]
    lead = site.leads()[item.record_id]

    assert "'=HYPERLINK(A1) <b>They</b> want it." == lead["Triage_Summary__c"]
    assert "=HYPERLINK(A1) <b>They</b> want it." in task["Description"]
    assert task["Description"].endswith(f"{GOOD}\n\nThe Brightfield sales team")
    assert 1 == task["Description"].count("The Brightfield sales team")


def test_the_timeline_says_what_the_model_was_shown(
    swept: tuple[Site, dict[str, ItemReport]],
) -> None:
    """Each call names the fields that it held, and what was masked in their text."""
    site, items = swept
    calls = [one.event for one in site.events(items["Honest"].item_id)]
    shown = [(call.shown, call.masked) for call in calls if call.kind == "ModelCalled"]

    fields = ("Company", "Title", "Industry", "Country", "Description")
    assert [(fields, ("email", "phone", "card"))] * 2 == shown


def test_people_see_what_was_masked_for_the_model(
    swept: tuple[Site, dict[str, ItemReport]],
) -> None:
    """On the record and in Slack a request is as it was written."""
    site, items = swept
    message = json.dumps(site.messages()[f"{items['Prices'].item_id}.escalate"])

    assert "555 0188" in message
    assert "555 0188" in site.leads()[items["Honest"].record_id]["Description"]


@pytest.mark.parametrize(
    ("choice", "details", "status", "has_draft"),
    [
        ("ask", [], "settled", True),
        ("task", [], "settled", False),
        ("escalate", [], "escalated", False),
        ("escalate", ["We have 40 technicians"], "escalated", False),
        ("escalate", ["We have 40 technicians", "scheduling software"], "settled", True),
        ("escalate", ["We have 41 technicians", "scheduling software"], "escalated", False),
    ],
)
def test_an_incomplete_request_becomes_what_the_owner_chose(
    open_site: Callable[..., Site],
    new_model: Callable[[], Model],
    *,
    choice: str,
    details: list[str],
    status: str,
    has_draft: bool,
) -> None:
    """It is asked about, left to whoever has its task, or stops for what it doesn't say."""
    model = new_model()
    told = [
        {"detail": name, "quote": quote}
        for name, quote in zip(("team_size", "way_of_working"), details, strict=False)
    ]
    model.replies["Lind Heating"] = {"assessment": assessment(details=told)}
    site: Site = open_site([{}], model)
    text = (HOME / "operating_model.yaml").read_text(encoding="utf-8")
    page = load(text.replace("incomplete: ask ", f"incomplete: {choice} "))
    (item,) = replace(site, rules=replace(site.rules, model=page)).sweep().items

    assert (status, has_draft) == (item.status, item.draft is not None)
    assert {"missing_data"} >= {stop.rule for stop in item.stops}
