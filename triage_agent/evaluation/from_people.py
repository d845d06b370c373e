"""A real item about which a person decided as a case: in other names, with their word to be held.

Nothing is expected that they didn't say.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

from triage_agent.decision.events import Event
from triage_agent.decision.item import ELSEWHERE, Record
from triage_agent.decision.missing import is_filler
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.review_events import Corrected, Rejected, Released
from triage_agent.evaluation.cases import Answer, Case, Expected
from triage_agent.evaluation.made_up import SHORT
from triage_agent.evaluation.pseudonyms import ID, Pseudonyms, Stays
from triage_agent.evaluation.worlds import CREATED
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page

_FIRM = re.compile(r"(?:compan(?:y|ies)|organi[sz]ation|employer|firm)(?:name)?")
_KINDS = {
    "phone": re.compile(r"phone|fax|mobile"),
    "street": re.compile(r"street"),
    "number": re.compile(r"postal|zip"),
    "first": re.compile(r"(?:first|middle|given)name$"),
    "last": re.compile(r"(?:last|sur|family)name$"),
    "firm": re.compile(rf"{_FIRM.pattern}$"),
    "host": re.compile(r"(?:website|homepage|url|domain)$"),
    "text": re.compile(r"(?:stage|status|type|product|developer|field)name$"),
    "name": re.compile(r"name$"),
}
"""What a field's name says that it holds; the first that fits counts."""
_NAMES = ("first", "last", "firm", "person")


@dataclass(frozen=True)
class Word:
    """What people said of an item. `escalates`: None where that leaves it open."""

    by: str
    category: str | None = None
    escalates: Answer | None = None


def word_of(events: Iterable[Event], page: Page) -> Word | None:
    """All that people said about how an item was sorted; None where nobody did."""
    word: Word | None = None
    for event in events:
        match event:
            case Released():
                word = Word(event.by, event.category, "no")
            case Corrected():
                word = _corrected(word or Word(event.by), event, page)
            case Rejected(action=None):
                word = replace(word or Word(event.by), by=event.by)
    return word


def _corrected(word: Word, event: Corrected, page: Page) -> Word:
    """A rule that is wrong: it goes on. No request at all: so if the page does nothing with it."""
    match event.wrong:
        case "category":
            return replace(word, by=event.by, category=event.category)
        case "rule":
            return Word(event.by, event.category or word.category, "no")
        case "not_an_item":
            known = page.workflow.categories.get(event.category or "")
            is_nothing = known is not None and (known.reply, known.task) == ("none", "no")
            return Word(event.by, event.category, "no" if is_nothing else None)


@dataclass(frozen=True)
class Made:
    """A case, and what whoever reads it has to know of it besides."""

    case: Case
    notes: tuple[str, ...]


def made(
    name: str,
    records: Sequence[Record],
    expect: Expected,
    page: Page,
    pseudonyms: Pseudonyms,
    patterns: PatternFile,
) -> Made:
    """The case of an item, its own record first, as far as the page still reads them."""
    records = [one for one in records if one.object in page.reads]
    teller = _Teller(page, pseudonyms, partial(is_filler, patterns=patterns))
    owner = page.workflow.item.owner.is_
    for record in records:
        teller.learn(record)
    for record in records:  # whose domains may be made of any name
        teller.learn_hosts(record)
    named = {value[:SHORT] for one in records for _, value in _ids(one)}
    own, *related = ((one, teller.told(one)) for one in records)
    around: dict[str, list[dict[str, Scalar]]] = {}
    for record, fields in related:
        if record.object != owner:
            around.setdefault(record.object, []).append(_with_id(record, fields, named, pseudonyms))
    sees = {name: len(some) for name, some in around.items() if name != own[0].object}
    case = Case(
        name=name,
        fields=_with_id(*own, named, pseudonyms),
        around={name: tuple(some) for name, some in around.items()},
        expect=expect.model_copy(update={"sees": sees or None}),
    )
    return Made(case, tuple(dict.fromkeys(teller.notes)))


def pseudonyms_for(
    item: str, records: Sequence[Record], page: Page, patterns: PatternFile
) -> Pseudonyms:
    """What makes up names for an item, each time the same; people on the page keep their ids."""
    whole = "\n".join(
        [text for one in records for text in (one.id, *map(str, one.fields.values()))]
    )
    people = {one.salesforce for team in page.teams.values() for one in team.members}
    stays = Stays(
        free_mail=patterns.free_mail,
        hosts={urlsplit(link).netloc for link in page.drafts.allowed_links},
        words=patterns.legal_forms,
        ids=people,
        says_nothing=partial(is_filler, patterns=patterns),
    )
    made = Pseudonyms(item, whole, stays)
    owner = page.workflow.item.owner.is_
    for one in records:
        if one.object != owner:  # people who aren't on the page are in no case
            made.learn_id(one.id)
    return made


def _ids(record: Record) -> Iterator[tuple[str, str]]:
    for name, value in record.fields.items():
        if name.endswith("Id") and isinstance(value, str) and ID.fullmatch(value):
            yield name, value


def _with_id(
    record: Record, fields: Mapping[str, Scalar], named: set[str], pseudonyms: Pseudonyms
) -> dict[str, Scalar]:
    """With its id only where another record points at it."""
    own = {"Id": pseudonyms.id(record.id)} if record.id[:SHORT] in named else {}
    return {**own, **fields}


class _Teller:
    """Knows by the page and the names of fields what they hold."""

    def __init__(self, page: Page, pseudonyms: Pseudonyms, says_nothing: "partial[bool]") -> None:
        self._page, self._pseudonyms, self._says_nothing = page, pseudonyms, says_nothing
        self._on_page = {m.salesforce[:SHORT] for t in page.teams.values() for m in t.members}
        self.notes: list[str] = []

    def learn(self, record: Record) -> None:
        """All names and numbers of a record; of a person who is on the page none."""
        if record.id[:SHORT] in self._on_page:
            return
        kinds = [(self._kind(record.object, name), text) for name, text in _texts(record)]
        first = " ".join(text for kind, text in kinds if kind == "first")
        last = " ".join(text for kind, text in kinds if kind == "last")
        self._pseudonyms.learn_person(first, last)
        for kind, text in kinds:
            if not self._says_nothing(text):
                self._learn(kind, text)

    def _learn(self, kind: str, text: str) -> None:
        known = self._pseudonyms
        match kind:
            case "person":
                first, _, last = text.rpartition(" ")
                if "," in text:
                    last, _, first = text.partition(",")
                known.learn_person(first, last)
            case "firm":
                known.learn_firm(text)
            case "title":
                known.learn_title(text)
            case "street":
                known.learn_street(text)
            case "number":
                known.learn_number(text)
            case "phone":
                known.learn_phone(text)

    def learn_hosts(self, record: Record) -> None:
        for name, text in _texts(record):
            is_host = self._kind(record.object, name) == "host" or "@" in text
            if is_host and not set(" \n") & set(text.strip()) and not self._says_nothing(text):
                self._pseudonyms.learn_host(text)

    def told(self, record: Record) -> dict[str, Scalar]:
        """Its fields in other names, without those that are empty or that no case can hold."""
        told: dict[str, Scalar] = {}
        for name in self._page.reads[record.object].fields:
            value = record.fields.get(name)
            if value == ELSEWHERE:
                self.notes.append(f"{name} is kept on the record only: write one in if it matters")
            elif name != CREATED and value not in (None, ""):
                new = self._other(record.object, name, value)
                if new is None:
                    self.notes.append(f"{name} names what is in no case, so it was left out")
                else:
                    told[name] = new
        return told

    def _other(self, entity: str, name: str, value: Scalar) -> Scalar:
        if not isinstance(value, str):
            return value
        kind, known = self._kind(entity, name), self._pseudonyms
        if kind == "id" and ID.fullmatch(value):
            return known.id(value)
        if self._says_nothing(value):
            return value
        match kind:
            case "title":
                return known.title(value)
            case "host" if " " not in value:
                return known.link(value)
            case _:
                return known.text(value, is_name=kind in _NAMES)

    def _kind(self, entity: str, name: str) -> str:
        """What a field holds; of what is merely called a name, the object tells whose it is."""
        if name.endswith("Id"):
            return "id"
        plain = name.removesuffix("__c").replace("_", "").casefold()
        kind = next((kind for kind, fits in _KINDS.items() if fits.search(plain)), "text")
        return self._whose(entity, plain) if kind == "name" else kind

    def _whose(self, entity: str, plain: str) -> str:
        read = self._page.reads[entity].fields
        fields = " ".join(read).casefold()
        if plain != "name" or "email" in fields or entity == self._page.workflow.item.owner.is_:
            return "person"
        conflicts = self._page.stops_when.conflicting_information.conflicts
        compared = any(one.differs_from == f"{entity}.Name" for one in conflicts)
        return "firm" if compared or "website" in fields or "domain" in fields else "title"


def _texts(record: Record) -> Iterator[tuple[str, str]]:
    for name, value in record.fields.items():
        if isinstance(value, str) and value.strip() and value != ELSEWHERE:
            yield name, value
