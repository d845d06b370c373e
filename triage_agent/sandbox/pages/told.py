"""Says in a few words what a request asks for, as far as that is plain."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

_VERBS = {"GET": "read", "POST": "create", "PATCH": "change", "DELETE": "delete"}
_DATA = re.compile(r"/services/data/v[0-9.]+/(.*)")
_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)
_LONGEST = 300


def told(entry: Mapping[str, Any]) -> str:
    """One line, of an entry as `/sandbox/state` shows it."""
    try:
        words = _WORDS[entry["system"]](entry["method"], entry["path"], entry["body"])
    except ValueError:  # what no URL looks like
        words = entry["path"]
    return " ".join(words.split())[:_LONGEST]


def _salesforce(method: str, path: str, body: object) -> str:
    data = _DATA.match(path)
    if not data:
        return "log in" if path.startswith("/services/") else path
    url = urlsplit(data[1])
    parts = [part for part in url.path.split("/") if part]
    match parts:
        case ["query" | "queryAll" as name] if soql := _soql(url.query):
            return f"{name}: {soql}"
        case ["composite", *of]:
            return "/".join(parts[:2]) + f": {_composite(method, of[1:], url.query, body)}"
        case ["sobjects", name, *which] if which != ["describe"]:
            return f"{_verb(method, which[1:])} {' '.join([name, *which])}"
        case _:
            return "/".join(parts)


def _composite(method: str, by_key: list[str], query: str, body: object) -> str:
    parts = _dicts(body, "compositeRequest")
    return _counted(map(_part, parts)) if parts else f"{_verb(method, by_key)} {_rows(query, body)}"


def _slack(_method: str, path: str, body: object) -> str:
    if isinstance(body, dict) and "api_app_id" in body:
        if "command" in body:
            return f"to the app: {body['command']} {body['text']} of {body['user_name']}"
        return f"to the app: {body['type']} of {body['user']['name']}"
    url = urlsplit(path)
    query = {name: values[-1] for name, values in parse_qs(url.query).items()}
    given = {**query, **(body if isinstance(body, dict) else {})}
    where = f" in {given['channel']}" if given.get("channel") else ""
    text = f": {given['text']}" if given.get("text") else ""
    return f"{url.path.removeprefix('/api/')}{where}{text}"


def _model(_method: str, path: str, body: object) -> str:
    if path.startswith("/v1/chat/completions") and isinstance(body, dict):
        return f"chat completion: {body.get('model')}"
    return path.removeprefix("/v1/")


_WORDS = {"salesforce": _salesforce, "slack": _slack, "model": _model}


def _soql(query: str) -> str:
    return parse_qs(query).get("q", [""])[-1]


def _part(part: Mapping[str, Any]) -> str:
    """What a part of a composite request asks for, so that those alike can be counted."""
    method, url = str(part.get("method")), str(part.get("url"))
    if found := _FROM.search(_soql(urlsplit(url).query)):
        return f"query {found[1]}"
    rows = {"records": _dicts(part.get("body"), "records")}
    return _salesforce(method, url, rows).removeprefix("composite/sobjects: ")


def _rows(query: str, body: object) -> str:
    """How many records of which objects a collection is of."""
    if ids := parse_qs(query).get("ids", []):
        return f"{ids[0].count(',') + 1} by id"
    kinds = (record.get("attributes") for record in _dicts(body, "records"))
    return _counted(str(kind.get("type")) if isinstance(kind, dict) else "?" for kind in kinds)


def _verb(method: str, by_key: list[str]) -> str:
    """A change that names a field as its key may create."""
    return "upsert" if method == "PATCH" and by_key else _VERBS.get(method, method)


def _dicts(body: object, name: str) -> list[dict[str, Any]]:
    found = body.get(name) if isinstance(body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _counted(words: Iterable[str]) -> str:
    return (
        ", ".join(
            f"{count} × {word}"  # noqa: RUF001 - as people write it
            for word, count in Counter(words).items()
        )
        or "nothing"
    )
