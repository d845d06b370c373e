"""The first page: a visitor types in a request, and sees what becomes of it."""

import heapq
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.newcomers import Requests
from triage_agent.sandbox.pages import site
from triage_agent.sandbox.pages.crm import lists, mentions
from triage_agent.sandbox.salesforce import people
from triage_agent.sandbox.salesforce.refusals import Refusal
from triage_agent.sandbox.salesforce.schema import Field

_INPUTS = {"string": "text", "email": "email", "phone": "tel", "url": "text", "textarea": "text"}
"""How a browser asks for what a visitor can type in; of anything else they aren't asked."""
_LABELS = {
    "FirstName": "First name",
    "LastName": "Last name",
    "Title": "Job title",
    "Email": "E-mail",
    "Description": "What you want from them",
}
"""Where the org's own words are an administrator's."""
_NEWEST = 12


def routes() -> Iterable[Route]:
    yield site.route("/", _home)
    yield site.route("/", _send, "POST")


async def _home(request: Request) -> Response:
    sample = _samples(request).get(request.query_params.get("like", ""), {})
    return _page(request, {field.name: sample.get(field.name, "") for field in _asked(request)})


async def _send(request: Request) -> Response:
    """A record as a web form brings it: nobody's yet, in the queue."""
    given = await site.form(request)
    typed = {field.name: given.get(field.name, "").strip() for field in _asked(request)}
    org, wanted = site.org_of(request), _requests(request)
    known = org.objects[wanted.object].fields
    added = {
        name: value for name, value in wanted.adds.items() if name in known and known[name].writable
    }
    values = {name: value for name, value in typed.items() if value}
    try:
        with org.store.changing():
            record = people.from_web(org, wanted.object, {**added, **values})
    except Refusal as refusal:
        named = [name for name in refusal.fields or () if name in typed]
        wrong = dict.fromkeys(named or [""], refusal.message)
        return _page(request, typed, wrong, HTTPStatus.UNPROCESSABLE_ENTITY)
    request.app.state.arrived()
    return site.back(f"/?sent={record}")


def _page(
    request: Request,
    typed: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    org, name = site.org_of(request), _requests(request).object
    records = lists.live(org, name)
    newest = heapq.nlargest(_NEWEST, records, key=lambda record: str(record["CreatedDate"]))
    find = mentions.finder(site.workspace_of(request))
    return site.shown(
        request,
        "home.html",
        status=status,
        name=name,
        asked=_asked(request),
        inputs=_INPUTS,
        labels=_LABELS,
        typed=typed,
        samples=_samples(request),
        wrong=wrong or {},
        sent=request.query_params.get("sent"),
        feed=lists.few(org, org.objects[name], newest, find).rows,
        total=len(records),
    )


def _requests(request: Request) -> Requests:
    requests: Requests = request.app.state.requests
    return requests


def _asked(request: Request) -> list[Field]:
    """What a visitor is asked: the short fields, then the texts."""
    wanted = _requests(request)
    known = site.org_of(request).objects[wanted.object].fields
    asked = [known[name] for name in wanted.asks if name in known]
    asked = [field for field in asked if field.writable and field.type in _INPUTS]
    return sorted(asked, key=lambda field: field.is_long)


def _samples(request: Request) -> Mapping[str, Mapping[str, str]]:
    """Those of which nothing is lost in the form."""
    samples: Mapping[str, Mapping[str, str]] = own_yaml(__package__, "samples.yaml")
    asked = {field.name for field in _asked(request)}
    return {name: sample for name, sample in samples.items() if asked >= sample.keys()}
