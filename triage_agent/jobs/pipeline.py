"""Moves many items at once, each by its own `next_step`, through one thread pool.

Only the thread that calls `run` touches the ledger. It commits what the workers bring in groups,
asks each item for its next step, and hands that out: a question to the model, a place in a lane
of writes, a look-up. Nothing waits for a whole batch.
"""

import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import PurePath

import structlog

from triage_agent.connectors.salesforce.writing import COLLECTION
from triage_agent.decision.actions import Action
from triage_agent.decision.events import Event, Failed
from triage_agent.decision.progress import (
    Assess,
    Deliver,
    Draft,
    GiveUp,
    LookUp,
    Nothing,
    Story,
    step_of,
)
from triage_agent.effects.deliver import (
    Effect,
    Entry,
    Mark,
    Messages,
    Overflow,
    deliver_creates,
    deliver_posts,
    deliver_updates,
)
from triage_agent.effects.look_up import SLACK_SETTLES, Interrupted, look_up
from triage_agent.errors import ConnectorError, TriageError
from triage_agent.jobs.lanes import Lane
from triage_agent.jobs.parts import Parts
from triage_agent.jobs.steps import Steps, Work
from triage_agent.operating_model.schema import PostAction

log = structlog.get_logger()
POSTS_AT_ONCE = 20
Batches = Iterator[list[Entry]]
"""New items as they are read: a batch at a time, the events that begin them. None is empty."""


class Pipeline:
    """One run's work; `ended` is told of each item when nothing more is to be done with it."""

    def __init__(
        self,
        parts: Parts,
        run: str,
        ended: Callable[[str, Story], None],
    ) -> None:
        self._parts, self._run, self._ended = parts, run, ended
        self._page = parts.rules.page
        self._steps = Steps(parts)
        self._asking: deque[tuple[str, Callable[[], list[Entry]]]] = deque()
        self._asked = 0
        self._lanes: dict[str, Lane] = {}
        self._messages: dict[str, Messages] = {}
        self._flying: dict[Future[list[Entry]], Callable[[], Iterable[str]]] = {}
        self._reading: Future[list[Entry]] | None = None
        self._exhausted = False
        self._broken: BaseException | None = None
        self._lost: list[str] = []
        self._looking = False
        self._busy: Counter[str] = Counter()
        self._tried: dict[str, set[str]] = {}

    def run(self, unfinished: Iterable[str], fresh: Batches) -> None:
        """Works until every item has ended or can't go on in this run."""
        limits = self._page.limits
        self._fresh = fresh
        with ThreadPoolExecutor(limits.concurrency + len(self._page.may) + 2) as self._pool:
            for item in unfinished:
                self._route(item)
            self._read_on()
            while self._reading or self._flying or self._has_work():
                if not self._broken:
                    self._launch()
                self._settle()
        if self._broken:
            raise self._broken

    def _has_work(self) -> bool:
        waiting = any(
            lane.due_in(nothing_follows=True) is not None for lane in self._lanes.values()
        )
        return not self._broken and bool(self._asking or self._lost or waiting)

    def _launch(self) -> None:
        """Starts all that can start now."""
        if self._lost and not self._looking:
            self._look_up()
        while self._asking and self._asked < self._page.limits.concurrency:
            item, question = self._asking.popleft()
            self._asked += 1
            self._fly(question, partial(self._answered, item))
        if len(self._asking) < self._page.limits.concurrency:
            self._read_on()
        for name, lane in self._lanes.items():
            if lane.due_in(nothing_follows=self._upstream_is_dry()) == 0.0:
                self._depart(name, lane)

    def _upstream_is_dry(self) -> bool:
        return not (self._reading or self._asking or self._asked or self._lost or self._looking)

    def _read_on(self) -> None:
        if self._reading is None and not self._exhausted:
            self._reading = self._pool.submit(lambda: next(self._fresh, []))

    def _fly(self, work: Callable[[], list[Entry]], landed: Callable[[], Iterable[str]]) -> None:
        self._flying[self._pool.submit(work)] = landed

    def _answered(self, item: str) -> list[str]:
        self._asked -= 1
        return [item]

    def _settle(self) -> None:
        """Waits for something to finish, commits all that has, and routes its items."""
        pauses = [lane.due_in(nothing_follows=False) for lane in self._lanes.values()]
        patience = min((pause for pause in pauses if pause is not None), default=None)
        pending = {*self._flying, *([self._reading] if self._reading else [])}
        done, _ = wait(pending, timeout=patience, return_when=FIRST_COMPLETED)
        entries: list[Entry] = []
        items: list[str] = []
        if self._reading in done:
            entries += self._read()
            items += [stream for stream, event in entries if event.kind == "Received"]
            self._busy.update(items)
        for future in [future for future in self._flying if future in done]:
            landed = self._flying.pop(future)
            entries += self._result(future)
            items += landed()
        entries += [(self._run, called) for called in self._parts.calls.drain()]
        self._commit(entries)
        for item in items:
            self._busy[item] -= 1
            self._route(item)

    def _result(self, future: Future[list[Entry]]) -> list[Entry]:
        """What a worker brings. An error ends the run, after what is on its way has landed."""
        if error := future.exception():
            self._broken = self._broken or error
            return []
        return future.result()

    def _read(self) -> list[Entry]:
        assert self._reading
        future, self._reading = self._reading, None
        batch = self._result(future)
        self._exhausted = not batch
        return batch

    def _commit(self, entries: list[Entry]) -> None:
        self._parts.ledger.append(self._run, self._parts.clock(), entries)

    def _route(self, item: str) -> None:
        """Hands out an item's next step; a step that was tried in this run waits for another."""
        story = self._parts.ledger.story(item)
        match step_of(story):
            case Assess() if self._first(item, "assess"):
                self._ask(item, "assess", self._steps.assess(self._work(item, story)))
            case Draft(name) if self._first(item, name):
                self._ask(item, name, self._steps.draft(self._work(item, story), name))
            case Deliver(actions):
                for action in actions:
                    if self._first(item, action.name):
                        self._board(item, action)
            case LookUp() if not self._busy[item] and self._first(item, "look up"):
                self._busy[item] += 1
                self._lost.append(item)
            case GiveUp(reason) if self._first(item, "give up"):
                times = len(story.failures)
                step = self._steps.give_up(self._work(item, story), reason, times)
                self._commit(_taken(item, "give up", step))
                self._route(item)
                return
            case Nothing():
                pass
        if not self._busy[item]:
            self._end(item, story)

    def _end(self, item: str, story: Story) -> None:
        del self._busy[item]
        self._tried.pop(item, None)
        self._ended(item, story)
        self._parts.ledger.forget(item)

    def _work(self, item: str, story: Story) -> Work:
        return Work(story.item(item, self._page), story.judged())

    def _first(self, item: str, step: str) -> bool:
        tried = self._tried.setdefault(item, set())
        if step in tried:
            return False
        tried.add(step)
        return True

    def _ask(self, item: str, name: str, step: Iterator[Event]) -> None:
        self._busy[item] += 1
        self._asking.append((item, partial(_taken, item, name, step)))

    def _board(self, item: str, action: Action) -> None:
        self._busy[item] += 1
        if action.name not in self._lanes:
            capacity = POSTS_AT_ONCE if action.kind == "post" else COLLECTION
            self._lanes[action.name] = Lane(capacity, time.monotonic)
        self._lanes[action.name].add(Effect.of(item, action))

    def _depart(self, name: str, lane: Lane) -> None:
        """`Intended` is durable before the batch leaves."""
        batch = lane.take()
        overflow = self._overflow(name, len(batch))
        marks = [effect.mark for effect in batch] + ([overflow.mark] if overflow else [])
        self._commit([mark.intended() for mark in marks])
        match batch[0].action.kind:
            case "update":
                work = partial(deliver_updates, self._parts.writer, batch)
            case "create":
                work = partial(deliver_creates, self._parts.writer, batch)
            case _:
                messages = self._messages_of(name)
                work = partial(
                    deliver_posts, self._parts.slack, self._page, messages, batch, overflow
                )

        def landed() -> list[str]:
            lane.flying = False
            return [effect.mark.stream for effect in batch]

        self._fly(work, landed)

    def _messages_of(self, action: str) -> Messages:
        limit = self._page.limits.messages_per_run
        return self._messages.setdefault(action, Messages(limit))

    def _overflow(self, action: str, waiting: int) -> Overflow | None:
        rule = self._page.may[action]
        if not isinstance(rule, PostAction):
            return None
        messages = self._messages_of(action)
        if messages.thread or messages.split(waiting) == waiting:
            return None
        return Overflow(Mark(self._run, f"{action}.thread", "slack"), rule.post_to)

    def _look_up(self) -> None:
        """One look-up for all items that wait for one, when what they sent would show."""
        items, self._lost = self._lost, []
        parts, self._looking = self._parts, True
        stories = {item: parts.ledger.story(item) for item in items}
        interrupted = [
            Interrupted(Effect.of(item, story.actions[name]), at)
            for item, story in stories.items()
            for name, (_, at) in story.open.items()
        ]
        sent = [one.at for one in interrupted if one.effect.mark.system == "slack"]
        shows = max(sent, default=parts.clock() - SLACK_SETTLES) + SLACK_SETTLES

        def work() -> list[Entry]:
            parts.sleep(max(0.0, (shows - parts.clock()).total_seconds()))
            try:
                return look_up(parts.writer, parts.slack, self._page, interrupted)
            except ConnectorError as exc:
                log.warning("look-up put off", reason=str(exc), items=len(items))
                return []  # they stay open, and are looked up in the next run

        def landed() -> list[str]:
            self._looking = False
            for one in interrupted:  # what isn't there may be done once more in this run
                self._tried[one.effect.mark.stream].discard(one.effect.mark.name)
            return items

        self._fly(work, landed)


def _taken(item: str, name: str, step: Iterator[Event]) -> list[Entry]:
    """One step of one item. What no one foresaw fails this item, and none of the others.

    Of a step that broke only what was paid for is kept, so that it can be taken again.
    """
    entries: list[Entry] = []
    try:
        entries.extend((item, event) for event in step)
    except TriageError:
        raise
    except Exception as exc:  # noqa: BLE001 - it is on the ledger as Failed
        code = type(exc).__name__
        log.error("a step broke", item=item, step=name, error=code, at=_places(exc))  # noqa: TRY400 - no traceback
        entries = [entry for entry in entries if entry[1].kind == "ModelCalled"]
        reason = "unexpected; the log says where"
        entries.append((item, Failed(action=name, code=code, reason=reason)))
    return entries


def _places(exc: Exception) -> list[str]:
    """Where an error came from. Its text and the variables there may hold people's data."""
    frames = traceback.extract_tb(exc.__traceback__)
    return [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
