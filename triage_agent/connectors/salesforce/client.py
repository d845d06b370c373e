"""simple-salesforce on a session of our own: bounded in time and logins, and translated.

The vendor's client has no timeouts, logs in without end on a persistent 401, knows only https,
and puts addresses and bodies into its exceptions' text. All four are mended here.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, partial
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from jwt import PyJWTError
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceError,
    SalesforceExpiredSession,
)
from urllib3.exceptions import NewConnectionError

from triage_agent.authority import soql
from triage_agent.chunks import chunks
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.guard import Pass, outgoing
from triage_agent.connectors.patience import patiently
from triage_agent.connectors.salesforce.metadata import API_VERSION
from triage_agent.decision.run_events import Allowance, Called
from triage_agent.errors import (
    AnswerLost,
    ConnectorError,
    NotLetIn,
    Rejected,
    Unavailable,
    WrongUsage,
)

QUERIES_AT_ONCE = 5  # as many as a composite request may hold
ROWS_AT_ONCE = 500
"""Rows in a page of an answer: of the 2,000 that are usual, the raw text takes 10 MB."""
CONNECT_TIMEOUT, READ_TIMEOUT = 5.0, 60.0
MAX_LOGINS = 5
"""How often in a row, without an answer that shows that it helped."""
UNREACHABLE = "can't be reached; check its address (SALESFORCE_INSTANCE_URL) and the network"
_LOOPBACK_LOGIN = "loopback.salesforce.com"
_BUSY = frozenset({"REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"})
_WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
_USAGE = re.compile(r"(?<![\w-])api-usage=([0-9]{1,9})/([1-9][0-9]{0,8})\b")
"""All of the org's: `Sforce-Limit-Info` may tell `per-app-api-usage` and `api-bursts` as well."""
Result = TypeVar("Result")


@dataclass(frozen=True)
class Credentials:
    """One of four ways in; `instance_url` names the org, and may be http on loopback."""

    instance_url: str
    access_token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    security_token: str | None = field(default=None, repr=False)
    private_key_file: str | None = None

    @property
    def hosts(self) -> frozenset[str]:
        """Where these credentials may be taken to: the org, and who signs in by certificate."""
        org = urlsplit(self.instance_url).netloc
        signs_in = {f"{_way_in(self)['domain']}.salesforce.com"} if self.private_key_file else ()
        return frozenset({org, *signs_in})

    @property
    def settings(self) -> str:
        """The settings that these are of, to name them where they don't work."""
        given = (each.name.upper() for each in fields(self) if getattr(self, each.name))
        return ", ".join(f"SALESFORCE_{name}" for name in given)


@dataclass(frozen=True)
class Part:
    """One of several requests that travel together; `path` as in `SalesforceClient.get`."""

    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)

    def as_subrequest(self, base: str, number: int) -> dict[str, Any]:
        """The form that a composite request gives it."""
        content = {"body": self.body} if self.body else {}
        url = f"{base}/{self.path}"
        return {"method": self.method, "url": url, "referenceId": f"part{number}", **content}


class SalesforceClient:
    """The requests that the agent makes, each with its failures as our own errors."""

    def __init__(
        self,
        credentials: Credentials,
        calls: CallLog,
        guard: Pass,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing leaves before the first request, which logs in."""
        self._credentials, self._sleep = credentials, sleep
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Sforce-Query-Options"] = f"batchSize={ROWS_AT_ONCE}"
        self._session.max_redirects = 0
        adapter = _Adapter(credentials.instance_url, calls, guard)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Ends the connections to the org."""
        self._session.close()

    @cached_property
    def _api(self) -> Salesforce:
        """The vendor's client; `WrongUsage` where the credentials are refused."""
        try:
            return _log_in(self._credentials, self._session)
        except SalesforceAuthenticationFailed as exc:
            if isinstance(exc.code, int) and exc.code >= requests.codes.server_error:
                raise Unavailable("salesforce", str(exc.code), "can't log anybody in") from exc
            raise self._refused(str(exc.code or "authentication failed")) from exc
        except requests.RequestException:
            raise
        except (OSError, ValueError, PyJWTError) as exc:
            raise WrongUsage(
                f"SALESFORCE_PRIVATE_KEY_FILE: {self._credentials.private_key_file} holds no "
                "private key that can be read; name a file in PEM form",
            ) from exc

    def _refused(self, code: str) -> WrongUsage:
        settings = self._credentials.settings
        return WrongUsage(f"Salesforce refuses the login ({code}); check {settings}")

    def org(self) -> str:
        """The org's id; its host where this user may not read the Organization.

        `WrongUsage` where the credentials don't let anybody in.
        """
        try:
            return str(self.query(soql.ORGANIZATION)[0]["Id"])
        except NotLetIn as exc:
            raise self._refused(exc.code) from exc
        except (Rejected, IndexError):
            return urlsplit(self._credentials.instance_url).netloc

    def user(self) -> str:
        """The id of the user whose credentials these are."""
        return str(self.get("")["identity"]).rpartition("/")[2]

    def query(self, asked: str, *, with_deleted: bool = False) -> list[dict[str, Any]]:
        """All rows of a query, through every page of the answer."""
        return self.shaped(asked, lambda row: row, with_deleted=with_deleted)

    def shaped(
        self,
        asked: str,
        shape: Callable[[dict[str, Any]], Result],
        *,
        with_deleted: bool = False,
    ) -> list[Result]:
        """What `shape` makes of each row: a page at a time, so that no more lie raw in memory."""

        def rows() -> list[Result]:
            return [*map(shape, self._api.query_all_iter(asked, include_deleted=with_deleted))]

        return self._patiently("GET", rows)

    def queries(
        self, asked: Sequence[str], *, with_deleted: bool = False
    ) -> list[list[dict[str, Any]]]:
        """All rows of each of several queries, five of which go in one request."""
        if len(asked) == 1:
            return [self.query(asked[0], with_deleted=with_deleted)]
        resource = "queryAll" if with_deleted else "query"
        return [
            rows
            for some in chunks(asked, QUERIES_AT_ONCE)
            for rows in self._patiently("GET", partial(self._at_once, resource, some))
        ]

    def _at_once(self, resource: str, queries: Sequence[str]) -> list[list[dict[str, Any]]]:
        parts = [Part("GET", f"{resource}?{urlencode({'q': query})}") for query in queries]
        return [[*self._pages(content)] for content in self._composed(parts)]

    def _pages(self, page: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        yield from page["records"]
        while not page["done"]:
            page = self._api.query_more(page["nextRecordsUrl"], identifier_is_url=True)
            yield from page["records"]

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Reads a path below `/services/data/vNN.0/`."""
        return self._patiently("GET", lambda: self._api.restful(path))

    def write(self, method: str, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Writes. `AnswerLost` means that it may have happened all the same."""
        return self._patiently(method, lambda: self._api.restful(path, method=method, json=body))

    def write_together(self, parts: "Sequence[Part]") -> list[Any]:
        """Writes several things in one request; what each part answers, in order.

        `AnswerLost` means that any of it may have happened all the same.
        """
        return self._patiently("POST", lambda: self._composed(parts))

    def _composed(self, parts: "Sequence[Part]") -> list[Any]:
        base = f"/services/data/v{API_VERSION}"
        requests = [part.as_subrequest(base, number) for number, part in enumerate(parts)]
        body = {"allOrNone": False, "compositeRequest": requests}
        answer: Any = self._api.restful("composite", method="POST", json=body)
        return [_answered(part) for part in answer["compositeResponse"]]

    def _patiently(self, method: str, call: Callable[[], Result]) -> Result:
        return patiently(lambda: translated(method, call), self._sleep)


def _log_in(credentials: Credentials, session: requests.Session) -> Salesforce:
    return Salesforce(session=session, version=API_VERSION, **_way_in(credentials))


def _way_in(credentials: Credentials) -> dict[str, Any]:
    """How the vendor's client is told which way to log in, and at which host."""
    host = urlsplit(credentials.instance_url).hostname or ""
    real = host.endswith(".salesforce.com")
    domain = host.removesuffix(".salesforce.com") if real else "loopback"
    if credentials.access_token:
        token = credentials.access_token
        return {"session_id": token, "instance_url": credentials.instance_url}
    if credentials.private_key_file:
        audience = "test" if ".sandbox." in host else "login"
        return {
            "username": credentials.username,
            "consumer_key": credentials.client_id,
            "privatekey_file": credentials.private_key_file,
            "domain": audience if real else domain,
            "instance_url": domain,
        }
    if credentials.client_secret:
        return {
            "consumer_key": credentials.client_id,
            "consumer_secret": credentials.client_secret,
            "domain": domain,
        }
    return {
        "username": credentials.username,
        "password": credentials.password,
        "security_token": credentials.security_token or "",
        "domain": domain,
    }


_ODD_SHAPE = (LookupError, TypeError, AttributeError)
"""What the vendor's client trips over where JSON has another shape than it expects."""


class _Adapter(HTTPAdapter):
    """Every request passes here: in bounded time, on record, in a sandbox to its host alone."""

    def __init__(self, instance_url: str, calls: CallLog, guard: Pass) -> None:
        super().__init__(pool_maxsize=16)
        self._base = urlsplit(instance_url)
        self._calls, self._guard = calls, guard
        self._logins = 0

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002
        timeout: Any = None,  # noqa: ANN401, ARG002
        verify: Any = True,  # noqa: ANN401, FBT002
        cert: Any = None,  # noqa: ANN401
        proxies: Any = None,  # noqa: ANN401
    ) -> requests.Response:
        path = self._address(request)
        self._guard(
            outgoing("salesforce", str(request.method), str(request.url), _content(request))
        )
        if request.method in _WRITES:
            request.headers["Sforce-Auto-Assign"] = "FALSE"
        begun, status = time.monotonic(), None
        try:
            limits = (CONNECT_TIMEOUT, READ_TIMEOUT)
            response = super().send(request, stream, limits, verify, cert, proxies)
            status = response.status_code
            self._calls.tell_time("salesforce", response.headers.get("Date"))
            if told := _allowance(response.headers.get("Sforce-Limit-Info", "")):
                self._calls.allowance = told
            if not _is_login(path) and status != requests.codes.unauthorized:
                self._logins = 0
        finally:
            seconds = round(time.monotonic() - begun, 3)
            self._calls.add(
                Called(
                    system="salesforce",
                    method=str(request.method),
                    path=path,
                    status=status,
                    seconds=seconds,
                ),
            )
        return response

    def _address(self, request: requests.PreparedRequest) -> str:
        """Sends loopback requests by http, counts logins; the path without its query."""
        parts = urlsplit(str(request.url))
        if self._base.scheme == "http" and parts.netloc in (self._base.netloc, _LOOPBACK_LOGIN):
            request.url = parts._replace(scheme="http", netloc=self._base.netloc).geturl()
            request.headers["Host"] = self._base.netloc
        if _is_login(parts.path):
            self._logins += 1
            if self._logins > MAX_LOGINS:
                raise NotLetIn("salesforce", "LOGINS", "logged in too often; is the user allowed?")
        return parts.path


def _answered(answer: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A part's content; the vendor's own exception where the part was refused."""
    status, content = answer["httpStatusCode"], answer["body"]
    if status >= requests.codes.bad_request:
        raise SalesforceError("composite", status, "composite", content)
    return content


def _content(request: requests.PreparedRequest) -> Any:  # noqa: ANN401 - JSON
    """A request's body; None where it is none, or no JSON."""
    try:
        return json.loads(request.body or "null")
    except ValueError:
        return None


def _allowance(told: str) -> Allowance | None:
    """What an answer says of the day's requests; None where it says nothing that can be read."""
    found = _USAGE.search(told)
    return Allowance(used=int(found[1]), of=int(found[2])) if found else None


def _is_login(path: str) -> bool:
    return path.endswith("/oauth2/token") or "/services/Soap/u/" in path


def translated(method: str, call: Callable[[], Result]) -> Result:
    """Runs a call of the vendor's client; its errors come out as ours, without personal data."""
    try:
        return call()
    except SalesforceExpiredSession as exc:
        raise NotLetIn("salesforce", "INVALID_SESSION_ID", "the session is not valid") from exc
    except SalesforceError as exc:
        raise _refusal(method, exc) from exc
    except requests.TooManyRedirects as exc:  # one is too many
        raise Rejected("salesforce", "REDIRECT", "leads to another address") from exc
    except requests.ConnectionError as exc:
        if _never_left(exc):
            raise Unavailable("salesforce", "CONNECT", UNREACHABLE) from exc
        raise _unanswered(method, "CUT", "the connection was cut") from exc
    except requests.Timeout as exc:
        raise _unanswered(method, "TIMEOUT", "did not answer in time") from exc
    except (requests.RequestException, ValueError, *_ODD_SHAPE) as exc:
        raise _unanswered(method, "TORN", "the answer can't be read") from exc
    except RuntimeError as exc:  # a session that can't be refreshed
        raise NotLetIn("salesforce", "INVALID_SESSION_ID", "the access token is not valid") from exc


def _never_left(exc: requests.ConnectionError) -> bool:
    reason = getattr(exc.args[0] if exc.args else None, "reason", None)
    return isinstance(exc, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _refusal(method: str, exc: SalesforceError) -> ConnectorError:
    content: object = exc.content
    first = content[0] if isinstance(content, list) and content else None
    code = str(first.get("errorCode", exc.status)) if isinstance(first, dict) else str(exc.status)
    if code in _BUSY:
        return Unavailable("salesforce", code, "is busy")
    if exc.status >= requests.codes.server_error:
        return _unanswered(method, code, f"answered {exc.status}")
    return Rejected("salesforce", code, f"refused the request with {exc.status}")


def _unanswered(method: str, code: str, message: str) -> ConnectorError:
    """Without an answer a read simply didn't happen; a write may have."""
    kind = AnswerLost if method in _WRITES else Unavailable
    return kind("salesforce", code, message)
