"""What a person is answered in Slack. What a stranger wrote is only ever rich text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import RichTextBlock, RichTextElementParts, RichTextSectionElement

from triage_agent.connectors.slack_messages import notice
from triage_agent.connectors.slack_texts import escaped
from triage_agent.decision.output import readable
from triage_agent.decision.text import clipped

Text, Link, Style = (
    RichTextElementParts.Text,
    RichTextElementParts.Link,
    RichTextElementParts.TextStyle,
)
_BOLD = Style(bold=True)
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


def lines(told: Mapping[str, str]) -> Answer:
    """What goes by what name, a line each."""
    rows = [
        RichTextSectionElement(
            elements=[Text(text=name, style=_BOLD), Text(text=f": {readable(what)}")]
        )
        for name, what in told.items()
    ]
    fallback = "\n".join(f"{name}: {what}" for name, what in told.items())
    return Answer(escaped(fallback), [RichTextBlock(elements=rows).to_dict()])


def found(records: Sequence[Found]) -> Answer:
    """Some records, one below the other."""
    count = f"{len(records)} found" if len(records) > 1 else "One found"
    return Answer(count, [_record(one) for one in records])


def _record(one: Found) -> dict[str, Any]:
    headline = clipped(readable(one.headline), _LONGEST_HEADLINE)
    parts = [
        Text(text=headline, style=_BOLD),
        Text(text=f"\n{one.became}\n"),
        Link(url=one.link, text="open the record"),
    ]
    if one.story:
        code = Text(text=f"triage-agent timeline {one.story}", style=Style(code=True))
        parts += [Text(text="\n"), code]
    return RichTextBlock(elements=[RichTextSectionElement(elements=parts)]).to_dict()
