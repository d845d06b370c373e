"""Answers to begin with, and what is made of them."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import HOME

ANSWERS = HOME / "docs" / "answers.yaml"
Raw = dict[str, Any]
Answered = Callable[..., Raw]


def raw() -> Raw:
    """The answers that the documents show, to be changed at will."""
    tree: Raw = YAML(typ="safe").load(ANSWERS.read_text(encoding="utf-8"))
    return tree


@pytest.fixture
def answers() -> Raw:
    return deepcopy(raw())
