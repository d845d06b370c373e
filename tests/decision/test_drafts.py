"""A draft is kept only if it states nothing that the page forbids."""
# ruff: noqa: E501 - a case stands on one line, as in a table

import pytest

from triage_agent.decision.assessment import Draft
from triage_agent.decision.drafts import signed, stops_of_draft
from triage_agent.decision.patterns import PatternFile
from triage_agent.operating_model.schema import Page


def faults(text: str, page: Page, patterns: PatternFile) -> list[str]:
    stops = stops_of_draft(Draft(language="en", text=text), page, patterns)
    assert {("outside_policy", "draft", "floor")} >= {
        (stop.rule, stop.topic, stop.source) for stop in stops
    }
    return [stop.evidence.removeprefix("the draft was withheld: ") for stop in stops]


CASES = [
    ("a friendly reply", "Thank you for writing. Technicians have a mobile app. How many do you have?", []),
    ("nothing", " \n ", ["it is empty"]),
    ("as long as allowed", "word " * 180, []),
    ("too long", "word " * 181, ["it has 181 words, the page allows 180"]),
    ("an allowed link", "See https://www.brightfield.example.", []),
    ("an allowed link in brackets", "See us (https://www.brightfield.example), please.", []),
    ("another page of an allowed host", "See https://www.brightfield.example/pay", ["it holds a link that the page doesn't allow"]),
    ("an allowed host as another's user", "See https://www.brightfield.example@evil.example", ["it holds a link that the page doesn't allow"]),
    ("another link", "See HTTP://evil.example/x", ["it holds a link that the page doesn't allow"]),
    ("a link without its protocol", "See www.evil.example", ["it holds a link that the page doesn't allow"]),
    ("a price", "It is $39 for each technician.", ["it states prices"]),
    ("a price in disguise", "Please bring $\u200b39.", ["it states prices"]),
    ("a price at a date", "We will call on 24 November about the $39.", ["it states prices", "it states dates"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])  # fmt: skip
def test_a_draft_is_checked(
    page: Page, patterns: PatternFile, text: str, expected: list[str]
) -> None:
    """A draft is withheld for its length, its links and what it states, each said once."""
    assert expected == faults(text, page, patterns)


@pytest.mark.parametrize("name", ["prices", "discounts", "dates", "legal_terms", "internal_rules"])
def test_what_must_not_be_stated_is_found(page: Page, patterns: PatternFile, name: str) -> None:
    """Every example of what the page lets no draft state has the draft withheld for it."""
    examples = [text for pattern in patterns.never_state[name] for text in pattern.hits]
    wanted = f"it states {name.replace('_', ' ')}"

    assert [] == [text for text in examples if wanted not in faults(text, page, patterns)]


def test_a_draft_is_signed_by_the_page(page: Page) -> None:
    """A draft goes out under the page's name, not under the model's."""
    assert "Hello.\n\nThe Brightfield sales team" == signed(
        Draft(language="en", text=" Hello.\n"), page
    )
