"""What one item costs, as it was measured, and what the systems around the agent allow.

Measured on the sandbox with its sample records over and over (`tests/harness.py`), on two cores of
which one busies itself for 33 ms with an item; a faster one takes a half or a third of that. A
test holds the counts against a run. What is an assumption says so; change any, and run it again.
"""

from dataclasses import dataclass

MINUTES = 24 * 60
CURVE = (1, 1, 1, 1, 1, 2, 3, 5, 8, 10, 10, 9, 8, 9, 10, 9, 7, 5, 4, 3, 2, 2, 1, 1)
"""An assumption: how many come in each hour of a day, beside each other."""
PEAK = max(CURVE) / sum(CURVE)
"""The part of a day's items that the busiest hour brings: 2.1 times the mean."""
MODEL = "gpt-4.1-mini-2025-04-14"
"""Whose price counts, of those in `prompts/prices.yaml`."""


@dataclass(frozen=True)
class Item:
    """What one costs, on average."""

    handed_over: float = 0.4655
    """931 of 2,000. The samples are hard on purpose: an ordinary inbox hands over less."""
    asked: float = 0.5345
    """1,069 of 2,000: all that settle, for `set_status` asks first."""
    messages: float = 1.0
    """2,001 for 2,000: each is handed over or asked about."""
    calls: float = 1.05
    """2,103 questions to the model for 2,000: what the floor stops isn't asked about."""
    tokens_in: float = 1180
    tokens_out: float = 80.5
    """2,359,671 and 161,056 for 2,000, as the sandbox's model counts them, not as a vendor does."""
    requests: float = 0.0687
    """To Salesforce: 148 for 2,000 less 45 for 500, of a model that takes a second."""
    read_again: float = 0.0006
    """Seconds in which a run reads one that is still new: 1.6 s for 2,500, less 0.1 s."""
    processor: float = 0.033
    """Seconds of the agent: 73.3 s for 2,000 less 24.2 s for 500, over 1,500."""
    written: float = 0.0095
    """Seconds in which one writer appends its 23 rows to PostgreSQL, in groups as they happened."""

    @property
    def tokens(self) -> float:
        """All that a limit of tokens counts."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class Tier:
    """What a model's vendor lets an account do; `requests_a_day` is None where that isn't held."""

    requests: int
    tokens: int
    requests_a_day: int | None = None


TIERS = {
    1: Tier(500, 200_000, 10_000),
    2: Tier(5_000, 2_000_000),
    3: Tier(5_000, 4_000_000),
    4: Tier(10_000, 10_000_000),
    5: Tier(30_000, 150_000_000),
}
"""OpenAI's usage tiers for its mini models, a minute, as README.md cites them."""


@dataclass(frozen=True)
class World:
    """What is there, and what it allows: a small Enterprise org, a new account with the model."""

    # The operating model's.
    people: int = 3
    opens: int = 8 * 60
    closes: int = 18 * 60
    """Minutes of the day at which people's work begins and ends."""
    concurrency: int = 32
    items_per_run: int = 2000
    messages_per_run: int = 20
    tokens_per_run: float = 5_000_000
    dollars_per_run: float = 20

    # What people give to it: assumptions.
    attention: float = 180
    """Minutes a day that each of them has for it."""
    minutes_handed_over: float = 4
    minutes_asked: float = 1
    days_new: float = 2
    """How long a record stays new, until somebody decides or moves it; `look_back` at most."""

    # Salesforce's, as documented.
    allowance: int = 100_000 + 10 * 1_000
    """Requests a day: Enterprise, with ten licences."""
    ours: float = 0.5
    """An assumption: the part of the allowance that other programs leave."""
    long_requests: int = 25
    """How many may take 20 seconds or longer at the same time."""
    own_requests: int = 12
    """Measured: what a run needs beside its items; 7, where there are none."""
    rows_a_request: int = 2_000
    """That a query brings at once, as documented; fewer where records are large."""
    decision_requests: int = 8
    """Measured: what a run needs that takes up one decision alone."""
    decision_seconds: float = 1.1
    """Measured: how long such a run takes."""
    long_of_process: int = 4
    """What a run has under way in Salesforce at most: a read, a write, a look-up, a question."""

    # Slack's, as documented; the model's.
    channels: int = 1
    messages_a_second: float = 1.0
    tier: int = 1
    seconds_a_call: float = 2.0
    """An assumption."""
    dollars_in: float = 0.40
    dollars_out: float = 1.60
    """For a million tokens."""

    # How it is run.
    every: int = 5
    """Minutes from one scheduled run to the next."""
    processes: int = 1

    @property
    def requests(self) -> float:
        """To Salesforce, that the agent may make in a day."""
        return self.allowance * self.ours
