"""The parts of a run's limits that its batches have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.authority.limits import part
from triage_agent.operating_model.schema import Limits

LIMITS = Limits(
    concurrency=32, items_per_run=2000, messages_per_run=20, failures_per_run=20,
    refusals_per_run=5, tokens_per_run=5_000_000, cost_usd_per_run=20.0,
)  # fmt: skip


@given(sizes=st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_the_parts_of_limits_are_the_whole(sizes: list[int]) -> None:
    """However a run is cut into batches, together they may do what the run might."""
    before, parts = 0, list[Limits]()
    for size in sizes:
        parts.append(part(LIMITS, before, size, sum(sizes)))
        before += size

    for name in ("messages_per_run", "failures_per_run", "refusals_per_run", "tokens_per_run"):
        assert getattr(LIMITS, name) == sum(getattr(one, name) for one in parts)
    assert pytest.approx(20.0) == sum(one.cost_usd_per_run for one in parts)
    assert {32} == {one.concurrency for one in parts}
