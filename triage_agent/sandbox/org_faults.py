"""The faults of whole systems: which there are, and the systems as they are with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce
from typing import Literal

from triage_agent.sandbox.model.manner import Manner, ModelFault
from triage_agent.sandbox.salesforce.faulty_grants import (
    ExtraPermission,
    GrantFault,
    HiddenField,
    NoPermission,
    ReadOnlyField,
)
from triage_agent.sandbox.salesforce.faulty_org import (
    EntityFault,
    FieldFault,
    MissingField,
    OtherOrg,
    RuleFault,
    SalesforceFault,
)
from triage_agent.sandbox.salesforce.permissions import PermissionSet
from triage_agent.sandbox.salesforce.schema import Field, Objects, Rule
from triage_agent.sandbox.slack.faulty_workspace import (
    ChannelFault,
    OtherWorkspace,
    Scopes,
    SlackFault,
)
from triage_agent.sandbox.slack.workspace import Workspace
from triage_agent.sandbox.strict import Strict, System


class Clock(Strict):
    """A system's clock is off, as the Date of its answers shows."""

    fault: Literal["clock"]
    system: System
    minutes: float


OrgFault = (
    SalesforceFault
    | HiddenField
    | ReadOnlyField
    | NoPermission
    | ExtraPermission
    | OtherWorkspace
    | Scopes
    | ChannelFault
    | ModelFault
    | Clock
)


@dataclass(frozen=True)
class Design:
    """What an org is like: its objects, what its running user has, what its administrator made."""

    objects: Objects
    granted: tuple[PermissionSet, ...]
    rules: tuple[Rule, ...] = ()


def faulty_design(design: Design, faults: Sequence[OrgFault]) -> Design:
    return reduce(_with, faults, design)


def faulty_workspace(workspace: Workspace, faults: Sequence[OrgFault]) -> Workspace:
    found = (fault for fault in faults if isinstance(fault, SlackFault))
    return reduce(lambda before, fault: fault.on(before), found, workspace)


def faulty_manner(faults: Sequence[OrgFault]) -> Manner:
    found = (fault for fault in faults if isinstance(fault, ModelFault))
    return reduce(lambda before, fault: fault.on(before), found, Manner())


def clocks(faults: Sequence[OrgFault]) -> Mapping[str, timedelta]:
    """By how much the clock of each system is off, where it is."""
    found = (fault for fault in faults if isinstance(fault, Clock))
    return {fault.system: timedelta(minutes=fault.minutes) for fault in found}


def is_other_org(faults: Sequence[OrgFault]) -> bool:
    return any(isinstance(fault, OtherOrg) for fault in faults)


def _with(design: Design, fault: OrgFault) -> Design:
    match fault:
        case FieldFault(field=name) | MissingField(field=name):
            return _field_changed(design, name, fault)
        case EntityFault(object=name):
            entity = fault.on(design.objects[name])
            return replace(design, objects={**design.objects, name: entity})
        case RuleFault():
            return replace(design, rules=(*design.rules, fault.rule()))
        case GrantFault():
            return replace(design, granted=_regranted(design.granted, fault))
        case _:
            return design


def _field_changed(design: Design, name: str, fault: FieldFault | MissingField) -> Design:
    """What befalls a field that is missing already makes no difference."""
    object_name, _, field_name = name.partition(".")
    entity = design.objects[object_name]
    fields: dict[str, Field] = dict(entity.fields)
    before = fields.pop(field_name, None)
    if before and isinstance(fault, FieldFault):
        fields = {**entity.fields, field_name: fault.on(before)}
    return replace(design, objects={**design.objects, object_name: replace(entity, fields=fields)})


def _regranted(granted: tuple[PermissionSet, ...], fault: GrantFault) -> tuple[PermissionSet, ...]:
    """What is lost is in no set any more; what is gained comes with the profile, the first."""
    profile, *rest = (replace(one, permissions=one.permissions - fault.lost) for one in granted)
    return (replace(profile, permissions=profile.permissions | fault.gained), *rest)
