"""The fork is evaluated on cases of its own, and comes out no worse than on record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.forks.conftest import SUPPORT_CASES, copied, typed
from triage_agent.evaluation.results import QUESTIONS
from triage_agent.operating_model.schema import UNCLEAR, MustReach
from triage_agent.project import read_baseline, read_cases, read_model
from triage_agent.targets import Target

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from tests.conftest import Ran

PAGE = read_model(SUPPORT_CASES).page
CASES = read_cases(SUPPORT_CASES)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """`triage-agent evaluate` on the fork, with the sandbox's own model."""
    folder = copied(tmp_path_factory.mktemp("fork"))
    return typed(Target(folder), "evaluate", "--format", "json")


@pytest.fixture(scope="module")
def told(ran: Ran) -> Any:  # noqa: ANN401 - JSON
    return json.loads(ran.out)


def test_there_are_enough_of_each_kind() -> None:
    """At least 44 cases in seven strata, of every category, and for every rule that can stop one.

    So many of them are pairs that share most of their words, of which one stops.
    """
    strata = [one.stratum for one in CASES]
    stops = [one.case.expect for one in CASES if one.case.expect.stops]
    pairs = [one.case.name for one in CASES if one.case.name.startswith("pair ")]

    assert len(CASES) >= 44
    assert 7 == len({*strata})
    assert min(strata.count(one) for one in {*strata}) >= 6
    assert len(CASES) / 3 < len(stops) < 2 * len(CASES) / 3
    assert {*PAGE.workflow.categories} == {c for one in CASES for c in one.case.expect.categories}
    assert {*type(PAGE.stops_when).model_fields} == {rule for one in stops for rule in one.by}
    assert len(pairs) == 2 * sum(" stops: " in name for name in pairs) >= 20


def test_every_case_comes_to_an_end(told: Any) -> None:  # noqa: ANN401 - JSON
    """None breaks, nothing is done that the page doesn't give, each category is the fork's."""
    trials = [trial for one in told["evaluation"]["cases"] for trial in one["trials"]]
    checks = [check for trial in trials for check in trial["checks"]]
    found = {trial["category"] for trial in trials}

    assert len(CASES) == len(trials)
    assert [] == [trial["crashed"] for trial in trials if trial["crashed"]]
    assert {*QUESTIONS} == {check["question"] for check in checks}
    assert all(check["ok"] for check in checks if check["question"] == "restricted")
    assert found <= {*PAGE.workflow.categories, UNCLEAR}
    assert len(found) > 4


def test_it_is_no_worse_than_on_record(ran: Ran, told: Any) -> None:  # noqa: ANN401 - JSON
    """What the baseline came to lies beside the cases, of all of them, and no case fell since."""
    record = read_baseline(SUPPORT_CASES, PAGE)

    assert record
    assert {one.key for one in CASES} == {*record.passes}
    assert {*MustReach.model_fields} == {*record.scores}
    assert ["baseline.json"] == [one["file"] for one in told["compared"]]
    assert [] == told["compared"][0]["changes"]
    assert 0 == ran.code
    assert 0 == record.scores["restricted_actions"]
