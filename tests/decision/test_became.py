"""What became of an item, as somebody reads it who looks for its record."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.decision.test_progress import NOON, failed, received, story_of
from triage_agent.decision.became import became
from triage_agent.decision.events import Done, Erased, Event, FiredRule, Held, Planned, Stopped
from triage_agent.decision.review_events import (
    Approved,
    Asked,
    Claimed,
    Corrected,
    Rejected,
    Released,
    Shown,
)
from triage_agent.decision.story import Story

MAYA: dict[str, Any] = {"by": "Maya", "login": "maya", "slack": "U0MAYA00002", "salesforce": None}
RULES = (
    FiredRule(rule="restricted_topic", topic="legal", source="floor"),
    FiredRule(rule="restricted_topic", topic="legal", source="model"),
    FiredRule(rule="low_confidence", topic=None, source="model"),
)
SETTLED = Planned(names=("tag",), category="pricing_question")
POSTED = Planned(names=("escalate",), hand_overs=("escalate",), category="unclear")
HANDED = (Stopped(rules=RULES), POSTED, Done(action="escalate", key="k", reference="C/1"))
ASKED = (
    Planned(names=("set_status",), category="pricing_question"),
    Held(action="set_status", line="may", who="sales_development"),
    Asked(action="set_status", number=1, who="sales_development", digest="d", expires_at=NOON),
    Done(action="set_status.ask1", key="k", reference="C/2"),
)
YES = Approved(**MAYA, action="set_status", digest="d")
HANDED_OVER = "Handed to people: restricted topic (legal); low confidence"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], "Under way"),
        ([SETTLED, Done(action="tag", key="k", reference="r")], "Settled as pricing question"),
        (HANDED, HANDED_OVER),
        ([*HANDED, Claimed(**MAYA)], f"{HANDED_OVER}, claimed by Maya"),
        (
            [*HANDED, Corrected(**MAYA, wrong="rule"), Rejected(**MAYA, reason="Twice")],
            f"{HANDED_OVER}, corrected by Maya, set aside by Maya",
        ),
        ([*HANDED, Corrected(**MAYA, wrong="not_an_item")], f"{HANDED_OVER}, corrected by Maya"),
        (
            [
                *HANDED,
                Released(**MAYA, category="pricing_question"),
                SETTLED,
                Done(action="tag", key="k", reference="r"),
                Shown(action="escalate", decisions=1),
            ],
            "Settled as pricing question, released by Maya",
        ),
        ([SETTLED, failed("tag")], "Not finished; the next run takes it up"),
        (ASKED, "Settled as pricing question, waits for sales development on set status"),
        ([*ASKED, YES], "Under way"),
        ([Erased(by="Dana", login="dana", texts=1)], "Erased"),
        ([*ASKED, Erased(by="Dana", login="dana", texts=1)], "Settled as pricing question"),
    ],
)
def test_it_is_told_in_a_line(told: Sequence[Event], expected: str) -> None:
    """How it ended, what people have done and are to do; nothing that a stranger wrote."""
    assert expected == became(Story.of(story_of([received(), *told])))
