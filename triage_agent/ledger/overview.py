"""What a run came to: its items in a row each, what it cost, what it asked of other systems."""

from collections.abc import Iterable, Sequence

from triage_agent.decision.events import Call, FiredRule, Happened
from triage_agent.decision.run_events import Blocked, Called
from triage_agent.decision.states import Status
from triage_agent.decision.story import Story
from triage_agent.decision.values import Value
from triage_agent.ledger.gist import Names, headline
from triage_agent.ledger.phrases import listed
from triage_agent.ledger.store import Ledger

_FIRST_ERROR = 400
"""The lowest status of an answer that says no."""


class Spent(Value):
    """What calls of a model took. `cost_usd` is None where the price of one isn't known."""

    calls: int
    input_tokens: int
    output_tokens: int
    seconds: float
    cost_usd: float | None

    @classmethod
    def on(cls, calls: Sequence[Call]) -> "Spent":
        """All of it together."""
        costs = [call.cost_usd for call in calls]
        known = [cost for cost in costs if cost is not None]
        return cls(
            calls=len(calls),
            input_tokens=sum(call.input_tokens for call in calls),
            output_tokens=sum(call.output_tokens for call in calls),
            seconds=sum(call.seconds for call in calls),
            cost_usd=sum(known) if len(known) == len(costs) else None,
        )


class Row(Value):
    """One item of a run, as it stands now; `calls` are those of this run."""

    item: str
    headline: str
    object: str
    record_id: str
    status: Status
    category: str | None
    rules: tuple[FiredRule, ...]
    done: tuple[str, ...]
    calls: tuple[Call, ...]

    @property
    def spent(self) -> Spent:
        return Spent.on(self.calls)


def rows(ledger: Ledger, run: str, names: Names) -> list[Row]:
    """The items that a run worked on, in the order in which it took them up."""
    return [
        _row(item, happened, run, names)
        for item, happened in ledger.worked_on(run, "Received").items()
    ]


def _row(item: str, happened: list[Happened], run: str, names: Names) -> Row:
    story = Story.of(happened)
    assert story.object is not None
    assert story.record_id is not None
    return Row(
        item=item,
        headline=headline(happened, names),
        object=story.object,
        record_id=story.record_id,
        status=story.status,
        category=story.category,
        rules=tuple(dict.fromkeys(story.rules)),
        done=tuple(name for name, state in story.states.items() if state == "done"),
        calls=tuple(call for name, call in story.calls if name == run),
    )


class Asked(Value):
    """What was asked of one system: how often, how often in vain, and what was kept back."""

    system: str
    requests: int
    errors: int
    kept_back: int
    seconds: float


def asked(happened: Iterable[Happened], calls: Sequence[Call]) -> list[Asked]:
    """The requests of a run, by system; those of the model are `calls`."""
    events = [one.event for one in happened if isinstance(one.event, Called | Blocked)]
    systems = listed([*(event.system for event in events), *(["model"] if calls else [])])
    return [_asked(system, events, calls if system == "model" else ()) for system in systems]


def _asked(system: str, events: Sequence[Called | Blocked], calls: Sequence[Call]) -> Asked:
    called = [one for one in events if isinstance(one, Called) and one.system == system]
    failed = [one for one in called if one.status is None or one.status >= _FIRST_ERROR]
    return Asked(
        system=system,
        requests=len(called) + len(calls),
        errors=len(failed) + sum(call.outcome != "answered" for call in calls),
        kept_back=sum(isinstance(one, Blocked) and one.system == system for one in events),
        seconds=sum(one.seconds for one in called) + sum(call.seconds for call in calls),
    )
