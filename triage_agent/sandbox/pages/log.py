"""The page of requests: what the agent asked of each system, newest first."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from triage_agent.sandbox.outcomes import Outcomes
from triage_agent.sandbox.pages import site
from triage_agent.sandbox.pages.told import told

_A_PAGE = 100
_SEARCHED = 1_000  # requests read for a search at once, since a body can be long
_SHOWN = 20_000  # characters of a body
_DIGITS = 12  # of a number that can't be a request's
_SYSTEMS = {"salesforce": "Salesforce", "slack": "Slack", "model": "Model"}

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A request as the page shows it; `answer` is what was said where it failed."""

    number: int
    entry: Entry
    outcomes: Outcomes

    @property
    def system(self) -> str:
        return _SYSTEMS[self.entry["system"]]

    @property
    def words(self) -> str:
        return told(self.entry)

    @property
    def path(self) -> str:
        return unquote_plus(self.entry["path"])

    @property
    def body(self) -> str:
        return _pretty(self.entry["body"])

    @property
    def answer(self) -> str:
        return _pretty(self._answer)

    @property
    def status(self) -> tuple[str, str]:
        """What came of it, and how that looks; Slack's own word where it refuses with 200."""
        if self.number in self.outcomes.waiting:
            return "waiting", "plain"
        status = self.entry["status"]
        if self.number not in self.outcomes.failures:
            return str(status), "good"
        if status == HTTPStatus.OK and isinstance(self._answer, dict):
            return str(self._answer.get("error", status)), "bad"
        return str(status or "no answer"), "bad"

    @cached_property
    def _answer(self) -> object:
        said = self.outcomes.failures.get(self.number, "")
        try:
            return json.loads(said)
        except ValueError:
            return said

    @property
    def time(self) -> str:
        """With seconds, and with the day unless that is today."""
        moment = datetime.fromisoformat(self.entry["at"]).astimezone()
        is_today = moment.date() == datetime.now(UTC).astimezone().date()
        return f"{moment:%H:%M:%S}" if is_today else f"{moment:%b} {moment.day}, {moment:%H:%M:%S}"


@dataclass(frozen=True)
class Wanted:
    """What a visitor looks for. `before`: only requests with a lower number."""

    system: str
    failed: bool
    text: str
    before: int | None

    @classmethod
    def of(cls, request: Request) -> "Wanted":
        given = request.query_params
        system = given.get("system", "")
        return cls(
            system=system if system in _SYSTEMS else "",
            failed="failed" in given,
            text=given.get("q", "").strip(),
            before=_number(given.get("before", "")),
        )

    def link(self, **changes: object) -> str:
        """To the same with changes, at first from the newest on."""
        asked = {"system": self.system, "failed": self.failed and "yes", "q": self.text, **changes}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/log?{query}" if query else "/log"


def routes() -> Iterable[Route]:
    yield site.route("/log", _log)
    yield site.route("/log/{number}", _one)


async def _log(request: Request) -> Response:
    wanted, outcomes = Wanted.of(request), _outcomes(request)
    rows, older = found(request.app.state.seen, outcomes, wanted)
    return site.shown(
        request,
        "log.html",
        wanted=wanted,
        outcomes=outcomes,
        systems=_SYSTEMS,
        rows=rows,
        older=older,
        longest=_SHOWN,
    )


async def _one(request: Request) -> Response:
    seen: Sequence[Entry] = request.app.state.seen
    asked = request.path_params["number"]
    number = _number(asked)
    if not number or number > len(seen):
        return site.missing(request, f"There was no request {asked} since the sandbox started.")
    row = Row(number, seen[number - 1], _outcomes(request))
    return site.shown(request, "log_entry.html", row=row, last=len(seen))


def _outcomes(request: Request) -> Outcomes:
    outcomes: Outcomes = request.app.state.outcomes
    return outcomes


def found(
    seen: Sequence[Entry], outcomes: Outcomes, wanted: Wanted
) -> tuple[list[Row], int | None]:
    """A page of rows, and the number before which to look for more, if there may be any."""
    rows: list[Row] = []
    searched = 0
    for number in _numbers(len(seen), outcomes, wanted):
        entry = seen[number - 1]
        if wanted.system and wanted.system != entry["system"]:
            continue
        if len(rows) == _A_PAGE or searched == _SEARCHED:
            return rows, number + 1
        if wanted.text:
            searched += 1
            if not _holds(entry, wanted.text):
                continue
        rows.append(Row(number, entry, outcomes))
    return rows, None


def _numbers(last: int, outcomes: Outcomes, wanted: Wanted) -> Iterator[int]:
    """Of all requests or those that failed, newest first."""
    top = last if wanted.before is None else min(last, wanted.before - 1)
    for number in range(top, 0, -1):
        if not wanted.failed or number in outcomes.failures:
            yield number


def _number(text: str) -> int | None:
    is_one = text.isascii() and text.isdecimal() and len(text) < _DIGITS
    return int(text) if is_one else None


def _holds(entry: Entry, text: str) -> bool:
    body = json.dumps(entry["body"], ensure_ascii=False)
    return text.casefold() in f"{unquote_plus(entry['path'])}\n{body}".casefold()


def _pretty(content: object) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    try:
        return json.dumps(content, indent=2, ensure_ascii=False)
    except RecursionError:
        return "(too deeply nested to be shown)"
