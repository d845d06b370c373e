"""What a person is answered in Slack. What a stranger wrote is only ever rich text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import RichTextBlock, RichTextElementParts, RichTextSectionElement

from triage_agent.connectors.slack_messages import escaped, notice
from triage_agent.decision.output import readable
from triage_agent.decision.text import clipped

Text, Link, Style = (
    RichTextElementParts.Text,
    RichTextElementParts.Link,
    RichTextElementParts.TextStyle,
)
_LONGEST_HEADLINE = 150


@dataclass(frozen=True)
class Answer:
    """Its fallback, as markup, and its blocks."""

    text: str
    blocks: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Found:
    """A record, what became of it, and the id by which `timeline` tells its story."""

    headline: str
    became: str
    link: str
    story: str | None


def words(text: str) -> Answer:
    """Words of our own."""
    fallback, blocks = notice(text)
    return Answer(escaped(fallback), blocks)


def found(records: Sequence[Found]) -> Answer:
    """Some records, one below the other."""
    count = f"{len(records)} found" if len(records) > 1 else "One found"
    return Answer(count, [_record(one) for one in records])


def _record(one: Found) -> dict[str, Any]:
    headline = clipped(readable(one.headline), _LONGEST_HEADLINE)
    parts = [
        Text(text=headline, style=Style(bold=True)),
        Text(text=f"\n{one.became}\n"),
        Link(url=one.link, text="open the record"),
    ]
    if one.story:
        code = Text(text=f"triage-agent timeline {one.story}", style=Style(code=True))
        parts += [Text(text=" · "), code]
    return RichTextBlock(elements=[RichTextSectionElement(elements=parts)]).to_dict()
