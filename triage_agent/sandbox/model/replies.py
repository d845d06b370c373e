"""The baseline's letters: thanks, a fact, a question and a goodbye; no words of the sender's."""

import re
from collections.abc import Mapping
from typing import Any

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.model.hearing import empty_words, plain_words
from triage_agent.sandbox.model.reading import Reading

_FACTS = re.compile(r"\bfacts\b.*\n((?:- .+\n?)+)")
"""A line that announces facts, and the list below it."""


def reply(reading: Reading) -> dict[str, Any]:
    """In the request's language where there is such a letter, else in English."""
    letters = own_yaml(__package__, "replies.yaml")
    language = reading.language if reading.language in letters else "en"
    letter = letters[language]
    question = letter["questions"][_category_named(reading, letter["questions"])]
    fact = _fact(reading) if language == "en" else None
    parts = filter(None, [letter["thanks"], fact, question, letter["close"]])
    return {"language": language, "text": "\n\n".join(parts)}


def _fact(reading: Reading) -> str | None:
    """The fact of the instructions that has most to do with the request, where one has; English."""
    listed = _FACTS.search(reading.instructions)
    facts = re.findall(r"^- (.+)$", listed[1], re.MULTILINE) if listed else []
    asked = {word for words in reading.words for word in words} - empty_words()
    shared = {fact: len(asked & set(plain_words(fact))) for fact in facts}
    likeliest = max(facts, key=lambda fact: shared[fact], default=None)
    return likeliest if likeliest and shared[likeliest] else None


def _category_named(reading: Reading, known: Mapping[str, str]) -> str:
    """The category that the asker names, beside the request or else before; never the sender."""
    for text in (reading.asked, reading.instructions):
        named = [name for name in known if re.search(rf"(?<!\w){name}(?!\w)", text)]
        if len(named) == 1:
            return named[0]
    return "otherwise"
