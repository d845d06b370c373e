"""Batches: items that one run hands out, and that whichever worker comes first works off.

A batch is a run of its own, under its own name. Who works one off holds its lock, and writes
through the very session that holds it: so a worker that was taken for dead can't write any more,
or is waited for. What was done before is on the ledger, and isn't done again.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from triage_agent.authority.limits import part
from triage_agent.chunks import chunks
from triage_agent.decision.batch_events import GivenUp, HandedOut
from triage_agent.decision.events import Failed
from triage_agent.effects.deliver import Entry
from triage_agent.effects.look_up import look_up_threads
from triage_agent.errors import LedgerFailed, RunRefused
from triage_agent.jobs import bookkeeping
from triage_agent.jobs.parts import Parts
from triage_agent.jobs.pipeline import Pipeline
from triage_agent.jobs.report import RunReport
from triage_agent.jobs.running import Running, broke
from triage_agent.jobs.traces import traced
from triage_agent.ledger.store import Ledger

MOST, TRIES = 200, 3
"""So many items are one batch, and so often it is begun."""
ENDS = ("Finished", "GivenUp")
Clock = Callable[[], datetime]
Put = Callable[[Connection, str], object]
"""Has workers told of a batch, by its name, when a transaction ends well."""


def hand_out(
    parts: Parts,
    run: str,
    items: tuple[Sequence[str], Iterator[list[Entry]]],
    of: int,
    put: Put,
) -> None:
    """Hands a run's items out: those of before, and new ones as they are read, which begins them.

    Each batch is told of in the transaction that begins its items, so none is lost.
    """
    before = 0
    for number, (some, entries) in enumerate(_groups(*items)):
        batch = f"{run}.{number}"
        handed = HandedOut(items=tuple(some), before=before, of=of)
        parts.check_pause()
        parts.ledger.append(
            run,
            parts.clock(),
            [*entries, (batch, handed)],
            lambda connection, batch=batch: put(connection, batch),  # type: ignore[misc]
        )
        before += len(some)
        for item in some:
            parts.ledger.forget(item)


def _groups(
    unfinished: Sequence[str], fresh: Iterator[list[Entry]]
) -> Iterator[tuple[Sequence[str], list[Entry]]]:
    """The items of each batch, and the events that begin them."""
    for some in chunks(unfinished, MOST):
        yield some, []
    for entries in fresh:
        yield list(dict.fromkeys(item for item, _ in entries)), entries


def handed(ledger: Ledger, batch: str) -> HandedOut:
    """What was handed out under a name; `LookupError` where nothing was."""
    for one in ledger.told(batch, "HandedOut"):
        if isinstance(one.event, HandedOut):
            return one.event
    raise LookupError(batch)


def handed_out(ledger: Ledger) -> frozenset[str]:
    """The items that workers have, or will take."""
    batches = ledger.database.batches()
    return frozenset(item for batch in batches for item in handed(ledger, batch).items)


def work_off(parts: Parts, batch: str) -> RunReport | None:
    """Works a batch off, as far as that wasn't done before; None where all of it was.

    Its lock is to be held. Any error but `LedgerFailed` is on the ledger before it is raised.
    """
    if parts.ledger.told(batch, *ENDS):
        return None
    try:
        with traced(parts.ledger, batch):
            return _work_off(parts, batch, handed(parts.ledger, batch))
    except LedgerFailed:
        raise
    except Exception as exc:
        broke(parts, batch, exc)
        raise


def _work_off(parts: Parts, batch: str, what: HandedOut) -> RunReport:
    ledger, running = parts.ledger, Running(parts, batch, lambda _ended, _of: None)
    parts.check_pause()
    if (began := ledger.story(what.items[0]).mode) != parts.mode:
        raise RunRefused(f"the items of {batch} are {began}, and the agent is in {parts.mode} now")
    told = ledger.told(batch, "Intended", "Done", "NotFound", "Unclear", "Failed")
    if left := look_up_threads(parts.slack, parts.rules.page, batch, told):
        ledger.append(batch, parts.clock(), left)
    bookkeeping.check(parts, what.items)
    running.expected = len(what.items)
    bookkeeping.begin(parts, batch, running.started(len(what.items)))
    limits = part(parts.rules.page.limits, what.before, len(what.items), what.of)
    pipeline = Pipeline(parts, batch, running.ended, limits)
    running.done = pipeline.run(what.items, iter(()))
    return running.finish(0, [])


def give_up(ledger: Ledger, batch: str, reason: str, clock: Clock, put: Put) -> bool:
    """Whether a batch was begun too often: then its items are handed out one by one.

    One of them may be why. An item that was alone has failed, and the next run tries it again, as
    often as any that fails.
    """
    times = len(ledger.told(batch, "Started"))
    if times < TRIES or ledger.told(batch, *ENDS):
        return False
    what = handed(ledger, batch)
    alone = {f"{batch}.{number}": item for number, item in enumerate(what.items)}
    failed = Failed(action="assess", code="batch", reason=reason)
    entries: list[Entry] = [(item, failed) for item in what.items]
    if len(alone) == 1:
        alone = {}
    else:
        entries = [
            (name, HandedOut(items=(item,), before=what.before + number, of=what.of))
            for number, (name, item) in enumerate(alone.items())
        ]
    given_up = GivenUp(times=times, reason=reason, alone=tuple(alone))

    def tell(connection: Connection) -> None:
        for name in alone:
            put(connection, name)

    ledger.append(batch, clock(), [(batch, given_up), *entries], tell)
    return True
