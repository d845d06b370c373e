"""`composite`: up to 25 requests in one, each of which may use the answers before it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.salesforce.call import Call, Handler, refused
from triage_agent.sandbox.salesforce.collections import is_write
from triage_agent.sandbox.salesforce.refusals import Refusal, bad_json

Json = dict[str, Any]
Find = Callable[[str, str], tuple[Handler, Mapping[str, str]]]
"""The handler of a method and a path, with the parts of the path; refused where there is none."""

_MOST = 25
_MOST_QUERIES = 5
_QUERY = re.compile(r"/services/data/v[^/]+/(query|queryAll|composite/sobjects)([/?].*)?")
_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\w+")


def handler(find: Find) -> Handler:
    """Answers a composite request, each part of it by whoever `find` names."""

    def composite(call: Call) -> Response:
        body = call.json_object()
        parts = _parts(body)
        answers = _answers(call, find, parts, all_or_none=body.get("allOrNone") is True)
        return JSONResponse({"compositeResponse": list(answers.values())})

    return composite


def collection_writes(body: object) -> Sequence[str]:
    """The reference ids of a composite's subrequests that write a collection."""
    parts = body.get("compositeRequest") if isinstance(body, dict) else None
    return [
        str(part.get("referenceId"))
        for part in (parts if isinstance(parts, list) else ())
        if isinstance(part, dict)
        and is_write(str(part.get("method")), str(part.get("url")).partition("?")[0])
    ]


def _parts(body: Json) -> Sequence[Json]:
    parts = body.get("compositeRequest")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise bad_json("compositeRequest is a list of objects")
    if len(parts) > _MOST:
        raise _too_many(_MOST, "operations")
    for part in parts:
        for name in ("method", "url", "referenceId"):
            if not isinstance(part.get(name), str):
                raise bad_json(f"'{name}' is a required field.")
        if not isinstance(part.get("httpHeaders", {}), dict):
            raise bad_json("'httpHeaders' is an object")
    if len({part["referenceId"] for part in parts}) < len(parts):
        raise bad_json("each 'referenceId' names one subrequest")
    if sum(bool(_QUERY.fullmatch(part["url"])) for part in parts) > _MOST_QUERIES:
        raise _too_many(_MOST_QUERIES, "query or sObject Collections operations")
    return parts


def _too_many(most: int, what: str) -> Refusal:
    return Refusal("LIMIT_EXCEEDED", f"The request can't contain more than {most} {what}.")


def _answers(
    call: Call, find: Find, parts: Sequence[Json], *, all_or_none: bool
) -> Mapping[str, Json]:
    """The answers by reference id, in the order of the parts."""
    answers: dict[str, Json] = {}
    before = call.org.store.changes
    calls = _calls(call, parts)
    for part in parts:
        name = part["referenceId"]
        try:
            filled = _filled_in(part, answers)
            response = _response(calls[name], find, filled, all_or_none=all_or_none)
        except Refusal as refusal:
            response = refused(refusal)
        answers[name] = _shown(name, response)
        if all_or_none and _failed(answers[name]):
            call.org.store.take_back(before)
            return {**{part["referenceId"]: _halted(part) for part in parts}, name: answers[name]}
    return answers


def _calls(call: Call, parts: Sequence[Json]) -> Mapping[str, Call]:
    """The call that each part is made by; a row refused by a fault belongs to one of them."""
    calls = dict.fromkeys((part["referenceId"] for part in parts), replace(call, bad_row=None))
    written = collection_writes({"compositeRequest": parts})
    if call.bad_row and written:
        bad = call.bad_row.within(len(written))
        calls[written[call.bad_row.of(len(written))]] = replace(call, bad_row=bad)
    return calls


def _response(call: Call, find: Find, part: Json, *, all_or_none: bool) -> Response:
    url = urlsplit(part["url"])
    handle, path = find(part["method"], unquote(url.path))
    body = part.get("body")
    if all_or_none and isinstance(body, dict) and "records" in body:
        body = {**body, "allOrNone": True}
    given = {name.lower(): str(value) for name, value in part.get("httpHeaders", {}).items()}
    return handle(
        replace(
            call,
            path=path,
            query=dict(parse_qsl(url.query)),
            headers={**call.headers, **given},
            body=json.dumps(body).encode() if body is not None else b"",
        )
    )


def _filled_in(part: Json, answers: Mapping[str, Json]) -> Json:
    """A subrequest with what its references, such as `@{account.id}`, stand for."""

    def value(reference: re.Match[str]) -> str:
        found = _value_at(answers.get(reference[1]), _STEP.findall(reference[2]))
        if found is None:
            message = f"Invalid reference specified. No value for {reference[0]} found"
            raise Refusal("PROCESSING_HALTED", message)
        return json.dumps(str(found))[1:-1]

    filled: Json = json.loads(_REFERENCE.sub(value, json.dumps(part)))
    return filled


def _value_at(answer: Json | None, steps: Sequence[str]) -> object:
    """What stands in a good answer's body below these keys and places; else None."""
    value = answer["body"] if answer and not _failed(answer) else None
    for step in steps:
        entries = dict(enumerate(value)) if isinstance(value, list) else value
        key = int(step) if step.isdigit() else step
        value = entries.get(key) if isinstance(entries, dict) else None
    return value


def _failed(answer: Json) -> bool:
    body = answer["body"]
    rows = body if isinstance(body, list) else []
    row_failed = any(row.get("success") is False for row in rows if isinstance(row, dict))
    return answer["httpStatusCode"] >= HTTPStatus.BAD_REQUEST or row_failed


def _halted(part: Json) -> Json:
    message = "The transaction was rolled back since another operation in it failed."
    return _shown(part["referenceId"], refused(Refusal("PROCESSING_HALTED", message)))


def _shown(name: str, response: Response) -> Json:
    return {
        "body": json.loads(bytes(response.body) or b"null"),
        "httpHeaders": {},
        "httpStatusCode": response.status_code,
        "referenceId": name,
    }
