"""Salesforce's part of the server: every path of the REST API that it speaks, in one table."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response
from starlette.routing import Route, compile_path

from triage_agent.sandbox.salesforce import (
    collections,
    composite,
    describe,
    login,
    org_info,
    query,
    record_types,
    sobjects,
)
from triage_agent.sandbox.salesforce.call import Call, Handler, endpoint
from triage_agent.sandbox.salesforce.refusals import not_found

_DATA = "/services/data/v{version}"
_METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")


def routes() -> list[Route]:
    return [
        Route("/services/oauth2/token", login.token, methods=["POST"]),
        Route("/services/oauth2/userinfo", org_info.userinfo, methods=["GET", "POST"]),
        Route("/services/Soap/u/{version}", login.soap, methods=["POST"]),
        Route("/services/data", org_info.versions, methods=["GET"]),
        *(
            Route(f"{_DATA}/{path}".rstrip("/"), endpoint(handler), methods=[method])
            for method, path, handler in (*_HANDLERS, _COMPOSITE)
        ),
        Route(f"{_DATA}/{{rest:path}}", endpoint(_nothing_here), methods=_METHODS),
    ]


def _find(method: str, path: str) -> tuple[Handler, Mapping[str, str]]:
    for known, pattern, handler in _PATTERNS:
        found = pattern.match(path)
        if found and known == method:
            return handler, found.groupdict()
    raise not_found()


def _nothing_here(_call: Call) -> Response:
    raise not_found()


_HANDLERS: Sequence[tuple[str, str, Handler]] = (
    ("GET", "", org_info.resources),
    ("GET", "limits", org_info.limits),
    ("GET", "query", query.query),
    ("GET", "queryAll", query.query_all),
    ("GET", "query/{locator}", query.more),
    ("GET", "tooling/query", query.tooling),
    (
        "GET",
        "ui-api/object-info/{entity}/picklist-values/{record_type}/{field}",
        record_types.picklist_values,
    ),
    ("GET", "sobjects", describe.everything),
    ("GET", "sobjects/{entity}/describe", describe.one),
    ("POST", "sobjects/{entity}", sobjects.create),
    ("GET", "sobjects/{entity}/{id}", sobjects.retrieve),
    ("PATCH", "sobjects/{entity}/{id}", sobjects.change),
    ("DELETE", "sobjects/{entity}/{id}", sobjects.remove),
    ("GET", "sobjects/{entity}/{key}/{value:path}", sobjects.retrieve_by_key),
    ("PATCH", "sobjects/{entity}/{key}/{value:path}", sobjects.upsert),
    ("POST", "composite/sobjects", collections.create),
    ("PATCH", "composite/sobjects", collections.change),
    ("DELETE", "composite/sobjects", collections.remove),
    ("GET", "composite/sobjects/{entity}", collections.retrieve),
    ("POST", "composite/sobjects/{entity}", collections.retrieve_posted),
    ("PATCH", "composite/sobjects/{entity}/{key}", collections.upsert),
)
_COMPOSITE = ("POST", "composite", composite.handler(_find))
_PATTERNS = [
    (method, compile_path(f"{_DATA}/{path}".rstrip("/"))[0], handler)
    for method, path, handler in _HANDLERS
]
