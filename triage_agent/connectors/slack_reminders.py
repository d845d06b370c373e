"""How a reminder looks in Slack. What a stranger wrote is only ever plain or rich text."""

from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    HeaderBlock,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextListElement,
    RichTextSectionElement,
)

from triage_agent.decision.output import readable
from triage_agent.decision.text import clipped
from triage_agent.decision.waiting import Waiting

LISTED = 10
"""How many of those that wait a reminder lists; the others are counted."""
_LONGEST = 300
_BOLD = RichTextElementParts.TextStyle(bold=True)
Text = RichTextElementParts.Text
Link = RichTextElementParts.Link


def reminder(waiting: Sequence[Waiting], record_url: str) -> tuple[str, list[dict[str, Any]]]:
    """One message about all of it, the first of it listed, as fallback and blocks.

    `record_url` is put before a record's id to link to it.
    """
    number = len(waiting)
    title = (
        f"{number:,} requests wait for a person" if number > 1 else "A request waits for a person"
    )
    listed = [_line(one, record_url) for one in waiting[:LISTED]]
    parts: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=title, emoji=False)),
        RichTextBlock(elements=[_bullets(listed), *_others(number - LISTED)]),
    ]
    return title, [part.to_dict() for part in parts]


def _bullets(lines: Sequence[RichTextSectionElement]) -> RichTextListElement:
    return RichTextListElement(style="bullet", indent=0, elements=lines)


def _line(one: Waiting, record_url: str) -> RichTextSectionElement:
    link = Link(url=record_url + one.record_id, text="open the record")
    words = Text(text=f": {one.words}. ")
    return RichTextSectionElement(elements=[_headline(one.headline), words, link])


def _headline(written: str) -> Text:
    """Slack refuses an element without any text."""
    return Text(text=clipped(readable(written), _LONGEST) or "(nothing)", style=_BOLD)


def _others(number: int) -> Iterator[RichTextSectionElement]:
    if number > 0:
        yield RichTextSectionElement(elements=[Text(text=f"And {number:,} more.")])
