"""What somebody is asked about an action, and what they may have it be instead."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from triage_agent.decision.actions import Again, Approval, CreateRecord, UpdateRecord
from triage_agent.decision.hand_over import headline
from triage_agent.decision.item import Item
from triage_agent.decision.output import readable
from triage_agent.decision.plan import Judged
from triage_agent.decision.values import canonical
from triage_agent.operating_model.action_rules import PLACEHOLDER, WritesRecords, allowed, is_fixed
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page
from triage_agent.operating_model.working_time import due

_NOT_TO_EDIT = frozenset({"assignee", "due_date", "key", "record_id"})
"""For whom and about what something is; people change that in the record itself."""


def asking(page: Page, action: str) -> WritesRecords | None:
    """What the page says of an action that asks; None of any other."""
    rule = page.may.get(action)
    return rule if isinstance(rule, WritesRecords) and rule.ask else None


def sections(page: Page, action: str) -> str:
    """A digest of what the page says of an action that asks, and of who may say yes."""
    rule = asking(page, action)
    assert rule
    assert rule.ask
    told = {
        "action": rule.model_dump(mode="json"),
        "never": page.never,
        "people": [one.model_dump(mode="json") for one in page.people(rule.ask.who)],
    }
    return hashlib.sha256(canonical(told)).hexdigest()


@dataclass(frozen=True)
class Asking:
    """A request for somebody's word that is to be made, for the `number`th time.

    `again`: why not for the first. `nonce`: what no other request has.
    """

    item: Item
    judged: Judged
    action: UpdateRecord | CreateRecord
    number: int
    again: Again | None
    nonce: str

    def approval(self, was: Mapping[str, Scalar], now: datetime) -> Approval:
        """What is asked; `was`: what the record's fields hold that the action changes."""
        item, judged, page = self.item, self.judged, self.item.page
        rule = asking(page, self.action.name)
        assert rule
        assert rule.ask
        time, people = page.workflow.time, page.people(rule.ask.who)
        return Approval(
            action=self.action,
            was=dict(was),
            headline=headline(item),
            wants=judged.assessment.summary if judged.assessment else None,
            draft=judged.draft,
            item_id=item.id,
            record_id=item.record.id,
            who=rule.ask.who,
            names=", ".join(one.name for one in people),
            team=page.team_asked(rule.ask.who),
            page=f"version {page.version}, owned by {page.owner.name}, {page.owner.role}",
            sections=sections(page, self.action.name),
            expires_at=due(
                now,
                rule.ask.expires_after,
                hours=time.working_hours,
                zone=time.zone,
                holidays=time.holidays,
            ),
            again=self.again,
            nonce=self.nonce,
        )


@dataclass(frozen=True)
class Editable:
    """One field that an approver may have written otherwise. `choices`: all that it may be.

    Without any it is free text, `value` being what the agent would write.
    """

    field: str
    value: Scalar
    choices: tuple[Scalar, ...] = ()


def editable(page: Page, approval: Approval) -> tuple[Editable, ...]:
    """What an approver may change of what they are asked, by the page."""
    rule = asking(page, approval.action.name)
    return tuple(_editable(rule, approval)) if rule else ()


def _editable(rule: WritesRecords, approval: Approval) -> Iterator[Editable]:
    still = {name: value for name, value in approval.action.fields.items() if name in rule.set}
    for field, value in still.items():
        written, choices = rule.set[field], allowed(rule, field)
        if is_fixed(written) and len(choices) > 1:
            yield Editable(field, value, tuple(choices))
        elif isinstance(value, str) and _is_text(written):
            yield Editable(field, value)


def _is_text(written: Scalar) -> bool:
    """Whether what the page has written there is made up for people to read."""
    names = PLACEHOLDER.findall(written) if isinstance(written, str) else ()
    return bool(names) and not _NOT_TO_EDIT.intersection(names)


def edited(approval: Approval, given: Mapping[str, Scalar], nonce: str) -> Approval:
    """The same request with other values: another one, with a digest of its own."""
    said = {
        name: readable(value) if isinstance(value, str) else value for name, value in given.items()
    }
    action = approval.action.model_copy(update={"fields": {**approval.action.fields, **said}})
    return approval.model_copy(update={"action": action, "nonce": nonce})
