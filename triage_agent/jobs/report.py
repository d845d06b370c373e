"""What a run did, as `run --json` prints it and its schema in `deploy/` documents it."""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Literal

from pydantic import Field

from triage_agent.decision.events import Call
from triage_agent.decision.item import Mode
from triage_agent.decision.run_events import Allowance
from triage_agent.decision.states import ActionState, Verdict
from triage_agent.decision.stops import Source
from triage_agent.decision.story import Story
from triage_agent.decision.values import Value

ItemStatus = Literal["settled", "escalated", "failed", "deferred"]


class StopReport(Value):
    rule: str
    topic: str | None
    source: Source
    evidence: str


class ActionReport(Value):
    action: str
    verdict: Verdict
    state: ActionState


class ItemReport(Value):
    """One item. `category` is the page's, or `unclear`; null before anything was decided."""

    item_id: str
    record_id: str
    status: ItemStatus
    category: str | None
    confidence: float | None
    stops: list[StopReport]
    actions: list[ActionReport]
    draft: str | None
    failure: str | None


class PageReport(Value):
    version: int
    sha256: str


class Totals(Value):
    received: int
    settled: int
    escalated: int
    failed: int
    deferred: int
    refused: int
    by_category: dict[str, int]
    by_stop: dict[str, int]
    actions: dict[str, int]


class ModelCalls(Value):
    """`cost_usd` is null where the price of a call isn't known."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0

    def plus(self, call: Call) -> "ModelCalls":
        """One call more. One of unknown cost makes the sum unknown."""
        cost = None
        if self.cost_usd is not None and call.cost_usd is not None:
            cost = round(self.cost_usd + call.cost_usd, 9)
        return ModelCalls(
            calls=self.calls + 1,
            input_tokens=self.input_tokens + call.input_tokens,
            output_tokens=self.output_tokens + call.output_tokens,
            cost_usd=cost,
        )


class Requests(Value):
    salesforce: int = 0
    slack: int = 0
    model: int = 0


class RunReport(Value):
    """The whole of a run. `totals.actions` counts the actions that were carried out.

    `uncleared`: why it was in shadow, though the page is live. `handed_out`: how many items workers
    are to work off. `allowance`: what was used of the org's daily requests by then.
    """

    run_id: str
    mode: Mode
    uncleared: list[str] = Field(default_factory=list)
    page: PageReport
    model: str
    items: list[ItemReport] = Field(default_factory=list)
    handed_out: int = 0
    totals: Totals
    model_calls: ModelCalls
    requests: Requests
    allowance: Allowance | None = None
    seconds: float


def item_report(item_id: str, story: Story) -> ItemReport:
    """An item as its story tells it at the end of the run."""
    assert story.record_id is not None
    status = "failed" if story.status == "open" else story.status
    said = story.assessment
    return ItemReport(
        item_id=item_id,
        record_id=story.record_id,
        status=status,
        category=story.category,
        confidence=said.confidence if said else None,
        stops=[
            StopReport(rule=stop.rule, topic=stop.topic, source=stop.source, evidence=stop.evidence)
            for stop in story.stops
        ],
        actions=[
            _action_report(name, verdict, story.states[name])
            for name, verdict in story.verdicts.items()
        ],
        draft=story.draft,
        failure=_failure(story) if status == "failed" else None,
    )


def _failure(story: Story) -> str | None:
    unclear = [name for name, state in story.states.items() if state == "unclear"]
    if unclear:
        return f"it can't be found out whether this happened: {', '.join(unclear)}"
    return story.failures[-1].reason if story.failures else None


@cache
def _action_report(action: str, verdict: Verdict, state: ActionState) -> ActionReport:
    """One object for all items that it says the same of: a long run keeps many."""
    return ActionReport(action=action, verdict=verdict, state=state)


def deferred_report(item_id: str, record_id: str) -> ItemReport:
    """An item that this run left for the next."""
    return ItemReport(
        item_id=item_id,
        record_id=record_id,
        status="deferred",
        category=None,
        confidence=None,
        stops=[],
        actions=[],
        draft=None,
        failure=None,
    )


def totals(items: list[ItemReport], received: int) -> Totals:
    """The counts of a run."""
    status = Counter(item.status for item in items)
    actions = [action for item in items for action in item.actions]
    return Totals(
        received=received,
        settled=status["settled"],
        escalated=status["escalated"],
        failed=status["failed"],
        deferred=status["deferred"],
        refused=sum(action.verdict == "refused" for action in actions),
        by_category=_counted(item.category for item in items if item.category),
        by_stop=_counted(rule for item in items for rule in {stop.rule for stop in item.stops}),
        actions=_counted(action.action for action in actions if action.state == "done"),
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    """The most frequent first."""
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))


def schema_text() -> str:
    """The JSON Schema of a run's report, as it stands in `deploy/run_report.schema.json`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Generated by `make generated`; don't edit.",
        **RunReport.model_json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=2) + "\n"
