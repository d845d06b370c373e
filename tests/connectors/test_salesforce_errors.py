"""Every error of Salesforce's client comes out as one of ours, and says nothing of a person."""

import inspect
from collections.abc import Callable
from json import JSONDecodeError
from typing import Any

import pytest
import requests
from requests import exceptions as network
from simple_salesforce import exceptions as vendor
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError

from triage_agent.connectors.patience import TRIES, TRIES_TO_GET_IN
from triage_agent.connectors.salesforce.client import SalesforceClient, translated
from triage_agent.errors import AnswerLost, ConnectorError, NotLetIn, Rejected, Unavailable

Serve = Callable[..., tuple[str, list[dict[str, Any]]]]
LogIn = Callable[..., SalesforceClient]
Kinds = tuple[type[ConnectorError], type[ConnectorError]]

PRIVATE = "ada@example.org"
URL = f"https://org.my.salesforce.com/services/data/v62.0/query/?q=WHERE+Email='{PRIVATE}'"
METHODS = ("GET", "POST")
UNSURE: Kinds = (Unavailable, AnswerLost)
NO: Kinds = (Rejected, Rejected)
NEVER_LEFT: Kinds = (Unavailable, Unavailable)


def classes(module: Any, root: type[Exception]) -> set[str]:  # noqa: ANN401 - a module
    """The names of all exceptions of a module that descend from one of them."""
    found = inspect.getmembers(module, inspect.isclass)
    return {name for name, kind in found if issubclass(kind, root)}


def answered(status: int, code: str) -> list[Any]:
    """The arguments of the vendor's exceptions: address, status, resource and body."""
    return [URL, status, PRIVATE, [{"errorCode": code, "message": f"{PRIVATE} is wrong"}]]


def told(method: str, exc: BaseException) -> ConnectorError:
    """What an exception of the vendor's becomes."""

    def call() -> None:
        raise exc

    with pytest.raises(ConnectorError) as ours:
        translated(method, call)
    assert isinstance(ours.value, ConnectorError)
    return ours.value


VENDOR: dict[str, tuple[list[Any], str, Kinds]] = {
    "SalesforceError": (answered(418, "ODD"), "ODD", NO),
    "SalesforceMoreThanOneRecord": (answered(300, "MULTIPLE"), "MULTIPLE", NO),
    "SalesforceMalformedRequest": (answered(400, "MALFORMED_QUERY"), "MALFORMED_QUERY", NO),
    "SalesforceExpiredSession": (answered(401, "x"), "INVALID_SESSION_ID", (NotLetIn, NotLetIn)),
    "SalesforceRefusedRequest": (answered(403, "INSUFFICIENT"), "INSUFFICIENT", NO),
    "SalesforceResourceNotFound": (answered(404, "NOT_FOUND"), "NOT_FOUND", NO),
    "SalesforceAuthenticationFailed": (["invalid_grant", PRIVATE], "401", NO),
    "SalesforceGeneralError": (answered(500, "UNKNOWN"), "UNKNOWN", UNSURE),
}
BULK_ONLY = {
    "SalesforceOperationError",
    "SalesforceBulkV2LoadError",
    "SalesforceBulkV2ExtractError",
}


def test_the_table_holds_every_error_of_the_vendor() -> None:
    """A release of the vendor's client with another kind of error is noticed here."""
    own = classes(vendor, Exception)

    assert own == VENDOR.keys() | BULK_ONLY


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", VENDOR)
def test_each_error_of_the_vendor_becomes_ours(name: str, method: str) -> None:
    """Reads and writes fail as our own errors; only the error's code is repeated."""
    arguments, code, kinds = VENDOR[name]
    error = told(method, getattr(vendor, name)(*arguments))

    assert (kinds[METHODS.index(method)], code) == (type(error), error.code)
    assert PRIVATE not in str(error)
    assert "services/data" not in str(error)


@pytest.mark.parametrize(
    ("status", "code", "kinds"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", NEVER_LEFT),
        (400, "UNABLE_TO_LOCK_ROW", NEVER_LEFT),
        (503, "SERVER_UNAVAILABLE", NEVER_LEFT),
        (502, "BAD_GATEWAY", UNSURE),
        (409, "CONFLICT", NO),
    ],
)
def test_what_may_work_later_is_told_apart(status: int, code: str, kinds: Kinds) -> None:
    """A limit or a lock means that nothing happened; a broken server leaves a write open."""
    errors = [told(m, vendor.SalesforceGeneralError(*answered(status, code))) for m in METHODS]

    assert kinds == tuple(map(type, errors))


@pytest.mark.parametrize("content", [PRIVATE, [], [PRIVATE], {"error": PRIVATE}, [{}], None])
def test_a_body_of_any_shape_is_kept_out(content: Any) -> None:  # noqa: ANN401 - any JSON
    """Where the body names no error code the status stands for it."""
    error = told("GET", vendor.SalesforceMalformedRequest(URL, 400, PRIVATE, content))

    assert "salesforce: refused the request with 400 (400)" == str(error)


CONNECT = {"ConnectTimeout"}
MADE: dict[str, list[Any]] = {"JSONDecodeError": [PRIVATE, PRIVATE, 0]}


def nowhere() -> requests.ConnectionError:
    """What a refused connection looks like."""
    pool = HTTPConnectionPool("org.example")
    cause = NewConnectionError(pool, PRIVATE)  # type: ignore[arg-type] # only its kind is looked at
    return requests.ConnectionError(MaxRetryError(pool, URL, cause))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", sorted(classes(network, network.RequestException)))
def test_each_error_of_the_network_becomes_ours(name: str, method: str) -> None:
    """A read that fails on the way is unavailable, a write that left may be done.

    A redirect is neither: it is an answer, and refused.
    """
    arguments = MADE.get(name, [f"no answer from {URL}"])
    error = told(method, getattr(network, name)(*arguments))
    kinds = NEVER_LEFT if name in CONNECT else UNSURE
    kind = Rejected if name == "TooManyRedirects" else kinds[METHODS.index(method)]

    assert kind is type(error)
    assert PRIVATE not in str(error)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "exc",
    [
        KeyError(PRIVATE),
        IndexError(PRIVATE),
        TypeError(PRIVATE),
        AttributeError(PRIVATE),
        JSONDecodeError(PRIVATE, PRIVATE, 0),
    ],
    ids=lambda exc: type(exc).__name__,
)
def test_an_answer_of_another_shape_becomes_ours(exc: Exception, method: str) -> None:
    """What the vendor's client trips over is an answer that can't be read."""
    error = told(method, exc)

    assert (UNSURE[METHODS.index(method)], "TORN") == (type(error), error.code)
    assert PRIVATE not in str(error)


def test_a_refused_connection_has_done_nothing() -> None:
    """A request that found nobody to talk to never left, and says what to check."""
    for method in METHODS:
        error = told(method, nowhere())

        assert (Unavailable, "CONNECT") == (type(error), error.code)
        assert "SALESFORCE_INSTANCE_URL" in str(error)
        assert PRIVATE not in str(error)


def test_a_session_that_cannot_be_refreshed_is_refused() -> None:
    """The vendor's client raises a bare RuntimeError for it."""
    error = told("GET", RuntimeError(PRIVATE))

    assert (NotLetIn, "INVALID_SESSION_ID") == (type(error), error.code)
    assert PRIVATE not in str(error)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"cut": True}, "CUT"),
        ({"status": 500, "body": f"<html>{PRIVATE}"}, "500"),
        ({"status": 200, "body": '{"records": ['}, "TORN"),
        ({"status": 200, "body": "[]"}, "TORN"),
        ({"status": 200, "body": "{}"}, "TORN"),
        ({"status": 200, "body": "null"}, "TORN"),
    ],
)
def test_a_read_without_an_answer_is_tried_again(
    serve: Serve, log_in: LogIn, naps: list[float], answer: dict[str, Any], code: str
) -> None:
    """A read is tried a few times, with longer and longer pauses, then given up."""
    base, seen = serve(answer)
    with pytest.raises(Unavailable) as error:
        log_in(base).query("SELECT Id FROM Lead")

    assert code == error.value.code
    assert ([0.5, 1.0, 2.0, 4.0], TRIES) == (naps, len(seen))
    assert PRIVATE not in str(error.value)


def test_a_read_that_works_at_last_has_its_answer(
    serve: Serve, log_in: LogIn, naps: list[float]
) -> None:
    """An outage that ends in time isn't noticed by who asked."""
    base, _ = serve(
        {"cut": True}, {"status": 503}, {"body": {"records": [{"Id": "1"}], "done": True}}
    )

    assert [{"Id": "1"}] == log_in(base).query("SELECT Id FROM Lead")
    assert [0.5, 1.0] == naps


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"cut": True}, AnswerLost),
        ({"status": 500}, AnswerLost),
        ({"status": 200, "body": '[{"id": '}, AnswerLost),
        ({"status": 400, "body": [{"errorCode": "NO", "message": PRIVATE}]}, Rejected),
    ],
)
def test_a_write_that_may_have_happened_is_not_repeated(
    serve: Serve,
    log_in: LogIn,
    naps: list[float],
    answer: dict[str, Any],
    error: type[ConnectorError],
) -> None:
    """A write that was answered, or may have been carried out, leaves once."""
    base, seen = serve(answer)
    with pytest.raises(error) as raised:
        log_in(base).write("POST", "composite/sobjects", {"records": []})

    assert ([], 1) == (naps, len(seen))
    assert PRIVATE not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "code"), [(403, "REQUEST_LIMIT_EXCEEDED"), (400, "UNABLE_TO_LOCK_ROW")]
)
def test_a_write_that_surely_did_not_happen_is_tried_again(
    serve: Serve, log_in: LogIn, naps: list[float], status: int, code: str
) -> None:
    """A limit or a lock is waited for, within bounds."""
    busy = {"status": status, "body": [{"errorCode": code}]}
    base, _ = serve(busy, {"body": [{"id": "1", "success": True, "errors": []}]})
    full, seen = serve(busy)
    written = log_in(base).write("POST", "composite/sobjects", {"records": []})
    with pytest.raises(Unavailable, match=code):
        log_in(full).write("POST", "composite/sobjects", {"records": []})

    assert "1" == written[0]["id"]
    assert [0.5, 0.5, 1.0, 2.0, 4.0] == naps
    assert TRIES == len(seen)


def test_a_session_that_is_refused_in_passing_goes_on(
    serve: Serve, log_in: LogIn, naps: list[float]
) -> None:
    """A token that can't be renewed is believed to be wrong only when it is refused on and on."""
    refused = {"status": 401, "body": [{"errorCode": "INVALID_SESSION_ID"}]}
    base, _ = serve(refused, refused, {"body": {"records": [{"Id": "1"}], "done": True}})
    closed, seen = serve(refused)
    rows = log_in(base).query("SELECT Id FROM Lead")
    with pytest.raises(NotLetIn):
        log_in(closed).query("SELECT Id FROM Lead")

    assert [{"Id": "1"}] == rows
    assert ([0.5, 1.0] * 2, TRIES_TO_GET_IN) == (naps, len(seen))


def test_a_refusal_is_not_tried_again(serve: Serve, log_in: LogIn, naps: list[float]) -> None:
    """What Salesforce says no to is asked once."""
    base, seen = serve({"status": 400, "body": [{"errorCode": "MALFORMED_QUERY"}]})
    with pytest.raises(Rejected, match="MALFORMED_QUERY"):
        log_in(base).query("SELECT")

    assert ([], 1) == (naps, len(seen))


def test_an_org_that_is_not_there_is_unavailable(log_in: LogIn) -> None:
    """A port on which nobody listens is a connection that never left."""
    with pytest.raises(Unavailable, match="CONNECT"):
        log_in("http://127.0.0.1:1").write("POST", "composite/sobjects", {})
