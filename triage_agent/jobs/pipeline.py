"""Moves many items at once, each by its own `next_step`, through one thread pool.

Only the thread that calls `run` touches the ledger. It commits what the workers bring in groups,
asks each item for its next step, and hands that out: a question to the model, a place in a lane
of writes, a look-up. Nothing waits for a whole batch.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any

import structlog

from triage_agent.authority.limits import Breaker
from triage_agent.connectors.salesforce.writing import COLLECTION
from triage_agent.decision.actions import Action, Message
from triage_agent.decision.events import Done, Drafted, Held, ModelCalled
from triage_agent.decision.progress import (
    Ask,
    Assess,
    Deliver,
    Draft,
    GiveUp,
    LookUp,
    Nothing,
    Show,
    step_of,
)
from triage_agent.decision.run_events import System
from triage_agent.decision.story import Story
from triage_agent.effects.ask import ASK
from triage_agent.effects.deliver import (
    SLACK_SETTLES,
    THREAD,
    Effect,
    Entry,
    Mark,
    Messages,
    Overflow,
    Posting,
    deliver_posts,
    deliver_records,
)
from triage_agent.effects.look_up import Interrupted, look_up
from triage_agent.effects.show import show
from triage_agent.errors import ConnectorError, NotCleared, Paused, StreamMoved
from triage_agent.jobs.lanes import Lane, available
from triage_agent.jobs.parts import Parts
from triage_agent.jobs.questions import Questions
from triage_agent.jobs.steps import Steps, Work, taken
from triage_agent.operating_model.schema import Limits

log = structlog.get_logger()
POSTS_AT_ONCE = 20
RECORDS = "(records)"
"""The lane of all that is written as records; each team that is told something has its own."""
NONCE = 16
"""Bytes that no other request for somebody's word has."""
READ_AHEAD = 4
"""How many times over the model's places are filled by questions that wait: reading takes time."""
READ, LOOK_UP, SHOW = "read", "look up", "show"
PLACES_AGAIN = 1.0
"""Seconds after which a question asks again for a place: workers elsewhere may have left some."""
TRIES = 5
"""How often one run takes the same step of an item at most."""
Step = tuple[str, str]
"""An item, and what of it was under way."""

Landing = Callable[[list[Entry]], Iterable[Step]]
"""Told what a piece of work brought, once it is over; says whose steps it was."""

Batches = Iterator[list[Entry]]
"""New items as they are read: a batch at a time, the events that begin them. None is empty."""


class Pipeline:
    """One run's work; `ended` is told of each item when nothing more is to be done with it."""

    def __init__(
        self,
        parts: Parts,
        run: str,
        ended: Callable[[str, Story], None],
        limits: Limits | None = None,
    ) -> None:
        """`limits`: this run's part of the page's, where it has only a part."""
        self._parts, self._run, self._ended = parts, run, ended
        self._page = parts.rules.page
        self._limits = limits or self._page.limits
        self._steps = Steps(parts)
        self._asking: deque[tuple[str, str, Callable[[], list[Entry]]]] = deque()
        self._asked = 0
        self._lanes: dict[str, Lane[Effect]] = {}
        self._questions = Questions(parts)
        self._messages: dict[str, Messages] = {}
        self._flying: dict[Future[list[Entry]], Landing] = {}
        self._landed: SimpleQueue[Future[list[Entry]]] = SimpleQueue()
        self._reading = False
        self._exhausted = False
        self._broken: BaseException | None = None
        self._lost: defaultdict[System, list[str]] = defaultdict(list)
        self._looking: set[System] = set()
        self._under_way: defaultdict[str, set[str]] = defaultdict(set)
        self._breaker = Breaker(self._limits)
        self._tried: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._done = Counter[str]()

    def run(self, unfinished: Iterable[str], fresh: Batches) -> Counter[str]:
        """Works until every item has ended or can't go on in this run; how often what was done."""
        self._fresh = fresh
        with ThreadPoolExecutor(self._limits.concurrency + len(self._page.may) + 2) as self._pool:
            self._fly(self._connect, lambda _entries: [])
            for item in unfinished:
                self._route(item)
            self._read_on()
            while self._flying or self._has_work():
                if not self._broken:
                    self._launch()
                self._settle()
        if self._broken:
            raise self._broken
        return self._done

    def _has_work(self) -> bool:
        waiting = any(lane.due_in(nothing_follows=True) is not None for lane in self._all_lanes())
        return not self._broken and bool(self._asking or self._waits_for_look_up() or waiting)

    def _all_lanes(self) -> tuple[Lane[Any], ...]:
        return *self._lanes.values(), self._questions.lane

    def _launch(self) -> None:
        """Starts all that can start now."""
        for system in [system for system in self._lost if system not in self._looking]:
            self._look_up(system, self._lost.pop(system))
        while self._asking and self._asked < self._parts.places():
            item, step, question = self._asking.popleft()
            self._asked += 1
            self._fly(question, partial(self._answered, item, step))
        if len(self._asking) < READ_AHEAD * self._limits.concurrency:
            self._read_on()
        for name, lane in self._lanes.items():
            if lane.due_in(nothing_follows=self._upstream_is_dry()) == 0.0:
                self._depart(name, lane)
        if self._questions.lane.due_in(nothing_follows=self._upstream_is_dry()) == 0.0:
            self._put_questions()

    def _upstream_is_dry(self) -> bool:
        under_way = self._reading or self._asking or self._asked
        return not (under_way or self._waits_for_look_up() or self._looking)

    def _waits_for_look_up(self) -> bool:
        return any(self._lost.values())

    def _connect(self) -> list[Entry]:
        """The model's client takes long to load; the first records are read meanwhile."""
        self._parts.asker.connect()
        return []

    def _read_on(self) -> None:
        if not self._reading and not self._exhausted:
            self._reading = True
            self._fly(lambda: next(self._fresh, []), self._read)

    def _read(self, entries: list[Entry]) -> list[Step]:
        self._reading, self._exhausted = False, not entries
        return [(stream, READ) for stream, event in entries if event.kind == "Received"]

    def _answered(self, item: str, step: str, _entries: list[Entry]) -> list[Step]:
        self._asked -= 1
        return [(item, step)]

    def _fly(self, work: Callable[[], list[Entry]], landing: Landing) -> None:
        future = self._pool.submit(work)
        self._flying[future] = landing
        future.add_done_callback(self._landed.put)

    def _settle(self) -> None:
        """Waits for something to finish, commits all that has, and routes its items."""
        pauses = [lane.due_in(nothing_follows=False) for lane in self._all_lanes()]
        pauses += [PLACES_AGAIN] if self._asking else []
        patience = min((pause for pause in pauses if pause is not None), default=None)
        entries: list[Entry] = []
        steps: list[Step] = []
        for future in available(self._landed, patience):
            brought = self._result(future)
            entries += brought
            steps += self._flying.pop(future)(brought)
        entries += [(self._run, called) for called in self._parts.calls.drain()]
        self._commit(entries)
        self._over(steps)

    def _over(self, steps: Sequence[Step]) -> None:
        """These are under way no more; what comes next for their items?"""
        for item, step in steps:
            self._under_way[item].discard(step)
            self._route(item)

    def _result(self, future: Future[list[Entry]]) -> list[Entry]:
        """What a worker brings. An error ends the run, after what is on its way has landed."""
        if error := future.exception():
            self._broken = self._broken or error
            return []
        return future.result()

    def _append(self, entries: list[Entry]) -> None:
        """`StreamMoved` where somebody has decided about one of these items since it was read."""
        self._parts.ledger.append(self._run, self._parts.clock(), entries)

    def _commit(self, entries: list[Entry]) -> None:
        """Makes durable what has happened; beyond one of the page's limits the agent pauses."""
        self._parts.ledger.keep(self._run, self._parts.clock(), entries)
        for _, event in entries:
            self._breaker.count(event)
            if isinstance(event, Done | Drafted):
                self._done[event.action] += 1
            if isinstance(event, ModelCalled) and event.call.outcome == "other_model":
                other = f"{event.call.answered_by} answered, which hasn't passed the evaluation"
                self._broken = self._broken or NotCleared(other)
        if not self._broken and (reason := self._breaker.tripped):
            self._parts.pause(reason)
            self._broken = Paused(f"the agent has paused itself: {reason}")

    def _route(self, item: str) -> None:
        """Hands out an item's next step; one that was tried in vain waits for another run."""
        story, under_way = self._parts.ledger.story(item), self._under_way[item]
        match step_of(story):
            case Assess() | Draft() as question:
                self._question(item, story, question)
            case Deliver(actions):
                self._deliver(item, story, actions)
            case Ask(actions):
                if judged := self._wonder(item, story, actions):
                    self._commit(judged)
                    return self._route(item)
            case Show() if self._may_try(item, story, SHOW):
                under_way.add(SHOW)
                work = partial(show, self._parts.slack, self._page, item, story)
                self._fly(work, lambda _entries: [(item, SHOW)])
            case LookUp(keys) if not under_way and self._may_try(item, story, LOOK_UP):
                under_way.add(LOOK_UP)
                slow = any(intended.system == "slack" for intended in keys)
                self._lost["slack" if slow else "salesforce"].append(item)
            case GiveUp(reason) if self._may_try(item, story, "give up"):
                times = len(story.failures)
                step = self._steps.give_up(self._work(item, story), reason, times)
                self._commit(taken(item, "give up", step))
                return self._route(item)
            case Nothing():
                pass
        if not under_way:
            self._end(item, story)
        return None

    def _question(self, item: str, story: Story, question: Assess | Draft) -> None:
        name = question.action if isinstance(question, Draft) else "assess"
        if self._may_try(item, story, name):
            work, steps = self._work(item, story), self._steps
            is_draft = isinstance(question, Draft)
            step = steps.draft(work, name) if is_draft else steps.assess(work)
            self._under_way[item].add(name)
            self._asking.append((item, name, partial(taken, item, name, step)))

    def _deliver(self, item: str, story: Story, actions: Sequence[Action]) -> None:
        for action in actions:
            if self._may_try(item, story, action.name):
                self._board(item, story, action)

    def _wonder(self, item: str, story: Story, actions: Sequence[Action]) -> list[Entry]:
        """Boards what is to be asked; the new verdicts on what needs nobody's word any more."""
        work, judged = self._work(item, story), list[Entry]()
        for action in actions:
            step, verdict = f"{ASK}{action.name}", self._steps.verdict(work, action)
            if not isinstance(verdict, Held):
                judged.append((item, verdict))
            elif self._may_try(item, story, step):
                self._under_way[item].add(step)
                self._questions.add(work, story, action)
        return judged

    def _put_questions(self) -> None:
        work, steps = self._questions.leave()

        def landing(_entries: list[Entry]) -> list[Step]:
            self._questions.lane.flying = False
            return steps

        self._fly(work, landing)

    def _may_try(self, item: str, story: Story, step: str) -> bool:
        """Once in a run; then only after what passes, and within bounds."""
        if step in self._under_way[item]:
            return False
        tried = self._tried[item]
        if tried[step] and (tried[step] >= TRIES or not story.may_pass(step)):
            return False
        tried[step] += 1
        return True

    def _end(self, item: str, story: Story) -> None:
        del self._under_way[item]
        self._tried.pop(item, None)
        self._ended(item, story)
        self._parts.ledger.forget(item)

    def _work(self, item: str, story: Story) -> Work:
        return Work(story.item(item, self._page), story.judged(), story.paid)

    def _board(self, item: str, story: Story, action: Action) -> None:
        self._under_way[item].add(action.name)
        name = action.team if isinstance(action, Message) else RECORDS
        if name not in self._lanes:
            most = COLLECTION if name == RECORDS else POSTS_AT_ONCE
            self._lanes[name] = Lane(most, time.monotonic)
        self._lanes[name].add(_effect(item, story, action))

    def _depart(self, name: str, lane: Lane[Effect]) -> None:
        """`Intended` is durable before the batch leaves, and uses up what was approved."""
        taken = lane.take()
        voided = self._questions.voided(taken)
        self._commit([*voided.values()])
        batch = [effect for effect in taken if effect.mark not in voided]
        overflow = self._overflow(name, len(batch))
        head = [overflow.mark.intended()] if overflow else []
        try:
            self._append([*(effect.intended() for effect in batch), *head])
        except StreamMoved:  # somebody has decided meanwhile: it is asked anew what comes next
            batch = []
        if name == RECORDS:
            work = partial(deliver_records, self._parts.writer, self._page, batch)
        else:
            posting = Posting(self._parts.slack, self._page, self._parts.sleep)
            work = partial(deliver_posts, posting, self._messages_of(name), batch, overflow)

        def landing(_entries: list[Entry]) -> list[Step]:
            lane.flying = False
            return [(effect.mark.stream, effect.mark.name) for effect in taken]

        self._fly(work if batch else list, landing)

    def _messages_of(self, team: str) -> Messages:
        limit = self._limits.messages_per_run
        return self._messages.setdefault(team, Messages(limit))

    def _overflow(self, team: str, waiting: int) -> Overflow | None:
        if team == RECORDS:
            return None
        messages = self._messages_of(team)
        if messages.thread or messages.unsure or messages.split(waiting) == waiting:
            return None
        mark = Mark(self._run, f"{team}{THREAD}", "slack")
        return Overflow(mark, team, self._parts.clock())

    def _look_up(self, system: System, items: Sequence[str]) -> None:
        """One look-up for all items that wait for one, once what they sent would show."""
        parts = self._parts
        self._looking.add(system)
        stories = {item: parts.ledger.story(item) for item in items}
        interrupted = [
            Interrupted(_effect(item, story, story.actions[name]), at)
            for item, story in stories.items()
            for name, (_, at) in story.open.items()
        ]

        def work() -> list[Entry]:
            if system == "slack":  # it may have left just now, long after it was intended
                parts.sleep(SLACK_SETTLES.total_seconds())
            return look_up(parts.writer, parts.slack, self._page, interrupted)

        def landing(_entries: list[Entry]) -> list[Step]:
            self._looking.discard(system)
            return [(item, LOOK_UP) for item in items]

        untold = [
            effect.mark
            for effect in (one.effect for one in interrupted)
            if stories[effect.mark.stream].states[effect.mark.name] != "unclear"
        ]
        self._fly(partial(self._patient_look_up, work, items, untold), landing)

    def _patient_look_up(
        self, work: Callable[[], list[Entry]], items: Sequence[str], untold: Sequence[Mark]
    ) -> list[Entry]:
        """What can't be looked up now is unclear, and is looked up again in the next run."""
        try:
            return work()
        except ConnectorError as exc:
            log.warning("look-up put off", reason=str(exc), items=len(items))
            for item in items:
                self._tried[item][LOOK_UP] = TRIES
            return [mark.unclear(str(exc)) for mark in untold]


def _effect(item: str, story: Story, action: Action) -> Effect:
    assert story.record
    return Effect.of(item, action, story.record, story.asked(action.name), story.held)
