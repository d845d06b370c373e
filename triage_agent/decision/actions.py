"""What the agent wants to do, as data. Wanting is not being allowed: the gate decides."""

from typing import Annotated, Literal

from pydantic import Field

from triage_agent.decision.values import Value
from triage_agent.operating_model.kinds import Scalar


class UpdateRecord(Value):
    """Sets fields of the item's own record."""

    kind: Literal["update"] = "update"
    name: str
    object: str
    record_id: str
    fields: dict[str, Scalar]


class CreateRecord(Value):
    """Creates one record; `fields[key_field]` marks it as this item's, so it exists once."""

    kind: Literal["create"] = "create"
    name: str
    object: str
    fields: dict[str, Scalar]
    key_field: str


class Reason(Value):
    """Why an item stopped: the page's words, and the sender's where there are some."""

    words: str
    quote: str | None
    fact: str | None


class HandOver(Value):
    """All that a person needs to take over. Everything but `wants` is fields and checked quotes."""

    headline: str
    assignee: str
    who: tuple[tuple[str, str], ...]
    reply: str
    records: tuple[str, ...]
    reasons: tuple[Reason, ...]
    request: str
    wants: str | None
    done: str
    next_step: str
    item_id: str
    record_id: str
    page: str


class PostHandOver(Value):
    """Tells a team that an item stopped."""

    kind: Literal["post"] = "post"
    name: str
    team: str
    hand_over: HandOver


class WriteDraft(Value):
    """Has the model write a reply that only a person may send."""

    kind: Literal["draft"] = "draft"
    name: str


Action = Annotated[
    UpdateRecord | CreateRecord | PostHandOver | WriteDraft,
    Field(discriminator="kind"),
]
