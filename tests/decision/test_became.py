"""What became of an item, as somebody reads it who looks for its record."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.decision.test_progress import failed, received, story_of
from triage_agent.decision.became import became
from triage_agent.decision.events import Done, Erased, Event, FiredRule, Planned, Stopped
from triage_agent.decision.review_events import Claimed, Corrected, Rejected, Released, Shown
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
        ([Erased(by="Dana", login="dana", texts=1)], "Erased"),
    ],
)
def test_it_is_told_in_a_line(told: Sequence[Event], expected: str) -> None:
    """How it ended, by which rules, and what people have done; nothing that a stranger wrote."""
    assert expected == became(Story.of(story_of([received(), *told])))
