"""Where an item may stand, and each of its actions."""

from typing import Literal

Verdict = Literal["allowed", "needs_approval", "refused"]
Status = Literal["open", "settled", "escalated", "failed", "erased", "withdrawn"]
ActionState = Literal[
    "planned",
    "recorded",
    "permitted",
    "held",
    "asked",
    "approved",
    "rejected",
    "expired",
    "refused",
    "intended",
    "done",
    "failed",
    "unclear",
    "overtaken",
]

UNFINISHED: frozenset[ActionState] = frozenset({"permitted", "intended", "unclear", "approved"})
"""With these the item isn\'t where it ends."""
ENDED: frozenset[ActionState] = frozenset(
    {"done", "held", "asked", "approved", "rejected", "expired"}
)
"""With these alone nothing keeps somebody from being asked for their word."""
