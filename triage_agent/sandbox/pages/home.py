"""The first page: a visitor types in a request, and sees what becomes of it."""

import heapq
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.pages import site
from triage_agent.sandbox.pages.crm import lists, mentions
from triage_agent.sandbox.salesforce import people
from triage_agent.sandbox.salesforce.refusals import Refusal

_FORM = ("FirstName", "LastName", "Company", "Title", "Email", "Phone", "Description")
_NEWEST = 12


def routes() -> Iterable[Route]:
    yield site.route("/", _home)
    yield site.route("/", _send, "POST")


async def _home(request: Request) -> Response:
    sample = _samples().get(request.query_params.get("like", ""), {})
    return _page(request, {name: sample.get(name, "") for name in _FORM})


async def _send(request: Request) -> Response:
    """A lead as a web form brings it: nobody's yet, in the queue."""
    given = await site.form(request)
    typed = {name: given.get(name, "").strip() for name in _FORM}
    org = site.org_of(request)
    values = {name: value for name, value in typed.items() if value}
    try:
        with org.store.changing():
            lead = people.from_web(org, "Lead", values)
    except Refusal as refusal:
        wrong = dict.fromkeys(refusal.fields or [""], refusal.message)
        return _page(request, typed, wrong, HTTPStatus.UNPROCESSABLE_ENTITY)
    request.app.state.arrived()
    return site.back(f"/?sent={lead}")


def _page(
    request: Request,
    typed: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    org = site.org_of(request)
    leads = lists.live(org, "Lead")
    newest = heapq.nlargest(_NEWEST, leads, key=lambda lead: str(lead["CreatedDate"]))
    find = mentions.finder(site.workspace_of(request))
    return site.shown(
        request,
        "home.html",
        status=status,
        typed=typed,
        samples=_samples(),
        wrong=wrong or {},
        sent=request.query_params.get("sent"),
        feed=lists.few(org, org.objects["Lead"], newest, find).rows,
        total=len(leads),
    )


def _samples() -> Mapping[str, Mapping[str, str]]:
    samples: Mapping[str, Mapping[str, str]] = own_yaml(__package__, "samples.yaml")
    return samples
