"""How a request for somebody's word looks in Slack: exactly what changes, and into what."""

from collections.abc import Iterator
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    HeaderBlock,
    RichTextBlock,
    RichTextPreformattedElement,
    RichTextSectionElement,
)

from triage_agent.connectors.slack_texts import (
    BOLD,
    HEADER_LENGTH,
    WITHDRAWN,
    Link,
    User,
    bullets,
    buttons,
    escaped,
    labelled,
    plain,
    small_print,
    title,
    told,
    words,
)
from triage_agent.decision.actions import Approval, UpdateRecord
from triage_agent.decision.output import clock, readable, spaced, worded
from triage_agent.decision.reviews import Standing
from triage_agent.decision.text import clipped
from triage_agent.operating_model.kinds import Scalar

_VALUE, _DRAFT = 700, 1500
_SHORT = 16


def fallback(approval: Approval, standing: Standing) -> str:
    """What a notification shows."""
    head = WITHDRAWN if standing.withdrawn else "Your word is needed"
    return escaped(clipped(f"{head}: {_headline(approval)}", HEADER_LENGTH))


def blocks(approval: Approval, link: str, standing: Standing) -> list[dict[str, Any]]:
    """The whole message, within Slack's limits for any input."""
    parts: list[Block] = [
        HeaderBlock(text=plain(_head(approval, standing), HEADER_LENGTH)),
        RichTextBlock(elements=[_for_whom(approval, link)]),
        *_again(approval),
        *told(standing),
        RichTextBlock(elements=[title(_what(approval, standing)), *_changes(approval)]),
        *_beside(approval),
        *buttons(approval.reference, standing),
        ContextBlock(elements=[plain(_small_print(approval, standing), 2000)]),
    ]
    return [part.to_dict() for part in parts]


def _head(approval: Approval, standing: Standing) -> str:
    if standing.withdrawn:
        return f"{WITHDRAWN}: {_headline(approval)}"
    name = spaced(approval.action.name)
    asked = f"May I {name}?" if standing.can else f"{name.capitalize()}:"
    return f"{asked} {approval.headline}"


def _headline(approval: Approval) -> str:
    return f"{spaced(approval.action.name)} - {readable(approval.headline)}"


def _for_whom(approval: Approval, link: str) -> RichTextSectionElement:
    people = f"For {approval.names} · "
    return RichTextSectionElement(elements=[words(people), Link(url=link, text="open the record")])


def _again(approval: Approval) -> Iterator[Block]:
    """Why it is asked once more, and who is to know that what they approved was not done."""
    if again := approval.again:
        who = [User(user_id=again.user), words(" ")] if again.user else []
        said = [words("Asked again: ", BOLD), *who, words(f"{again.reason}.")]
        yield RichTextBlock(elements=[RichTextSectionElement(elements=said)])


def _what(approval: Approval, standing: Standing) -> str:
    action = approval.action
    if not standing.can:
        return "What was asked"
    verb = "would change in" if isinstance(action, UpdateRecord) else "would be a new"
    return f"What {verb} {action.object}"


def _changes(approval: Approval) -> Iterator[Any]:
    """Each field with what it holds and what it would; a new record's fields as they would be."""
    action = approval.action
    if isinstance(action, UpdateRecord):
        fields = (
            f"{spaced(name)}: {_shown(approval.was[name])} → {_shown(value)}"
            for name, value in action.fields.items()
        )
    else:
        fields = (f"{spaced(name)}: {_shown(value)}" for name, value in action.fields.items())
    yield bullets(list(fields))


def _shown(value: Scalar) -> str:
    return clipped(worded(value), _VALUE) or "(empty)"


def _beside(approval: Approval) -> Iterator[Block]:
    if approval.wants:
        said = labelled("In the model's words: ", approval.wants)
        yield RichTextBlock(elements=[said])
    if approval.draft:
        body = RichTextPreformattedElement(elements=[words(clipped(approval.draft, _DRAFT))])
        yield RichTextBlock(elements=[title("The draft, not sent"), body])


def _small_print(approval: Approval, standing: Standing) -> str:
    """Until when it can be decided, while it can, and what it is about."""
    good = f"Good until {clock(approval.expires_at)} · " if standing.can else ""
    story = small_print(approval.item_id, approval.page)
    return f"{good}{story} · digest {approval.digest[:_SHORT]}"
