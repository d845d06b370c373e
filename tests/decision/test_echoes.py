"""How much of a draft stands in what was sent: a share of its words, whatever else was sent."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.decision.echoes import kept

WORDS = st.lists(st.text("abcdeé日本", min_size=1, max_size=5), min_size=1, max_size=30).map(
    " ".join
)
ANYTHING = st.text(st.characters(), max_size=200)  # lone surrogates, too
some = settings(max_examples=100, deadline=None)
DRAFT = "Thank you for writing. How many technicians do you have, and how do you plan?"


@pytest.mark.long
@some
@given(draft=ANYTHING | WORDS, sent=ANYTHING | WORDS)
def test_it_is_a_share(draft: str, sent: str) -> None:
    """Of any two texts it is between nothing and all; without words in either, it is nothing."""
    assert 0 <= kept(draft, sent) <= 1
    assert 0 == kept(draft, "") == kept("", sent)


@some
@given(draft=WORDS, before=ANYTHING, after=ANYTHING)
def test_what_is_sent_as_it_was_is_kept(draft: str, before: str, after: str) -> None:
    """All of it, whatever stands around it: an address above, quoted mail below."""
    assert 1 == kept(draft, draft)
    assert 1 == kept(draft, f"{before}\n{draft}\n{after}")


@some
@given(draft=WORDS, data=st.data())
def test_what_is_left_out_is_not_kept(draft: str, data: st.DataObject) -> None:
    """Of a draft of which only a beginning was sent, that is the share."""
    words = draft.split()
    number = data.draw(st.integers(0, len(words)))
    first, rest = " ".join(words[:number]), " ".join(f"x{word}x" for word in words[number:])

    assert kept(draft, f"{first} {rest}") >= kept(draft, first)
    assert (kept(draft, first) == 1) == (number == len(words))


@pytest.mark.parametrize(
    ("sent", "share"),
    [
        (DRAFT, 1),
        (DRAFT.upper().replace(",", " -").replace(" ", "\r\n> "), 1),
        (DRAFT.replace("technicians", "people"), 14 / 15),
        (f"Hello Ada,\n\n{DRAFT}\n\nMaya\n\n> We have 40 technicians.\n> How do you do?", 1),
        ("how do you plan? Thank you for writing.", 4 / 15),
        ("Prices are on our site.", 0),
    ],
)
def test_words_in_their_order_count(sent: str, share: float) -> None:
    """Not case, punctuation or lines; and of what was moved only the longer part."""
    assert pytest.approx(share) == kept(DRAFT, sent)


@pytest.mark.long
@pytest.mark.parametrize(
    ("draft", "sent", "share"), [("a ", "a ", 1), ("日本", "日本", 1), ("a b ", "a c ", 0.5)]
)
def test_a_long_text_takes_a_moment(draft: str, sent: str, share: float) -> None:
    """Also two that are as long as a field may be, and say one thing again and again."""
    began = process_time()

    assert share == kept(draft * 16_000, sent * 16_000)
    assert process_time() - began < 60  # far more than it takes
