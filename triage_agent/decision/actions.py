"""What the agent wants to do, as data. Wanting is not being allowed: the gate decides."""

import hashlib
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from triage_agent.decision.values import Value, canonical
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


class Again(Value):
    """Why something is asked once more: who had said yes, if anybody, and why that didn't hold."""

    user: str | None
    reason: str


class Approval(Value):
    """What somebody is asked: one exact write, and all that they are shown beside it.

    `was`: what the fields held that it changes. `who` may give their word, as the page names
    them and as `names` tells people, and are asked in the channel of `team`; `sections`: a digest
    of what the page says of it. `nonce` sets it apart from any other that says the same.
    """

    action: Annotated[UpdateRecord | CreateRecord, Field(discriminator="kind")]
    was: dict[str, Scalar]
    headline: str
    wants: str | None
    draft: str | None
    item_id: str
    record_id: str
    who: str
    names: str
    team: str
    page: str
    sections: str
    expires_at: datetime
    again: Again | None
    nonce: str

    @property
    def digest(self) -> str:
        """The SHA-256 of all of it: a yes to this is a yes to nothing else."""
        return hashlib.sha256(canonical(self.model_dump(mode="json"))).hexdigest()

    @property
    def reference(self) -> str:
        """How a button names it: the item, the action and the digest."""
        return f"{self.item_id} {self.action.name} {self.digest}"


class PostHandOver(Value):
    """Tells a team that an item stopped."""

    kind: Literal["post"] = "post"
    name: str
    team: str
    hand_over: HandOver


class AskApproval(Value):
    """Asks those whom the page names for their word."""

    kind: Literal["ask"] = "ask"
    name: str
    approval: Approval

    @property
    def team(self) -> str:
        """In whose channel."""
        return self.approval.team


Message = PostHandOver | AskApproval
"""What people are told in a team's channel, with buttons to decide by."""


class WriteDraft(Value):
    """Has the model write a reply that only a person may send."""

    kind: Literal["draft"] = "draft"
    name: str


Action = Annotated[
    UpdateRecord | CreateRecord | PostHandOver | AskApproval | WriteDraft,
    Field(discriminator="kind"),
]
