"""What the agent does when the other systems fail: waits as told, tries again, marks, goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from triage_agent.connectors.patience import LONGEST_PAUSE, TRIES
from triage_agent.decision.run_events import Finished
from triage_agent.effects.deliver import SLACK_SETTLES
from triage_agent.errors import TriageError

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.jobs.conftest import Json, Site
    from triage_agent.jobs.report import ItemReport

LEADS = [
    *({"Company": f"Buyer {n}"} for n in range(3)),
    *({"Company": f"Nobody {n}", "Email": None} for n in range(2)),
]
WRITES = "method: POST, path: /composite, at: 1"
"""The request with all tags and tasks; the first such request reads."""

POST = "system: slack, path: chat.postMessage"
MODEL = "system: model"


@dataclass(frozen=True)
class Passing:
    """A fault that passes: the pauses that follow it, and whether writes were looked up."""

    fault: str
    pauses: tuple[float, ...] = ()
    looked_up: bool = False


PASSING: dict[str, Passing] = {
    "Salesforce is slow": Passing("fault: latency, seconds: 0.02, system: salesforce"),
    "the model is slow": Passing(f"fault: latency, seconds: 0.02, {MODEL}"),
    "a session is refused in passing": Passing(
        "fault: unauthorized, system: salesforce, at: 3", (0.5,)
    ),
    "a Slack token is refused in passing": Passing(
        "fault: unauthorized, system: slack, at: 2", (0.5,)
    ),
    "a key is refused in passing": Passing(f"fault: unauthorized, {MODEL}, at: 2", (0.5,)),
    "the daily limit is near": Passing(
        "fault: request_limit, system: salesforce, at: [2, 3]", (0.5, 1.0)
    ),
    "a write meets the limit": Passing(f"fault: request_limit, {WRITES}", (0.5,)),
    "Slack limits the rate": Passing(
        f"fault: rate_limit, retry_after: 7, {POST}, at: [1, 2]", (7, 7)
    ),
    "the model limits the rate": Passing(
        f"fault: rate_limit, retry_after: 3, {MODEL}, at: 2", (3,)
    ),
    "a read is cut": Passing("fault: cut, system: salesforce, path: query, at: 2", (0.5,)),
    "a read fails": Passing("fault: server_error, system: salesforce, path: query, at: 1", (0.5,)),
    "a read is torn": Passing("fault: torn, system: salesforce, path: query, at: 1", (0.5,)),
    "a write is cut before": Passing(f"fault: cut, {WRITES}", looked_up=True),
    "a write is cut after": Passing(f"fault: cut, carried_out: true, {WRITES}", looked_up=True),
    "a write fails": Passing(f"fault: server_error, {WRITES}", looked_up=True),
    "a write fails, but is done": Passing(
        f"fault: server_error, carried_out: true, {WRITES}", looked_up=True
    ),
    "a write's answer is torn": Passing(f"fault: torn, {WRITES}", looked_up=True),
    "Salesforce is down for maintenance": Passing(
        f"fault: server_error, status: 503, {WRITES}", (0.5,)
    ),
    "a row is locked": Passing("fault: bad_row, code: UNABLE_TO_LOCK_ROW, at: 1"),
    "a message is cut before": Passing(f"fault: cut, {POST}, at: 1", looked_up=True),
    "a message is cut after": Passing(
        f"fault: cut, carried_out: true, {POST}, at: 2", looked_up=True
    ),
    "a message fails": Passing(f"fault: server_error, {POST}, at: 1", looked_up=True),
    "a message's answer is torn": Passing(f"fault: torn, {POST}, at: 1", looked_up=True),
    "a look-up is cut, too": Passing(
        f"fault: cut, {POST}, at: 1}}\n  - {{fault: cut, path: conversations.history, at: 1",
        (0.5,),
        looked_up=True,
    ),
    "an answer of the model is cut": Passing(f"fault: cut, {MODEL}, at: 1", (0.5,)),
    "an answer of the model is torn": Passing(f"fault: torn, {MODEL}, at: 1", (0.5,)),
    "the model fails": Passing(f"fault: server_error, {MODEL}, at: 1", (0.5,)),
}


def _faulty(fault: str) -> str:
    return f"faults:\n  - {{{fault}}}\n"


@dataclass
class Swept:
    """A site after one run over `LEADS`, and how long somebody waited, look-ups aside."""

    site: Site
    items: list[ItemReport]
    pauses: list[float]

    def happened(self, kind: str) -> int:
        """How often a kind of event is on the items' record."""
        streams = (self.site.events(item.item_id) for item in self.items)
        return sum(happened.event.kind == kind for stream in streams for happened in stream)


def test_each_run_counts_what_it_did_itself(open_site: Callable[..., Site]) -> None:
    """What a run takes up once more isn't told as done by it again; in shadow none is done."""
    site = open_site(LEADS, faults=_faulty(f"fault: server_error, {POST}, rate: 1"))
    site.sleep = lambda _seconds: None
    counts = []
    for mode in ("shadow", "live", "live"):
        ended = site.last_word(site.sweep(mode).run_id)
        assert isinstance(ended, Finished)
        counts.append(ended.done)

    assert {} == counts[0]
    assert {"tag": 5, "draft_reply": 3, "create_task": 3, "set_status": 0, "escalate": 0} == counts[
        1
    ]
    assert {0} == {*counts[2].values()}


@pytest.fixture
def swept(open_site: Callable[..., Site]) -> Callable[..., Swept]:
    """Sweeps leads while this fault is about."""

    def run(fault: str) -> Swept:
        site, slept = open_site(LEADS, faults=_faulty(fault)), list[float]()
        site.sleep = slept.append
        report = site.sweep()
        pauses = [pause for pause in slept if pause != SLACK_SETTLES.total_seconds()]
        return Swept(site, report.items, pauses)

    return run


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_overcome_in_the_same_run(swept: Callable[..., Swept], name: str) -> None:
    """Every item ends, everything is there once, and nobody waits longer than is said."""
    fault = PASSING[name]
    found = swept(fault.fault)
    site = found.site

    assert {"settled": 3, "escalated": 2} == Counter(item.status for item in found.items)
    assert 3 == len(site.tasks())
    assert 2 == len(site.messages())
    assert all(lead.get("Triage_Category__c") for lead in site.leads().values())
    assert sorted(fault.pauses) == sorted(found.pauses)
    assert fault.looked_up == bool(found.happened("NotFound") + _found(found))
    assert [] == site.faults()


def _found(found: Swept) -> int:
    events = (h.event for item in found.items for h in found.site.events(item.item_id))
    return sum(event.kind == "Done" and event.found for event in events)


@dataclass(frozen=True)
class Lasting:
    """A fault that doesn't pass: how items end, and how often a request of its was made, if known.

    `statuses` is None where the run itself can't go on.
    """

    fault: str
    statuses: Json | None
    path: str
    tries: int | None


LASTING: dict[str, Lasting] = {
    "Salesforce can't be read": Lasting(
        "fault: server_error, system: salesforce, path: query", None, "query", TRIES
    ),
    "the daily limit is reached": Lasting(
        "fault: request_limit, system: salesforce", None, "query", TRIES
    ),
    "the session has ended": Lasting("fault: unauthorized, system: salesforce", None, "query", 3),
    "no write gets through": Lasting(
        f"fault: request_limit, path: /composite, at: {[*range(1, 40)]}",
        {"failed": 3, "escalated": 2},
        "/composite",
        None,
    ),
    "a rate limit for an hour": Lasting(
        f"fault: rate_limit, retry_after: 3600, {POST}", {"failed": 5}, "chat.", 5
    ),
    "the model is down": Lasting(
        f"fault: server_error, {MODEL}", {"failed": 3, "escalated": 2}, "completions", 3 * TRIES
    ),
}


@pytest.mark.parametrize("name", LASTING)
def test_what_does_not_pass_is_left_for_the_next_run(
    open_site: Callable[..., Site], name: str
) -> None:
    """Tries are bounded, other items go on, nothing is written twice, and the cause is told."""
    fault = LASTING[name]
    site, slept = open_site(LEADS, faults=_faulty(fault.fault)), list[float]()
    site.sleep = slept.append
    try:
        statuses = Counter(item.status for item in site.sweep().items)
    except TriageError as exc:
        statuses = None
        told = exc
    requests = [r for r in site.state()["requests"] if fault.path in r["path"]]
    last = site.last_word(site.streams()[0])

    assert fault.statuses == statuses
    assert fault.tries in (len(requests), None)
    assert max(slept, default=0) <= LONGEST_PAUSE
    assert len(site.tasks()) <= 3
    assert len(site.messages()) <= 2
    if statuses is None:
        assert last.kind == "Broke"
        assert str(told) == last.reason


def test_a_row_that_is_never_taken(swept: Callable[..., Swept]) -> None:
    """One row of every batch is refused: its item goes to a person, the others are done."""
    found = swept("fault: bad_row, code: FIELD_CUSTOM_VALIDATION_EXCEPTION")
    ended = Counter(item.status for item in found.items)

    assert {"settled", "escalated"} == ended.keys()
    assert 0 < found.happened("Failed") <= 3 * 2 * len(LEADS)
    assert ended["settled"] <= len(found.site.tasks()) <= 3
