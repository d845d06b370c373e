"""What is counted and kept of every request that leaves."""

from collections import Counter, deque
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from triage_agent.authority.wire import System
from triage_agent.decision.run_events import Allowance, Blocked, Called


class CallLog:
    """Requests as they happened, safe to fill from several threads.

    `seconds_off`: how far each system's clock, as its last answer told it, is ahead of ours.
    `allowance`: what Salesforce told last of its daily requests.
    """

    def __init__(self) -> None:
        self._called: deque[Called | Blocked] = deque()
        self.counts: Counter[str] = Counter()
        self.seconds_off: dict[System, float] = {}
        self.allowance: Allowance | None = None

    def add(self, called: Called) -> None:
        """One request to Salesforce or Slack."""
        self.counts[called.system] += 1
        self._called.append(called)

    def count_model_call(self) -> None:
        """The model's calls are events of their items; here they are only counted."""
        self.counts["model"] += 1

    def block(self, system: System, method: str, path: str, reason: str) -> None:
        """One request that was kept back; it isn't counted as made."""
        self._called.append(Blocked(system=system, method=method, path=path, reason=reason))

    def tell_time(self, system: System, date: str | None) -> None:
        """What an answer's `Date` header says."""
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return  # a server needn't tell
        self.seconds_off[system] = (told.astimezone(UTC) - datetime.now(UTC)).total_seconds()

    def drain(self) -> list[Called | Blocked]:
        """The requests since the last time this was asked."""
        return [self._called.popleft() for _ in range(len(self._called))]
