"""The page's published JSON Schema: fresh, true of the shipped page, and what errors quote."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from triage_agent.operating_model.shape import schema_text, wanted

PUBLISHED = Path(__file__).parents[2] / "deploy" / "operating_model.schema.json"


@pytest.fixture
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture
def page(shipped: str) -> Any:  # noqa: ANN401 - a YAML tree
    """The shipped page as an editor reads it: JSON has no dates."""
    tree = YAML(typ="safe", pure=True).load(shipped)
    return json.loads(json.dumps(tree, default=date.isoformat))


def test_the_published_schema_is_fresh() -> None:
    """The schema in `deploy/` is the page's; `make generated` writes it."""
    assert schema_text() == PUBLISHED.read_text(encoding="utf-8")


def test_the_shipped_page_fits_it(validator: jsonschema.Draft202012Validator, page: object) -> None:
    """An editor that goes by the schema finds nothing wrong with the shipped page."""
    assert [] == [error.message for error in validator.iter_errors(page)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(("wishes",), {}, id="an unknown section"),
        pytest.param(("owner", "rank"), 1, id="an unknown key"),
        pytest.param(("workflow", "mode"), "dry", id="another word"),
        pytest.param(("workflow", "item", "look_back"), "30 days", id="another length of time"),
        pytest.param(("may", "create_task", "for"), [], id="an empty list"),
        pytest.param(("may", "tag", "ask"), {"whom": "owner"}, id="a misspelt approval"),
        pytest.param(("limits", "refusals_per_run"), 0, id="a limit of zero"),
    ],
)
def test_it_refuses_what_the_page_does(
    validator: jsonschema.Draft202012Validator,
    page: dict[str, Any],
    path: tuple[str, ...],
    value: object,
) -> None:
    """What is no page by its shape is marked in an editor, too."""
    part = page
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value

    assert not validator.is_valid(page)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("workflow", "mode"), "shadow or live"),
        (("drafts", "max_words"), "a whole number"),
        (("may", "tag", "alone"), "yes"),
        (("may", "tag", "undo"), "restore or its keys set, note_in or mark_withdrawn"),
        (("may", "create_task", "for"), "a list"),
        (("may", "tag", "update"), "the API name of an object or field"),
        (("wishes",), "what the page foresees"),
        (("recovery",), "its keys may_pause, may_roll_back, tell, before_resuming"),
        (("teams", "sales", "members", 0, "slack"), "a Slack member's id, like U0MAYA00002"),
    ],
)
def test_what_is_wanted_is_said(path: tuple[str | int, ...], words: str) -> None:
    """What may stand at a place of the page is said in words, for whoever has left it out."""
    assert words == wanted(path)
