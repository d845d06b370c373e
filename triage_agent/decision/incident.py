"""What there is to tell of a rollback. Nothing here holds what a field held."""

from datetime import datetime

from triage_agent.decision.output import clock, spaced
from triage_agent.decision.questions import ASK
from triage_agent.decision.values import Value


class Concerned(Value):
    """A run that did some of it, and the page that it went by, where its stream says that."""

    run: str
    page_version: int | None
    page_sha256: str | None


class Undone(Value):
    """How often what an action did is undone; `found` of these were so already."""

    action: str
    times: int
    found: int


class Left(Value):
    """What an action did for an item, or some fields of it, as people have to look at it.

    `reference`: the record that it changed, or a message's channel and time. `record_id`: the
    item's record.
    """

    reference: str
    record_id: str
    item: str
    action: str
    fields: tuple[str, ...]
    reason: str


class Check(Value):
    """A question to be answered before the agent goes on; None while nobody has."""

    question: str
    answer: str | None = None


class Incident(Value):
    """A rollback as its stream and its items tell it; moments are by the page's clock.

    `concerned`: how many items it was begun for, `items` those that it has come to, `requeued` how
    many of these are taken up afresh. `failed`: what could not be undone. `finished_at` and
    `resumed_at` are None until then.
    """

    name: str
    by: str
    at: datetime
    selection: str
    reason: str
    found: str
    concerned: int
    requeued: int
    runs: tuple[Concerned, ...]
    records: tuple[str, ...]
    items: tuple[str, ...]
    undone: tuple[Undone, ...]
    left: tuple[Left, ...]
    failed: tuple[Left, ...]
    finished_at: datetime | None
    before_resuming: tuple[Check, ...]
    resumed_by: str | None
    resumed_at: datetime | None

    @property
    def for_people(self) -> tuple[Left, ...]:
        """All that is left for them, what could not be undone first."""
        failed = (
            one.model_copy(update={"reason": f"could not be undone: {one.reason}"})
            for one in self.failed
        )
        return (*failed, *self.left)

    @property
    def command(self) -> str:
        """What prints all of it."""
        return f"triage-agent incident {self.name}"


def who(incident: Incident) -> str:
    """Who has what undone since when, and how far that has come."""
    begun = f"{incident.by} had it undone, {clock(incident.at)}: {incident.selection}."
    if incident.finished_at:
        return f"{begun} Finished {clock(incident.finished_at)}."
    return f"{begun} This has not finished: it has come to {_of_items(incident)}."


def _of_items(incident: Incident) -> str:
    return f"{len(incident.items):,} of {counted(incident.concerned, 'item')}"


def affected(incident: Incident) -> str:
    """How much it is about."""
    items, records = len(incident.items), len(incident.records)
    return f"{counted(items, 'item')} of {counted(records, 'record')}"


def by_page(one: Concerned) -> str:
    """A run with its page."""
    if one.page_version is None:
        return one.run
    return f"{one.run}, by page version {one.page_version} ({(one.page_sha256 or '')[:12]})"


def times(one: Undone) -> str:
    """How often what an action did is undone."""
    already = f", {one.found:,} of them already so" if one.found else ""
    return f"{deed(one.action)}: {one.times:,}{already}"


def deed(action: str) -> str:
    """An action's name in words; that of a request for somebody's word says what it is about."""
    about, asks, _ = action.partition(ASK)
    return f"request about {spaced(about)}" if asks else spaced(action)


def changed(one: Left) -> str:
    """What is left of it: the fields, and of what where that isn't the item's record."""
    fields = ", ".join(map(spaced, one.fields))
    if fields and one.reference != one.record_id:
        return f"{fields} of {one.reference}"
    return fields or one.reference


def resumed(incident: Incident) -> str:
    """Who let the agent go on, or that nobody has, and how much it takes up afresh."""
    afresh = ""
    if incident.requeued:
        afresh = f" Taken up afresh: {counted(incident.requeued, 'item')}."
    if incident.resumed_at is None:
        return f"Nobody has let the agent go on since.{afresh}"
    return f"{incident.resumed_by} let the agent go on, {clock(incident.resumed_at)}.{afresh}"


def counted(number: int, noun: str) -> str:
    """`1 item`, `3 items`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
