"""Strangers' text, made comparable. What is shown to people stays as it was written."""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]",
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACE = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?。](?=\s)|\n")

_OTHER_SCRIPT = re.compile("[\u0370-\u052f]")
_WORD_WITH_MARKS = re.compile("[\\w\u0300-\u036f]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕһԁӏАВЕНІЈКМОРСТХЅУГԍԛԝкгптαεικνορτυχγωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijshdlABEHIJKMOPCTXSYrgqwkrntaeikvoptuxywABEZHIKMNOPTYX",
)
"""Cyrillic and Greek letters that pass for Latin ones."""


def normalised(text: str) -> str:
    """Text to search in: forms and look-alikes folded, nothing invisible, single spaces."""
    visible = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    if _OTHER_SCRIPT.search(visible):
        latin = _WORD_WITH_MARKS.sub(lambda word: _latin(word[0]), visible)
        visible = unicodedata.normalize("NFC", latin)
    return _SPACE.sub(" ", _CONTROL.sub(" ", visible)).strip()


def _latin(word: str) -> str:
    """A word that mixes scripts in Latin letters, if they can stand for all of it."""
    if not _LATIN.search(word):
        return word
    folded = word.translate(_LOOK_ALIKES)
    return word if _OTHER_SCRIPT.search(folded) else folded


def contains(text: str, quote: str) -> bool:
    """Whether somebody who reads `text`, normalised already, would find `quote` in it."""
    wanted = normalised(quote).casefold()
    return bool(wanted) and wanted in text.casefold()


def excerpt(text: str, start: int, end: int, *, around: int = 80) -> str:
    """The words `text[start:end]` with some of their sentence, for a person to judge by."""
    first, last = max(0, start - around), min(len(text), end + around)
    before, after = text[first:start], text[end:last]
    if cuts := [cut.end() for cut in _SENTENCE_END.finditer(before)]:
        before = before[cuts[-1] :]
    elif first:
        before = "…" + before.partition(" ")[2]
    if cut := _SENTENCE_END.search(after):
        after = after[: cut.end()]
    elif last < len(text):
        after = after.rpartition(" ")[0] + "…"
    return (before + text[start:end] + after).strip()


def clipped(text: str, length: int) -> str:
    """At most `length` characters of text; where some are left out, an ellipsis says so."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
