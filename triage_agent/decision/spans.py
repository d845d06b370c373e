"""What an item's events say of its way through a run, as spans: when, what, with which outcome.

A span holds no text, no key and no id but the item's: whoever sees traces needn't see requests.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from triage_agent.decision.events import (
    Done,
    Failed,
    Happened,
    Intended,
    ModelCalled,
    Overtaken,
)
from triage_agent.decision.story import Story
from triage_agent.decision.values import Value

Attribute = str | int | float | tuple[str, ...]
WORK = ("ModelCalled", "Planned", "Intended", "Failed")
"""What a run does with an item: where one of these happened there is a trace.

One that only received it has handed it out, or was ended before it came to more.
"""
OUTCOMES = {
    "Intended": "intended again",
    "Done": "done",
    "Overtaken": "overtaken",
    "Failed": "failed",
    "NotFound": "not_found",
    "Unclear": "unclear",
}
"""What may be told of a write that was about to leave."""


class Span(Value):
    """`error`: a word for what went wrong; None where nothing did."""

    name: str
    kind: Literal["internal", "client"]
    begun: datetime
    ended: datetime
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    error: str | None = None


class Trace(Value):
    """An item's way through one run. `before`: the runs that had worked on it earlier."""

    item: str
    run: str
    root: Span
    children: tuple[Span, ...]
    before: tuple[str, ...]


def trace(item: str, run: str, told: Sequence[Happened]) -> Trace | None:
    """Of all that has happened to an item what happened in a run; None where that is no work."""
    of_run = [one for one in told if one.run == run]
    worked = dict.fromkeys(one.run for one in told if one.event.kind in WORK)
    if run not in worked:
        return None
    children = (*_asked(of_run), *_written(of_run))
    root = _root(item, run, Story.of(told[: told.index(of_run[-1]) + 1]), of_run)
    begun = min(root.begun, *(child.begun for child in children)) if children else root.begun
    return Trace(
        item=item,
        run=run,
        root=root.model_copy(update={"begun": begun}),
        children=children,
        before=tuple(worked)[: [*worked].index(run)],
    )


def _root(item: str, run: str, story: Story, of_run: Sequence[Happened]) -> Span:
    failures = [one.event.code for one in of_run if isinstance(one.event, Failed)]
    return Span(
        name="triage item",
        kind="internal",
        begun=of_run[0].at,
        ended=of_run[-1].at,
        attributes=_known(
            {
                "triage_agent.item": item,
                "triage_agent.run": run,
                "triage_agent.mode": story.mode,
                "triage_agent.status": story.status,
                "triage_agent.category": story.category,
                "triage_agent.stops": tuple(dict.fromkeys(rule.rule for rule in story.rules)),
            }
        ),
        error=(failures or ["failed"])[-1] if story.status == "failed" else None,
    )


def _known(attributes: Mapping[str, Attribute | None]) -> dict[str, Attribute]:
    return {name: value for name, value in attributes.items() if value is not None}


def _asked(of_run: Sequence[Happened]) -> Iterator[Span]:
    """Each call of the model. It ended when it was put on record, or just before."""
    for one in of_run:
        if not isinstance(one.event, ModelCalled):
            continue
        call = one.event.call
        yield Span(
            name=f"chat {call.asked}",
            kind="client",
            begun=one.at - timedelta(seconds=call.seconds),
            ended=one.at,
            attributes=_known(
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",  # whose protocol it is
                    "gen_ai.output.type": "json",
                    "gen_ai.request.model": call.asked,
                    "gen_ai.response.model": call.answered_by,
                    "gen_ai.usage.input_tokens": call.input_tokens,
                    "gen_ai.usage.cache_read.input_tokens": call.cached_tokens,
                    "gen_ai.usage.output_tokens": call.output_tokens,
                    "triage_agent.purpose": call.purpose,
                    "triage_agent.outcome": call.outcome,
                    "triage_agent.cost_usd": call.cost_usd,
                }
            ),
            error=None if call.outcome == "answered" else call.outcome,
        )


def _written(of_run: Sequence[Happened]) -> Iterator[Span]:
    """Each write, from when it was about to leave to what is known of it; the last of that."""
    for number, one in enumerate(of_run):
        if isinstance(one.event, Intended):
            yield _write(one, one.event, of_run[number + 1 :])


def _write(begun: Happened, intended: Intended, later: Sequence[Happened]) -> Span:
    ended, outcome, error = begun.at, "open", None
    for one in later:
        event = one.event
        if getattr(event, "action", None) != intended.action or event.kind not in OUTCOMES:
            continue
        if isinstance(event, Intended):
            break
        ended, outcome = one.at, OUTCOMES[event.kind]
        error = None if isinstance(event, Done | Overtaken) else outcome
        error = event.code if isinstance(event, Failed) else error
    return Span(
        name=f"write {intended.action}",
        kind="client",
        begun=begun.at,
        ended=ended,
        attributes={
            "triage_agent.action": intended.action,
            "triage_agent.system": intended.system,
            "triage_agent.outcome": outcome,
        },
        error=error,
    )
