"""What the baseline has learned, from which examples, and how well it does on others."""

import json
from importlib.resources import files
from pathlib import Path
from statistics import fmean

import numpy as np
from ruamel.yaml import YAML

from triage_agent.decision.assessment import assessment_schema, rule_names
from triage_agent.operating_model.loading import load
from triage_agent.sandbox.model import train
from triage_agent.sandbox.model.baseline import answer
from triage_agent.sandbox.model.learned import WEIGHTS, learned

HERE = Path(__file__).parent
PAGE = load((HERE.parents[1] / "operating_model.yaml").read_text(encoding="utf-8")).page
UNSEEN = train.families(YAML(typ="safe").load(HERE / "unseen_requests.yaml"))
EXAMPLES = train.examples()


def test_weights_are_those_of_the_examples() -> None:
    """The stored weights were made from the examples, concepts and code as they are now."""
    stored = json.loads(files(train.__package__).joinpath(WEIGHTS).read_text(encoding="utf-8"))

    assert train.digest() == stored["from"], "run python -m triage_agent.sandbox.model.train"
    assert learned().categories.keys() == {*PAGE.workflow.categories, "unclear"}
    assert learned().flags.keys() == set(rule_names(PAGE))


def test_examples_are_many_and_none_is_unseen() -> None:
    """Every category and flag has a dozen examples or more, and none is measured on."""
    labels = [label for example in EXAMPLES for label in example.labels]
    texts = [example.text for example in EXAMPLES]

    assert len(texts) == len(set(texts)) >= 700
    assert min(labels.count(label) for label in labels) >= 12
    assert not {*texts} & {example.text for example in UNSEEN}


def test_it_does_well_on_requests_that_it_has_not_seen() -> None:
    """Most unseen requests get their category; most that must stop do, and few others."""
    answers = [_assessed(example.text) for example in UNSEEN]
    both = list(zip(UNSEEN, answers, strict=True))
    flagged = {
        stops: fmean(bool(a["flags"]) for e, a in both if e.has(train.FLAG) == stops)
        for stops in (True, False)
    }

    assert fmean(e.category == a["category"] for e, a in both if e.category) >= 0.7
    assert flagged[True] >= 0.8
    assert flagged[False] <= 0.2


def test_a_family_left_out_is_judged_by_the_others() -> None:
    """The closed form gives what a line gives that really was fitted without the family."""
    texts = ["a demo please", "show a demo", "a price please", "the price list", "a demo", "price"]
    given = train.material(
        [train.Example(number // 2, frozenset(), text) for number, text in enumerate(texts)]
    )
    wanted, weighing = np.array([1.0, 1, -1, -1, 1, -1]), np.array([1.0, 2, 1, 2, 1, 2])

    unseen = train.left_out(given, wanted, weighing)

    for family in given.families.values():
        others = [row for row in range(len(texts)) if row not in family]
        alike = given.alike[np.ix_(others, others)]
        line = train.by_texts(alike, wanted[others], weighing[others])
        assert np.allclose(given.alike[np.ix_(family, others)] @ line, unseen[family])


def _assessed(request: str) -> dict[str, object]:
    schema = assessment_schema(PAGE)
    record = json.dumps({"Description": request}, ensure_ascii=False)
    found = answer([{"role": "user", "content": record}], schema)
    assert isinstance(found, dict)
    return found
