"""What an evaluation depends on, so that a change of any of it is seen."""

import hashlib
from collections.abc import Sequence
from typing import Any

from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.prompts import Prompt
from triage_agent.decision.values import canonical
from triage_agent.evaluation.cases import Placed
from triage_agent.evaluation.results import Evaluated
from triage_agent.operating_model.schema import Page

DECIDES = {"workflow", "reads", "may", "never", "stops_when", "drafts"}
"""The sections of the page that decide what becomes of an item: not who people are."""
_NOT_MODE = {"mode"}


def evaluated(
    page: Page, prompts: Sequence[Prompt], patterns: PatternFile, cases: Sequence[Placed]
) -> Evaluated:
    """All of it as it is now."""
    return Evaluated(
        page=of_page(page),
        prompts=_sha256([prompt.text for prompt in prompts]),
        patterns=_sha256(_in_order(patterns.model_dump())),
        cases=of_cases(cases),
        model=" and ".join(dict.fromkeys(prompt.front.model for prompt in prompts)),
    )


def of_page(page: Page) -> str:
    """Of what decides; a change of mode, version or people leaves it as it is."""
    told = page.model_dump(mode="json", include=DECIDES, warnings="none")
    told["workflow"] = {k: v for k, v in told["workflow"].items() if k not in _NOT_MODE}
    return _sha256(told)


def of_cases(cases: Sequence[Placed]) -> str:
    """Of all that they say, in whatever order they stand."""
    return _sha256(sorted(canonical(one.model_dump(mode="json")).decode() for one in cases))


def _in_order(told: Any) -> Any:  # noqa: ANN401 - a dumped value, then JSON
    """Sets as sorted lists: each process has its own order of them."""
    if isinstance(told, dict):
        return {name: _in_order(value) for name, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [_in_order(value) for value in told]
    return sorted(told) if isinstance(told, frozenset) else told


def _sha256(told: Any) -> str:  # noqa: ANN401 - JSON
    return hashlib.sha256(canonical(told)).hexdigest()
