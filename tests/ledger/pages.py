"""A ledger to tell things to, the page that it makes of them, and what stands on that page."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html.parser import HTMLParser

from tests.ledger.conftest import LEAD, MOMENT
from triage_agent.decision.events import Event, Planned
from triage_agent.ledger.gist import Names
from triage_agent.ledger.overview import rows
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.story_page import as_html
from triage_agent.ledger.timeline import timelines

NAMES = Names(headline=("Company",), request=("Description",))
VOID = ("meta",)
Examples = Mapping[str, Event]


class Document(HTMLParser):
    """A document's elements in order, but for moments, its text; each ends where it should."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.pieces: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert [] == self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(one for one in attrs if one[0] != "datetime")))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self._open.pop()

    def handle_data(self, data: str) -> None:
        self.pieces.append((self._open[-1] if self._open else "", data))

    @property
    def text(self) -> str:
        """All that a person can read, on one line."""
        read = " ".join(data for tag, data in self.pieces if tag not in ("style", "title"))
        return " ".join(read.split())

    def texts(self, tag: str) -> list[str]:
        """What stands directly in the elements of one kind."""
        return [" ".join(data.split()) for at, data in self.pieces if at == tag and data.strip()]


@dataclass
class Book:
    """A ledger in which events happen a second apart."""

    ledger: Ledger
    now: datetime = MOMENT

    def tell(self, stream: str, *events: Event, run: str = "run-1") -> None:
        """Puts events into a stream, one after the other."""
        for event in events:
            self.ledger.append(run, self.now, [(stream, event)])
            self.now += timedelta(seconds=1)

    def page(self, wanted: str, names: Names = NAMES) -> str:
        """The document about an id."""
        found = timelines(self.ledger, wanted)
        return as_html(found, names, rows(self.ledger, found[0].stream, names))


def gists(html: str) -> list[str]:
    """The five short answers of a document."""
    found = re.findall(r'<p class="gist[^>]*>(.*?)</p>', html, flags=re.DOTALL)
    return [Document(gist).text for gist in found]


def some(examples: Examples, *kinds: str) -> Iterator[Event]:
    """The examples of some kinds."""
    return (examples[kind] for kind in kinds)


def received(examples: Examples, company: str, text: str | None = None) -> Event:
    """The example of a record, with another name and request."""
    record = LEAD.model_copy(update={"fields": {"Company": company, "Description": text}})
    return examples["Received"].model_copy(update={"record": record, "replaces": None})


def planned(examples: Examples, *names: str) -> Event:
    """A plan of some of the example's actions."""
    plan = examples["Planned"]
    assert isinstance(plan, Planned)
    actions = tuple(action for action in plan.actions or () if action.name in names)
    hand_overs = tuple(name for name in names if name in plan.hand_overs)
    changes = {"names": names, "actions": actions, "hand_overs": hand_overs}
    return plan.model_copy(update={**changes, "category": "demo_request"})


def done(examples: Examples, action: str) -> Iterator[Event]:
    """What happens when an action is carried out."""
    for kind in ("Permitted", "Intended", "Done"):
        yield examples[kind].model_copy(update={"action": action})
