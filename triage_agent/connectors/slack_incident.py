"""How an incident note looks in Slack. What anybody wrote is only ever plain or rich text."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    HeaderBlock,
    RichTextBlock,
    RichTextListElement,
    RichTextSectionElement,
)

from triage_agent.connectors.slack_texts import (
    BOLD,
    HEADER_LENGTH,
    Link,
    bullets,
    escaped,
    labelled,
    plain,
    title,
    words,
)
from triage_agent.decision.incident import (
    Check,
    Incident,
    Left,
    affected,
    by_page,
    changed,
    deed,
    resumed,
    times,
    who,
)
from triage_agent.decision.text import clipped

LISTED = 20
"""How much of what is left for people is listed; the rest is counted."""
_FEW = 10
_SAID, _SHORT = 1000, 200


def incident(told: Incident, record_url: str) -> tuple[str, list[dict[str, Any]]]:
    """The note as fallback and blocks, within Slack's limits for any input.

    `record_url` is put before a record's id to link to it.
    """
    head = "Incident: what the agent did was undone"
    if told.finished_at is None:
        head = "Incident: what the agent did is being undone"
    text = escaped(clipped(f"{head} ({affected(told)})", HEADER_LENGTH))
    parts: list[Block] = [
        HeaderBlock(text=plain(head, HEADER_LENGTH)),
        RichTextBlock(elements=[*_said(told)]),
        RichTextBlock(elements=[title("Affected"), *_few(_about(told), told)]),
        RichTextBlock(elements=[title("Undone"), *_few([*map(times, told.undone)], told)]),
        RichTextBlock(elements=[*_left(told, record_url)]),
        RichTextBlock(elements=[*_before(told)]),
        ContextBlock(elements=[plain(f"{told.command} · told from the ledger", 2000)]),
    ]
    return text, [part.to_dict() for part in parts]


def _said(told: Incident) -> Iterator[RichTextSectionElement]:
    yield labelled("What happened: ", clipped(told.reason, _SAID) + "\n")
    yield labelled("How it was found: ", clipped(told.found, _SAID) + "\n")
    yield labelled("Who: ", clipped(who(told), _SAID))


def _about(told: Incident) -> list[str]:
    return [affected(told), *(f"Done by {by_page(run)}" for run in told.runs)]


def _few(lines: Sequence[str], told: Incident) -> Iterator[Any]:
    if not lines:
        yield _line("Nothing.")
        return
    yield bullets([clipped(line, _SHORT) for line in lines[:_FEW]])
    yield from _more(len(lines) - _FEW, told)


def _more(number: int, told: Incident) -> Iterator[RichTextSectionElement]:
    if number > 0:
        yield _line(f"and {number:,} more: {told.command}")


def _line(text: str) -> RichTextSectionElement:
    return RichTextSectionElement(elements=[words(text)])


def _left(told: Incident, record_url: str) -> Iterator[Any]:
    left = told.for_people
    yield title("Left for people")
    if not left:
        yield _line("Nothing.")
        return
    yield _list(_one(one, record_url) for one in left[:LISTED])
    yield from _more(len(left) - LISTED, told)


def _list(lines: Iterable[RichTextSectionElement]) -> RichTextListElement:
    return RichTextListElement(style="bullet", indent=0, elements=[*lines])


def _one(one: Left, record_url: str) -> RichTextSectionElement:
    link = Link(url=record_url + one.record_id, text=one.record_id)
    what = f" {clipped(f'{deed(one.action)} ({changed(one)})', _SHORT)}"
    return RichTextSectionElement(
        elements=[link, words(what, BOLD), words(f": {clipped(one.reason, _SHORT)}")]
    )


def _before(told: Incident) -> Iterator[Any]:
    yield title("Before the agent goes on")
    yield _list(map(_asked, told.before_resuming[:_FEW]))
    yield from _more(len(told.before_resuming) - _FEW, told)
    yield _line(resumed(told))


def _asked(check: Check) -> RichTextSectionElement:
    answer = words(f" {clipped(check.answer or 'open', _SHORT)}", BOLD)
    return RichTextSectionElement(elements=[words(clipped(check.question, _SHORT)), answer])
