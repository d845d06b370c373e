"""Canonical bytes: one sequence for one value, in the form that is documented."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.decision.values import canonical

TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, None]}, b'{"a":[true,null],"b":1}'),
        ({"ä": "é€😀"}, '{"ä":"é€😀"}'.encode()),
        (['\n"\\\u2028'], b'["\\n\\"\\\\\xe2\x80\xa8"]'),
        ([1.5, 0.1], b"[1.5,0.1]"),
        ([], b"[]"),
        (["\ud83d"], '["\ufffd\ufffd\ufffd"]'.encode()),
    ],
)
def test_a_value_has_the_documented_form(value: Any, written: bytes) -> None:  # noqa: ANN401 - any JSON
    """Keys are sorted, nothing stands between, and text is UTF-8 as it is."""
    assert written == canonical(value)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_the_form_does_not_depend_on_the_order(value: dict[str, Any]) -> None:
    """A value built in another order has the same bytes, and they say what it was."""
    turned = dict(reversed(value.items()))

    assert canonical(value) == canonical(turned)
    assert value == json.loads(canonical(value))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused(number: float) -> None:
    """A number without a form in JSON is an error, not a word of some dialect."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical([number])
