"""Packing: texts come back as they were, for as long as there are old ledgers."""

import hashlib

from hypothesis import example, given
from hypothesis import strategies as st

from triage_agent.ledger.packing import WORDS, packed, unpacked

TEXTS = st.text(st.characters(codec="utf-8"))


@given(TEXTS)
@example("")
@example('{"actions":[{"kind":"update_record"}]}' * 100)
def test_a_text_comes_back(text: str) -> None:
    """Whatever is packed is the same when it is unpacked."""
    assert text == unpacked(packed(text))


def test_the_words_never_change() -> None:
    """Other words than those that old ledgers were packed with would lose all of their texts."""
    known = "b2e35b8f007e45bca481bdbf5c4483c27c80d08cc116b54d9573cd566506f692"

    assert known == hashlib.sha256(WORDS).hexdigest()


def test_usual_texts_take_less_room() -> None:
    """What occurs in most texts is known beforehand, so short ones shrink as well."""
    text = '{"record":{"fields":{"Company":"Müller & Søn"},"id":"1","object":"Lead"}}'

    assert len(packed(text)) < 0.8 * len(text.encode())


@given(TEXTS, st.integers(0, 10**6), st.integers(1, 255))
def test_what_is_spoilt_reads_as_something_else(text: str, place: int, flip: int) -> None:
    """A byte that is another one never stops the reading; what is read is hashed afterwards."""
    kept = bytearray(packed(text))
    kept[place % len(kept)] ^= flip

    assert isinstance(unpacked(bytes(kept)), str)


@given(st.binary(max_size=200))
def test_what_was_never_packed_reads_as_something(kept: bytes) -> None:
    """Any bytes at all may stand where a text was; cut-off ones, too."""
    assert isinstance(unpacked(kept), str)
    assert isinstance(unpacked(packed("a text that is cut off")[: len(kept)]), str)
