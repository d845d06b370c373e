"""The shape of the stop rules: when the page wants a person to look first."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from triage_agent.operating_model.kinds import DomainOf, FieldName, Name, Scalar, Section, Sentence

Place = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z]\w*\.[A-Za-z]\w*$",
        description="an object and its field, like User.Name",
    ),
]
Reached = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z]\w*(\.[A-Za-z]\w*){1,2}$",
        description="an object and its field, like User.Name; or the field of the record that "
        "this one names, like Vehicle.OwnerId.Name",
    ),
]
Values = Annotated[dict[Place, list[Scalar]], Field(min_length=1)]
Need = FieldName | DomainOf


class MissingData(Section):
    """`needs`: what must be there (of a list, one is enough).

    A field; the domain of an e-mail address, where not everybody can have one; or `request`.
    """

    needs: list[Need | list[Need]] = Field(min_length=1)


class RestrictedTopic(Section):
    topics: dict[Name, Sentence] = Field(min_length=1)


class OutsidePolicy(Section):
    policies: dict[Name, Sentence] = Field(min_length=1)


class Conflict(Section):
    """What a sender may claim, and how the records that were found speak against it.

    - `contradicted_by`: those that say anything say one of these values;
    - `confirmed_by`: nobody says one of these values, though it was looked for;
    - `differs_from`: they say something else than the text, or than the item's fields `given_in`.

    `unless` names what else the sender may claim, which explains it; `unless_told_in` objects
    whose records explain it where they name what is claimed.
    """

    claim: Name
    means: Sentence
    contradicted_by: Values | None = None
    confirmed_by: Values | None = None
    differs_from: Reached | None = None
    given_in: list[FieldName] = Field(default_factory=list)
    unless: Name | None = None
    unless_told_in: list[FieldName] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (self.contradicted_by, self.confirmed_by, self.differs_from)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("write one of contradicted_by, confirmed_by and differs_from")
        if self.differs_from is None and (self.given_in or self.unless_told_in):
            raise ValueError("given_in and unless_told_in go with differs_from")
        return self

    @property
    def values(self) -> Values:
        """The values that speak for or against the claim, by the place where they may stand."""
        return self.contradicted_by or self.confirmed_by or {}


class ConflictingInformation(Section):
    conflicts: list[Conflict] = Field(min_length=1)

    @property
    def told(self) -> list[Conflict]:
        """The claims that a model is asked about: those in which no value is to be found."""
        return [one for one in self.conflicts if one.differs_from is None]

    @property
    def compared(self) -> list[Conflict]:
        """The others: what they say has a value, which is held against the records'."""
        return [one for one in self.conflicts if one.differs_from is not None]


class LowConfidence(Section):
    """`costly_pairs`: categories of which one must not be taken for the other.

    Where the sender's words speak for one and the model says the other, a person looks first.
    """

    below: Annotated[float, Field(gt=0, le=1)]
    costly_pairs: list[Annotated[list[Name], Field(min_length=2, max_length=2)]] = Field(
        default_factory=list
    )


class ConsequentialRequest(Section):
    about: dict[Name, Sentence] = Field(min_length=1)


class UnapprovedCategory(Section):
    """Nothing to say: what fits no category of the page stops."""


class StopRules(Section):
    missing_data: MissingData
    restricted_topic: RestrictedTopic
    outside_policy: OutsidePolicy
    conflicting_information: ConflictingInformation
    low_confidence: LowConfidence
    consequential_request: ConsequentialRequest
    unapproved_category: UnapprovedCategory
