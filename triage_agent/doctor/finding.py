"""What `doctor` has found: one row of its table."""

from enum import StrEnum
from typing import Literal

from triage_agent.decision.values import Value

System = Literal["salesforce", "slack", "model", "ledger"]


class Kind(StrEnum):
    """What a finding means. All but the last two stand in the way of going live."""

    too_much = "too much"
    too_little = "too little"
    different = "different"
    question = "question"
    held = "held"


class Finding(Value):
    """`check`: what was looked at, by the name that stands in the table of docs/going-live.md."""

    kind: Kind
    check: str
    system: System
    what: str
    cure: str


def some(names: "list[str]", most: int = 8) -> str:
    """A few of many names, with how many more there are."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")


class Report(Value):
    """All findings, by kind. `passes`: none of them stands in the way of going live."""

    passes: bool
    findings: tuple[Finding, ...]
