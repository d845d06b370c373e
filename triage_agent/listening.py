"""What `listen` does: people decide in Slack, and the ledger keeps it."""

import secrets
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event, Thread
from typing import TYPE_CHECKING

from triage_agent.errors import RunRefused, TriageError, WrongUsage
from triage_agent.holding import commands_of
from triage_agent.targets import Systems, Target, systems
from triage_agent.watching import Pages, watch
from triage_agent.wiring import Clock, brake_of, held, mode_of, now, open_ledger, run

if TYPE_CHECKING:
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Pass
    from triage_agent.connectors.serving import Watch
    from triage_agent.connectors.slack_http import RequestUrl
    from triage_agent.connectors.slack_socket import Socket
    from triage_agent.jobs.reminders import Reminders
    from triage_agent.review.listener import Listener

_TRIES, _PAUSE = 60, 5.0
"""How often a released item is taken up at most, and the seconds between: another run may be on."""
ROUND = 30.0
"""Seconds from one look at what waits for people to the next."""


def told_to_end() -> Event:
    """Set by Ctrl-C or a SIGTERM, from now on."""
    told = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: told.set())
    return told


def listen(
    target: Target,
    until: Event,
    ready: Callable[[str], None],
    http: str | None = None,
    clock: Clock = now,
    pause: float = ROUND,
) -> None:
    """Hears what people do from when `ready` is told so until told to stop.

    `http`: the port, or HOST:PORT, that Slack posts to, in place of a connection to Slack. Every
    `pause` seconds it tells people what waits for them.
    """
    from triage_agent.authority.wire import Wire
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Guard
    from triage_agent.jobs.reminders import Reminders
    from triage_agent.ledger.store import RUN_PREFIX, WORKSPACE
    from triage_agent.review.listener import Listener
    from triage_agent.settings import Settings

    settings, page = Settings.of(target.project), Pages(target)
    if target.is_real:
        settings.require_real()
    with systems(target, settings) as found, closing(open_ledger(target)) as ledger:
        calls, brake = CallLog(), brake_of(target, settings, ledger)
        mode = mode_of(target, page().page)
        wire = Wire(page().page, found.hosts, live=mode == "live")
        guard = Guard(wire, calls, brake.check)
        if http is None:
            ear: Socket | RequestUrl = _socket(found, calls, guard)
        else:
            ear = _request_url(found, http, watch(target, ledger, page))
        slack = found.slack(calls, guard)
        ledger.claim_for(WORKSPACE, slack.workspace())
        name = f"{RUN_PREFIX}{clock():%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
        going_on = GoingOn(target, until, clock)
        listener = Listener(
            ledger,
            page,
            lambda: held(target, page().page, brake),
            slack,
            calls,
            clock,
            name,
            going_on,
        )
        commands = commands_of(target, found, wire, listener, page)
        with closing(going_on), closing(open_ledger(target)) as other, closing(ear):
            reminders = Reminders(other, slack, brake.check, name, mode)
            given = (reminders, listener, clock, until, pause)
            rounds = Thread(target=go_rounds, args=given, daemon=True)
            ear.open(commands.heard, commands.taken)
            listener.begin()
            rounds.start()
            ready(f"Listening to Slack {ear.place} until Ctrl-C.")
            until.wait()
            rounds.join()


def go_rounds(
    reminders: "Reminders",
    listener: "Listener",
    clock: Clock,
    until: Event,
    pause: float,
) -> None:
    """Tells people what waits for them, again and again; what can't be done now is done later."""
    import structlog

    log = structlog.get_logger()
    while not until.wait(pause):
        try:
            listener.show(reminders.go_round(listener.model(), clock()))
        except TriageError as exc:
            log.warning("nobody is reminded", reason=str(exc))
        except Exception as exc:  # noqa: BLE001 - the next round may go well
            log.error("a round of reminders broke", error=type(exc).__name__)  # noqa: TRY400 - no traceback


def _socket(found: Systems, calls: "CallLog", guard: "Pass") -> "Socket":
    from triage_agent.connectors.slack_socket import Socket

    if found.slack_app_token is None:
        raise WrongUsage("SLACK_APP_TOKEN is missing: it opens the connection to Slack")
    return Socket(found.slack_app_token, found.slack_url, calls, guard)


def _request_url(found: Systems, http: str, watch: "Watch") -> "RequestUrl":
    from triage_agent.connectors.slack_http import RequestUrl

    secret = (found.slack_signing_secret or "").strip()
    if not secret:
        raise WrongUsage("SLACK_SIGNING_SECRET is missing: by it --http knows Slack's requests")
    return RequestUrl(http, secret, watch, now)


class GoingOn:
    """Takes up released items one after another, each by a run of its own."""

    def __init__(self, target: Target, until: Event, clock: Clock) -> None:
        self._target, self._until, self._clock = target, until, clock
        self._pool = ThreadPoolExecutor(1)

    def __call__(self, item: str) -> None:
        """Soon, on another thread; what can't be done now is left to the next run."""
        self._pool.submit(self._run, item)

    def close(self) -> None:
        """Waits for the run under way; what has not begun is left to the next one."""
        self._pool.shutdown(cancel_futures=True)

    def _run(self, item: str) -> None:
        import structlog

        log = structlog.get_logger()
        for _ in range(_TRIES):
            try:
                run(
                    self._target,
                    shadow=False,
                    limit=None,
                    only=item,
                    progress=lambda *_: None,
                    clock=self._clock,
                )
            except RunRefused as exc:  # most often another run, which has begun without this item
                log.info("a released item waits", item=item, reason=str(exc))
                if self._until.wait(_PAUSE):
                    return
            except TriageError as exc:
                log.warning("a released item is left to the next run", item=item, reason=str(exc))
                return
            except Exception as exc:  # noqa: BLE001 - it is on the ledger as Broke
                log.error("the run of a released item broke", item=item, error=type(exc).__name__)  # noqa: TRY400 - no traceback
                return
            else:
                return
