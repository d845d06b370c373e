"""One day, minute by minute: what comes in, what the runs and the people get done."""

import random
from collections import Counter, deque
from dataclasses import dataclass, field

from deploy.beyond.figures import CURVE, MINUTES, TIERS, Item, World
from deploy.beyond.resources import dollars, minutes_of_people, share_of_minute, still_new


@dataclass(frozen=True)
class Day:
    """How a day ended; times in minutes, `no_requests_from` of the day.

    `oldest`: the age of the oldest item that no run has finished; `days_of_people`: how many days'
    work people have before them. `replies`: messages that went under a common one.
    """

    items: int
    done: int
    runs: int
    oldest: int
    days_of_people: float
    replies: int
    requests: int
    no_requests_from: int | None
    paused_from: int | None


def arrivals(items: int, seed: int) -> list[int]:
    """How many come in each minute. With the same seed, more items are the same and more."""
    weights = [hour / 60 for hour in CURVE for _ in range(60)]
    drawn = Counter(random.Random(seed).choices(range(MINUTES), weights, k=items))  # noqa: S311 - to be the same again
    return [drawn[minute] for minute in range(MINUTES)]


def simulated(items: int, world: World, item: Item, seed: int) -> Day:
    """A day that begins with nothing left over, but what is still new of the days before."""
    course = _Course(world, item, still_new(world, item, items))
    for minute, came in enumerate(arrivals(items, seed)):
        course.pass_minute(minute, came)
    return course.ended(items)


@dataclass
class _Course:
    """`known`: records that each run reads and knows already."""

    world: World
    item: Item
    known: float
    waiting: deque[list[int]] = field(default_factory=deque)
    """When they came, and how many of them are left."""
    under_way: list[list[int]] = field(default_factory=list)
    until: float = 0.0
    runs: int = 0
    done: int = 0
    calls: float = 0.0
    requests: float = 0.0
    replies: float = 0.0
    left_to_people: float = 0.0
    no_requests_from: int | None = None
    paused_from: int | None = None

    def pass_minute(self, minute: int, came: int) -> None:
        if came:
            self.waiting.append([minute, came])
        if minute >= self.until:
            self._finish()
            if minute % self.world.every == 0 and self.paused_from is None:
                self._run(minute)
        if self.world.opens <= minute < self.world.closes:
            self._decide()

    def _run(self, minute: int) -> None:
        world, item = self.world, self.item
        read = self.known + sum(number for _, number in self.waiting)
        own = world.own_requests + read / world.rows_a_request
        if self.requests + own > world.requests:
            if self.no_requests_from is None:
                self.no_requests_from = minute
            return
        self.runs += 1
        self.requests += own
        taken = self._take(min(world.items_per_run, self._affordable()))
        if taken and self._too_dear(taken):
            self.paused_from = minute
        self.calls += taken * item.calls
        self.requests += taken * item.requests
        self.replies += max(0.0, taken * item.messages - world.messages_per_run)
        self.until = minute + read * item.read_again / 60 + taken * self._minutes_an_item()

    def _affordable(self) -> int:
        """How many items Salesforce and the model still let pass today."""
        world, item, a_day = self.world, self.item, TIERS[self.world.tier].requests_a_day
        by_requests = (world.requests - self.requests) / item.requests
        by_calls = (a_day - self.calls) / item.calls if a_day else by_requests
        return max(0, int(min(by_requests, by_calls)))

    def _too_dear(self, taken: int) -> bool:
        """Whether a run passes one of the page's limits with its last items."""
        world, item = self.world, self.item
        tokens, paid = taken * item.tokens, taken * dollars(world, item)
        return tokens > world.tokens_per_run or paid > world.dollars_per_run

    def _minutes_an_item(self) -> float:
        """By what is slowest: everything else goes on beside it."""
        world, item = self.world, self.item
        return max(
            item.messages / world.messages_a_second / world.channels / 60,
            item.calls * world.seconds_a_call / world.concurrency / world.processes / 60,
            item.processor / world.processes / 60,
            item.written / 60,
            share_of_minute(TIERS[world.tier], item),
        )

    def _take(self, most: int) -> int:
        """The oldest of those that wait, which are under way now."""
        left = most
        while left and self.waiting:
            came, number = self.waiting[0]
            some = min(left, number)
            self.under_way.append([came, some])
            self.waiting[0][1] -= some
            left -= some
            if some == number:
                self.waiting.popleft()
        return most - left

    def _finish(self) -> None:
        ended = sum(number for _, number in self.under_way)
        self.done += ended
        self.left_to_people += ended * minutes_of_people(self.world, self.item)
        self.under_way.clear()

    def _decide(self) -> None:
        """What people decide in a minute; each yes is carried out by a run of its own."""
        world, a_minute = self.world, self._of_people() / (self.world.closes - self.world.opens)
        worked = min(self.left_to_people, a_minute)
        self.left_to_people -= worked
        asked = worked / minutes_of_people(world, self.item) * self.item.asked
        self.requests = max(
            self.requests, min(world.requests, self.requests + asked * world.decision_requests)
        )

    def _of_people(self) -> float:
        return self.world.people * self.world.attention

    def ended(self, items: int) -> Day:
        if self.until <= MINUTES:
            self._finish()
        unfinished = [came for came, _ in (*self.under_way, *self.waiting)]
        return Day(
            items=items,
            done=self.done,
            runs=self.runs,
            oldest=MINUTES - min(unfinished, default=MINUTES),
            days_of_people=self.left_to_people / self._of_people(),
            replies=round(self.replies),
            requests=round(self.requests),
            no_requests_from=self.no_requests_from,
            paused_from=self.paused_from,
        )
