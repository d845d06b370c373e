"""`query`, `queryAll` and the pages that follow."""

import re

from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.salesforce.call import Call
from triage_agent.sandbox.salesforce.refusals import Refusal, malformed_query
from triage_agent.sandbox.salesforce.soql import run
from triage_agent.sandbox.salesforce.soql.grammar import COUNT, parse

_PAGE = 2000
_SMALLEST_PAGE = 200
_BATCH = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


def query(call: Call) -> Response:
    return _answered(call, with_deleted=False)


def query_all(call: Call) -> Response:
    return _answered(call, with_deleted=True)


def more(call: Call) -> Response:
    """The page that a `nextRecordsUrl` names."""
    locator, _, start = call.path["locator"].partition("-")
    if locator not in call.sessions.cursors or not start.isdigit():
        raise Refusal("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(call, locator, int(start))


def _answered(call: Call, *, with_deleted: bool) -> Response:
    text = call.query.get("q")
    if not text:
        raise malformed_query("the parameter q is required and holds the query")
    asked = parse(text)
    entity = run.entity_of(call.org, asked)
    found = run.matching(call.org, entity, asked, with_deleted=with_deleted)
    if asked.fields == (COUNT,):
        return JSONResponse({"totalSize": len(found), "done": True, "records": []})
    row = run.shaped(call.org, entity, asked, call.base)
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
