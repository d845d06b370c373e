"""The chain: events come back as they were, and whatever is changed afterwards shows."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.decision import events
from triage_agent.decision.events import EVENT, Event, Happened
from triage_agent.decision.item import Record
from triage_agent.decision.values import private_fields
from triage_agent.ledger.chain import (
    FIRST,
    Head,
    Payload,
    Sealed,
    check,
    opened,
    random_salt,
    seal,
    with_hash,
)

SALT = "0123456789abcdef" * 2
STREAM, RUN = "item-1", "run-1"
Tamper = Callable[[list[Sealed]], list[Sealed]]
Chain = list[Sealed]


def sealed_in_order(happened: list[Happened]) -> Chain:
    """A stream of these events, as the ledger would store it."""
    chain: Chain = []
    head = Head()
    for one in happened:
        chain.append(seal(STREAM, head, one, lambda: SALT))
        head = Head(len(chain), chain[-1].hash)
    return chain


@pytest.fixture
def chain(examples: Mapping[str, Event], moment: datetime) -> Chain:
    """A stream that holds every kind of event."""
    return sealed_in_order([Happened(at=moment, run=RUN, event=e) for e in examples.values()])


def test_the_examples_hold_every_kind_of_event(examples: Mapping[str, Event]) -> None:
    """Each kind that can happen has an example, with all of its fields filled."""
    kinds = {tag["$ref"].rpartition("/")[2] for tag in EVENT.json_schema()["oneOf"]}

    assert kinds == examples.keys()
    assert [] == [e.kind for e in examples.values() if None in e.model_dump().values()]


def test_an_event_comes_back_as_it_was(example: Event, moment: datetime) -> None:
    """What is opened equals what was sealed, private fields and moment included."""
    happened = Happened(at=moment, run=RUN, event=example)
    sealed = seal(STREAM, Head(), happened, random_salt)

    assert happened == opened(sealed)
    assert [] == list(check([sealed]))
    assert (STREAM, 0, example.kind, moment.isoformat(), RUN) == (
        sealed.stream,
        sealed.sequence,
        sealed.kind,
        sealed.at,
        sealed.run,
    )


def test_what_is_hashed_is_the_documented_form(
    examples: Mapping[str, Event], moment: datetime
) -> None:
    """Body, payload and both digests can be made again from the module's documentation alone."""
    happened = Happened(at=moment, run=RUN, event=examples["Drafted"])
    sealed = seal(STREAM, Head(7, "a" * 64), happened, lambda: SALT)
    payload = b'{"text":"Dear Ms M\xc3\xbcller"}'
    digest = hashlib.sha256(bytes.fromhex(SALT) + payload).hexdigest()
    place = [2, STREAM, 7, "a" * 64, moment.isoformat(), RUN, "Drafted", digest]
    line = json.dumps(place, separators=(",", ":"))
    text = '{"action":"draft_reply","words":2}'

    assert text == sealed.body
    assert hashlib.sha256(f"{line}\n{text}".encode()).hexdigest() == sealed.hash
    assert digest == sealed.private
    assert Payload(SALT, payload.decode()) == sealed.payload


def test_a_stream_starts_from_zeros(chain: Chain) -> None:
    """The first event follows 64 zeros, every other one the hash of the one before."""
    before = ["0" * 64, *(sealed.hash for sealed in chain[:-1])]

    assert chain == [with_hash(one, last) for one, last in zip(chain, before, strict=True)]
    assert "0" * 64 == FIRST


def test_erased_texts_read_as_none(example: Event, moment: datetime) -> None:
    """Without its payload an event opens with its private fields empty, and the chain holds."""
    sealed = seal(STREAM, Head(), Happened(at=moment, run=RUN, event=example), random_salt)
    erased = replace(sealed, payload=None)
    private = private_fields(type(example))

    assert example.model_copy(update=dict.fromkeys(private)) == opened(erased).event
    assert bool(private) == bool(sealed.payload)
    assert [] == list(check([erased]))


def test_an_event_without_texts_has_no_payload(moment: datetime) -> None:
    """Private fields that are empty leave neither a payload nor a digest."""
    event = events.Drafted(action="draft_reply", words=0)
    sealed = seal(STREAM, Head(), Happened(at=moment, run=RUN, event=event), random_salt)

    assert sealed.payload is None
    assert sealed.private is None


def test_equal_texts_have_different_digests(
    examples: Mapping[str, Event], moment: datetime
) -> None:
    """A salt of its own keeps two events with the same text from being linked."""
    happened = Happened(at=moment, run=RUN, event=examples["ModelCalled"])
    first, second = (seal(STREAM, Head(), happened, random_salt) for _ in range(2))

    assert first.payload
    assert second.payload
    assert first.payload.body == second.payload.body
    assert first.private != second.private
    assert [32, 32] == [len(first.payload.salt), len(second.payload.salt)]


MARKED = st.text(st.characters(codec="utf-8"), min_size=1).map(lambda text: f"§{text}§")


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(MARKED)
def test_private_texts_stay_out_of_the_body(text: str) -> None:
    """No private text shows in what is stored for good, and every one comes back unharmed."""
    record = Record(object="Lead", id="1", fields={"Description": text})
    for event in (
        events.Received(mode="live", object="Lead", record_id="1", record=record),
        events.Read(looked_at=(), record_ids=(), related=(record,)),
        events.Drafted(action="a", words=1, text=text),
    ):
        happened = Happened(at=datetime.fromisoformat("2026-11-23T09:00Z"), run=RUN, event=event)
        sealed = seal(STREAM, Head(), happened, random_salt)

        assert "§" not in sealed.body
        assert happened == opened(sealed)


def test_text_that_no_encoding_carries_is_still_kept(moment: datetime) -> None:
    """Half of a surrogate pair becomes a replacement character, and the chain holds."""
    event = events.Drafted(action="a", words=1, text="x\ud83dy")
    sealed = seal(STREAM, Head(), Happened(at=moment, run=RUN, event=event), random_salt)
    back = opened(sealed).event

    assert isinstance(back, events.Drafted)
    assert back.text is not None
    assert "xy" == back.text.replace("\ufffd", "")
    assert [] == list(check([sealed]))


def _changed(place: int, **columns: object) -> Tamper:
    def tamper(chain: Chain) -> Chain:
        return [
            replace(sealed, **columns) if number == place else sealed  # type: ignore[arg-type]
            for number, sealed in enumerate(chain)
        ]

    return tamper


def _payload(place: int, **parts: str) -> Tamper:
    def tamper(chain: Chain) -> Chain:
        payload = chain[place].payload
        assert payload
        return _changed(place, payload=replace(payload, **parts))(chain)

    return tamper


def _resealed(place: int, **said: str) -> Tamper:
    """Another text with a hash that fits it: what somebody with the database could write."""

    def tamper(chain: Chain) -> Chain:
        changed = replace(chain[place], **said)  # type: ignore[arg-type]
        chain = [*chain]
        chain[place] = with_hash(changed, chain[place - 1].hash)
        return chain

    return tamper


SEALED = "it isn't what was sealed here"
PRIVATE = "its private text isn't what was sealed"
MOVED = "out of its order, or put in"
TAMPERED: dict[str, tuple[Tamper, list[str]]] = {
    "a changed body": (
        lambda c: _changed(3, body=c[3].body.replace("0.9", "0.8"))(c),
        [f"3: {SEALED}"],
    ),
    "a body that is no JSON": (_changed(3, body="gone"), [f"3: {SEALED}"]),
    "a changed hash": (_changed(3, hash="f" * 64), [f"3: {SEALED}", f"4: {SEALED}"]),
    "a body and a hash that fits it": (_resealed(3, body="{}"), [f"4: {SEALED}"]),
    "a removed event": (lambda c: c[:2] + c[3:], ["2: missing"]),
    "two removed events": (lambda c: c[:2] + c[4:], ["2 to 3: missing"]),
    "a removed beginning": (lambda c: c[1:], ["0: missing"]),
    "two events in another order": (
        lambda c: [*c[:2], c[3], c[2], *c[4:]],
        ["2: missing", f"2: {MOVED}", "3: missing"],
    ),
    "two events that changed places": (
        lambda c: [*c[:2], replace(c[3], sequence=2), replace(c[2], sequence=3), *c[4:]],
        [f"2: {SEALED}", f"3: {SEALED}", f"4: {SEALED}"],
    ),
    "an event twice": (lambda c: [*c[:3], c[2], *c[3:]], [f"2: {MOVED}"]),
    "a changed number": (_changed(3, sequence=9), ["3 to 8: missing", f"4: {MOVED}"]),
    "a changed stream": (_changed(3, stream="item-2"), [f"3: {SEALED}"]),
    "a changed kind": (_changed(3, kind="Refused"), [f"3: {SEALED}"]),
    "a changed moment": (_changed(3, at="2020-01-01T00:00:00+00:00"), [f"3: {SEALED}"]),
    "a changed run": (_changed(3, run="run-2"), [f"3: {SEALED}"]),
    "a changed payload": (_payload(0, body='{"record":null}'), [f"0: {PRIVATE}"]),
    "a changed salt": (_payload(0, salt="f" * 32), [f"0: {PRIVATE}"]),
    "a changed digest": (_changed(0, private="f" * 64), [f"0: {SEALED}", f"0: {PRIVATE}"]),
    "a digest taken out": (_changed(0, private=None), [f"0: {SEALED}", f"0: {PRIVATE}"]),
    "a payload where there was none": (
        _changed(7, payload=Payload(SALT, "{}")),
        [f"7: {PRIVATE}"],
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_shows(chain: Chain, name: str) -> None:
    """A change to what is stored yields exactly the faults that it makes, each with its event."""
    tamper, faults = TAMPERED[name]
    found = [fault.split(" event ", 1)[1] for fault in check(tamper(chain))]

    assert faults == found


def test_a_whole_stream_has_no_faults(chain: Chain) -> None:
    """A stream as it was written passes."""
    assert [] == list(check(chain))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_character_can_be_changed_unseen(examples: Mapping[str, Event], data: Any) -> None:  # noqa: ANN401 - hypothesis' own
    """Whichever character of whichever body is another one, the check says so."""
    at = datetime.fromisoformat("2026-11-23T09:00Z")
    whole = sealed_in_order([Happened(at=at, run=RUN, event=e) for e in examples.values()])
    place = data.draw(st.integers(0, len(whole) - 1))
    body = whole[place].body
    where = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.characters(codec="utf-8", exclude_characters=body[where]))
    changed = body[:where] + other + body[where + 1 :]

    assert [] != list(check(_changed(place, body=changed)(whole)))
