"""Salesforce's part of the server: every path of the REST API that it speaks, in one table."""

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from triage_agent.sandbox import (
    salesforce_collections,
    salesforce_describe,
    salesforce_login,
    salesforce_query,
    salesforce_records,
)
from triage_agent.sandbox.refusals import not_found
from triage_agent.sandbox.salesforce_call import Call, Handler, endpoint

_DATA = "/services/data/v{version}"
_METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")


def _nothing_here(_call: Call) -> Response:
    raise not_found()


_HANDLERS: Sequence[tuple[str, str, Handler]] = (
    ("GET", "query", salesforce_query.query),
    ("GET", "queryAll", salesforce_query.query_all),
    ("GET", "query/{locator}", salesforce_query.more),
    ("GET", "sobjects", salesforce_describe.everything),
    ("GET", "sobjects/{entity}/describe", salesforce_describe.one),
    ("POST", "sobjects/{entity}", salesforce_records.create),
    ("GET", "sobjects/{entity}/{id}", salesforce_records.retrieve),
    ("PATCH", "sobjects/{entity}/{id}", salesforce_records.change),
    ("DELETE", "sobjects/{entity}/{id}", salesforce_records.remove),
    ("GET", "sobjects/{entity}/{key}/{value:path}", salesforce_records.retrieve_by_key),
    ("PATCH", "sobjects/{entity}/{key}/{value:path}", salesforce_records.upsert),
    ("POST", "composite/sobjects", salesforce_collections.create),
    ("PATCH", "composite/sobjects", salesforce_collections.change),
    ("DELETE", "composite/sobjects", salesforce_collections.remove),
    ("GET", "composite/sobjects/{entity}", salesforce_collections.retrieve),
    ("POST", "composite/sobjects/{entity}", salesforce_collections.retrieve_posted),
    ("PATCH", "composite/sobjects/{entity}/{key}", salesforce_collections.upsert),
)


def routes() -> list[Route]:
    return [
        Route("/services/oauth2/token", salesforce_login.token, methods=["POST"]),
        Route("/services/Soap/u/{version}", salesforce_login.soap, methods=["POST"]),
        *(
            Route(f"{_DATA}/{path}", endpoint(handler), methods=[method])
            for method, path, handler in _HANDLERS
        ),
        Route(f"{_DATA}/{{rest:path}}", endpoint(_nothing_here), methods=_METHODS),
    ]
