"""How a week's summary looks in Slack."""

from collections.abc import Iterator
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    RichTextBlock,
    RichTextElementParts,
    RichTextListElement,
    RichTextSectionElement,
)

from triage_agent.connectors.slack_texts import (
    BOLD,
    HEADER_LENGTH,
    REVIEW,
    escaped,
    plain,
    title,
    words,
)
from triage_agent.decision.text import clipped
from triage_agent.decision.weekly import ToDo, WeeklyNote

READ = "read_week"
"""The button of whoever has read it; its value is the week."""
LISTED, SHOWN = 5, 3
"""How many things to do are listed, and items of each."""
_LONGEST = 500
_CODE = RichTextElementParts.TextStyle(code=True)


def week(told: WeeklyNote) -> tuple[str, list[dict[str, Any]]]:
    """The summary as fallback and blocks, within Slack's limits for any input."""
    head = f"Week {told.week}"
    text = escaped(clipped(f"{head}: {' '.join(told.sentences)}", HEADER_LENGTH))
    sentences = "\n".join(clipped(one, _LONGEST) for one in told.sentences)
    parts: list[Block] = [
        HeaderBlock(text=plain(head, HEADER_LENGTH)),
        RichTextBlock(elements=[RichTextSectionElement(elements=[words(sentences)])]),
    ]
    if told.to_do:
        parts.append(RichTextBlock(elements=[title("What to do next"), _list(told)]))
    read = ButtonElement(
        text=plain("I have read it"), action_id=READ, value=clipped(told.week, _LONGEST)
    )
    parts.append(ActionsBlock(block_id=REVIEW, elements=[read]))
    parts.append(ContextBlock(elements=[plain(_asked(told))]))
    return text, [part.to_dict() for part in parts]


def _list(told: WeeklyNote) -> RichTextListElement:
    sections = [RichTextSectionElement(elements=[*_one(one)]) for one in told.to_do[:LISTED]]
    return RichTextListElement(style="ordered", indent=0, elements=sections)


def _one(one: ToDo) -> Iterator[Any]:
    yield words(clipped(one.what, _LONGEST), BOLD)
    yield words(
        f" ({clipped(one.evidence, _LONGEST)})\n"
        f"For {clipped(one.concerns, _LONGEST)}: {clipped(one.change, _LONGEST)}"
    )
    for item in one.items[:SHOWN]:
        yield words("\n")
        yield words(f"triage-agent timeline {clipped(item, _LONGEST)}", _CODE)


def _asked(told: WeeklyNote) -> str:
    day = f"{told.read_by:%A}, {told.read_by}"
    return (
        f"To be read by {day}. Without this button: "
        f"triage-agent summary --week {told.week} --reviewed-by NAME"
    )
