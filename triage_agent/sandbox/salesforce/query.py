"""`query`, `queryAll` and the pages that follow."""

import re
from dataclasses import replace

from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.salesforce import setup
from triage_agent.sandbox.salesforce.call import Call
from triage_agent.sandbox.salesforce.refusals import Refusal, malformed_query
from triage_agent.sandbox.salesforce.setup_query import within_limits
from triage_agent.sandbox.salesforce.soql import run
from triage_agent.sandbox.salesforce.soql.grammar import COUNT, parse

_PAGE = 2000
_SMALLEST_PAGE = 200
_BATCH = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


def query(call: Call) -> Response:
    return _answered(call)


def query_all(call: Call) -> Response:
    return _answered(call, with_deleted=True)


def tooling(call: Call) -> Response:
    """A query of what the Tooling API knows of the set-up."""
    return _answered(replace(call, base=f"{call.base}/tooling"), api="tooling")


def more(call: Call) -> Response:
    """The page that a `nextRecordsUrl` names."""
    locator, _, start = call.path["locator"].partition("-")
    if locator not in call.sessions.cursors or not start.isdigit():
        raise Refusal("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(call, locator, int(start))


def _answered(call: Call, *, with_deleted: bool = False, api: setup.Api = "data") -> Response:
    text = call.query.get("q")
    if not text:
        raise malformed_query("the parameter q is required and holds the query")
    asked = within_limits(parse(text))
    of_records = api == "data" and call.org.entity(asked.entity)
    org = call.org if of_records else setup.org_of(call.org, api)
    entity = run.entity_of(org, asked)
    found = run.matching(org, entity, asked, with_deleted=with_deleted)
    if asked.fields == (COUNT,):
        return JSONResponse({"totalSize": len(found), "done": True, "records": []})
    row = run.shaped(org, entity, asked, call.base)
    rows = [row(record) for record in found]
    if len(rows) <= _page_size(call):
        return JSONResponse({"totalSize": len(rows), "done": True, "records": rows})
    return _page(call, call.sessions.keep(rows), 0)


def _page(call: Call, locator: str, start: int) -> Response:
    rows = call.sessions.cursors[locator]
    end = start + _page_size(call)
    body = {"totalSize": len(rows), "done": end >= len(rows), "records": rows[start:end]}
    if end < len(rows):
        body["nextRecordsUrl"] = f"{call.base}/query/{locator}-{end}"
    return JSONResponse(body)


def _page_size(call: Call) -> int:
    """Rows a page: what the caller asks for, within the bounds that are honoured."""
    match = _BATCH.search(call.headers.get("sforce-query-options", ""))
    return min(max(int(match[1]), _SMALLEST_PAGE), _PAGE) if match else _PAGE
