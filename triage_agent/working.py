"""What `worker` does: it works off the batches that runs hand out, on however many machines."""

from collections.abc import Callable
from contextlib import closing
from threading import Event
from typing import TYPE_CHECKING

from triage_agent.errors import RunRefused, WrongUsage
from triage_agent.targets import Systems, Target, systems
from triage_agent.wiring import Clock, brake_of, join, now, open_ledger, run, terms_of

if TYPE_CHECKING:
    from triage_agent.jobs.batches import Put
    from triage_agent.ledger.store import Ledger
    from triage_agent.settings import Settings

AT_ONCE = 32
"""Questions that one worker asks at once at most; the page says how many all of them may."""
EVERY_FIVE_MINUTES, EVERY_HOUR = "*/5 * * * *", "7 * * * *"
BUSY = 2.0
"""Seconds until a batch is tried again that another worker still holds."""


def handing_out(target: Target) -> "Put":
    """How a run hands its items out."""
    try:
        from triage_agent.connectors.queue import prepare, put
    except ImportError as exc:
        raise WrongUsage(
            "workers need more to be installed: pip install 'triage-agent[scale]'"
        ) from exc
    prepare(_url(target))
    return put


def _url(target: Target) -> str:
    """Where batches are told of: the ledger's PostgreSQL; `WrongUsage` where it is a file."""
    from triage_agent.ledger.database import NO_WORKERS
    from triage_agent.settings import Settings, secret

    scheme, _, rest = (secret(Settings.of(target.project).triage_ledger_url) or "").partition("://")
    if scheme.partition("+")[0] != "postgresql":
        raise WrongUsage(NO_WORKERS)
    return f"postgresql://{rest}"


def work(
    target: Target,
    until: Event,
    ready: Callable[[str], None],
    *,
    at_once: int = AT_ONCE,
    schedule: bool = False,
    clock: Clock = now,
) -> None:
    """Works batches off until told to stop; `ready` is told when it begins.

    `at_once`: questions that it asks at once at most. `schedule`: one of the workers that are told
    so also begins the runs, and tells of the week.
    """
    put = handing_out(target)
    from triage_agent.connectors.queue import Scheduled, Worked, Worker
    from triage_agent.settings import Settings

    due = (
        Scheduled("run", EVERY_FIVE_MINUTES, lambda: _run(target, put)),
        Scheduled("week", EVERY_HOUR, lambda: _tell_week(target, clock)),
    )

    settings = Settings.of(target.project)
    if target.is_real:
        settings.require_real()
    open_ledger(target).close()  # nothing is taken up of a newer program's
    with systems(target, settings) as found:
        batches = Batches(target, settings, found, until, clock, at_once)
        ready("Working off what runs hand out, until Ctrl-C.")
        worked = Worked(batches.work_off, batches.give_up)
        Worker(_url(target), worked, due if schedule else ()).run(until)


def _run(target: Target, put: "Put") -> None:
    """Finds what is new, hands it out, asks what came of earlier items, and reminds people."""
    run(target, shadow=False, limit=None, only=None, progress=lambda *_: None, put=put)


def _tell_week(target: Target, clock: Clock) -> None:
    """In working time, so that nobody is told at night; who was told before isn't told again."""
    from triage_agent.decision.waiting import is_working_time
    from triage_agent.project import read_model
    from triage_agent.summarising import post

    if is_working_time(read_model(target.project).page, clock()):
        post(target, None, clock)


class Batches:
    """Works off each batch by what page, prompts and clearance say when it is begun."""

    def __init__(
        self,
        target: Target,
        settings: "Settings",
        found: Systems,
        until: Event,
        clock: Clock,
        at_once: int = AT_ONCE,
    ) -> None:
        self._target, self._settings, self._found = target, settings, found
        self._until, self._clock, self._at_once = until, clock, at_once

    def work_off(self, batch: str) -> None:
        """Waits for whoever holds the batch: it may be a worker that was taken for dead."""
        with closing(open_ledger(self._target)) as ledger:
            while True:
                try:
                    with ledger.only_batch(batch, self._clock()):
                        return self._alone(ledger, batch)
                except RunRefused as exc:
                    if not str(exc).startswith(batch) or self._until.wait(BUSY):
                        raise

    def _alone(self, ledger: "Ledger", batch: str) -> None:
        from triage_agent.jobs.batches import work_off
        from triage_agent.ledger.places import Places

        terms = terms_of(self._target)
        brake = brake_of(self._target, self._settings, ledger)
        with (
            Places(ledger, terms.rules.page.limits.concurrency, self._at_once) as places,
            closing(
                join(self._found, terms, ledger, brake, clock=self._clock, places=places)
            ) as parts,
        ):
            work_off(parts, batch)

    def give_up(self, batch: str, reason: str) -> bool:
        """Hands its items out one by one where it was begun too often; whether it was."""
        from triage_agent.connectors.queue import put
        from triage_agent.jobs.batches import give_up

        with closing(open_ledger(self._target)) as ledger:
            return give_up(ledger, batch, reason, self._clock, put)
