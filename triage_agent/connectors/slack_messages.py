"""How a hand-over looks in Slack. What a stranger wrote is only ever plain or rich text."""

from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    RichTextBlock,
    RichTextPreformattedElement,
    RichTextQuoteElement,
    RichTextSectionElement,
    SectionBlock,
)

from triage_agent.chunks import chunks
from triage_agent.connectors.slack_texts import (
    BOLD,
    HEADER_LENGTH,
    WITHDRAWN,
    bullets,
    buttons,
    escaped,
    labelled,
    opening,
    plain,
    small_print,
    title,
    told,
    words,
)
from triage_agent.decision.actions import HandOver, Reason
from triage_agent.decision.output import readable
from triage_agent.decision.reviews import Standing
from triage_agent.decision.text import clipped

_FIELDS, _REASONS = 10, 8


def fallback(hand_over: HandOver, standing: Standing) -> str:
    """What a notification shows."""
    head = WITHDRAWN if standing.withdrawn else "A person is needed"
    return escaped(clipped(f"{head}: {readable(hand_over.headline)}", HEADER_LENGTH))


def blocks(hand_over: HandOver, link: str, standing: Standing) -> list[dict[str, Any]]:
    """The whole message, within Slack's limits for any input."""
    head = WITHDRAWN if standing.withdrawn else "Needs a person"
    parts: list[Block] = [
        HeaderBlock(text=plain(f"{head}: {hand_over.headline}", HEADER_LENGTH)),
        RichTextBlock(elements=[opening(link, user=hand_over.assignee)]),
        *_request(hand_over),
        RichTextBlock(elements=[title("Why it stopped"), *_reasons(hand_over.reasons)]),
        RichTextBlock(elements=[title("Who they are")]),
        *_fields(hand_over.who),
        RichTextBlock(elements=[*_records(hand_over)]),
        DividerBlock(),
        RichTextBlock(elements=[*_footer(hand_over)]),
        *told(standing),
        *buttons(hand_over.item_id, standing),
        ContextBlock(elements=[plain(small_print(hand_over.item_id, hand_over.page), 2000)]),
    ]
    return [part.to_dict() for part in parts]


def overflow(team: str) -> tuple[str, list[dict[str, Any]]]:
    """The message under which a run's further escalations go, as fallback and blocks."""
    head = "More requests need a person"
    text = (
        f"This run has more to decide for {team} than the operating model lets it post "
        "as messages of their own. Each is a reply to this message; none is left out."
    )
    parts: list[Block] = [HeaderBlock(text=plain(head)), SectionBlock(text=plain(text))]
    return head, [part.to_dict() for part in parts]


def notice(said: str) -> tuple[str, list[dict[str, Any]]]:
    """A sentence about the agent itself, as fallback and blocks."""
    return said, [SectionBlock(text=plain(said)).to_dict()]


def _reasons(reasons: Sequence[Reason]) -> Iterator[Any]:
    for reason in reasons[:_REASONS]:
        fact = f" ({clipped(reason.fact, 300)})" if reason.fact else ""
        yield bullets([reason.words + fact])
        if reason.quote:
            yield RichTextQuoteElement(elements=[words(clipped(reason.quote, 400))])
    if len(reasons) > _REASONS:
        yield title(f"And {len(reasons) - _REASONS} more reasons.")


def _request(hand_over: HandOver) -> Iterator[Block]:
    body = RichTextPreformattedElement(elements=[words(hand_over.request)])
    yield RichTextBlock(elements=[title("What they wrote"), body])
    if hand_over.wants:
        label = words("In the model's words: ", BOLD)
        said = RichTextSectionElement(elements=[label, words(hand_over.wants)])
        yield RichTextBlock(elements=[said])


def _fields(who: Sequence[tuple[str, str]]) -> Iterator[Block]:
    for some in chunks(who[: 2 * _FIELDS], _FIELDS):
        yield SectionBlock(fields=[plain(f"{name}: {value}", 500) for name, value in some])


def _records(hand_over: HandOver) -> Iterator[Any]:
    if hand_over.records:
        yield title("On record")
        yield bullets(hand_over.records)
    yield labelled("Reply by: ", hand_over.reply)


def _footer(hand_over: HandOver) -> Iterator[RichTextSectionElement]:
    yield labelled("What the agent did: ", f"{hand_over.done}\n")
    yield labelled("Next: ", hand_over.next_step)
