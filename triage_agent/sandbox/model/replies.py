"""The baseline's letters: thanks, one question and a goodbye; nothing of the sender's text."""

import re
from collections.abc import Mapping
from typing import Any

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.model.reading import Reading


def reply(reading: Reading) -> dict[str, Any]:
    """In the request's language where there is such a letter, else in English."""
    letters = own_yaml(__package__, "replies.yaml")
    language = reading.language if reading.language in letters else "en"
    letter = letters[language]
    question = letter["questions"][_category_named(reading, letter["questions"])]
    return {"language": language, "text": f"{letter['thanks']}\n\n{question}\n\n{letter['close']}"}


def _category_named(reading: Reading, known: Mapping[str, str]) -> str:
    """The category that the asker names, beside the request or else before; never the sender."""
    for text in (reading.asked, reading.instructions):
        named = [name for name in known if re.search(rf"(?<!\w){name}(?!\w)", text)]
        if len(named) == 1:
            return named[0]
    return "otherwise"
