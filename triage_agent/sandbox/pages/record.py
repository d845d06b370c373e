"""`/{Id}`: a record by its id alone, as an org's own addresses are."""

from collections.abc import Iterable

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from triage_agent.sandbox.pages import site
from triage_agent.sandbox.salesforce import ids


def routes() -> Iterable[Route]:
    yield site.route("/{record:record}", _record)


async def _record(request: Request) -> Response:
    org = site.org_of(request)
    identifier = ids.canonical(request.path_params["record"])
    found = org.store.any_record(identifier, org.objects) if identifier else None
    if found is None:
        return site.missing(request, "There is no such record.")
    entity, record = found
    return site.back(f"/crm/{entity}/{record['Id']}")


class _RecordId(StringConvertor):
    regex = "[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?"


register_url_convertor("record", _RecordId())
