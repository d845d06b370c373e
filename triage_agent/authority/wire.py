"""The wire guard: may this request leave? A pure function of the request and the page.

It knows nothing of actions or gates. Each vendor client's adapter asks it at the last moment
before a byte leaves, so that code that goes round the gate still stays within the page.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from triage_agent.authority import soql
from triage_agent.operating_model.action_rules import (
    CreateAction,
    UpdateAction,
    WritesRecords,
    allowed,
    is_fixed,
)
from triage_agent.operating_model.grants import channels, everybody, posted_in
from triage_agent.operating_model.schema import Page

System = Literal["salesforce", "slack", "model"]
_LOGINS = ("/services/oauth2/token", "/services/Soap/u/")
REST = re.compile(r"/services/data/v[0-9]{2}\.[0-9]/(.*)")
"""A path of Salesforce's REST interface; the group is what stands behind the version."""
_DESCRIBE = re.compile(r"sobjects/([A-Za-z0-9_]+)/describe")
_MORE_ROWS = re.compile(r"query(?:All)?/[A-Za-z0-9]+-[0-9]+")
_WHO_ASKS = ""
"""The path of the interface itself, whose answer names the user whose credentials these are."""
_COMPOSITE = frozenset({"allOrNone", "compositeRequest"})
MESSAGE = frozenset(
    {"channel", "text", "blocks", "metadata", "thread_ts", "unfurl_links", "unfurl_media"}
)
"""The arguments of a message."""
_NOTE = frozenset({"channel", "user", "text", "blocks", "thread_ts"})
CHANGE = frozenset({"channel", "ts", "text", "blocks"})
"""The arguments of changing one."""
HISTORY = frozenset({"channel", "ts", "oldest", "limit", "cursor", "include_all_metadata"})
"""The arguments of reading what was said in a channel."""
Row = Mapping[str, Any]
"""A record as it is sent, with its `attributes`."""
Hosts = Mapping[System, frozenset[str]]
"""Each system's own hosts, by its name."""


@dataclass(frozen=True)
class Request:
    """What is about to leave.

    `query`: what stands in its address. `body`: its JSON, or its form's fields. `parts`: what it is
    made of, where it is a composite one.
    """

    system: System
    method: str
    host: str
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: Any = None
    parts: tuple["Request", ...] = ()


class Wire:
    """What the page lets pass, compiled for one run. `hosts`: each system's own, by its name."""

    def __init__(self, page: Page, hosts: Hosts, *, live: bool) -> None:
        self._hosts, self._live = hosts, live
        self._queries = soql.foreseen(page)
        self._with_deleted = soql.foreseen_with_deleted(page)
        rules = page.may.values()
        self._updates = [rule for rule in rules if isinstance(rule, UpdateAction)]
        self._creates = [rule for rule in rules if isinstance(rule, CreateAction)]
        written = [*(r.update for r in self._updates), *(r.create for r in self._creates)]
        self._described = {page.workflow.item.object, *written}
        self._approved: list[Row] = []
        self._channels = posted_in(page)
        self._owner = page.owner.slack
        people = (one.slack for name in everybody(page) for one in page.people(name))
        self._told = frozenset({*channels(page).values(), *people})

    @contextmanager
    def approved(self, rows: Sequence[Row]) -> Iterator[None]:
        """Lets just these rows of actions that ask pass, as they will be sent, for as long."""
        self._approved += rows
        try:
            yield
        finally:
            for row in rows:
                self._approved.remove(row)

    def refuses(self, request: Request) -> str | None:
        """Why a request may not leave, in words without any value of its own; None: it may."""
        if request.host not in self._hosts[request.system]:
            return f"{request.host} is not the host of {request.system}"
        match request.system:
            case "salesforce":
                return self._salesforce(request)
            case "slack":
                return self._slack(request)
            case "model":
                fits = request.method == "POST" and request.path.endswith("/chat/completions")
                return None if fits else f"{request.method} {request.path} asks for no completion"

    def writes(self, request: Request) -> bool:
        """Whether a request is held back while the agent is paused.

        What the owner is told isn't: it is how they hear of the pause.
        """
        match request.system:
            case "salesforce":
                some = request.parts if _is_composite(request) else (request,)
                return not is_login(request.path) and any(one.method != "GET" for one in some)
            case "slack":
                posts = request.path.endswith(("/chat.postMessage", "/chat.update"))
                return posts and (request.body or {}).get("channel") != self._owner
            case "model":
                return False

    def _salesforce(self, request: Request) -> str | None:
        if is_login(request.path):
            return None if request.method == "POST" else "a login is a POST"
        if _is_composite(request):
            return next((no for part in request.parts if (no := self._one(part))), None)
        return self._one(request)

    def _one(self, request: Request) -> str | None:
        found = REST.fullmatch(request.path)
        if found is None:
            return f"{request.path} is no path of the page"
        if set(request.query) - {"q"}:  # `_HttpMethod` would make another request of it
            return f"{request.method} {found[1]} says more in its address than the page needs"
        if request.method == "GET":
            return self._reads(found[1].rstrip("/"), request.query)
        if not self._live:
            return f"{request.method} {found[1]} writes, and this run is in shadow"
        return self._writes(request.method, found[1], request.body)

    def _reads(self, path: str, query: Mapping[str, Sequence[str]]) -> str | None:
        if path in ("query", "queryAll"):
            known = self._queries if path == "query" else self._with_deleted
            asked = query.get("q", [""])
            fits = len(asked) == 1 and any(one.fullmatch(asked[0]) for one in known)
            return None if fits else f"no template of the page makes this {path}"
        described = _DESCRIBE.fullmatch(path)
        known_object = described and described[1] in self._described
        if path == _WHO_ASKS or _MORE_ROWS.fullmatch(path) or known_object:
            return None
        return f"GET {path} is no read of the page"

    def _writes(self, method: str, path: str, body: Any) -> str | None:  # noqa: ANN401 - JSON
        records = body.get("records") if isinstance(body, dict) else None
        if not isinstance(records, list) or not {*body} <= {"allOrNone", "records"}:
            return f"{method} {path} writes otherwise than in collections"
        if (method, path) == ("PATCH", "composite/sobjects"):
            forms = [Form(rule.update, rule, {"id"}) for rule in self._updates]
        elif method == "POST" and path == "composite/sobjects":
            forms = [Form(rule.create, rule) for rule in self._creates]
        else:
            upserts = {f"composite/sobjects/{r.create}/{r.key}": r for r in self._creates}
            found = upserts.get(path) if method == "PATCH" else None
            forms = [Form(found.create, found)] if found else []
        if not forms:
            return f"{method} {path} is no write of the page"
        return next((no for record in records if (no := self._beyond(record, forms))), None)

    def _beyond(self, record: Row, forms: Sequence["Form"]) -> str | None:
        """Why a row is of none of some forms: the reason of the one that it is closest to."""
        reasons = [form.unlike(record, approved=record in self._approved) for form in forms]
        return None if None in reasons else min(filter(None, reasons), key=len)

    def _slack(self, request: Request) -> str | None:
        called, given = request.path.rpartition("/api/")[2], request.body or {}
        if request.query:
            return f"{called} has arguments in its address"
        return self._calls(called, given)

    def _calls(self, called: str, given: Mapping[str, Any]) -> str | None:
        """Why a method of Slack's may not be called with such arguments; None: it may."""
        if called in ("auth.test", "apps.connections.open"):
            return None
        if called == "views.open" and self._live:  # what a person is asked, who asked for it
            return None
        if called == "chat.postMessage":
            may, known = self._posts_to, MESSAGE
        elif called in ("chat.update", "chat.postEphemeral") and self._live:
            may, known = self._channels, CHANGE if called == "chat.update" else _NOTE
        elif called in ("conversations.history", "conversations.replies"):
            may, known = self._channels, HISTORY
        else:
            return f"{called} is no method that the page needs"
        if given.get("channel") not in may:
            return f"{called} is for a channel that the page doesn't give"
        strange = sorted({*given} - known)
        return f"{called} with {', '.join(strange)}" if strange else None

    @property
    def _posts_to(self) -> frozenset[str]:
        """In shadow the owner alone is told anything."""
        owner = frozenset({self._owner})
        return owner | self._channels | self._told if self._live else owner


@dataclass(frozen=True)
class Form:
    """An object, the action that sets fields of it, and what else a row of it holds."""

    name: str
    rule: WritesRecords
    more: AbstractSet[str] = frozenset()

    def unlike(self, record: Row, *, approved: bool) -> str | None:
        """Why a row isn't of this form; `approved`: somebody has said yes to this very row."""
        if record.get("attributes") != {"type": self.name}:
            return f"a row is no {self.name}"
        for column, value in record.items():
            if column == "attributes" or column in self.more:
                continue
            if column not in self.rule.set:
                return f"{self.name}.{column} is not among the fields that the page lets it set"
            if is_fixed(self.rule.set[column]) and value not in allowed(self.rule, column):
                return f"{self.name}.{column} has another value than the page's"
        return None if self.rule.alone or approved else f"nobody has approved this {self.name}"


def _is_composite(request: Request) -> bool:
    """Whether the org looks at a request's parts; of any other it doesn't."""
    found = REST.fullmatch(request.path)
    plain = request.method == "POST" and not request.query and set(request.body or ()) <= _COMPOSITE
    return bool(request.parts) and plain and found is not None and found[1] == "composite"


def is_login(path: str) -> bool:
    """Whether a path of Salesforce's is where one logs in."""
    return path == _LOGINS[0] or path.startswith(_LOGINS[1])
