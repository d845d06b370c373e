"""Whatever becomes of a page, it is enforced or refused; nothing else happens."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from triage_agent.errors import BadPage
from triage_agent.operating_model.loading import FILE, OperatingModel, load

pytestmark = pytest.mark.long

Path = tuple[str | int, ...]
some = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.just(date(2026, 1, 1)),
    st.sampled_from(["", "<draft>", "<x>", "yes", "none", "99999999999d", "A.b.c", ".", "User"]),
    st.text(),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def outcome(text: str) -> OperatingModel | list[str]:
    """The model, or the reasons why there is none; any other error is a crash."""
    try:
        return load(text)
    except BadPage as exc:
        return [problem.place for problem in exc.problems]


LENGTHS = ("due_in", "expires_after", "remind_after", "claim_within")
GRANTS = ("reads", "may", "never", "teams", "limits")
"""The sections that say what the agent may do, and how far."""


def grants_only_what_is_written(text: str) -> bool:
    """Whether a page is refused, or gives exactly what another reader finds in its text."""
    result = outcome(text)
    if not isinstance(result, OperatingModel):
        return result != [] and all(place.startswith(FILE) for place in result)
    read = YAML(typ="safe", pure=True).load(text)
    page = result.page
    given = page.model_dump(include={*GRANTS}, by_alias=True, exclude_unset=True, warnings=False)
    return timeless({name: read[name] for name in GRANTS}) == timeless(given)


def timeless(node: object) -> object:
    """All but lengths of time, which are words on the page."""
    if isinstance(node, dict):
        return {key: timeless(value) for key, value in node.items() if key not in LENGTHS}
    return [timeless(one) for one in node] if isinstance(node, list) else node


def paths(node: object, path: Path = ()) -> Iterator[Path]:
    pairs: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(node, dict):
        pairs = iter(node.items())
    elif isinstance(node, list):
        pairs = enumerate(node)
    for key, value in pairs:
        yield (*path, key)
        yield from paths(value, (*path, key))


def written(tree: object) -> str:
    """A tree as YAML in its flow style: JSON, but for dates, which stay dates."""
    text = json.dumps(tree, ensure_ascii=False, default=lambda day: f"\0{day}\0")
    return re.sub(r'"\\u0000([0-9-]+)\\u0000"', r"\1", text)


@pytest.fixture(scope="module")
def tree(shipped: str) -> Any:  # noqa: ANN401 - a YAML tree
    return YAML(typ="safe").load(shipped)


def test_the_tree_is_the_page(shipped: str, tree: object) -> None:
    """The tree that the mutations begin with is the shipped page, written in another style."""
    assert load(shipped).page == load(written(tree)).page


@some
@given(st.data())
def test_a_mutated_page_loads_or_is_refused(tree: object, data: st.DataObject) -> None:
    """A page with some node removed, replaced or renamed is enforced or refused with its place."""
    mutant = deepcopy(tree)
    for _ in range(data.draw(st.integers(1, 2))):
        *above, key = data.draw(st.sampled_from(list(paths(mutant))))
        parent: Any = mutant
        for step in above:
            parent = parent[step]
        match data.draw(st.sampled_from(["remove", "replace", "rename"])):
            case "remove":
                del parent[key]
            case "rename" if isinstance(parent, dict):
                parent[data.draw(st.text(max_size=8))] = parent.pop(key)
            case _:
                parent[key] = data.draw(VALUES)

    assert grants_only_what_is_written(written(mutant))


@some
@given(data=st.data())
def test_a_mutated_text_loads_or_is_refused(shipped: str, data: st.DataObject) -> None:
    """A page with a line lost, doubled, cut or typed over is enforced or refused."""
    lines = shipped.split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    line = lines[at]
    cut = data.draw(st.integers(0, len(line)))
    typed = data.draw(st.text(max_size=5))
    lines[at : at + 1] = data.draw(
        st.sampled_from([[], [line, line], [line[:cut]], [line[:cut] + typed + line[cut:]]]),
    )

    assert grants_only_what_is_written("\n".join(lines))


WORDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]*", fullmatch=True)
PLAUSIBLE: dict[Path, st.SearchStrategy[Any]] = {
    ("may", "tag", "set"): st.dictionaries(WORDS, VALUES, min_size=1),
    ("may", "tag", "when"): st.sampled_from(["always", "settled", "stopped"]),
    ("may", "set_status", "ask", "who"): st.sampled_from(["owner", "deputy", "support"]),
    ("may", "create_task", "create"): WORDS,
    ("reads", "Task", "fields"): st.lists(WORDS).map(lambda names: [*names, "WhoId"]),
    ("never",): st.lists(WORDS.map(str.lower), min_size=1),
    ("teams", "sales_development", "channel"): st.from_regex(r"[CG][A-Z0-9]{6,9}", fullmatch=True),
    ("limits", "messages_per_run"): st.integers(),
    ("limits", "cost_usd_per_run"): st.floats(),
}
"""Places where what the page gives can be changed, and what may be written there."""


@some
@given(data=st.data())
def test_a_page_gives_nothing_that_is_not_written(tree: object, data: st.DataObject) -> None:
    """A page that says otherwise what it gives is refused, or gives just what it says."""
    mutant: Any = deepcopy(tree)
    for path in data.draw(st.sets(st.sampled_from(sorted(PLAUSIBLE)), min_size=1, max_size=3)):
        parent = mutant
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = data.draw(PLAUSIBLE[path])

    assert grants_only_what_is_written(written(mutant))
