"""The documents' figures of the baseline are those on record."""

import re
from pathlib import Path

from triage_agent.evaluation.telling import LABELS, percent
from triage_agent.operating_model.schema import MustReach
from triage_agent.project import read_baseline, read_model

ROOT = Path(__file__).parents[2]


def test_the_figures_are_those_on_record() -> None:
    """Each threshold has its row, with what the baseline reached when that was recorded."""
    record = read_baseline(ROOT, read_model(ROOT).page)
    assert record
    text = (ROOT / "docs" / "evaluating.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z ]+) \| ([\d.]+(?: %)?) \|", text, flags=re.MULTILINE))
    told = {
        LABELS[name]: f"{value:g}" if name == "restricted_actions" else percent(value)
        for name, value in record.scores.items()
    }

    assert {*MustReach.model_fields} == {*record.scores}
    assert told == {name: rows.get(name) for name in told}
    assert f"{sum(map(bool, record.passes.values()))} of {len(record.passes)} cases" in text
