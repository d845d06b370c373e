"""The shipped project's page, prompts and patterns, and its cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from triage_agent.project import read_cases, read_rules

if TYPE_CHECKING:
    from triage_agent.evaluation.cases import Placed
    from triage_agent.jobs.parts import Rules

HOME = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def rules() -> Rules:
    return read_rules(HOME)


@pytest.fixture(scope="session")
def shipped_cases() -> list[Placed]:
    return read_cases(HOME)
