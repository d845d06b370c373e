"""What our messages in Slack are made of. What a stranger wrote is only ever plain or rich text."""

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextListElement,
    RichTextSectionElement,
)

from triage_agent.decision.output import readable, spaced
from triage_agent.decision.reviews import Standing
from triage_agent.decision.text import clipped

Text = RichTextElementParts.Text
Link = RichTextElementParts.Link
User = RichTextElementParts.User
BOLD = RichTextElementParts.TextStyle(bold=True)
REVIEW = "review"
"""The block of a message's buttons, which are called as in `Standing.can`."""
_FIRST = ("claim", "approve")
PLAIN_LENGTH, HEADER_LENGTH = 2900, 150
WITHDRAWN = "Withdrawn"
"""Before the headline of a message about what was undone: some see no more than its first line."""


def escaped(text: str) -> str:
    """Text for the one place that Slack reads as markup: a message's fallback."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def opening(link: str, *, user: str) -> RichTextSectionElement:
    """Whom a message is for, and where its record is."""
    return RichTextSectionElement(
        elements=[
            words("For "),
            User(user_id=user),
            words(" · "),
            Link(url=link, text="open the record"),
        ],
    )


def told(standing: Standing) -> Iterator[Block]:
    """Who has done something about it, and what came of it."""
    for did in standing.did:
        who = [User(user_id=did.user)] if did.user else []
        parts = [words(did.label, BOLD), *who, words(did.more)]
        yield RichTextBlock(elements=[RichTextSectionElement(elements=parts)])


def buttons(reference: str, standing: Standing) -> Iterator[Block]:
    """What can be done still about what is referred to."""
    if standing.can:
        pressed = [
            ButtonElement(
                text=plain(spaced(name).capitalize()),
                action_id=name,
                value=reference,
                style="primary" if name in _FIRST else None,
            )
            for name in standing.can
        ]
        yield ActionsBlock(block_id=REVIEW, elements=pressed)


def small_print(item_id: str, page: str) -> str:
    """By which page it was, and how its whole story is read."""
    return f"triage-agent timeline {item_id} · page {page}"


def title(text: str) -> RichTextSectionElement:
    """A line that stands out."""
    return RichTextSectionElement(elements=[words(text, BOLD)])


def bullets(lines: Sequence[str]) -> RichTextListElement:
    """One line each."""
    sections = [RichTextSectionElement(elements=[words(clipped(line, 800))]) for line in lines]
    return RichTextListElement(style="bullet", indent=0, elements=sections)


def labelled(label: str, text: str) -> RichTextSectionElement:
    """A line whose beginning stands out."""
    return RichTextSectionElement(elements=[words(label, BOLD), words(text)])


def words(text: str, style: RichTextElementParts.TextStyle | None = None) -> Text:
    """Text as it was written; Slack refuses an element without any."""
    return Text(text=clipped(readable(text), PLAIN_LENGTH) or "(nothing)", style=style)


def plain(text: str, length: int = PLAIN_LENGTH) -> PlainTextObject:
    """Text as it was written, within a length that Slack takes."""
    return PlainTextObject(text=clipped(readable(text), length), emoji=False)
