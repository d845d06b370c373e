"""The piece of work: one version of one record, with what was read around it."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from triage_agent.decision.masking import masked_text
from triage_agent.decision.values import Value, canonical
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page, is_own

Mode = Literal["shadow", "live"]


class Record(Value):
    """One record that was read, with the fields that the page allows to read."""

    object: str
    id: str
    fields: dict[str, Scalar]

    def value(self, name: str) -> Scalar:
        """A field's value; that of `Id` stands apart."""
        return self.id if name == "Id" else self.fields.get(name)


@dataclass(frozen=True)
class Item:
    """A record whose request is to be triaged, as it stood when it was read."""

    id: str
    mode: Mode
    record: Record
    page: Page
    related: tuple[Record, ...] = field(default=())

    @property
    def request(self) -> str:
        """What the sender asked, in their words; empty where they wrote nothing."""
        fields = self.page.workflow.item.request_text
        return "\n".join(str(self.record.fields[name] or "") for name in fields).strip()

    @property
    def written(self) -> dict[str, Scalar]:
        """The fields that the model is shown, as they stand on the record."""
        return shown_fields(self.record, self.page)

    @property
    def shown(self) -> dict[str, Scalar]:
        """What the model sees of the record: the same, but for what the page masks in text."""
        masks = self.page.item_read.masked_in_text
        return {
            name: masked_text(value, masks) if isinstance(value, str) else value
            for name, value in self.written.items()
        }

    def records(self, name: str) -> Iterator[Record]:
        """The related records of one object."""
        return (record for record in self.related if record.object == name)

    @property
    def owner(self) -> str | None:
        """The id of the person who owns the record, where the page's condition holds.

        Others of that object may have been read: those whom another record names.
        """
        owner = self.page.workflow.item.owner
        named = self.page.reads[owner.is_].sources
        own = [(field, self.record.value(source)) for field, source in named if is_own(source)]
        for record in self.records(owner.is_):
            meets = all(record.fields.get(name) == value for name, value in owner.when.items())
            if meets and any(record.value(field) == value for field, value in own):
                return record.id
        return None


def shown_fields(record: Record, page: Page) -> dict[str, Scalar]:
    """The fields that the page shows to the model, in the page's order."""
    return {name: record.fields.get(name) for name in page.item_read.shown_to_model}


OTHER = "other"
"""How a record came that came by none of the ways that the page lists."""


def came_by(record: Record, page: Page) -> str:
    """How a record came: in the page's words, for the record's could be a stranger's."""
    ((field, known),) = page.workflow.item.came_by.items()
    value = record.value(field)
    return next((name for name in known if name == value), OTHER)


ELSEWHERE = "(on the record only)"
"""Stands for a masked value: that there is one, and nothing about it."""


def masked(
    record: Record, masks: Sequence[str], says_nothing: Callable[[str, Scalar], bool]
) -> Record:
    """A record as it may be kept: of some fields only whether they say anything."""
    kept = {
        name: (None if says_nothing(name, value) else ELSEWHERE) if name in masks else value
        for name, value in record.fields.items()
    }
    return record.model_copy(update={"fields": kept})


def identity(mode: Mode, record: Record, page: Page) -> str:
    """The item's id: the same request on the same record is the same item in every run.

    A digest of mode, object, record id, and the SHA-256 of all that the model is shown (the
    request's text is part of that); an edited request is another item.
    """
    content = hashlib.sha256(canonical(shown_fields(record, page))).hexdigest()
    whole = canonical([mode, record.object, record.id, content])
    return hashlib.sha256(whole).hexdigest()[:24]


def afresh(item: str) -> str:
    """The id of the item that comes after one that was rolled back, of the same request."""
    return hashlib.sha256(canonical([item, "afresh"])).hexdigest()[:24]


def mail_domain(address: Scalar) -> str:
    """The domain of an e-mail address; empty where there is none."""
    return str(address).rpartition("@")[2].strip().casefold() if "@" in str(address) else ""


def text_shown(shown: Mapping[str, Scalar]) -> list[str]:
    """All that a sender could have written into the fields that are shown."""
    return [value for value in shown.values() if isinstance(value, str)]
