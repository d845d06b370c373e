"""What an evaluation depends on changes its digest, and nothing else does."""

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.test_no_dead_lines import leaves, line_of, model_of, mutants
from triage_agent.decision.prompts import parse_prompt
from triage_agent.evaluation.cases import Placed
from triage_agent.evaluation.digests import DECIDES, evaluated, of_cases, of_page
from triage_agent.evaluation.results import Evaluated
from triage_agent.jobs.parts import Rules
from triage_agent.operating_model.loading import FILE, load

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
TREE: Any = YAML(typ="safe", pure=True).load((ROOT / FILE).read_text(encoding="utf-8"))
MODE = ("workflow", "mode")
DECIDING = [leaf for leaf in leaves(TREE) if leaf[0] in DECIDES and leaf != MODE]
OTHER = [MODE, *(leaf for leaf in leaves(TREE) if leaf[0] not in DECIDES)]


def digests(rules: Rules, cases: list[Placed]) -> dict[str, str]:
    found: Evaluated = evaluated(rules.page, [rules.assess, rules.draft], rules.patterns, cases)
    return found.model_dump()


def differing(one: dict[str, str], other: dict[str, str]) -> set[str]:
    return {name for name, value in one.items() if value != other[name]}


def test_what_decides_is_known() -> None:
    """These sections are the page's, and each has leaves."""
    assert DECIDES == {str(leaf[0]) for leaf in DECIDING}
    assert {"workflow", "reads", "may", "never", "stops_when", "drafts"} == DECIDES


@given(st.sampled_from(DECIDING))
def test_what_decides_changes_it(rules: Rules, leaf: tuple[str | int, ...]) -> None:
    """Whatever else may stand in such a place gives the page another digest."""
    before = of_page(rules.page)

    for mutant in mutants(TREE, leaf, rules):
        assert before != of_page(mutant.page), line_of(leaf)


def test_what_does_not_decide_leaves_it(rules: Rules) -> None:
    """Mode, version, people, limits and thresholds may change, and what passed stays so."""
    before, changed = of_page(rules.page), set()
    for leaf in OTHER:
        for mutant in mutants(TREE, leaf, rules):
            assert before == of_page(mutant.page), line_of(leaf)
            changed.add(leaf[0])

    assert {"workflow", "version", "owner", "teams", "limits", "evaluation"} <= changed


def test_how_it_is_written_does_not_count(rules: Rules) -> None:
    """A comment, and the order in which keys stand, leave it as it is."""
    text = rules.model.text
    turned = model_of(dict(reversed(TREE.items())), rules)

    assert turned
    assert of_page(rules.page) == of_page(load(f"# A word more.\n{text}").page)
    assert of_page(rules.page) == of_page(turned.page)


def test_each_has_its_own(rules: Rules, shipped_cases: list[Placed]) -> None:
    """A prompt, a pattern, a pinned model or a case changes its own digest alone."""
    before, draft = digests(rules, shipped_cases), rules.draft
    worded = parse_prompt(draft.text.replace("{% block request %}", "{% block request %}Now. "),
                          draft.name)  # fmt: skip
    pinned = parse_prompt(draft.text.replace(draft.front.model, "model-9"), draft.name)
    fewer = rules.patterns.model_copy(update={"fillers": frozenset({"n/a"})})
    asked = shipped_cases[0].case.model_copy(update={"name": "another name"})
    first = shipped_cases[0].model_copy(update={"case": asked})
    moved = shipped_cases[0].model_copy(update={"stratum": "elsewhere"})

    assert draft.text not in (worded.text, pinned.text)
    for changed, cases, wanted in (
        (Rules(rules.model, rules.assess, worded, rules.patterns, ""), shipped_cases, {"prompts"}),
        (
            Rules(rules.model, rules.assess, pinned, rules.patterns, ""),
            shipped_cases,
            {"prompts", "model"},
        ),
        (Rules(rules.model, rules.assess, draft, fewer, ""), shipped_cases, {"patterns"}),
        (rules, [first, *shipped_cases[1:]], {"cases"}),
        (rules, [moved, *shipped_cases[1:]], {"cases"}),
        (rules, shipped_cases[1:], {"cases"}),
    ):
        assert wanted == differing(before, digests(changed, cases))


def test_the_order_of_cases_does_not_count(shipped_cases: list[Placed]) -> None:
    """Files may be read and cases stand in any order."""
    shuffled = random.Random(7).sample(shipped_cases, len(shipped_cases))  # noqa: S311 - no secret

    assert shuffled != shipped_cases
    assert of_cases(shipped_cases) == of_cases(shuffled)


def test_another_process_finds_the_same(rules: Rules, shipped_cases: list[Placed]) -> None:
    """What was recorded on one machine holds on another."""
    code = (
        "from pathlib import Path; from triage_agent.project import evaluated, read_rules\n"
        f"home = Path({str(ROOT)!r}); print(evaluated(home, read_rules(home)).model_dump_json())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert digests(rules, shipped_cases) == Evaluated.model_validate_json(ran.stdout).model_dump()
