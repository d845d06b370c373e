"""What is counted and kept of every request that leaves."""

from collections import Counter, deque

from triage_agent.decision.events import Called


class CallLog:
    """Requests as they happened, safe to fill from several threads."""

    def __init__(self) -> None:
        self._called: deque[Called] = deque()
        self.counts: Counter[str] = Counter()

    def add(self, called: Called) -> None:
        """One request to Salesforce or Slack."""
        self.counts[called.system] += 1
        self._called.append(called)

    def count_model_call(self) -> None:
        """The model's calls are events of their items; here they are only counted."""
        self.counts["model"] += 1

    def drain(self) -> list[Called]:
        """The requests since the last time this was asked."""
        return [self._called.popleft() for _ in range(len(self._called))]
