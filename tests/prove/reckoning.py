"""What is wrong at the end of a trial, by comparing ledger and sandbox item by item."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.prove.site import Site
from triage_agent import wiring
from triage_agent.decision.events import Happened, ModelCalled
from triage_agent.decision.story import Story
from triage_agent.decision.values import canonical
from triage_agent.ledger.chain import check, opened

ENDED = ("settled", "escalated")
Json = dict[str, Any]


@dataclass(frozen=True)
class Reckoning:
    """All but the last two are to be nothing, and no more bought again than was in flight."""

    COLUMNS: ClassVar = (
        *("lost", "tasks\ntwice", "messages\ntwice", "open", "chains\nbroken"),
        *("bought\nthough kept", "bought again\n/ in flight"),
    )
    lost: int = 0
    tasks_twice: int = 0
    messages_twice: int = 0
    open: int = 0
    chains_broken: int = 0
    bought_though_kept: int = 0
    bought_again: int = 0
    in_flight: int = 0

    @property
    def holds(self) -> bool:
        *wrong, again, flying = vars(self).values()
        return not any(wrong) and again <= flying

    @staticmethod
    def cells(sums: list[int]) -> list[str]:
        """What a table says of some."""
        *wrong, again, flying = sums
        return [*map(str, wrong), f"{again} / {flying}"]


@dataclass
class _Kept:
    """What the ledger says: each lead's items, their stories, answers that it has, faults."""

    items: dict[str, list[str]]
    stories: dict[str, Story]
    answers: list[str]
    faults: int


def reckoned(found: Site, asked: int) -> Reckoning:
    """`asked`: the requests to the model that left, over all runs.

    Those of them that have no answer on the ledger were in flight when a run was killed or a
    connection was cut.
    """
    state = found.state()
    leads: list[Json] = state["salesforce"]["Lead"]
    tasks = [task for task in state["salesforce"]["Task"] if task.get("Triage_Key__c")]
    messages = [m["metadata"]["event_payload"]["key"] for c in state["slack"].values() for m in c]
    kept = _kept(found, [lead["Id"] for lead in leads])
    there = {*messages, *(task["Triage_Key__c"] for task in tasks)}
    paid = [_digest(r) for r in state["requests"] if r["system"] == "model" and r["status"] == 200]
    return Reckoning(
        lost=sum(_is_lost(lead, kept, there) for lead in leads),
        tasks_twice=max(
            _twice(task["Triage_Key__c"] for task in tasks),
            _twice(task["WhoId"] for task in tasks),
        ),
        messages_twice=_twice(messages),
        open=sum(story.status not in ENDED for story in kept.stories.values()),
        chains_broken=kept.faults,
        bought_though_kept=len(kept.answers) - len(set(kept.answers)),
        bought_again=len(paid) - len(set(paid)),
        in_flight=asked - len(kept.answers),
    )


def _is_lost(lead: Json, kept: _Kept, there: set[str]) -> bool:
    """A lead with no item, two items, no tag, or without the task or a message that it needs."""
    items = kept.items.get(lead["Id"], [])
    wanted = {
        f"{item}.{name}"
        for item in items
        for story in [kept.stories[item]]
        for name in (*(story.planned or ()), *story.questions)
        if story.actions[name].kind in ("create", "post", "ask")
    }
    return len(items) != 1 or not lead.get("Triage_Category__c") or not wanted <= there


def _kept(found: Site, leads: list[str]) -> _Kept:
    kept = _Kept({}, {}, [], 0)
    with closing(wiring.open_ledger(found.target)) as ledger:
        kept.items.update(ledger.known("live", leads))
        mine = {item for items in kept.items.values() for item in items}
        for stream in ledger.streams():
            sealed = ledger.sealed(stream)
            kept.faults += any(check(sealed))
            if stream in mine:
                happened = [opened(each) for each in sealed]
                kept.stories[stream] = Story.of(happened)
                kept.answers += _answers(happened)
    return kept


def _answers(happened: Iterable[Happened]) -> Iterator[str]:
    """The keys of the answers that were paid for."""
    calls = (each.event.call for each in happened if isinstance(each.event, ModelCalled))
    return (call.key for call in calls if call.outcome == "answered")


def _digest(request: Json) -> str:
    return hashlib.sha256(canonical(request["body"])).hexdigest()


def _twice(keys: Iterable[str]) -> int:
    return sum(count > 1 for count in Counter(keys).values())
