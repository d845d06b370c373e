"""What of a free text the model isn't shown, and what is left because a request is about it."""

import json
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.decision.item import identity
from triage_agent.decision.masking import addresses, masked_text
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.prompts import Prompt, question
from triage_agent.decision.stops import stops_with_model, stops_without_model

if TYPE_CHECKING:
    from tests.decision.conftest import Edited, Form, Make

ALL = ("email", "phone", "card")
MASKED = [
    ("write to ada.lind+x@lind-heating.co.uk.", "write to [email]."),
    ("<ada@lind.example>, bob@lind.example", "<[email]>, [email]"),
    ("call +49 711 5550 1420 now", "call [phone] now"),
    ("tel.+4971155501420!", "tel.[phone]!"),
    ("0711/5550-1420 or (555) 010-1234", "[phone] or [phone]"),
    ("555-010-1234, 555.010.1234, 555 010 1234", "[phone], [phone], [phone]"),
    ("電話は03-1234-5678です", "電話は03-1234-5678です"),  # letters touch it
    ("4111 1111 1111 1111", "[card]"),
    ("card:378282246310005, 5500-0000-0000-0004.", "card:[card], [card]."),
]
LEFT = [
    "We have 1 000 000 jobs and 40 technicians.",
    "On 24.11.2026, 2026-11-24, 01/02/2026 and 2024/2025.",
    "Order 4500123456, part 12-34-56, version 1.2.3.4.",
    "It is $1,200.50 or 120 000 000 EUR, 0.75 of it.",
    "Open 08:00-18:00, 08.00 - 18.00, 9-5.",
    "4111 1111 1111 1112",  # no check digit
    "0000000000000000",
    "a @ b, @home, user@localhost",
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_what_is_one_is_masked(text: str, expected: str) -> None:
    """Addresses, telephone and card numbers become placeholders, and nothing around them."""
    assert expected == masked_text(text, ALL)


@pytest.mark.parametrize("text", LEFT)
def test_other_numbers_are_left(text: str) -> None:
    """What a request is about stays: amounts, dates, hours, orders."""
    assert text == masked_text(text, ALL)


def test_only_what_the_page_names_is_masked() -> None:
    """Each kind is masked by its own name; without any, the text is as it was."""
    text = "jo@roe.example 4111111111111111 +1 614 555 0188"

    assert text == masked_text(text, ())
    assert "jo@roe.example [card] +1 614 555 0188" == masked_text(text, ["card"])
    assert "[email] 4111111111111111 [phone]" == masked_text(text, ["phone", "email"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["1", "1 ", "+1", "a.", "a@a.", "(", "-", "4", " "]), min_size=1),
    st.integers(1, 32_000),
)
def test_any_text_is_masked_in_no_time(pieces: list[str], length: int) -> None:
    """No text is slow, and what is masked has nothing left to mask."""
    text = ("".join(pieces) * length)[:length]
    begun = time.monotonic()
    masked = masked_text(text, ALL)

    assert 1 > time.monotonic() - begun
    assert set() == {one for one in addresses(masked_text(masked, ALL)) if "@" in one}


def test_the_model_sees_the_mask(make: "Make", prompt: Prompt) -> None:
    """What leaves for the model has placeholders; the record itself is as it was."""
    item = make(Description="Call +1 614 555 0188, jo@roe.example, 4111111111111111.")
    asked = json.dumps(question(prompt, "do it", item, "form", {}).messages)

    assert "Call [phone], [email], [card]." in asked
    assert "555 0188" not in asked
    assert "555 0188" in item.request


def test_masks_make_no_other_item(make: "Make", edited: "Edited") -> None:
    """An item is known by the text as it was written, whatever of it is masked."""
    page = edited("    masked_in_text: [email, phone, card]\n", "")
    one = make(Description="Call +1 614 555 0188.")
    other = make(Description="Call +1 614 555 0188.", page=page)

    assert one.id == other.id == identity("live", one.record, page)
    assert one.shown != other.shown


def test_the_floor_sees_the_text_itself(make: "Make", patterns: PatternFile) -> None:
    """What is masked for the model can't hide anything from the rules that need none."""
    item = make(Description="Our card 4111111111111111 was charged twice in October.")
    (stop,) = stops_without_model(item, patterns)

    assert "4111111111111111" in stop.evidence


@pytest.mark.parametrize(
    ("quote", "rule"), [("call [phone]", "restricted_topic"), ("0188", "low_confidence")]
)
def test_a_quote_is_of_the_text_that_was_shown(
    make: "Make", form: "Form", patterns: PatternFile, quote: str, rule: str
) -> None:
    """The model can quote a placeholder, and not what it never saw."""
    flag = {"rule": "restricted_topic.legal", "quote": quote, "reason": "It says so."}
    item = make(Description="We need software. Please call +1 614 555 0188.")
    (stop,) = stops_with_model(item, patterns, form(flags=(flag,)))

    assert rule == stop.rule
