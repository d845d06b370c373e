"""What the runs of a span used of what they are allowed."""

from collections import Counter
from datetime import datetime

from pydantic import Field

from triage_agent.decision.review_events import Approved
from triage_agent.decision.run_events import Allowance, Finished
from triage_agent.decision.values import Value
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.weekly import told


class Used(Value):
    """`allowance`: the fullest that a run told of; None where none did.

    `actions`: how often each was done by a run, or approved by somebody; 0 where a live run might
    have done it.
    """

    allowance: Allowance | None = None
    actions: dict[str, int] = Field(default_factory=dict)


def used(ledger: Ledger, since: datetime, until: datetime) -> Used:
    """As runs told it when they ended, in whichever mode, and as people said yes."""
    allowances, actions = list[Allowance](), Counter[str]()
    for one in told(ledger, since, until, ("Finished", "Approved")):
        match one.event:
            case Finished(allowance=allowance, done=done):
                allowances += [allowance] if allowance else []
                actions.update(done)
            case Approved(action=action):
                actions[action] += 1
    fullest = max(allowances, key=lambda allowance: allowance.share, default=None)
    return Used(allowance=fullest, actions=dict(actions))
