"""The CRM: its records as lists and pages, what the agent wrote there, and what was changed."""

import re
from collections.abc import Iterable
from http import HTTPStatus

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from triage_agent.sandbox.pages import site
from triage_agent.sandbox.pages.crm import acts, lists, mentions, record_page
from triage_agent.sandbox.pages.crm.fields import paged, plural
from triage_agent.sandbox.salesforce import ids
from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.refusals import Refusal
from triage_agent.sandbox.salesforce.schema import Entity
from triage_agent.sandbox.store import Record

_NUMBER = re.compile("[0-9]{1,8}")
_ALWAYS = frozenset({"Lead", "Task", "Account"})


class _RecordId(Convertor[str]):
    """What Salesforce's own links end with; so they don't hide the other pages."""

    regex = "[a-zA-Z0-9]{18}|[a-zA-Z0-9]{15}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("record_id", _RecordId())


def routes() -> Iterable[Route]:
    yield site.route("/crm", _first)
    yield site.route("/crm/{entity}", _list)
    yield site.route("/crm/{entity}/{id}", _show)
    yield site.route("/crm/{entity}/{id}", _act, "POST")
    yield site.route("/{id:record_id}", _find)


async def _first(request: Request) -> Response:
    """The first object that has records; a fork may be about other ones than leads."""
    org = site.org_of(request)
    name = next((name for name in paged(org) if lists.live(org, name)), "Lead")
    return site.back(f"/crm/{name}")


async def _find(request: Request) -> Response:
    """A record by its id alone, as links from elsewhere name it."""
    org = site.org_of(request)
    identifier = ids.canonical(request.path_params["id"]) or ""
    found = org.store.any_record(identifier, paged(org))
    if found is None:
        return site.missing(request, f"There is no record {identifier} in this CRM.")
    return site.back(f"/crm/{found[0]}/{identifier}")


async def _list(request: Request) -> Response:
    org = site.org_of(request)
    name = request.path_params["entity"]
    if name not in paged(org):
        return site.missing(request, f"The CRM has no page for {name}.")
    query = request.query_params.get("q", "").strip()
    page = _NUMBER.fullmatch(request.query_params.get("page", "1"))
    return site.shown(
        request,
        "crm_list.html",
        name=name,
        title=plural(name),
        tabs=_tabs(org),
        q=query,
        listing=lists.listing(
            org,
            org.objects[name],
            mentions.finder(site.workspace_of(request)),
            query,
            int(page[0]) if page else 1,
        ),
    )


async def _show(request: Request) -> Response:
    found = _record(request)
    if isinstance(found, Response):
        return found
    return record_page.page(request, *found, tabs=_tabs(site.org_of(request)))


async def _act(request: Request) -> Response:
    """A person's change; what Salesforce has against it is shown with the form."""
    found = _record(request)
    if isinstance(found, Response):
        return found
    entity, record = found
    try:
        acts.do(acts.user_org(request), entity, record, await site.form(request))
    except Refusal as refusal:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        tabs = _tabs(site.org_of(request))
        return record_page.page(
            request, entity, record, tabs=tabs, wrong=refusal.message, status=status
        )
    return site.back(f"/crm/{entity.name}/{record['Id']}")


def _record(request: Request) -> tuple[Entity, Record] | Response:
    """The live record that the path names, or the page that says why there is none."""
    org = site.org_of(request)
    name, identifier = request.path_params["entity"], request.path_params["id"]
    known = name in paged(org)
    record = org.store.record(name, ids.canonical(identifier) or "") if known else None
    if record is None:
        return site.missing(request, f"There is no {name} {identifier} in this CRM.")
    if record["IsDeleted"]:
        return record_page.gone(request, org.objects[name], record, tabs=_tabs(org))
    return org.objects[name], record


def _tabs(org: Org) -> dict[str, tuple[str, int]]:
    """The objects that have records, or always have a tab: by name their title and number."""
    counts = {name: len(lists.live(org, name)) for name in paged(org)}
    return {
        name: (plural(name), count) for name, count in counts.items() if count or name in _ALWAYS
    }
