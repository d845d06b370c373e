"""Strangers' text can be searched whatever it is made of, and is shown as it was written."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from triage_agent.decision.text import clipped, contains, excerpt, normalised

ANYTHING = st.text(st.characters())  # lone surrogates, too
LIVELY = st.text(
    st.sampled_from(
        "ab .!?。\n\t\u0430\u0435\u0436\u0391\u200b\u0301\u00ad\ufeff\u202eéİß\uff21\U000e0100\x00"
    )
)
some = settings(max_examples=100, deadline=None)


@some
@given(st.one_of(ANYTHING, LIVELY))
@example("e\u200b\u0301")
@example("\u3164\uffa0")
def test_normalising_twice_changes_nothing(text: str) -> None:
    """What is normalised stays as it is when it is normalised again."""
    once = normalised(text)

    assert once == normalised(once)


@some
@given(st.one_of(ANYTHING, LIVELY))
def test_what_is_normalised_can_be_seen(text: str) -> None:
    """No control character, doubled space or space at an end is left."""
    once = normalised(text)

    assert [] == [sign for sign in once if unicodedata.category(sign) == "Cc"]
    assert once == " ".join(once.split())


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("s\u200bue", id="zero-width space"),
        pytest.param("s\u00adue", id="soft hyphen"),
        pytest.param("s\u2060ue", id="word joiner"),
        pytest.param("\u202es\u202cue", id="bidi override"),
        pytest.param("s\u3164ue", id="Hangul filler"),
        pytest.param("s\ufe0fue", id="variation selector"),
        pytest.param("s\U000e0100ue", id="supplementary variation selector"),
        pytest.param("s\U000e0041ue", id="tag character"),
        pytest.param("s\u180fue", id="Mongolian selector"),
        pytest.param("\uff53\uff55\uff45", id="full width"),
        pytest.param("\U0001d42c\U0001d42e\U0001d41e", id="mathematical bold"),
        pytest.param("ⓢⓤⓔ", id="circled"),
        pytest.param("su\u0435", id="a Cyrillic letter"),
        pytest.param("s\u03c5\u0435", id="a Greek and a Cyrillic letter"),
    ],
)
def test_disguise_comes_off(written: str) -> None:
    """A word with invisible signs in it, or in another form, is the word."""
    assert "sue" == normalised(written)


@pytest.mark.parametrize(
    "written", ["\u041d\u0435\u0442", "\u03bd\u03b1\u03b9", "C\u0438\u0441\u0442\u0430", "\u03a91"]
)
def test_another_script_stays(written: str) -> None:
    """Words of other scripts are left alone, also where one letter of them was mistyped."""
    assert written == normalised(written)


def test_an_accent_that_was_split_off_is_joined() -> None:
    """A letter and its accent are one, also where something invisible stood between them."""
    assert "kündigung" == normalised("ku\u200b\u0308ndigung")


@some
@given(st.one_of(ANYTHING, LIVELY), st.one_of(ANYTHING, LIVELY), st.one_of(ANYTHING, LIVELY))
def test_words_of_a_text_are_found_in_it(before: str, quote: str, after: str) -> None:
    """A quote that stands in a text as words of its own is found, if there is anything to see."""
    text = normalised(f"{before} a {quote} b {after}")

    assert contains(text, f"a {quote} b")
    assert contains(text, quote) or not normalised(quote)


@pytest.mark.parametrize("quote", ["", " ", "\u200b", "Refund", "demos", "a demo now"])
def test_what_is_not_there_is_not_found(quote: str) -> None:
    """A quote of nothing, or of other words, is not in the text."""
    assert not contains(normalised("We would like a demo."), quote)


@pytest.mark.parametrize("quote", ["a demo", "A DEMO", "a  demo\n", "a\u200b demo", "\uff41 demo"])
def test_a_quote_may_look_different(quote: str) -> None:
    """Case, space and disguise make no difference to a quote."""
    assert contains(normalised("We would like a demo."), quote)


@some
@given(LIVELY, st.integers(0, 60), st.integers(1, 60), st.integers(0, 20))
def test_an_excerpt_holds_the_words(text: str, start: int, length: int, around: int) -> None:
    """An excerpt has the words that it is about, and no more around them than was asked for."""
    end = min(len(text), start + length)
    start = min(start, end)
    shown = excerpt(text, start, end, around=around)

    assert text[start:end].strip() in shown
    assert end - start + 2 * around + 2 >= len(shown)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello. We will sue you. Bye.", "We will sue you."),
        ("We will sue", "We will sue"),
        ("First line\nwe will sue\nlast line", "we will sue"),
        ("one two three four we will sue five six seven eight", "…four we will sue five six…"),
    ],
)
def test_an_excerpt_is_the_sentence(text: str, expected: str) -> None:
    """An excerpt ends where the sentence does, and says where it is cut before that."""
    start = text.index("sue")

    assert expected == excerpt(text, start, start + 3, around=15)


@some
@given(ANYTHING, st.integers(1, 50))
def test_clipped_text_fits(text: str, length: int) -> None:
    """Clipped text fits, begins as the text does, and says so where some is left out."""
    short = clipped(text, length)

    assert length >= len(short)
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
