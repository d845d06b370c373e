"""procrastinate in the ledger's own PostgreSQL: which batches there are to work off, and who does.

A batch is told of in the ledger's transaction, by its name alone. procrastinate doesn't take a dead
worker's job over by itself: beside each worker somebody looks for jobs whose worker has fallen
silent, under a lock, so that one of them does.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any

import psycopg
import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from sqlalchemy import Connection

from triage_agent.errors import NewerLedger, RunRefused, TriageError, WrongUsage

QUEUE, TASK = "batches", "batch"
"""A job says {"batch": its name}; by that the ledger finds what isn't worked off yet.

A worker fails what it doesn't know, so whoever changes what a job says, or its task, names another
queue: older workers don't look there, and leave it to newer ones.
"""
SCHEDULE = "schedule"
HEARTBEAT, SILENT, LOOK, POLL, PUT_OFF = 5, 16, 3, 2, 15
"""Seconds: between signs of life, until a worker is taken for dead, between looks for one, between
polls, and until what was refused is tried again."""
_TAKE_OVER, _SCHEMA = 1_953_655_148, 1_953_655_149
"""The keys of advisory locks, in a row with the ledger's."""
_THERE = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"
log = structlog.get_logger()


@dataclass(frozen=True)
class Worked:
    """What is done with a batch: `work_off` it; `give_up`, where it came to no end too often."""

    work_off: Callable[[str], object]
    give_up: Callable[[str, str], bool]


@dataclass(frozen=True)
class Scheduled:
    """Something that one of all workers does, whenever `cron` says so."""

    name: str
    cron: str
    do: Callable[[], object]


class _GivenUp(Exception):
    """A batch isn't begun again."""


class _Again(BaseRetryStrategy):
    """A batch that broke is begun again soon, by whichever worker is free."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002 - the library's
        match exception:
            case _GivenUp():
                return None
            case RunRefused() | WrongUsage():  # it is paused, or what it goes by is wrong
                return RetryDecision(retry_in={"seconds": PUT_OFF})
            case _:
                return RetryDecision(retry_in={"seconds": POLL})


def prepare(url: str) -> None:
    """Makes procrastinate's tables where there are none."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA,))
        (there,) = connection.execute(_THERE).fetchone() or (False,)
        if not there:
            schema = App(connector=PsycopgConnector(conninfo=url)).schema_manager.get_schema()
            connection.execute(schema)


def put(connection: Connection, batch: str) -> None:
    """Tells workers of a batch, when the connection's transaction ends well."""
    app = App(connector=PsycopgConnector())
    app.configure_task(
        TASK, queue=QUEUE, lock=batch, connection=connection.connection.dbapi_connection
    ).defer(batch=batch)


class Worker:
    """Takes batches from the queue, one at a time, until it is told to stop.

    It also ends where a newer program has upgraded the ledger: the batch that it has is put back
    as it is, for newer workers.
    """

    def __init__(self, url: str, worked: Worked, scheduled: Sequence[Scheduled] = ()) -> None:
        self._url, self._worked, self._scheduled = url, worked, scheduled
        self._until = Event()
        self._outdated: NewerLedger | None = None
        self._app = App(connector=PsycopgConnector(conninfo=url))
        task = self._app.task(name=TASK, queue=QUEUE, retry=_Again())
        task(self._work_off)
        for one in scheduled:
            named = self._app.task(name=one.name, queue=SCHEDULE, lock=one.name)
            self._app.periodic(cron=one.cron)(named(partial(self._do, one)))

    def run(self, until: Event) -> None:
        """Works; a batch that is under way when it is to stop is worked off first.

        `NewerLedger` where it ended before it was told to.
        """
        self._until = until
        asyncio.run(self._run(until))
        if self._outdated:
            raise self._outdated

    @contextmanager
    def _in_step(self) -> Iterator[None]:
        """Ends the worker where it is older than the ledger."""
        try:
            yield
        except NewerLedger as exc:
            self._outdated = exc
            self._until.set()
            raise

    def _do(self, one: Scheduled, timestamp: int) -> None:  # noqa: ARG002 - the library's
        """What can't be done now is done the next time."""
        try:
            with self._in_step():
                one.do()
        except TriageError as exc:
            log.warning("what was due is put off", what=one.name, reason=str(exc))

    def _work_off(self, batch: str) -> None:
        with self._in_step():
            self._try(batch)

    def _try(self, batch: str) -> None:
        try:
            self._worked.work_off(batch)
        except (RunRefused, WrongUsage) as exc:
            log.warning("a batch is put off", batch=batch, reason=str(exc))
            raise
        except Exception as exc:
            reason = str(exc) if isinstance(exc, TriageError) else type(exc).__name__
            log.warning("a batch broke", batch=batch, reason=reason)
            if self._worked.give_up(batch, f"it broke: {reason}"):
                raise _GivenUp from exc
            raise

    async def _run(self, until: Event) -> None:
        async with self._app.open_async():
            queues = [QUEUE, SCHEDULE] if self._scheduled else [QUEUE]
            workings = [asyncio.create_task(self._serve(name)) for name in queues]
            looking = asyncio.create_task(self._look(until))
            stopped = asyncio.create_task(asyncio.to_thread(until.wait))
            await asyncio.wait({*workings, stopped}, return_when=asyncio.FIRST_COMPLETED)
            until.set()
            for working in workings:
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working
            await asyncio.gather(looking, stopped)

    async def _serve(self, name: str) -> None:
        """Does what one queue holds, one after another."""
        await self._app.run_worker_async(
            queues=[name],
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=SILENT,
            fetch_job_polling_interval=POLL,
            delete_jobs="successful",
        )

    async def _look(self, until: Event) -> None:
        """Takes over from the dead, again and again."""
        while not until.is_set():
            try:
                await self._take_over()
            except (ConnectorException, psycopg.Error, TriageError) as exc:  # the next may go well
                log.warning("dead workers can't be looked for", error=type(exc).__name__)
            await asyncio.to_thread(until.wait, LOOK)

    async def _take_over(self) -> None:
        connection: psycopg.AsyncConnection[Any]
        async with await psycopg.AsyncConnection.connect(self._url) as connection:
            got = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_TAKE_OVER,))
            if not ((await got.fetchone()) or (False,))[0]:
                return
            manager = self._app.job_manager
            for job in await manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=SILENT):
                await self._take(job)

    async def _take(self, job: Job) -> None:
        batch = str(job.task_kwargs["batch"])
        log.warning("a worker fell silent", batch=batch)
        reason = "its workers fell silent"
        with self._in_step():
            given_up = await asyncio.to_thread(self._worked.give_up, batch, reason)
        if given_up:
            await self._app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        else:
            await self._app.job_manager.retry_job(job)
