"""In what an org may be other than is due, whoever looks: its fields, objects and rules."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, Self

from pydantic import Field, model_validator

from triage_agent.sandbox.salesforce import schema
from triage_agent.sandbox.salesforce.names import (
    Dispensable,
    FieldName,
    Given,
    ObjectName,
    check_value,
)
from triage_agent.sandbox.salesforce.schema import Entity, RecordType, Rule, RuleKind
from triage_agent.sandbox.strict import Strict

_KINDS: Mapping[str, RuleKind] = {
    "apex_trigger": "ApexTrigger",
    "duplicate_rule": "DuplicateRule",
    "validation_rule": "ValidationRule",
    "workflow_rule": "WorkflowRule",
}


class FieldFault(Strict):
    """A field is not as due."""

    field: FieldName

    @abstractmethod
    def on(self, field: schema.Field) -> schema.Field:
        """What it is with this fault."""


class NoHistory(FieldFault):
    """Changes of the field are not tracked."""

    fault: Literal["no_history"]

    def on(self, field: schema.Field) -> schema.Field:
        return replace(field, tracked=False)


class NoUpsert(FieldFault):
    """The field is no external id."""

    fault: Literal["no_upsert"]

    def on(self, field: schema.Field) -> schema.Field:
        return replace(field, external_id=False)


class RequiredField(FieldFault):
    fault: Literal["required_field"]

    def on(self, field: schema.Field) -> schema.Field:
        return replace(field, required=True, permissionable=False)


class PicklistWithout(FieldFault):
    """A picklist lacks a value; where that was the default, the first one left is."""

    fault: Literal["picklist_without"]
    value: str

    def on(self, field: schema.Field) -> schema.Field:
        values = tuple(value for value in field.values if value != self.value)
        return replace(_defaulting_to(field, values), values=values)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        check_value(self.field, self.value)
        return self


def _defaulting_to(field: schema.Field, values: Sequence[str]) -> schema.Field:
    """The field with a default among the values that are left; nothing changes where it is one."""
    if field.type != "picklist" or field.default is None or field.default in values:
        return field
    return replace(field, default=next(iter(values), None))


class MissingField(Strict):
    """The object has no such field."""

    fault: Literal["missing_field"]
    field: Dispensable


class EntityFault(Strict):
    """An object is not as due."""

    object: ObjectName

    @abstractmethod
    def on(self, entity: Entity) -> Entity:
        """What it is with this fault."""


class Sharing(EntityFault):
    """Other people's records can't be read, or can't be changed."""

    fault: Literal["sharing"]
    model: Literal["Private", "Read"]

    def on(self, entity: Entity) -> Entity:
        return replace(entity, sharing=self.model)


class RecordTyped(EntityFault):
    """New records get a record type of that name, whose picklists may lack values.

    Where a default is among these, the first value left is the default.
    """

    fault: Literal["record_type"]
    name: Given
    without: dict[str, list[str]] = Field(default_factory=dict)

    def on(self, entity: Entity) -> Entity:
        without = {field: frozenset(values) for field, values in self.without.items()}
        typed = replace(entity, record_type=RecordType(self.name, without))
        fields = {
            name: _defaulting_to(field, [v for v in field.values if typed.takes(field, v)])
            for name, field in entity.fields.items()
        }
        return replace(typed, fields=fields)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for field, values in self.without.items():
            for value in values:
                check_value(f"{self.object}.{field}", value)
        return self


class RuleFault(Strict):
    """An administrator put something on an object."""

    object: ObjectName
    name: Given

    @abstractmethod
    def rule(self) -> Rule:
        """What was put there."""


class Workflow(RuleFault):
    fault: Literal["workflow_rule"]

    def rule(self) -> Rule:
        return Rule(_KINDS[self.fault], self.object, self.name)


class Refusing(RuleFault):
    """If it `refuses`, no record of the object can be saved."""

    fault: Literal["apex_trigger", "duplicate_rule", "validation_rule"]
    refuses: bool = False

    def rule(self) -> Rule:
        return Rule(_KINDS[self.fault], self.object, self.name, refuses=self.refuses)


class Flow(RuleFault):
    """As the others, and it says when it starts."""

    fault: Literal["flow"]
    trigger: Literal["RecordBeforeSave", "RecordAfterSave", "RecordBeforeDelete"] = (
        "RecordAfterSave"
    )
    refuses: bool = False

    def rule(self) -> Rule:
        kind: RuleKind = "FlowDefinitionView"
        return Rule(kind, self.object, self.name, refuses=self.refuses, trigger=self.trigger)


class OtherOrg(Strict):
    """The credentials lead to another org than the one whose state is kept."""

    fault: Literal["other_org"]


SalesforceFault = (
    NoHistory
    | NoUpsert
    | RequiredField
    | PicklistWithout
    | MissingField
    | Sharing
    | RecordTyped
    | Workflow
    | Refusing
    | Flow
    | OtherOrg
)
