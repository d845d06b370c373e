"""The page's circuit breakers: what one run may use up before the agent pauses itself."""

from triage_agent.decision.events import Event, Failed, ModelCalled, Refused
from triage_agent.decision.run_events import Blocked
from triage_agent.operating_model.schema import Limits


class Breaker:
    """Counts what happens in a run. An unknown cost isn't counted as none: tokens are, too."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._failures = self._refusals = self._tokens = 0
        self._cost = 0.0

    def count(self, event: Event) -> None:
        """One more event of this run."""
        match event:
            case Failed():
                self._failures += 1
            case Refused() | Blocked():
                self._refusals += 1
            case ModelCalled(call=call):
                self._tokens += call.input_tokens + call.output_tokens
                self._cost += call.cost_usd or 0.0
            case _:
                pass

    @property
    def tripped(self) -> str | None:
        """The limit that was passed, with what the page allows; None where none was."""
        limits = self._limits
        counted = {
            "failures_per_run": (self._failures, limits.failures_per_run),
            "refusals_per_run": (self._refusals, limits.refusals_per_run),
            "tokens_per_run": (self._tokens, limits.tokens_per_run),
            "cost_usd_per_run": (round(self._cost, 2), limits.cost_usd_per_run),
        }
        passed = (
            f"limits.{name}: {used:,} are more than the {most:,} of the page"
            for name, (used, most) in counted.items()
            if used > most
        )
        return next(passed, None)


def part(limits: Limits, before: int, items: int, of: int) -> Limits:
    """The part of a run's limits that some of its items have: those of all parts are the whole.

    `before`: how many items are in earlier parts. How many questions are asked at once is no
    matter of parts. A part of 0 messages isn't none: the first hand-over to a team opens a common
    message all the same. So a run that is worked off in more batches than `messages_per_run` may
    post, in each team's channel, one message more for each batch whose part is 0.
    """
    counts = ("messages_per_run", "failures_per_run", "refusals_per_run", "tokens_per_run")
    parts: dict[str, float] = {
        name: _part(getattr(limits, name), before, items, of) for name in counts
    }
    parts["cost_usd_per_run"] = limits.cost_usd_per_run * items / of
    return limits.model_copy(update=parts)


def _part(limit: int, before: int, items: int, of: int) -> int:
    return limit * (before + items) // of - limit * before // of
