"""Cases have one form, which is published, and one key each."""

import json
from pathlib import Path

import pytest

from triage_agent.decision.values import Value
from triage_agent.errors import WrongUsage
from triage_agent.evaluation.cases import Case, Expected, schema_text, strangers
from triage_agent.operating_model.loading import load
from triage_agent.project import read_cases

ROOT = Path(__file__).parents[2]
PAGE = load((ROOT / "operating_model.yaml").read_text(encoding="utf-8")).page


def test_the_schema_is_as_published() -> None:
    """The file in deploy/ is what the code says; `make generated` writes it."""
    published = (ROOT / "deploy" / "eval_cases.schema.json").read_text(encoding="utf-8")

    assert schema_text() == published
    assert {"Case", "Expected", "ExpectedDraft"} <= set(json.loads(published)["$defs"])


def test_there_are_enough_of_each_kind() -> None:
    """At least 150 cases, in seven strata none of which is thin, a third of them to be stopped."""
    cases = read_cases(ROOT)
    strata = {one.stratum for one in cases}
    stops = sum(one.case.expect.stops for one in cases)

    assert len(cases) >= 150
    assert 7 == len(strata)
    assert all(sum(one.stratum == name for one in cases) >= 20 for name in strata)
    assert len(cases) / 3 < stops < 2 * len(cases) / 3


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"category": "flowers"}, "category flowers is none of the page's"),
        ({"category": "new_business", "also": ["roses"]}, "category roses is none of the page's"),
        ({"by": ["bad_mood"]}, "bad_mood is no stop rule"),
        ({"sees": {"Campaign": 1}}, "sees: Campaign is not read"),
        ({"fields": {"Rating": "Hot"}}, "fields: no action sets Rating"),
    ],
)
def test_what_the_page_does_not_know_is_named(expect: dict[str, object], said: str) -> None:
    """A case that names what isn't on the page is told so, and how it is called."""
    case = Case(name="one", fields={}, expect=Expected(escalates="no", **expect))

    assert [said] == [*strangers(case, PAGE)]
    assert isinstance(case, Value)


def test_no_two_are_called_alike(tmp_path: Path) -> None:
    """Two cases of one name in one stratum are refused: they couldn't be told apart later."""
    case = "- {name: twice, fields: {}, expect: {escalates: no}}\n"
    (tmp_path / "operating_model.yaml").write_text((ROOT / "operating_model.yaml").read_text())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "odd.yaml").write_text(case * 2)

    with pytest.raises(WrongUsage, match="odd: twice: two cases are called that"):
        read_cases(tmp_path, tmp_path / "mine")
