"""What a run asks people for, and whether what they said yes to may still be done."""

import secrets
import time
from collections.abc import Callable, Sequence
from functools import partial

from triage_agent.authority.approvals import Wanted, void
from triage_agent.connectors.salesforce.writing import COLLECTION
from triage_agent.decision.actions import Action, CreateRecord, UpdateRecord
from triage_agent.decision.asking import Asking
from triage_agent.decision.story import Story
from triage_agent.effects.ask import ASK, ask
from triage_agent.effects.deliver import Effect, Entry, Mark
from triage_agent.jobs.lanes import Lane
from triage_agent.jobs.parts import Parts
from triage_agent.jobs.steps import Work
from triage_agent.ledger.store import AGENT

NONCE = 16
"""Bytes that no other request for somebody's word has."""


class Questions:
    """One run's requests for somebody's word, which are made many at a time."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.lane: Lane[Asking] = Lane(COLLECTION, time.monotonic)

    def add(self, work: Work, story: Story, action: Action) -> None:
        """Has something asked; where it was before, with the reason why that didn't do."""
        assert isinstance(action, UpdateRecord | CreateRecord)
        last, nonce = story.question(action.name), secrets.token_hex(NONCE)
        number = last.asked.number + 1 if last else 1
        again = last.again if last else None
        self.lane.add(Asking(work.item, work.judged, action, number, again, nonce))

    def leave(self) -> tuple[Callable[[], list[Entry]], list[tuple[str, str]]]:
        """The work that asks what waits, and the steps of items that are over with it."""
        some, parts = self.lane.take(), self._parts
        work = partial(ask, parts.writer, parts.rules.page, some, parts.clock())
        return work, [(one.item.id, f"{ASK}{one.action.name}") for one in some]

    def voided(self, effects: Sequence[Effect]) -> dict[Mark, Entry]:
        """Which of these somebody's yes doesn't let be done any more, and what tells why."""
        approved = (effect for effect in effects if effect.approval)
        return {
            effect.mark: effect.mark.voided(effect.approval.digest, why)
            for effect in approved
            if effect.approval and (why := self._void(effect))
        }

    def _void(self, effect: Effect) -> str | None:
        parts, item = self._parts, effect.mark.stream
        story = parts.ledger.story(item)
        question, paused = story.question(effect.mark.name), parts.ledger.last(AGENT, "Paused")
        if question is None or question.approval != effect.approval:
            return "something else was asked since"
        if paused and question.approved and paused.at > question.approved[1]:
            return "the agent has been paused since"
        is_stopped = bool(story.judged().stops)
        wanted = Wanted(question, story.item(item, parts.rules.page), is_stopped)
        return void(wanted, parts.rules.model, parts.clock())
