"""What traces say of an item: its calls, its writes and its end; and nothing that is private."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from tests.ledger.conftest import CALL, EXAMPLES, MOMENT
from tests.ledger.history import SETTLED, received
from triage_agent.decision import events
from triage_agent.decision.events import Event, Happened
from triage_agent.decision.spans import Trace, trace
from triage_agent.decision.values import private_fields

SECOND = timedelta(seconds=1)
PLANNED = events.Planned(names=("tag",), category="demo_request")
PERMITTED = events.Permitted(action="tag", line="may.tag")
INTENDED = events.Intended(action="tag", key="abc.tag", system="salesforce")
DONE = events.Done(action="tag", key="abc.tag", reference="00Q000000000001AAA")
FAILED = events.Failed(action="tag", code="ROW_LOCKED", reason="Salesforce refused the row")


def told(*all_of_it: Event, run: str = "run-1", later: int = 0) -> list[Happened]:
    """Events of a run, one a second."""
    return [
        Happened(at=MOMENT + (later + number) * SECOND, run=run, event=event)
        for number, event in enumerate(all_of_it)
    ]


def traced(happened: Sequence[Happened], run: str = "run-1") -> Trace:
    found = trace("item-1", run, happened)
    assert found
    return found


def test_an_item_from_its_first_event_to_its_last() -> None:
    """The root spans all that the run did, and says how that ended."""
    found = traced(told(received("1"), events.ModelCalled(call=CALL), SETTLED))

    assert ("triage item", MOMENT, MOMENT + 2 * SECOND) == (
        found.root.name,
        found.root.begun,
        found.root.ended,
    )
    assert {
        "triage_agent.item": "item-1",
        "triage_agent.run": "run-1",
        "triage_agent.mode": "live",
        "triage_agent.status": "settled",
        "triage_agent.category": "demo_request",
        "triage_agent.stops": (),
    } == found.root.attributes
    assert found.root.error is None
    assert () == found.before


def test_a_call_of_the_model() -> None:
    """It is told by the conventions for generative AI, for as long as it took."""
    (call,) = traced(told(received("1"), events.ModelCalled(call=CALL), SETTLED)).children

    assert ("chat model-1", "client", None) == (call.name, call.kind, call.error)
    assert timedelta(seconds=CALL.seconds) == call.ended - call.begun
    assert {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.output.type": "json",
        "gen_ai.request.model": "model-1",
        "gen_ai.response.model": "model-1-2026",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 5,
        "gen_ai.usage.output_tokens": 3,
        "triage_agent.purpose": "assess",
        "triage_agent.outcome": "answered",
        "triage_agent.cost_usd": 0.00012,
    } == call.attributes


def test_a_call_that_came_to_nothing() -> None:
    """What isn't known has no attribute, and the outcome is the error."""
    silent = {"outcome": "no_answer", "answered_by": None, "cost_usd": None, "seconds": 30.0}
    failed = events.ModelCalled(call=CALL.model_copy(update=silent))
    found = traced(told(received("1"), failed))
    (call,) = found.children

    assert "no_answer" == call.error
    assert {"gen_ai.response.model", "triage_agent.cost_usd"}.isdisjoint(call.attributes)
    assert found.root.begun == call.begun < MOMENT  # it began before what it was read with


@pytest.mark.parametrize(
    ("came", "outcome", "error"),
    [
        ((DONE,), "done", None),
        ((FAILED,), "failed", "ROW_LOCKED"),
        ((EXAMPLES["NotFound"],), "not_found", "not_found"),
        ((EXAMPLES["Unclear"],), "unclear", "unclear"),
        ((EXAMPLES["Unclear"], DONE), "done", None),
        ((EXAMPLES["Overtaken"],), "overtaken", None),
        ((), "open", None),
        ((events.Done(action="other", key="k", reference="r"),), "open", None),
    ],
)
def test_a_write(came: tuple[Event, ...], outcome: str, error: str | None) -> None:
    """From when it was about to leave to what is known of it: where to, what, how it went."""
    found = traced(told(received("1"), PLANNED, PERMITTED, INTENDED, *came))
    (write,) = found.children
    last = MOMENT + (3 + len(came)) * SECOND if outcome != "open" else MOMENT + 3 * SECOND

    assert ("write tag", MOMENT + 3 * SECOND, last) == (write.name, write.begun, write.ended)
    assert error == write.error
    assert {
        "triage_agent.action": "tag",
        "triage_agent.system": "salesforce",
        "triage_agent.outcome": outcome,
    } == write.attributes


def test_a_write_that_is_tried_again() -> None:
    """Each try is a span of its own, and the item is settled in the end."""
    found = traced(told(received("1"), PLANNED, PERMITTED, INTENDED, FAILED, INTENDED, DONE))

    assert [("ROW_LOCKED", "failed"), (None, "done")] == [
        (one.error, one.attributes["triage_agent.outcome"]) for one in found.children
    ]
    assert found.root.error is None


def test_an_item_that_failed() -> None:
    """Its root has the last failure's code as its error."""
    found = traced(told(received("1"), PLANNED, PERMITTED, INTENDED, FAILED))

    assert ("failed", "ROW_LOCKED") == (
        found.root.attributes["triage_agent.status"],
        found.root.error,
    )


def test_an_item_that_is_resumed() -> None:
    """Each run has a trace of its own, as it stood then, which knows of the runs before."""
    first = told(received("1"), PLANNED, PERMITTED, INTENDED)
    heard = told(EXAMPLES["Claimed"], run="run-listener", later=10)
    again = told(EXAMPLES["NotFound"], INTENDED, DONE, run="run-2", later=20)
    all_of_it = [*first, *heard, *again]

    assert ((), "open") == (
        traced(all_of_it).before,
        traced(all_of_it).root.attributes["triage_agent.status"],
    )
    assert ("run-1",) == traced(all_of_it, "run-2").before
    assert 1 == len(traced(all_of_it, "run-2").children)
    assert trace("item-1", "run-listener", all_of_it) is None
    assert trace("item-1", "run-1", told(received("1"))) is None
    assert trace("item-1", "run-3", all_of_it) is None


def private_words(event: Event) -> list[str]:
    """Whatever text stands in an event's private fields, down to the last leaf."""

    def leaves(value: object) -> list[str]:
        if isinstance(value, Mapping):
            return [leaf for one in value.values() for leaf in leaves(one)]
        if isinstance(value, list | tuple):
            return [leaf for one in value for leaf in leaves(one)]
        return [value] if isinstance(value, str) and len(value) > 3 else []

    fields = private_fields(type(event))
    return leaves(event.model_dump(mode="json", include={*fields}))


ALL = told(*EXAMPLES.values())


def test_nothing_private() -> None:
    """Of an item to which everything happened no word that is kept apart is in any span.

    Nor is the id of any record. What an event says in public, too, is no secret.
    """
    public = "".join(
        one.model_dump_json(exclude={*private_fields(type(one))}) for one in EXAMPLES.values()
    )
    words = {word for one in EXAMPLES.values() for word in private_words(one)}
    written = traced(ALL).model_dump_json()

    assert {"We will sue.", "Dear Ms Müller", "They resell."} <= words
    assert [] == [word for word in words if word not in public and word in written]
    assert "00Q000000000001AAA" not in written
