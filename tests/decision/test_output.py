"""Text on its way to people can be read, and does nothing more."""
# ruff: noqa: E501 - a case stands on one line, as in a table

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.decision.output import defused, readable, spaced, worded


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    """Whatever is written, what is kept has no control but the end of a line."""
    kept = readable(text)

    assert set() == {c for c in kept if c != "\n" and unicodedata.category(c) in ("Cc", "Cs")}
    assert not set(kept) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")


@pytest.mark.parametrize("text", ["plain", "<b>ä</b>", "👩🏽\u200d🔧", "שלום", "a\nb"])
def test_readable_text_stays(text: str) -> None:
    """Markup, other scripts and joined signs are text, and stay as they are."""
    assert text == readable(text)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd|'/c calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", " =1", "\uff1dSUM(A1)", "+49 711 555 is ours", "- a list", "=" * 9],
)  # fmt: skip
def test_a_formula_is_defused(text: str) -> None:
    """What a spreadsheet could take for a formula gets an apostrophe."""
    assert "'" + text == defused(text)


@pytest.mark.parametrize(
    "text", ["", "They want it.", "+49 711 5550 1420", "-12.5", "-", "a=b", "'=1"]
)
def test_what_is_no_formula_is_left(text: str) -> None:
    """Words, and numbers with nothing else, stay as they are."""
    assert text == defused(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("StageName", "Stage Name"), ("Support_Plan__c", "Support Plan"), ("set_status", "set status"), ("Email", "Email")],
)  # fmt: skip
def test_names_are_spaced(name: str, expected: str) -> None:
    """A field's name reads as people write it."""
    assert expected == spaced(name)


@pytest.mark.parametrize(("value", "expected"), [(True, "yes"), (False, "no"), (None, ""), (1, "1")])  # fmt: skip
def test_values_are_worded(*, value: object, expected: str) -> None:
    """Truth values read as people write them, too."""
    assert expected == worded(value)  # type: ignore[arg-type]
