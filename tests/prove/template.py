"""A real run taken apart, so that many more can be written like it: other people, ids and moments.

The run goes over the sandbox's sample leads, again and again. What sets one item apart from the
next is found by its form in the events of items, and is replaced wherever it occurs.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from tests.harness import bench, varied
from triage_agent import wiring
from triage_agent.decision.events import EVENT, Happened
from triage_agent.decision.story import Story
from triage_agent.ledger import rows
from triage_agent.ledger.chain import Sealed, opened
from triage_agent.ledger.store import AGENT, is_item
from triage_agent.ledger.tables import events
from triage_agent.targets import Target

ITEMS = 500
"""How many the run takes up."""
_TOKEN = re.compile(
    r"(?:(?<=\\n)|(?<![A-Za-z0-9]))(?:"
    r"(?P<record>0(?:01|03|06|0Q|0T)[A-Za-z0-9]{15})(?![A-Za-z0-9])"
    r"|(?P<digest>[0-9a-f]{64}|[0-9a-f]{24})(?![A-Za-z0-9])"
    r"|(?P<person>n\d+)(?=\.[^@\s]+@))",
)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_POD, _NUMBER = 6, 9
"""Where a record's number stands in its id, and how long it is."""


class Text(NamedTuple):
    """A text with gaps; `tokens` say by number what goes there."""

    pieces: tuple[str, ...]
    tokens: tuple[int, ...]

    def filled(self, names: Sequence[str]) -> str:
        """The text, with something in each gap."""
        if not self.tokens:
            return self.pieces[0]
        parts = [self.pieces[0]]
        for token, piece in zip(self.tokens, self.pieces[1:], strict=True):
            parts += (names[token], piece)
        return "".join(parts)


class Moment(NamedTuple):
    """An event of a template. `stream`: 0 is the run, then its items as they began."""

    stream: int
    after: timedelta
    kind: str
    public: Text
    private: Text | None


class Told(NamedTuple):
    """An event of a copy, in the texts that are sealed."""

    stream: int
    at: datetime
    kind: str
    public: str
    private: str | None


class Copy:
    """A template's run, happening once more; `streams`: the run, then its items."""

    def __init__(self, template: "Template", began: datetime, names: Sequence[str]) -> None:
        self.template, self.began, self._names = template, began, names
        self.run = f"run-{began:%Y%m%dT%H%M%S}-{sha256(began.isoformat().encode()).hexdigest()[:4]}"
        self.streams = [self.run, *(text.filled(names) for text in template.items)]
        self.records = [text.filled(names) for text in template.records]

    def received(self, story: Story) -> datetime:
        """When the item came whose story the template knows."""
        assert story.received_at
        return self.began + (story.received_at - self.template.began)

    def told(self) -> Iterator[Told]:
        """All that happens, in order."""
        for stream, after, kind, public, private in self.template.moments:
            text = private.filled(self._names) if private else None
            yield Told(stream, self.began + after, kind, public.filled(self._names), text)

    def happened(self) -> Iterator[tuple[int, Happened]]:
        """The same as events, each with the number of its stream."""
        for one in self.told():
            event = {"kind": one.kind, **json.loads(one.public), **json.loads(one.private or "{}")}
            known = EVENT.validate_python(event)
            yield one.stream, Happened(at=one.at, run=self.run, event=known)


class Template:
    """A run that was, in the order in which it was written down, but for its anchor."""

    def __init__(self, links: Sequence[Sealed]) -> None:
        self._tokens: dict[str, int] = {}
        self.began = datetime.fromisoformat(links[0].at)
        names = {link.stream: None for link in links}
        places = {name: place for place, name in enumerate(names)}
        self.moments = [self._moment(places[link.stream], link) for link in links]
        self.items = [self._text(name) for name in list(names)[1:]]
        self.stories = [_story(links, name) for name in list(names)[1:]]
        self.records = [self._text(str(story.record_id)) for story in self.stories]

    def _moment(self, place: int, link: Sealed) -> Moment:
        after = datetime.fromisoformat(link.at) - self.began
        public = self._text(link.body) if is_item(link.stream) else Text((link.body,), ())
        private = self._text(link.payload.body) if link.payload else None
        return Moment(place, after, link.kind, public, private)

    def _text(self, text: str) -> Text:
        pieces, tokens, end = [], [], 0
        for found in _TOKEN.finditer(text):
            pieces.append(text[end : found.start()])
            tokens.append(self._tokens.setdefault(found[0], len(self._tokens)))
            end = found.end()
        return Text((*pieces, text[end:]), tuple(tokens))

    @property
    def lasts(self) -> timedelta:
        """From its first event to its last."""
        return self.moments[-1].after

    def copy(self, number: int, began: datetime) -> Copy:
        """The run as it happens for the how manieth time, at another moment."""
        first = len(self._tokens) * number
        names = [_renamed(token, number, first + n) for n, token in enumerate(self._tokens)]
        return Copy(self, began, names)


def _story(links: Sequence[Sealed], name: str) -> Story:
    return Story.of(opened(link) for link in links if link.stream == name)


def _renamed(token: str, copy: int, number: int) -> str:
    """Something of the same form. `number`: another one for each token of each copy."""
    found = _TOKEN.match(token + ".a@" if token[0] == "n" else token)
    assert found
    if found["person"]:
        return f"n{ITEMS * copy + int(token[1:])}"
    if found["digest"]:
        return sha256(f"{copy} {token}".encode()).hexdigest()[: len(token)]
    return token[:_POD] + _numeral(number) + token[_POD + _NUMBER :]


def _numeral(number: int) -> str:
    digits = ""
    for _ in range(_NUMBER):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def template() -> Template:
    """A run over `ITEMS` leads, as it is on its ledger."""
    with bench(varied(ITEMS)) as found:
        found.run()
        target = Target(found.project, sandbox_url=found.url)
        with closing(wiring.open_ledger(target)) as ledger, ledger.database.reading() as connection:
            query = rows.SEALED.order_by(events.c.number)
            links = [rows.sealed(row) for row in connection.execute(query)]
    return Template([one for one in links if one.stream != AGENT and one.kind != "Anchored"])
