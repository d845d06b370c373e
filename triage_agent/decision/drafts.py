"""What the agent checks of a draft before it is kept. A draft is never sent by it."""

import re
from collections.abc import Iterator

from triage_agent.decision.assessment import Draft
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.stops import Stop
from triage_agent.decision.text import normalised
from triage_agent.operating_model.schema import Page

_LINK = re.compile(
    r"(?:[a-z]+://|www\.|mailto:)[^\s<>()\"']+"  # what says that it is an address
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address
    r"|\b(?:[a-z0-9-]+\.)+[a-z]{2,}/[^\s<>()\"']*"  # a host with a path
    r"|\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|ai|app|dev|info|biz|example)\b",
    re.IGNORECASE,
)


def signed(draft: Draft, page: Page) -> str:
    """The draft as a person sees it, under the name that the page signs with."""
    return f"{draft.text.strip()}\n\n{page.drafts.sign_as}"


def stops_of_draft(draft: Draft, page: Page, patterns: PatternFile) -> tuple[Stop, ...]:
    """Why a draft may not be kept; empty where it may."""
    return tuple(
        Stop(rule="outside_policy", topic="draft", fact=f"the draft was withheld: {fault}")
        for fault in _faults(draft.text, page, patterns)
    )


def _faults(text: str, page: Page, patterns: PatternFile) -> Iterator[str]:
    if not text.strip():
        yield "it is empty"
    if (count := len(text.split())) > page.drafts.max_words:
        yield f"it has {count} words, the page allows {page.drafts.max_words}"
    for link in _LINK.findall(text):
        if link.rstrip(".,;:!?") not in page.drafts.allowed_links:
            yield "it holds a link that the page doesn't allow"
    for name in page.drafts.never_state:
        if patterns.never_state[name].first_hit(normalised(text)):
            yield f"it states {name.replace('_', ' ')}"
