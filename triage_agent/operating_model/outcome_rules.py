"""The shape of the outcomes: how it shows afterwards what people made of the agent's work."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from triage_agent.operating_model.kinds import Duration, FieldName, Name, Scalar, Section
from triage_agent.operating_model.stop_rules import Place

Way = Literal["changed", "created", "now", "deleted", "merged"]
WAYS: tuple[Way, ...] = ("changed", "created", "now", "deleted", "merged")


class Seen(Section):
    """How something that people did is seen, in one of these ways.

    - `changed`: a field was given another value;
    - `created`: a record was made, the field of which names the item's record;
    - `now`: a field has this value;
    - `deleted`, `merged`: the record is gone, or has become part of another one.

    `said_in`: the field of a record that was `created` which holds what people sent. It is compared
    with the item's draft; of what stands there nothing is kept.
    """

    changed: Place | None = None
    created: Place | None = None
    now: Annotated[dict[Place, Scalar], Field(min_length=1, max_length=1)] | None = None
    deleted: FieldName | None = None
    merged: FieldName | None = None
    said_in: FieldName | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(getattr(self, way) is not None for way in WAYS) != 1:
            raise ValueError("write one of changed, created, now, deleted and merged")
        if self.said_in and not self.created:
            raise ValueError(
                "said_in stands only beside created: it is a field of what was created"
            )
        return self

    @property
    def way(self) -> Way:
        ways: Iterator[Way] = (way for way in WAYS if getattr(self, way) is not None)
        return next(ways)

    @property
    def object(self) -> str:
        """The object whose records show it."""
        return self._place.partition(".")[0]

    @property
    def field(self) -> str | None:
        """The field that shows it; None where the record itself does."""
        return self._place.partition(".")[2] or None

    @property
    def value(self) -> Scalar:
        """What the field has `now`."""
        return self.now[self._place] if self.now else None

    @property
    def _place(self) -> str:
        places: list[str | None] = [
            self.changed,
            self.created,
            *(self.now or ()),
            self.deleted,
            self.merged,
        ]
        return next(place for place in places if place)


class Outcomes(Section):
    """What is looked for after an item was received, `within` so long a time.

    `first_touch` and `clean_up` say which of it counts as somebody's first reaction, and which as
    putting right what the agent did. `compared_with`: the days before the agent's own time whose
    first reactions are measured, too.
    """

    within: Duration
    seen_as: dict[Name, Seen] = Field(min_length=1)
    first_touch: list[Name] = Field(min_length=1)
    clean_up: list[Name]
    compared_with: Duration

    def of(self, name: str) -> Iterator[tuple[str, Seen]]:
        """What the records of an object show, with its names."""
        return ((known, seen) for known, seen in self.seen_as.items() if seen.object == name)
