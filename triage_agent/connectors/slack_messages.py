"""How a hand-over looks in Slack. What a stranger wrote is only ever plain or rich text."""

from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextListElement,
    RichTextPreformattedElement,
    RichTextQuoteElement,
    RichTextSectionElement,
    SectionBlock,
)

from triage_agent.chunks import chunks
from triage_agent.decision.actions import HandOver, Reason
from triage_agent.decision.output import readable, spaced
from triage_agent.decision.reviews import Standing
from triage_agent.decision.text import clipped

Text = RichTextElementParts.Text
Link = RichTextElementParts.Link
User = RichTextElementParts.User
_BOLD = RichTextElementParts.TextStyle(bold=True)
REVIEW = "review"
"""The block of a hand-over's buttons, which are called as in `Standing.can`."""
_PLAIN_LENGTH, _HEADER_LENGTH, _FIELDS, _REASONS = 2900, 150, 10, 8


def escaped(text: str) -> str:
    """Text for the one place that Slack reads as markup: a message's fallback."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fallback(hand_over: HandOver) -> str:
    """What a notification shows."""
    headline = readable(hand_over.headline)
    return escaped(clipped(f"A person is needed: {headline}", _HEADER_LENGTH))


def blocks(hand_over: HandOver, link: str, standing: Standing) -> list[dict[str, Any]]:
    """The whole message, within Slack's limits for any input."""
    parts: list[Block] = [
        HeaderBlock(text=_plain(f"Needs a person: {hand_over.headline}", _HEADER_LENGTH)),
        RichTextBlock(elements=[_for_whom(hand_over, link)]),
        *_request(hand_over),
        RichTextBlock(elements=[_title("Why it stopped"), *_reasons(hand_over.reasons)]),
        RichTextBlock(elements=[_title("Who they are")]),
        *_fields(hand_over.who),
        RichTextBlock(elements=[*_records(hand_over)]),
        DividerBlock(),
        RichTextBlock(elements=[*_footer(hand_over)]),
        *_standing(hand_over, standing),
        ContextBlock(elements=[_plain(f"Item {hand_over.item_id} · page {hand_over.page}", 2000)]),
    ]
    return [part.to_dict() for part in parts]


def overflow(team: str) -> tuple[str, list[dict[str, Any]]]:
    """The message under which a run's further escalations go, as fallback and blocks."""
    title = "More requests need a person"
    text = (
        f"This run has more hand-overs for {team} than the operating model lets it post "
        "as messages of their own. Each is a reply to this message; none is left out."
    )
    parts: list[Block] = [HeaderBlock(text=_plain(title)), SectionBlock(text=_plain(text))]
    return title, [part.to_dict() for part in parts]


def notice(words: str) -> tuple[str, list[dict[str, Any]]]:
    """A sentence about the agent itself, as fallback and blocks."""
    return words, [SectionBlock(text=_plain(words)).to_dict()]


def _title_of(name: str) -> str:
    return spaced(name).capitalize()


def _for_whom(hand_over: HandOver, link: str) -> RichTextSectionElement:
    return RichTextSectionElement(
        elements=[
            _words("For "),
            User(user_id=hand_over.assignee),
            _words(" · "),
            Link(url=link, text="open the record"),
        ],
    )


def _standing(hand_over: HandOver, standing: Standing) -> Iterator[Block]:
    """Who has done something about it, and what can be done still."""
    for did in standing.did:
        parts = [_words(did.label, _BOLD), User(user_id=did.user), _words(did.more)]
        yield RichTextBlock(elements=[RichTextSectionElement(elements=parts)])
    if standing.can:
        buttons = [
            ButtonElement(
                text=_plain(_title_of(name)),
                action_id=name,
                value=hand_over.item_id,
                style="primary" if name == "claim" else None,
            )
            for name in standing.can
        ]
        yield ActionsBlock(block_id=REVIEW, elements=buttons)


def _title(text: str) -> RichTextSectionElement:
    return RichTextSectionElement(elements=[_words(text, _BOLD)])


def _reasons(reasons: Sequence[Reason]) -> Iterator[Any]:
    for reason in reasons[:_REASONS]:
        fact = f" ({clipped(reason.fact, 300)})" if reason.fact else ""
        yield _bullets([reason.words + fact])
        if reason.quote:
            yield RichTextQuoteElement(elements=[_words(clipped(reason.quote, 400))])
    if len(reasons) > _REASONS:
        yield _title(f"And {len(reasons) - _REASONS} more reasons.")


def _bullets(lines: Sequence[str]) -> RichTextListElement:
    sections = [RichTextSectionElement(elements=[_words(clipped(line, 800))]) for line in lines]
    return RichTextListElement(style="bullet", indent=0, elements=sections)


def _request(hand_over: HandOver) -> Iterator[Block]:
    body = RichTextPreformattedElement(elements=[_words(hand_over.request)])
    yield RichTextBlock(elements=[_title("What they wrote"), body])
    if hand_over.wants:
        label = _words("In the model's words: ", _BOLD)
        said = RichTextSectionElement(elements=[label, _words(hand_over.wants)])
        yield RichTextBlock(elements=[said])


def _fields(who: Sequence[tuple[str, str]]) -> Iterator[Block]:
    for some in chunks(who[: 2 * _FIELDS], _FIELDS):
        yield SectionBlock(fields=[_plain(f"{name}: {value}", 500) for name, value in some])


def _records(hand_over: HandOver) -> Iterator[Any]:
    if hand_over.records:
        yield _title("On record")
        yield _bullets(hand_over.records)
    yield _labelled("Reply by: ", hand_over.reply)


def _footer(hand_over: HandOver) -> Iterator[RichTextSectionElement]:
    yield _labelled("What the agent did: ", f"{hand_over.done}\n")
    yield _labelled("Next: ", hand_over.next_step)


def _labelled(label: str, text: str) -> RichTextSectionElement:
    return RichTextSectionElement(elements=[_words(label, _BOLD), _words(text)])


def _words(text: str, style: RichTextElementParts.TextStyle | None = None) -> Text:
    """Text as it was written; Slack refuses an element without any."""
    return Text(text=clipped(readable(text), _PLAIN_LENGTH) or "(nothing)", style=style)


def _plain(text: str, length: int = _PLAIN_LENGTH) -> PlainTextObject:
    return PlainTextObject(text=clipped(readable(text), length), emoji=False)
