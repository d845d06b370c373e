"""The sandbox as one loopback server: Salesforce, Slack and a model behind one door."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from triage_agent.errors import WrongUsage
from triage_agent.sandbox import acts, newcomers, pages
from triage_agent.sandbox import leads as lead_files
from triage_agent.sandbox.door import Door
from triage_agent.sandbox.fault_file import FaultFile, read
from triage_agent.sandbox.faults import CuttableProtocol, Faults
from triage_agent.sandbox.journal import Journal
from triage_agent.sandbox.model import routes as model
from triage_agent.sandbox.newcomers import Newcomers
from triage_agent.sandbox.org_faults import (
    Design,
    OrgFault,
    clocks,
    faulty_design,
    faulty_manner,
    faulty_workspace,
    is_other_org,
)
from triage_agent.sandbox.pages.switches import Switches
from triage_agent.sandbox.salesforce import people, schema
from triage_agent.sandbox.salesforce import routes as salesforce
from triage_agent.sandbox.salesforce.assumed import with_assumed
from triage_agent.sandbox.salesforce.call import Sessions
from triage_agent.sandbox.salesforce.deployed import permission_sets
from triage_agent.sandbox.salesforce.deployed_fields import with_custom_fields
from triage_agent.sandbox.salesforce.org import Org, be_another, found, org_on
from triage_agent.sandbox.salesforce.permissions import administrator
from triage_agent.sandbox.slack import acts as slack_acts
from triage_agent.sandbox.slack import routes as slack
from triage_agent.sandbox.slack.deliveries import Deliveries
from triage_agent.sandbox.slack.interactivity import Interactivity
from triage_agent.sandbox.slack.outward import checked_url
from triage_agent.sandbox.slack.timing import Timing
from triage_agent.sandbox.slack.workspace import workspace_on
from triage_agent.sandbox.store import Store

_HOST = "127.0.0.1"
_LONGEST_REQUEST_HEAD = 1_048_576  # bytes; so that too long a URL gets its documented answer
_SECONDS_TO_FINISH = 2
_TIMING = Timing()


@contextmanager
def running(  # noqa: PLR0913 - each may be given alone
    *,
    state: Path | None,
    leads: Path | None,
    port: int = 0,
    faults: Path | None = None,
    deployed: Path | None = None,
    request_url: str | None = None,
    timing: Timing = _TIMING,
    arrived: Callable[[], None] = lambda: None,
) -> Iterator[str]:
    """A sandbox beside the caller's own work; its base URL. Port 0: any that is free.

    `deployed`: a Salesforce project; the permission sets in it are all that the running user has,
    and what `newcomers.FILE` beside it names is there, too.
    `request_url`: where Slack tells an app that holds no socket open what people did.
    `arrived` is called, on the server's thread, when a visitor of the pages has sent a request.
    """
    file = read(faults) if faults else FaultFile()
    request_url = checked_url(request_url)
    new = newcomers.read(deployed)
    with _opened(state, leads, deployed, file.org, new) as org, _listening(port) as listener:
        url = _url(listener)
        server = _Server(*_application(org, url, file, new, request_url, timing, arrived))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield url
        finally:
            server.should_exit = True
            thread.join()


def serve(
    *,
    state: Path | None,
    leads: Path | None,
    port: int,
    faults: Path | None = None,
    deployed: Path | None = None,
    request_url: str | None = None,
) -> None:
    """A sandbox in the foreground, until it is interrupted or terminated."""
    file = read(faults) if faults else FaultFile()
    request_url = checked_url(request_url)
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn stops at either, then raises it again: to stop is all that was asked.
        signal.signal(number, lambda _number, _frame: None)
    new = newcomers.read(deployed)
    with _opened(state, leads, deployed, file.org, new) as org, _listening(port) as listener:
        door, deliveries = _application(org, _url(listener), file, new, request_url, _TIMING)
        _Server(door, deliveries).run([listener])


@contextmanager
def _opened(
    state: Path | None,
    leads: Path | None,
    deployed: Path | None,
    faults: Sequence[OrgFault],
    new: Newcomers,
) -> Iterator[Org]:
    """The org as it was left; a new one gets its people and leads, or, on an error, neither."""
    with ExitStack() as stack:
        journal = stack.enter_context(closing(Journal(state))) if state else None
        design = faulty_design(_design(deployed, new), faults)
        store = Store({name: entity.keys for name, entity in design.objects.items()}, journal)
        org = org_on(store, design.objects)
        org = replace(org, granted=design.granted, rules=design.rules)
        with store.changing():
            if is_new := store.is_empty:
                found(org)
            new.move_in(org)
            if is_new and leads:
                lead_files.load(org, leads)
        if is_other_org(faults):
            be_another(org)
        yield org


def _design(deployed: Path | None, new: Newcomers) -> Design:
    objects = with_assumed(schema.load_objects(), new.objects)
    if (wanted := new.requests.object) not in objects:
        raise WrongUsage(
            f"{newcomers.FILE}: requests.object: the sandbox's org has no {wanted!r}; name one "
            "that it has, like Lead or Case, or one of your own, which ends in __c"
        )
    if deployed is None:
        return Design(objects, (administrator(objects),))
    objects = with_custom_fields(objects, deployed)
    return Design(objects, permission_sets(deployed, objects))


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # Only a socket that names its protocol gets TCP_NODELAY; without it an answer takes 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
        except (OSError, OverflowError) as error:
            raise WrongUsage(
                f"{_HOST}:{port}: can't listen there ({error}); choose another port, or 0 for any"
            ) from error
        listener.listen(128)
        yield listener


def _url(listener: socket.socket) -> str:
    return f"http://{_HOST}:{listener.getsockname()[1]}"


class _Server(uvicorn.Server):
    def __init__(self, door: Door, deliveries: Deliveries) -> None:
        config = uvicorn.Config(
            door,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="wsproto",
            ws_ping_interval=deliveries.workspace.live.timing.ping,
            date_header=False,  # the door tells the time
            http=CuttableProtocol,
            h11_max_incomplete_event_size=_LONGEST_REQUEST_HEAD,
            timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        )
        super().__init__(config)
        self._deliveries = deliveries

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Whoever holds a socket open is told before it is cut."""
        await self._deliveries.end()
        await super().shutdown(sockets)


def _application(  # noqa: PLR0913, PLR0917 - what it is made of
    org: Org,
    url: str,
    file: FaultFile,
    new: Newcomers,
    request_url: str | None,
    timing: Timing,
    arrived: Callable[[], None] = lambda: None,
) -> tuple[Door, Deliveries]:
    starlette = Starlette(
        routes=[
            *salesforce.routes(),
            *slack.routes(),
            *model.routes(faulty_manner(file.org)),
            Route("/sandbox/state", _state),
            Route("/sandbox/people", acts.answer, methods=["POST"]),
            Route("/sandbox/slack/{act}", slack_acts.answer, methods=["POST"]),
            *pages.routes(),
        ]
    )
    door = Door(starlette, seen=[], faults=Faults(file), clocks=clocks(file.org))
    workspace = faulty_workspace(new.join(workspace_on(org.store, url, timing)), file.org)
    deliveries = Deliveries(workspace, request_url, door.seen, door.outcomes)
    starlette.state.org = org
    starlette.state.sessions = Sessions(url, people.sessions(org))
    starlette.state.workspace = workspace
    starlette.state.requests = new.requests
    starlette.state.interactivity = Interactivity(workspace, deliveries)
    starlette.state.seen = door.seen
    starlette.state.outcomes = door.outcomes
    starlette.state.switches = Switches(file, door.faults)
    starlette.state.arrived = arrived
    return door, deliveries


async def _state(request: Request) -> Response:
    """Everything there is to see: live records, messages with their metadata, requests."""
    org: Org = request.app.state.org
    return JSONResponse(
        {
            "salesforce": {
                name: [record for record in org.store.records(name) if not record["IsDeleted"]]
                for name in org.objects
            },
            "slack": request.app.state.workspace.conversations(),
            "requests": request.app.state.seen,
        }
    )
