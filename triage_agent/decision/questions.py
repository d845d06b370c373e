"""What somebody was asked about an action, and how that stands; folded from an item's events."""

from dataclasses import dataclass, field
from datetime import datetime

from triage_agent.decision.actions import Again, Approval, AskApproval
from triage_agent.decision.events import Done, Failed, Happened, Intended, Overtaken
from triage_agent.decision.review_events import (
    Approved,
    Asked,
    Edited,
    Expired,
    Rejected,
    Voided,
)

ASK = ".ask"
"""Behind an action's name: the message that asks for somebody's word on it."""
Told = Approved | Edited | Rejected | Expired | Voided | Done | Failed | Overtaken
"""What a question's message says happened since it was asked."""
_ENDS = (Rejected, Expired, Voided, Done, Overtaken)


@dataclass
class Question:
    """One request for somebody's word. `digest` and `approval` are those of the last edit.

    `used`: whether what was approved has left, or may have.
    """

    asked: Asked
    at: datetime
    digest: str
    approval: Approval | None
    approved: tuple[Approved, datetime] | None = None
    used: bool = False
    told: list[tuple[Told, datetime]] = field(default_factory=list)

    @classmethod
    def of(cls, asked: Asked, at: datetime) -> "Question":
        """A question as it was asked."""
        return cls(asked, at, asked.digest, asked.approval)

    @property
    def post(self) -> str:
        """What its message is called among the item's actions."""
        return f"{self.asked.action}{ASK}{self.asked.number}"

    @property
    def message(self) -> AskApproval | None:
        """The action that posts it, as it was asked; None once its texts are gone."""
        approval = self.asked.approval
        return AskApproval(name=self.post, approval=approval) if approval else None

    @property
    def again(self) -> Again | None:
        """What whoever is asked once more has to know of this one, where it didn't hold."""
        void = next((event for event, _ in self.told if isinstance(event, Voided)), None)
        user = self.approved[0].slack if self.approved else None
        return Again(user=user, reason=void.reason) if void else None

    @property
    def waits(self) -> bool:
        """Whether somebody's word is still wanted."""
        return not self.approved and not self.over

    @property
    def is_approved(self) -> bool:
        """Whether somebody's yes to just this counts still."""
        yes = self.approved[0].digest if self.approved else None
        return yes == self.digest and not self.over

    @property
    def over(self) -> bool:
        """Whether nothing more follows from it."""
        return any(isinstance(event, _ENDS) for event, _ in self.told)

    def tell(self, happened: Happened) -> None:
        """Adds what happened to the action since it was asked."""
        event = happened.event
        if isinstance(event, Edited):  # whatever was said before was said to something else
            self.digest, self.approval, self.approved = event.digest, event.approval, None
        if isinstance(event, Approved):
            self.approved = event, happened.at
        if isinstance(event, Intended):
            self.used = True
        if isinstance(event, Told):
            self.told.append((event, happened.at))
