"""What wears out first: each resource's load beside its limit, and how much of it would do."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from deploy.beyond.figures import MINUTES, PEAK, TIERS, Item, Tier, World

SECONDS = 60
HOUR = 60 * SECONDS
FARTHEST = 10**9
"""Items a day beyond which nobody asks."""


@dataclass(frozen=True)
class Resource:
    """One thing that there is only so much of.

    `load`: of so many items a day, 1 being all that there is; `needs`: what there must be more of,
    `enough`: how much of it does; `then`: what happens beyond it; `buy`: what to do about it.
    """

    name: str
    load: Callable[[float], float]
    needs: str
    enough: Callable[[float], str]
    then: str
    buy: str

    def breaks_from(self) -> int | None:
        """The fewest items a day that are too many; None where nobody has so many."""
        low, high = 0, FARTHEST
        if self.load(high) <= 1:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.load(middle) > 1 else (middle, high)
        return high


def resources(world: World, item: Item) -> tuple[Resource, ...]:
    """All of them, as the agent's own come after people and other systems."""
    return (*_people(world, item), *_others(world, item), *_ours(world, item))


def minutes_of_people(world: World, item: Item) -> float:
    """What people need for one item."""
    return item.handed_over * world.minutes_handed_over + item.asked * world.minutes_asked


def dollars(world: World, item: Item) -> float:
    """What the model costs for one item."""
    return (item.tokens_in * world.dollars_in + item.tokens_out * world.dollars_out) / 1e6


def share_of_minute(tier: Tier, item: Item) -> float:
    """How much of what a tier lets happen in a minute one item takes."""
    return max(item.tokens / tier.tokens, item.calls / tier.requests)


def share_of_tier(tier: Tier, item: Item, items: float) -> float:
    """How much of a tier a day's items take, in its busiest hour or over the day."""
    a_day = items * item.calls / tier.requests_a_day if tier.requests_a_day else 0.0
    return max(a_day, items * PEAK / 60 * share_of_minute(tier, item))


def still_new(world: World, item: Item, items: float) -> float:
    """How many records each run reads again, on an ordinary day."""
    return items * (item.handed_over + item.asked) * world.days_new


def processes(world: World, item: Item, items: float) -> int:
    """How many the processors' work would take."""
    return max(world.processes, ceil(items * PEAK / HOUR * item.processor))


def _people(world: World, item: Item) -> tuple[Resource, ...]:
    minutes, working = minutes_of_people(world, item), (world.closes - world.opens) * SECONDS

    def people(items: float) -> float:
        return items * minutes / world.attention

    def decisions(items: float) -> float:
        return items * item.asked * world.decision_seconds / working

    return (
        Resource(
            "people's time",
            lambda items: people(items) / world.people,
            "people",
            lambda items: f"{ceil(people(items)):,}",
            "They are reminded, then the owner is told; claims fall back to the team; what was"
            " asked expires, and stays undone. Hand-overs wait.",
            "`alone: yes` for what is always approved; fewer false alarms; then more people.",
        ),
        Resource(
            "decisions taken up",
            decisions,
            "decisions at once",
            lambda items: f"{ceil(decisions(items)):,}",
            "Each decision is carried out by a run of its own, one after another; what waits too"
            " long is left to the next scheduled run.",
            "`alone: yes` again.",
        ),
    )


def _others(world: World, item: Item) -> tuple[Resource, ...]:
    an_item = item.requests + item.asked * world.decision_requests

    def requests(items: float) -> float:
        a_run = world.own_requests + still_new(world, item, items) / world.rows_a_request
        return a_run * MINUTES / world.every + items * an_item

    def messages(items: float) -> float:
        return items * PEAK / HOUR * item.messages / world.messages_a_second

    def tier(items: float) -> str:
        fit = (number for number, one in TIERS.items() if share_of_tier(one, item, items) <= 1)
        return str(next(fit, "by contract"))

    return (
        Resource(
            "Salesforce requests",
            lambda items: requests(items) / world.requests,
            "Salesforce requests a day",
            lambda items: f"{requests(items):,.0f}",
            "Salesforce refuses everybody. A run that can't read ends; writes that are refused"
            " pass `failures_per_run`, so the agent pauses itself, until somebody resumes it.",
            "`alone: yes`, for a decision takes eight requests and an item a fifteenth of one; then"
            " more of them, with licences or as an add-on.",
        ),
        Resource(
            "Slack messages",
            lambda items: messages(items) / world.channels,
            "Slack channels",
            lambda items: f"{ceil(messages(items)):,}",
            "Slack has each message wait, so a run takes longer. Beyond `messages_per_run` they"
            " go under one message: fewer to read, but as many to post.",
            "A team and a channel for each part of the work.",
        ),
        Resource(
            "the model's tier",
            lambda items: share_of_tier(TIERS[world.tier], item, items),
            "the model's tier",
            tier,
            "Questions wait as long as the model says, up to a minute; after five times the run"
            " ends, and its items stay for the next.",
            "The next tier comes with what is paid; a model of your own has no such limit.",
        ),
    )


def _ours(world: World, item: Item) -> tuple[Resource, ...]:
    def run(items: float) -> float:
        return items * PEAK / 60 * world.every

    def again(items: float) -> float:
        return still_new(world, item, items) * item.read_again / SECONDS

    def questions(items: float) -> float:
        return items * PEAK / HOUR * item.calls * world.seconds_a_call

    def processor(items: float) -> float:
        return items * PEAK / HOUR * item.processor

    def long(items: float) -> float:
        return world.long_of_process * processes(world, item, items)

    def ledger(items: float) -> float:
        return items * PEAK / HOUR * item.written

    return (
        Resource(
            "items a run",
            lambda items: run(items) / world.items_per_run,
            "items_per_run",
            lambda items: f"{ceil(run(items)):,}",
            "`items_per_run` defers the rest to the next run, oldest first.",
            "A higher `items_per_run`, and a `tokens_per_run` that lets it: beyond that the agent"
            " pauses itself.",
        ),
        Resource(
            "read again",
            lambda items: again(items) / world.every,
            "minutes between runs",
            lambda items: f"{ceil(again(items)):,}",
            "Each run reads all that is still new before it begins, so it begins later.",
            "People who move what they have taken; a shorter `look_back`; runs less often.",
        ),
        Resource(
            "questions at once",
            lambda items: questions(items) / (world.concurrency * world.processes),
            "concurrency",
            lambda items: f"{ceil(questions(items)):,}",
            "`concurrency` holds the others back, so a run takes longer.",
            "A higher `concurrency`: threads that wait cost next to nothing.",
        ),
        Resource(
            "processor",
            lambda items: processor(items) / world.processes,
            "processes",
            lambda items: f"{ceil(processor(items)):,}",
            "A run takes longer; what comes meanwhile is the next one's.",
            "A faster core, or several processes that share a run's items.",
        ),
        Resource(
            "the ledger's writer",
            ledger,
            "ledgers",
            lambda items: f"{ceil(ledger(items)):,}",
            "Runs wait for it: nothing is done that isn't on record.",
            "A faster disk under PostgreSQL.",
        ),
        Resource(
            "long requests",
            lambda items: long(items) / world.long_requests,
            "long requests at once",
            lambda items: f"{long(items):,.0f}",
            "Salesforce refuses further ones, and they are tried again.",
            "Fewer automations on the objects that are written.",
        ),
    )
