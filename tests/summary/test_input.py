"""Where what comes in is weak, somebody is told what to ask for, and where."""

import pytest

from triage_agent.ledger.fired import Fired
from triage_agent.ledger.weekly import Group
from triage_agent.summary.findings import findings
from triage_agent.summary.input_findings import of_input
from triage_agent.summary.metrics import Counts, Lacking, lacking


def group(came_by: str | None, items: int, *lacks: str) -> Group:
    return Group(
        status="escalated" if lacks else "settled",
        category="new_business",
        waits=False,
        came_by=came_by,
        fired=tuple(Fired(rule="missing_data", topic=topic) for topic in lacks),
        items=items,
        tokens=0,
        cost_usd=0.0,
    )


def counts(*groups: Group) -> Counts:
    return Counts(groups=groups, happened={})


def test_what_lacks_is_counted_by_way() -> None:
    """An item that lacks two things counts for both, beside all that came the same way."""
    told = lacking(
        counts(group("Web", 30, "Email", "Company"), group("Web", 10, "Email"), group("Web", 60))
    )

    assert told == (
        Lacking(came_by="Web", lacks="Email", items=40, of=100),
        Lacking(came_by="Web", lacks="Company", items=30, of=100),
    )


def test_a_form_that_does_not_ask_is_named() -> None:
    """What is missing in one way, and hardly otherwise, is told with both shares."""
    (found,) = of_input(
        counts(
            group("Web", 40, "Email"),
            group("Web", 60),
            group("Phone", 2, "Email"),
            group("Phone", 98),
        )
    )

    assert "Email is missing in what comes by Web" == found.what
    assert "40 of 100 (40.0%), otherwise 2.0%" == found.evidence
    assert "have Email asked for, and required, there" == found.change


@pytest.mark.parametrize(
    "groups",
    [
        pytest.param((group("Web", 40, "Email"), group("Phone", 60, "Email")), id="alike"),
        pytest.param((group("Web", 5, "Email"), group("Phone", 90)), id="few of one"),
        pytest.param((group("Web", 90, "Email"), group("Phone", 5)), id="few of the others"),
        pytest.param((group(None, 40, "Email"), group("Web", 60)), id="not known how"),
        pytest.param(
            (group("Web", 3, "Email"), group("Web", 97), group("Phone", 100)), id="chance"
        ),
    ],
)
def test_otherwise_nothing_is_said(groups: tuple[Group, ...]) -> None:
    """Not where it is missing everywhere, of few, or by chance, or where nobody knows the way."""
    assert [] == [*of_input(counts(*groups))]


def test_a_rule_is_told_once() -> None:
    """Where the rule as a whole is told, with what is behind it, its forms aren't told again."""
    usual = counts(group("Web", 100), group("Phone", 100))
    now = counts(group("Web", 40, "Email"), group("Web", 60), group("Phone", 100))

    assert ["missing data stops more than usual"] == [
        one.what for one in findings(now, [usual] * 4, {}, of_input(now))
    ]
    assert ["Email is missing in what comes by Web"] == [
        one.what for one in findings(now, [now] * 4, {}, of_input(now))
    ]
